import Directory
import Synchronization

/// What a home would keep, in memory.
final class MemoryKeeper: LogKeeper {
    private let kept = Mutex<[UInt8]?>(nil)

    init(_ state: [UInt8]? = nil) {
        kept.withLock { $0 = state }
    }

    func state() -> [UInt8]? { kept.withLock { $0 } }

    func keep(state: @escaping @Sendable () throws -> [UInt8]) async throws {
        let bytes = try state()
        kept.withLock { $0 = bytes }
    }
}
