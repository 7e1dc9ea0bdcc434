import Identity
import Synchronization
import Transparency

/// Where the checkpoint is kept that the log's key signed last. It is there, durable, before anybody else has it.
package protocol LastSigned: Sendable {
    /// Nil when nothing was signed yet.
    func read() async throws -> [UInt8]?
    func write(_ note: [UInt8]) async throws
}

/// In a file beside the store.
package struct LastSignedFile: LastSigned {
    /// The file's name in the state folder.
    package static let name = "last-signed"

    private let path: String
    private let queue = FileQueue("p2pchat.last-signed")

    package init(folder: String) {
        path = folder + "/" + Self.name
    }

    package func read() async throws -> [UInt8]? {
        try await queue.run { () throws(IdentityError) in
            try StateFile.read(path, limit: SignedNote.mostBytes)
        }
    }

    package func write(_ note: [UInt8]) async throws {
        try await queue.run { () throws(IdentityError) in try StateFile.write(path, note) }
    }
}

/// In memory, for directories that are thrown away.
package final class MemoryLastSigned: LastSigned {
    private let note = Mutex<[UInt8]?>(nil)

    package init() {}

    package func read() -> [UInt8]? { note.withLock { $0 } }

    package func write(_ note: [UInt8]) { self.note.withLock { $0 = note } }
}
