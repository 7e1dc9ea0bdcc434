import FoundationEssentials
import Identity
package import Transparency

/// Where a client keeps what it has seen of one directory's log, beyond links and processes: bytes to it.
package protocol LogKeeper: Sendable {
    /// What was kept last; nil when nothing was.
    func state() throws -> [UInt8]?
    /// Keeps the state, which is asked for when it is written, so that the newest is there at the end.
    func keep(state: @escaping @Sendable () throws -> [UInt8]) async throws
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
        } catch {
            throw LogMemoryUnreadable()
        }
    }

    var bytes: [UInt8] {
        get throws {
            let form = Form(
                statements: (view?.statements ?? []).map { Data($0.bytes) },
                newest: (view?.newest?.note.bytes).map { String(decoding: $0, as: UTF8.self) },
                first: first.map { Form.Sighting(text: $0.checkpoint.text, time: $0.time) })
            return Array(try JSONEncoder().encode(form))
        }
    }

    private struct Form: Codable {
        struct Sighting: Codable {
            let text: String
            let time: UInt64
        }

        let statements: [Data]
        /// A signed note.
        let newest: String?
        let first: Sighting?
    }
}
