import FoundationEssentials
import Identity
package import Transparency

/// Why a directory did not do what it was asked.
package enum DirectoryFailure: Error, Equatable, Sendable {
    /// It does not know the request.
    case unsupported
    /// Signature, identity or label does not fit.
    case invalid
    /// The entry's time is more than 10 minutes off; the directory's clock in seconds since 1970.
    case wrongTime(directory: Int64)
    /// Another entry or record came first; of a record, the sequence that it has to exceed, else 0.
    case outOfSequence(newest: UInt64)
    case handleTaken
    /// The handle is not this identity's.
    case notClaimed
    case tooManyHandles
    /// To be tried again after so many seconds.
    case rateLimited(retryAfter: UInt32)
    /// No room for another presence or watcher.
    case full
    /// The directory cannot read or write its store.
    case unavailable
    /// Another link of this identity keeps a presence, and this one asked not to take it over.
    case presentElsewhere
    /// The operator has not named this identity, or this key, as a witness.
    case notAWitness
    /// A reason that this version does not know.
    case unknown
}

/// A directory's answer to one request.
package struct DirectoryResponse: Equatable, Sendable {
    package enum Body: Equatable, Sendable {
        case failure(DirectoryFailure)
        case observed(IPAddress)
        /// The newest entry of the label, at most 1,024 bytes, or nil when it has none.
        case newest(entry: [UInt8]?, log: LogEvidence? = nil)
        /// Nil from a directory that keeps no log.
        case appended(Inclusion? = nil)
        case published(Publication)
        case unregistered
        /// Nil: unknown, offline or not discoverable.
        case lookedUp(ServedPresence?)
        case listed([ServedPresence], more: Bool)
        case watching
        /// The claim's entry, or nil: not claimed by that identity.
        case confirmed(claim: [UInt8]?, log: LogEvidence? = nil)
        /// A signed note, and the proof that was asked for, at most 64 hashes.
        case checkpoint([UInt8], consistency: [NodeHash])
        /// At most 512, each of at most 1,024 bytes.
        case entries([[UInt8]])
        /// At most 1,024.
        case nodes([NodeHash])
        /// 1 to 64, 136 bytes each.
        case logKeys([[UInt8]])
        case sealedKept
        /// One for each tag, in their order: 1,064 bytes, or none where nothing is.
        case sealedFetched([[UInt8]])
        case witnessing
        case cosigned
        /// An answer that this version does not know.
        case unknown
    }

    /// What became of a presence record.
    package struct Publication: Equatable, Sendable {
        package let inForce: Bool
        /// Seconds for which it is in force from now on; 0 when it is not.
        package let lifetime: UInt32
        /// One for each address of the record, in its order.
        package let addresses: [DialledAddress]

        package init(inForce: Bool, lifetime: UInt32, addresses: [DialledAddress]) {
            self.inForce = inForce
            self.lifetime = lifetime
            self.addresses = addresses
        }
    }

    /// Where an entry is in the log, and that it is there.
    package struct Inclusion: Equatable, Sendable {
        package let position: UInt64
        /// At most 64.
        package let path: [NodeHash]
        package let evidence: LogEvidence

        package init(position: UInt64, path: [NodeHash], evidence: LogEvidence) {
            self.position = position
            self.path = path
            self.evidence = evidence
        }
    }

    /// The request's.
    package let id: UInt64
    package let body: Body

    package init(id: UInt64, body: Body) {
        self.id = id
        self.body = body
    }
}

extension DirectoryResponse {
    init(_ message: P2pchat_V1_DirectoryResponse) throws(WireError) {
        guard message.id > 0 else { throw .invalid("response.id") }
        id = message.id
        switch message.body {
        case .failure(let failure)?: body = .failure(DirectoryFailure(failure))
        case .observed(let observed)?: body = .observed(try IPAddress(bytes: Array(observed.ip)))
        case .newest(let newest)?:
            let entry = try bounded(newest.entry, WireLimits.entry, "newest.entry")
            body = .newest(
                entry: entry.isEmpty ? nil : entry,
                log: newest.hasLog ? try LogEvidence(newest.log) : nil)
        case .appended(let appended)?:
            body = .appended(appended.hasLog ? try Inclusion(appended) : nil)
        case .published(let published)?: body = .published(try Publication(published))
        case .unregistered?: body = .unregistered
        case .lookedUp(let lookedUp)?:
            body = .lookedUp(lookedUp.hasPresence ? try ServedPresence(lookedUp.presence) : nil)
        case .listed(let listed)?:
            guard listed.presences.count <= WireLimits.page, !(listed.more && listed.presences.isEmpty) else {
                throw .invalid("listed.presences")
            }
            var presences: [ServedPresence] = []
            for presence in listed.presences { presences.append(try ServedPresence(presence)) }
            body = .listed(presences, more: listed.more)
        case .watching?: body = .watching
        case .confirmed(let confirmed)?:
            let claim = try bounded(confirmed.claim, WireLimits.entry, "confirmed.claim")
            body = .confirmed(
                claim: claim.isEmpty ? nil : claim,
                log: confirmed.hasLog ? try LogEvidence(confirmed.log) : nil)
        case .checkpoint(let newest)?:
            body = .checkpoint(
                try note(newest.checkpoint, "checkpoint.checkpoint"),
                consistency: try hashes(newest.consistency, WireLimits.logPath, "checkpoint.consistency"))
        case .entries(let page)?: body = .entries(try Self.entries(page))
        case .nodes(let page)?:
            body = .nodes(try hashes(page.hashes, WireLimits.nodePage, "nodes.hashes"))
        case .logKeys(let keys)?: body = .logKeys(try Self.statements(keys))
        case .sealedKept?: body = .sealedKept
        case .sealedFetched(let fetched)?: body = .sealedFetched(try sealedBlobs(fetched))
        case .witnessing?: body = .witnessing
        case .cosigned?: body = .cosigned
        case nil: body = .unknown
        }
    }

    func message() throws(WireError) -> P2pchat_V1_DirectoryResponse {
        var message = P2pchat_V1_DirectoryResponse()
        message.id = id
        switch body {
        case .failure(let failure): message.failure = failure.message
        case .observed(let ip): message.observed.ip = Data(ip.bytes)
        case .newest(let entry, let log):
            message.newest.entry = Data(entry ?? [])
            if let log { message.newest.log = log.message }
        case .appended(let inclusion): message.appended = inclusion?.message ?? .init()
        case .published(let publication): message.published = publication.message
        case .unregistered: message.unregistered = .init()
        case .lookedUp(let presence):
            message.lookedUp = .init()
            if let presence { message.lookedUp.presence = presence.message }
        case .listed(let presences, let more):
            message.listed.presences = presences.map(\.message)
            message.listed.more = more
        case .watching: message.watching = .init()
        case .confirmed(let claim, let log):
            message.confirmed.claim = Data(claim ?? [])
            if let log { message.confirmed.log = log.message }
        case .checkpoint(let note, let consistency):
            message.checkpoint.checkpoint = Data(note)
            message.checkpoint.consistency = data(consistency)
        case .entries(let entries): message.entries.entries = entries.map { Data($0) }
        case .nodes(let hashes): message.nodes.hashes = data(hashes)
        case .logKeys(let statements): message.logKeys.statements = statements.map { Data($0) }
        case .sealedKept: message.sealedKept = .init()
        case .sealedFetched(let blobs): message.sealedFetched.blobs = blobs.map { Data($0) }
        case .witnessing: message.witnessing = .init()
        case .cosigned: message.cosigned = .init()
        case .unknown: throw .invalid("response.body")
        }
        return message
    }
}

extension DirectoryResponse {
    private static func entries(_ page: P2pchat_V1_EntryPage) throws(WireError) -> [[UInt8]] {
        guard page.entries.count <= WireLimits.entryPage else { throw .invalid("entries.entries") }
        var entries: [[UInt8]] = []
        for entry in page.entries {
            guard !entry.isEmpty else { throw .invalid("entries.entries") }
            entries.append(try bounded(entry, WireLimits.entry, "entries.entries"))
        }
        return entries
    }

    private static func statements(_ keys: P2pchat_V1_LogKeyStatements) throws(WireError) -> [[UInt8]] {
        guard (1...WireLimits.logKeys).contains(keys.statements.count) else {
            throw .invalid("log_keys.statements")
        }
        var statements: [[UInt8]] = []
        for statement in keys.statements {
            statements.append(try fixed(statement, WireLimits.logKeyStatement, "log_keys.statements"))
        }
        return statements
    }
}

extension DirectoryResponse.Inclusion {
    init(_ message: P2pchat_V1_Appended) throws(WireError) {
        position = message.position
        path = try hashes(message.inclusion, WireLimits.logPath, "appended.inclusion")
        evidence = try LogEvidence(message.log)
    }

    var message: P2pchat_V1_Appended {
        var message = P2pchat_V1_Appended()
        message.position = position
        message.inclusion = data(path)
        message.log = evidence.message
        return message
    }
}

extension DirectoryResponse.Publication {
    init(_ message: P2pchat_V1_Published) throws(WireError) {
        guard message.addresses.count <= WireLimits.addresses, message.lifetime <= WireLimits.lifetime,
            (message.lifetime > 0) == message.inForce
        else { throw .invalid("published") }
        var addresses: [DialledAddress] = []
        for dialled in message.addresses {
            addresses.append(
                DialledAddress(
                    address: try NetworkAddress(dialled.address),
                    reachability: Reachability(dialled.reachability)))
        }
        self.init(inForce: message.inForce, lifetime: message.lifetime, addresses: addresses)
    }

    var message: P2pchat_V1_Published {
        var message = P2pchat_V1_Published()
        message.inForce = inForce
        message.lifetime = lifetime
        message.addresses = addresses.map { dialled in
            var message = P2pchat_V1_Dialled()
            message.address = dialled.address.message
            message.reachability = dialled.reachability.message
            return message
        }
        return message
    }
}

extension DirectoryFailure {
    init(_ message: P2pchat_V1_Failure) {
        switch message.reason {
        case .unsupported: self = .unsupported
        case .invalid: self = .invalid
        case .wrongTime: self = .wrongTime(directory: message.directoryTime)
        case .outOfSequence: self = .outOfSequence(newest: message.newestSequence)
        case .handleTaken: self = .handleTaken
        case .notClaimed: self = .notClaimed
        case .tooManyHandles: self = .tooManyHandles
        case .rateLimited: self = .rateLimited(retryAfter: message.retryAfter)
        case .full: self = .full
        case .unavailable: self = .unavailable
        case .presentElsewhere: self = .presentElsewhere
        case .notAWitness: self = .notAWitness
        case .unspecified, .UNRECOGNIZED: self = .unknown
        }
    }

    var message: P2pchat_V1_Failure {
        var message = P2pchat_V1_Failure()
        switch self {
        case .unsupported: message.reason = .unsupported
        case .invalid: message.reason = .invalid
        case .wrongTime(let time):
            message.reason = .wrongTime
            message.directoryTime = time
        case .outOfSequence(let newest):
            message.reason = .outOfSequence
            message.newestSequence = newest
        case .handleTaken: message.reason = .handleTaken
        case .notClaimed: message.reason = .notClaimed
        case .tooManyHandles: message.reason = .tooManyHandles
        case .rateLimited(let seconds):
            message.reason = .rateLimited
            message.retryAfter = seconds
        case .full: message.reason = .full
        case .unavailable: message.reason = .unavailable
        case .presentElsewhere: message.reason = .presentElsewhere
        case .notAWitness: message.reason = .notAWitness
        case .unknown: message.reason = .unspecified
        }
        return message
    }
}
