import Directory
import Foundation
import Identity
import Synchronization
import Transparency

/// Reads a directory's log over and over, and hands out what is new.
struct LogMonitor: Sendable {
    struct News: Sendable {
        let entries: [(position: UInt64, entry: LogEntry)]
        /// Up to which all of them were audited.
        let checkpoint: Checkpoint
        /// Of all that is handed out.
        let isFirst: Bool
    }

    let reference: DirectoryReference
    let log: LogBook
    /// Between two questions.
    let pause: Duration
    /// The position of the first entry to hand out; nil: what comes after the start.
    let from: UInt64?
    let report: @Sendable (News) throws -> Void

    /// Goes on until it is cancelled, over links that are made again when they end. Throws ``DirectoryError/misbehaves(_:)``, and what makes the first question
    /// fail.
    func run() async throws {
        let copy = LogCopy()
        var told: String?
        var isFirst = true
        while !Task.isCancelled {
            do {
                try await DirectoryVisit(reference: reference, keys: .generate(), log: log).with { client in
                    while !Task.isCancelled {
                        try await ask(client, copy)
                        try? await Task.sleep(for: pause)
                    }
                }
            } catch {
                if case DirectoryError.misbehaves = error { throw error }
                let described = CommandError(describing: error)
                if isFirst || described.code == .inputOutput { throw error }
                if told != described.message { Output.note("\(described.message); trying again") }
                told = described.message
            }
            isFirst = false
            try? await Task.sleep(for: pause)
        }
    }

    private func ask(_ client: DirectoryClient, _ copy: LogCopy) async throws {
        try await client.checkLog()
        try await copy.bringUpToDate(client)
        guard let checkpoint = log.view?.newest?.checkpoint else { return }
        let first = await copy.told ?? from ?? checkpoint.size
        let entries = try await copy.entries(from: first, to: checkpoint.size)
        let isFirst = await copy.told == nil
        guard isFirst || !entries.isEmpty else { return }
        try report(News(entries: entries, checkpoint: checkpoint, isFirst: isFirst))
        await copy.tell(upTo: checkpoint.size)
    }
}

/// A copy of a log in memory.
actor LogCopy {
    private var replica: LogReplica?
    /// Up to which entries were handed out; nil before the first time.
    private(set) var told: UInt64?

    func bringUpToDate(_ client: DirectoryClient) async throws {
        replica = try await client.replicate(limit: .max, held: replica)
    }

    /// What is audited is an entry.
    func entries(from first: UInt64, to end: UInt64) throws -> [(position: UInt64, entry: LogEntry)] {
        guard let replica, first < end else { return [] }
        return try (first..<min(end, replica.size)).map { position in
            (position, try LogEntry(bytes: replica.entry(Int(position))))
        }
    }

    func tell(upTo size: UInt64) { told = size }
}

/// Keeps nothing of a log but what convicts its directory.
final class MonitorKeeper: LogKeeper {
    private let file: String?
    private let written = Mutex<String?>(nil)

    /// - Parameter file: Where evidence goes; nothing is overwritten.
    init(file: String?) { self.file = file }

    /// Where evidence was written; nil where none was.
    var kept: String? { written.withLock { $0 } }

    func state() throws -> [UInt8]? { nil }
    func keep(state: @escaping @Sendable () throws -> [UInt8]) async throws {}

    func keep(evidence: [UInt8]) async throws {
        guard let file else { return }
        do {
            try Data(evidence).write(to: URL(filePath: file), options: .withoutOverwriting)
            written.withLock { $0 = file }
        } catch {
            Output.note("cannot write to \(file): \(error.localizedDescription)")
        }
    }

    func page(_ number: Int) async throws -> [UInt8]? { nil }
    func keep(page: [UInt8], number: Int) async throws {}
}
