import Foundation
import Transparency
import Wire

/// Brings a home's copy of a directory's whole log up to date, and audits it: every entry, and the map that they give.
///
/// Not on the client's actor: checking takes its time, and answers to others do not wait for it.
struct LogReplicator {
    let client: DirectoryClient
    let sleep: @Sendable (Duration) async throws -> Void
    private var book: LogBook { client.book }

    /// Reads what is new up to the newest checkpoint that is known, unless the log has more entries than the limit.
    ///
    /// What was read and held against the rules is kept as it comes, so that an interruption costs a page. Throws what asking throws;
    /// ``DirectoryError/misbehaves(_:)`` when the log is not what was signed.
    ///
    /// - Parameter held: a copy from before, so that what was kept is not read; nil where there is none.
    /// - Returns: The copy now; nil where none was needed.
    @discardableResult
    func run(limit: UInt64, held: LogReplica? = nil) async throws(DirectoryError) -> LogReplica? {
        guard let target = book.view?.newest, target.checkpoint.size <= limit,
            book.memory.replica?.checked ?? 0 < target.checkpoint.size
        else { return held }
        let size = target.checkpoint.size
        var replica =
            if let held, held.size <= size { held } else { await restored(upTo: size) }
        while replica.size < size, !Task.isCancelled {
            let before = replica.size
            let page = try await page(from: before, to: size)
            guard !page.isEmpty else {
                throw await client.misbehaved("it has fewer entries than it has signed")
            }
            for (entry, read) in zip(page, await Self.read(page)) { replica.append(entry, read: read) }
            await keep(replica, from: before, isLast: replica.size == size)
        }
        guard replica.size == size else { return nil }
        try await judge(&replica, target)
        return replica
    }

    /// The next entries. A large log takes more pages than are given at once: then they are waited for.
    private func page(
        from first: UInt64, to size: UInt64
    ) async throws(DirectoryError) -> ArraySlice<[UInt8]> {
        while true {
            do {
                let page = try await client.entries(from: first, count: Self.pageCount(for: size - first))
                return page.prefix(Int(clamping: size - first))
            } catch {
                guard case .rateLimited(let delay) = error, !Task.isCancelled else { throw error }
                try? await sleep(max(delay, .seconds(1)))
            }
        }
    }

    /// What the entries of a page say; nil for what is no entry. The signatures are nearly all of the work, so the machine's processors share
    /// them.
    private static func read(_ page: ArraySlice<[UInt8]>) async -> [LogEntry?] {
        let share = max(16, page.count / readers + 1)
        return await withTaskGroup(of: (Int, [LogEntry?]).self) { group in
            for start in stride(from: page.startIndex, to: page.endIndex, by: share) {
                group.addTask {
                    var read: [LogEntry?] = []
                    for entry in page[start..<min(start + share, page.endIndex)] {
                        read.append(try? LogEntry(bytes: entry))
                        if read.count % 8 == 0 { await Task.yield() }
                    }
                    return (start, read)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    private static let readers = min(ProcessInfo.processInfo.activeProcessorCount, 4)

    private func judge(_ replica: inout LogReplica, _ target: SignedCheckpoint) async throws(DirectoryError) {
        let time = await client.time
        let note = target.note.bytes
        guard replica.root == target.checkpoint.root else {
            // Which of the pages is wrong, nobody can say: the next time everything is read anew.
            book.set(replica: nil)
            await book.save()
            throw await client.misbehaved("the entries that it serves are not those of its log")
        }
        if let fault = replica.fault {
            if let path = try? replica.proveInclusion(of: fault.position) {
                await book.convict(
                    .badEntry(
                        checkpoint: note, position: fault.position,
                        entry: replica.entry(Int(fault.position)), path: path, former: fault.predecessor),
                    at: time)
            }
            if book.conviction == nil {
                await book.convict(.entries(replica.entries, checkpoints: [note]), at: time)
            }
            throw await client.misbehaved("an entry of its log breaks the rules")
        }
        guard replica.mapRoot() == target.checkpoint.mapRoot else {
            await book.convict(.entries(replica.entries, checkpoints: [note]), at: time)
            throw await client.misbehaved("its map is not that of the entries of its log")
        }
        book.set(
            replica: LogMemory.Replica(size: replica.size, root: replica.root, checked: replica.size))
        await book.save()
    }

    // MARK: What is kept

    /// The copy as it was kept; an empty one where there is none, or where it is not what was kept.
    private func restored(upTo size: UInt64) async -> LogReplica {
        // What a directory says of its size reserves no more than what is usual.
        let capacity = Int(clamping: min(size, DirectorySession.defaultLogLimit))
        let empty = LogReplica(of: book.directory, capacity: capacity)
        guard let kept = book.memory.replica, kept.size <= size else { return empty }
        var replica = empty
        var number = 0
        while replica.size < kept.size {
            guard let page = try? await book.page(number) else { return empty }
            let before = replica.size
            replica.restore(page: page, upTo: kept.size)
            guard replica.size > before else { return empty }
            number += 1
            await Task.yield()
        }
        return replica.root == kept.root ? replica : empty
    }

    /// Whole pages as they fill, and the last one at the end. Where nothing can be kept, the next process reads it again.
    private func keep(_ replica: LogReplica, from before: UInt64, isLast: Bool) async {
        guard replica.fault == nil else { return }
        let perPage = UInt64(LogReplica.pageEntries)
        let end = isLast ? (replica.size + perPage - 1) / perPage : replica.size / perPage
        let first = before / perPage
        guard first < end else { return }
        for number in first..<end {
            guard
                (try? await book.keep(page: replica.page(Int(number)), number: Int(number))) != nil
            else { return }
        }
        let (size, root) = isLast ? (replica.size, replica.root) : replica.boundary
        book.set(
            replica: LogMemory.Replica(
                size: size, root: root, checked: book.memory.replica?.checked ?? 0))
        await book.save()
    }

    /// How many entries to ask for at once. An answer is padded to one of the frames' sizes (protocol.md, "Frames"): so as many as fill
    /// the largest one that is filled.
    static func pageCount(for wanted: UInt64) -> Int {
        for fits in [285, 71, 17, 4] where wanted >= fits { return fits }
        return Int(clamping: wanted)
    }
}

extension DirectoryClient {
    /// A page of the log's entries, none of them checked.
    func entries(from first: UInt64, count: Int) async throws(DirectoryError) -> [[UInt8]] {
        guard case .entries(let page) = try await request(.log(.entries(first: first, count: count))) else {
            throw misbehaved("it answers with something else than entries")
        }
        return page
    }

    /// Audits the whole log as far as it is known, see ``LogReplicator``.
    ///
    /// - Parameters:
    ///   - limit: entries above which it is not read.
    ///   - held: a copy from before; nil: as it was kept.
    ///   - sleep: how to wait where the directory gives no more pages for now.
    /// - Returns: The copy now; nil where none was needed.
    @discardableResult
    package nonisolated func replicate(
        limit: UInt64, held: LogReplica? = nil,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) async throws(DirectoryError) -> LogReplica? {
        try await LogReplicator(client: self, sleep: sleep).run(limit: limit, held: held)
    }
}
