import Identity
import Transparency

/// Writes a log as files that anybody's tools can read (C2SP tlog-tiles), at each new checkpoint and every 15 minutes.
///
/// The checkpoint is replaced only after everything that it needs is durable: whoever fetches it finds the rest. Nothing waits for this, and
/// what comes while it works has one run together. It reads one tile after the other, so memory does not grow with the log.
package actor LogPublisher {
    private struct Written {
        let note: [UInt8]
        let size: UInt64
    }

    private let log: DirectoryLog
    private let folder: PublishedFolder
    private let report: @Sendable (ServerEvent) -> Void
    /// What this process wrote last. Nil at first: then each file is compared with what the store has.
    private var written: Written?
    private var isFailing = false

    /// - Parameter events: told of the first failure and when it goes on; must not block.
    package init(
        log: DirectoryLog, folder: PublishedFolder, events: @escaping @Sendable (ServerEvent) -> Void
    ) {
        self.log = log
        self.folder = folder
        report = events
    }

    /// Publishes until cancelled.
    package func run(
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) async {
        // One may wait while one is under way: it takes what is newest then.
        let (wakes, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        await log.tell(wake)
        wake.yield()
        await withDiscardingTaskGroup { group in
            group.addTask {
                while (try? await sleep(Self.renewal)) != nil { wake.yield() }
            }
            for await _ in wakes {
                if await publishAndReport() { continue }
                // Not at each batch: as long as the first run fails, it begins anew each time.
                try? await sleep(Self.retry)
                wake.yield()
            }
            group.cancelAll()
        }
        wake.finish()
    }

    /// - Returns: Whether it succeeded.
    private func publishAndReport() async -> Bool {
        do {
            try await publish()
            if isFailing { report(.publishingGoesOn) }
            isFailing = false
            return true
        } catch {
            // What was given up because the directory stops is no failure.
            if !isFailing, !Task.isCancelled {
                isFailing = true
                report(.publishingFailed(Self.text(error)))
            }
            return false
        }
    }

    /// Brings the folder to the newest checkpoint. Throws ``LogStartError`` where another log's checkpoint is in it, or one that this log has
    /// not come to; ``ClaimStoreError``, or ``IdentityError`` of a file.
    package func publish() async throws {
        let (note, size) = try await log.newestNote()
        let present = try await folder.checkpoint()
        var former: UInt64 = 0
        if let written, written.note == present {
            former = written.size
        } else if let present {
            try await log.compare(published: present)
        }
        for level in TileRow.levels(size) {
            for (index, width) in TileRow(level: level, former: former, size: size).tiles {
                try Task.checkCancellation()
                try await write(level: level, index: index, width: width)
            }
        }
        if note != present { try await folder.replaceCheckpoint(note) }
        // Only now: until then somebody may have read the former checkpoint and look for them.
        for level in TileRow.levels(size) {
            for index in TileRow(level: level, former: former, size: size).full {
                try await removePartials(level: level, index: index)
            }
        }
        written = Written(note: note, size: size)
    }

    private func write(level: Int, index: UInt64, width: Int) async throws {
        let first = index * UInt64(TilePath.fullWidth)
        let nodes = (0..<UInt64(width)).map { LogNode(level: 8 * level, index: first + $0) }
        let hashes = try await log.store.withNodes { try $0.hashes(of: nodes) }
        if level == 0 {
            let bundle = try await bundle(from: first, hashes)
            try await folder.write(TilePath(content: .entries, index: index, width: width), bundle)
        }
        try await folder.write(
            TilePath(content: .hashes(level: level), index: index, width: width), hashes.flatMap(\.bytes))
    }

    /// Entries with their lengths before them, each compared with its hash: what is damaged in the store must not be told to everybody.
    private func bundle(
        from first: UInt64, _ hashes: [NodeHash]
    ) async throws(ClaimStoreError) -> [UInt8] {
        let entries = try await log.store.entryBytes(from: first, count: hashes.count)
        guard entries.map(NodeHash.leaf) == hashes else {
            throw .corrupt("entries from \(first) on are not those of the log")
        }
        var bundle: [UInt8] = []
        for entry in entries {
            guard let length = UInt16(exactly: entry.count) else {
                throw .corrupt("an entry is longer than 65,535 bytes")
            }
            bundle += [UInt8(length >> 8), UInt8(length & 0xFF)] + entry
        }
        return bundle
    }

    private func removePartials(level: Int, index: UInt64) async throws(IdentityError) {
        let contents: [TilePath.Content] =
            level == 0 ? [.hashes(level: level), .entries] : [.hashes(level: level)]
        for content in contents {
            try await folder.removePartials(
                of: TilePath(content: content, index: index, width: TilePath.fullWidth))
        }
    }

    private static func text(_ error: any Error) -> String {
        error is LogStartError
            ? "the checkpoint in the folder is not of this log, or ahead of it" : "\(error)"
    }

    /// The log cosigns anew each half hour, and clients warn of a checkpoint that is an hour old.
    private static let renewal = Duration.seconds(900)
    private static let retry = Duration.seconds(60)
}
