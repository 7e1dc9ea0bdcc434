import FoundationEssentials
package import Identity

/// What somebody is looked up by.
package enum LookupQuery: Hashable, Sendable {
    case handle(Handle)
    case identity(PublicIdentity)
    case address(NetworkAddress)
}

/// A client's request; the meaning of each stands in p2pchat.proto and protocol.md, "Directory".
package struct DirectoryRequest: Equatable, Sendable {
    package enum Body: Equatable, Sendable {
        case observe
        /// A label, 32 bytes.
        case newest(label: [UInt8])
        /// An entry, 1 to 1,024 bytes, not yet checked.
        case append(entry: [UInt8], handle: Handle)
        /// With `giveWay`, not while another link of this identity keeps a presence.
        case publish(SignedRecord, handle: Handle?, giveWay: Bool = false)
        case unregister
        case lookup(LookupQuery)
        /// Nil: from the first.
        case list(after: PublicIdentity?)
        case watch
        case confirm(Handle, PublicIdentity)
        case log(LogQuery)
        /// For so many seconds, 1 to 7,200; 1 to 48 at once.
        case putSealed([SealedBlob], lifetime: UInt32)
        /// 1 to 48 tags of 32 bytes.
        case fetchSealed([[UInt8]])
        case witness
        /// One signature line of a signed note, not read yet; 1 to 1,024 bytes.
        case cosign(line: String)
        /// A request that this version does not know: answered with ``DirectoryFailure/unsupported``.
        case unknown
    }

    /// Above 0, chosen by the client, not used before on its link.
    package let id: UInt64
    package let body: Body

    package init(id: UInt64, body: Body) {
        self.id = id
        self.body = body
    }
}

extension DirectoryRequest {
    init(_ message: P2pchat_V1_DirectoryRequest) throws(WireError) {
        guard message.id > 0 else { throw .invalid("request.id") }
        id = message.id
        switch message.body {
        case .observe?: body = .observe
        case .newest(let newest)?: body = .newest(label: try fixed(newest.label, 32, "newest.label"))
        case .append(let append)?:
            let entry = try bounded(append.entry, WireLimits.entry, "append.entry")
            guard !entry.isEmpty else { throw .invalid("append.entry") }
            body = .append(entry: entry, handle: try handle(append.handle, "append.handle"))
        case .publish(let publish)?:
            body = .publish(
                try SignedRecord(bytes: Array(publish.record), signature: Array(publish.signature)),
                handle: try optionalHandle(publish.handle, "publish.handle"), giveWay: publish.giveWay)
        case .unregister?: body = .unregister
        case .lookup(let lookup)?: body = .lookup(try LookupQuery(lookup))
        case .list(let list)?: body = .list(after: try optionalIdentity(list.after, "list.after"))
        case .watch?: body = .watch
        case .confirm(let confirm)?:
            body = .confirm(
                try handle(confirm.handle, "confirm.handle"),
                try identity(confirm.identity, "confirm.identity"))
        case .checkpoint(let checkpoint)?:
            body = .log(.checkpoint(from: checkpoint.from, to: checkpoint.to))
        case .entries(let entries)?:
            body = .log(.entries(first: entries.first, count: Int(clamping: entries.count)))
        case .history(let history)?:
            body = .log(
                .history(label: try fixed(history.label, 32, "history.label"), first: history.first))
        case .nodes(let nodes)?: body = .log(try LogQuery(nodes))
        case .logKeys?: body = .log(.keys)
        case .putSealed(let put)?: body = .putSealed(try [SealedBlob](put), lifetime: put.lifetime)
        case .fetchSealed(let fetch)?: body = .fetchSealed(try sealedTags(fetch))
        case .witness?: body = .witness
        case .cosign(let cosign)?:
            guard (1...WireLimits.signatureLine).contains(cosign.line.utf8.count) else {
                throw .invalid("cosign.line")
            }
            body = .cosign(line: cosign.line)
        case nil: body = .unknown
        }
    }

    func message() throws(WireError) -> P2pchat_V1_DirectoryRequest {
        var message = P2pchat_V1_DirectoryRequest()
        message.id = id
        switch body {
        case .observe: message.observe = .init()
        case .newest(let label): message.newest.label = Data(label)
        case .append(let entry, let handle):
            message.append.entry = Data(entry)
            message.append.handle = handle.text
        case .publish(let record, let handle, let giveWay):
            message.publish.record = Data(record.bytes)
            message.publish.signature = Data(record.signature)
            message.publish.handle = handle?.text ?? ""
            message.publish.giveWay = giveWay
        case .unregister: message.unregister = .init()
        case .lookup(let query): message.lookup = query.message
        case .list(let after): message.list.after = Data(after?.bytes ?? [])
        case .watch: message.watch = .init()
        case .confirm(let handle, let identity):
            message.confirm.handle = handle.text
            message.confirm.identity = Data(identity.bytes)
        case .log(.checkpoint(let from, let to)):
            message.checkpoint.from = from
            message.checkpoint.to = to
        case .log(.entries(let first, let count)):
            message.entries.first = first
            message.entries.count = UInt32(clamping: count)
        case .log(.history(let label, let first)):
            message.history.label = Data(label)
            message.history.first = first
        case .log(.nodes(let level, let first, let count)):
            message.nodes.level = UInt32(clamping: level)
            message.nodes.first = first
            message.nodes.count = UInt32(clamping: count)
        case .log(.keys): message.logKeys = .init()
        case .putSealed(let presences, let lifetime):
            message.putSealed.presences = presences.messages
            message.putSealed.lifetime = lifetime
        case .fetchSealed(let tags): message.fetchSealed.tags = tags.map { Data($0) }
        case .witness: message.witness = .init()
        case .cosign(let line): message.cosign.line = line
        case .unknown: throw .invalid("request.body")
        }
        return message
    }
}

extension LookupQuery {
    init(_ message: P2pchat_V1_Lookup) throws(WireError) {
        switch message.query {
        case .handle(let text)?: self = .handle(try Wire.handle(text, "lookup.handle"))
        case .identity(let bytes)?: self = .identity(try Wire.identity(bytes, "lookup.identity"))
        case .address(let address)?: self = .address(try NetworkAddress(address))
        case nil: throw .invalid("lookup.query")
        }
    }

    var message: P2pchat_V1_Lookup {
        var message = P2pchat_V1_Lookup()
        switch self {
        case .handle(let handle): message.handle = handle.text
        case .identity(let identity): message.identity = Data(identity.bytes)
        case .address(let address): message.address = address.message
        }
        return message
    }
}
