import Directory
import Synchronization

/// What a home would keep, in memory.
final class MemoryKeeper: LogKeeper {
    private struct Kept {
        var state: [UInt8]?
        var evidence: [[UInt8]] = []
        var pages: [Int: [UInt8]] = [:]
    }

    private let kept = Mutex(Kept())

    init(_ state: [UInt8]? = nil) {
        kept.withLock { $0.state = state }
    }

    func state() -> [UInt8]? { kept.withLock { $0.state } }
    var evidence: [[UInt8]] { kept.withLock { $0.evidence } }
    var pages: [Int: [UInt8]] { kept.withLock { $0.pages } }

    func keep(state: @escaping @Sendable () throws -> [UInt8]) async throws {
        let bytes = try state()
        kept.withLock { $0.state = bytes }
    }

    func keep(evidence: [UInt8]) async throws {
        kept.withLock { $0.evidence.append(evidence) }
    }

    func page(_ number: Int) async throws -> [UInt8]? { kept.withLock { $0.pages[number] } }

    func keep(page: [UInt8], number: Int) async throws {
        kept.withLock { $0.pages[number] = page }
    }
}
