import FoundationEssentials
import Identity
package import Transparency

/// Where a client keeps what it has seen of one directory's log, beyond links and processes: bytes to it.
package protocol LogKeeper: Sendable {
    /// What was kept last; nil when nothing was.
    func state() throws -> [UInt8]?
    /// Keeps the state, which is asked for when it is written, so that the newest is there at the end.
    func keep(state: @escaping @Sendable () throws -> [UInt8]) async throws
    /// Keeps what convicts the directory.
    func keep(evidence: [UInt8]) async throws
    /// A page of the log's entries as it was kept; nil when it is not there.
    func page(_ number: Int) async throws -> [UInt8]?
    func keep(page: [UInt8], number: Int) async throws
}

/// What a client remembers of one directory's log.
package struct LogMemory: Equatable, Sendable {
    /// A checkpoint, and when it was seen by this computer's clock, in seconds since 1970.
    package struct Sighting: Equatable, Sendable {
        package let checkpoint: Checkpoint
        package let time: UInt64
    }

    /// Nil before the first answer that tells of the log.
    package var view: LogView?
    /// The first one that was believed. Everything that is believed since is of the same log.
    package var first: Sighting?
    /// The home's own handles there.
    package var own: [Label: OwnHandle] = [:]
    /// What the directory is convicted of, the first first.
    package var convictions: [Conviction] = []
    /// How much of the log is here; nil where nothing is.
    package var replica: Replica?
    /// What peers believe.
    package var peers = PeerLogs()
    /// Whose cosignatures a checkpoint has to have; nil: nobody's.
    package var policy: WitnessPolicy?

    package struct Conviction: Equatable, Sendable, Codable {
        /// The end of a sentence that begins with the directory.
        package let what: String
        /// When it was noticed, by this computer's clock in seconds since 1970.
        package let time: UInt64
    }

    /// What the kept pages hold.
    package struct Replica: Equatable, Sendable {
        /// Entries, and the root that they give.
        package let size: UInt64
        package let root: NodeHash
        /// So many of them are the log of a checkpoint that was signed, follow the rules, and give its map.
        package let checked: UInt64
    }

    package init() {}
}

/// What was kept is of a form that this version cannot read.
package struct LogMemoryUnreadable: Error, Equatable, Sendable {}

/// The bytes of a memory: JSON, whose parts are checked again on the way in.
extension LogMemory {
    init(bytes: [UInt8], of directory: PublicIdentity) throws(LogMemoryUnreadable) {
        do {
            let form = try JSONDecoder().decode(Form.self, from: Data(bytes))
            self.init()
            if !form.statements.isEmpty {
                view = try LogView(
                    statements: form.statements.map { Array($0) }, by: directory,
                    newest: form.newest.map { Array($0.utf8) })
            }
            if let first = form.first {
                guard let checkpoint = Checkpoint(text: first.text) else { throw LogMemoryUnreadable() }
                self.first = Sighting(checkpoint: checkpoint, time: first.time)
            }
            for own in form.own ?? [] {
                guard let label = Label(bytes: Array(own.label)) else { throw LogMemoryUnreadable() }
                self.own[label] = OwnHandle(
                    made: own.made.map { Array($0) }, newest: try Self.entry(own.newest),
                    sight: try own.sight?.sight(of: own.newest.map { Array($0) }), size: own.size,
                    foreign: try Self.entry(own.foreign), checked: own.checked)
            }
            convictions = form.convictions ?? []
            if let replica = form.replica {
                guard let root = NodeHash(replica.root) else { throw LogMemoryUnreadable() }
                self.replica = Replica(size: replica.size, root: root, checked: replica.checked)
            }
            for form in form.peers ?? [] {
                let (peer, log) = try form.log(of: directory)
                peers.change(peer) { $0 = log }
            }
            policy = try form.policy.map { try WitnessPolicy(text: $0) }
        } catch {
            throw LogMemoryUnreadable()
        }
    }

    var bytes: [UInt8] {
        get throws {
            let form = Form(
                statements: (view?.statements ?? []).map { Data($0.bytes) },
                newest: (view?.newest?.note.bytes).map { String(decoding: $0, as: UTF8.self) },
                first: first.map { Form.Sighting(text: $0.checkpoint.text, time: $0.time) },
                own: own.map { label, own in
                    Form.Own(
                        label: Data(label.bytes), made: own.made.map { Data($0) },
                        newest: own.newest.map { Data($0.bytes) },
                        sight: own.sight.map(Form.Sight.init), size: own.size,
                        foreign: own.foreign.map { Data($0.bytes) },
                        checked: own.checked)
                },
                convictions: convictions,
                replica: replica.map {
                    Form.Replica(size: $0.size, root: Data($0.root.bytes), checked: $0.checked)
                },
                peers: peers.all.map { PeerLogForm($0.key, $0.value) }, policy: policy?.text)
            return Array(try JSONEncoder().encode(form))
        }
    }

    private static func entry(_ bytes: Data?) throws -> LogEntry? {
        try bytes.map { try LogEntry(bytes: Array($0)) }
    }

    private struct Form: Codable {
        struct Own: Codable {
            let label: Data
            let made: [Data]
            let newest: Data?
            let sight: Sight?
            let size: UInt64
            let foreign: Data?
            let checked: UInt64
        }

        struct Sight: Codable {
            /// A signed note.
            let checkpoint: String
            let map: MapProofForm

            init(_ sight: Evidence.Sight) {
                checkpoint = String(decoding: sight.checkpoint, as: UTF8.self)
                map = MapProofForm(sight.proof)
            }

            func sight(of entry: [UInt8]?) throws -> Evidence.Sight {
                Evidence.Sight(checkpoint: Array(checkpoint.utf8), entry: entry, proof: try map.proof())
            }
        }

        struct Replica: Codable {
            let size: UInt64
            let root: Data
            let checked: UInt64
        }

        struct Sighting: Codable {
            let text: String
            let time: UInt64
        }

        let statements: [Data]
        /// A signed note.
        let newest: String?
        let first: Sighting?
        let own: [Own]?
        let convictions: [Conviction]?
        let replica: Replica?
        let peers: [PeerLogForm]?
        let policy: String?
    }
}
