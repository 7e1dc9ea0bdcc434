import Glibc
import Identity
import Wire

/// The task of one transfer that is received over one link.
extension FileTransfers {
    /// From opening the part file to the end, to a pause, or to the file under its name.
    func receive(_ key: TransferKey) async {
        guard let entry = entries[key], let receiving = entry.receiving else { return }
        do throws(FileFault) {
            try await receive(entry, receiving)
        } catch {
            fail(entry, error)
            if error == .partAltered {
                await forgetProgress(entry)
            } else if let writer = receiving.writer {
                await keep(entry, receiving, writer)
            }
        }
        if !entry.transfer.state.keepsPart {
            await removePart(entry)
            try? await save(entry)
        }
        waitingChunks -= receiving.queued
        openGate()
        entry.receiving = nil
        activeCount -= 1
        if let link = peers[key.peer], link.number == receiving.link { link.active.removeAll { $0 == key } }
        ask(key.peer)
        wait(entry)
        for link in peers.values { fill(link) }
    }

    private func receive(_ entry: Entry, _ receiving: Receiving) async throws(FileFault) {
        guard let writer = try await open(entry, receiving) else {
            return complete(entry)
        }
        receiving.writer = writer
        receiving.asked = writer.file.had
        receiving.came = writer.file.had
        receiving.written = writer.file.had
        if entry.transfer.chunksDone > writer.file.had {
            // The part file was removed or cut short.
            entry.transfer.chunksDone = writer.file.had
            saveLater(entry)
        }
        entry.meter.reset()
        note(entry, receiving)
        if entry.transfer.state == .accepted, receiving.written < entry.shape.chunks,
            entry.startedOn != receiving.link
        {
            entry.startedOn = receiving.link
            events.put(.started(entry.transfer))
        }
        ask(entry.key.peer)
        while receiving.written < entry.shape.chunks {
            switch await receiving.intake.next() {
            case .items(let items):
                let written = try await receiving.disk.run { () throws(FileFault) in try writer.take(items) }
                wrote(entry, receiving, items, written)
            case .stop(.pause):
                return await keep(entry, receiving, writer)
            case .stop(.remove):
                return await removePart(entry)
            case .abandoned:
                return
            }
        }
        if try await place(entry, receiving, writer) { complete(entry) }
    }

    /// Opens the part file. Nil when the file has its name already: a crash came before that was noted.
    private func open(_ entry: Entry, _ receiving: Receiving) async throws(FileFault) -> PartWriter? {
        guard let path = entry.transfer.path else { throw .noFolder }
        let (shape, root, had, prefix) = (
            entry.shape, entry.transfer.offer.root, entry.transfer.chunksDone, entry.prefix
        )
        let (partPath, calls, limits) = (PartPath(path, entry.key), calls, limits)
        return try await receiving.disk.run { () throws(FileFault) in
            if had == shape.chunks, try Self.isPlaced(path, partPath, shape, root, calls) { return nil }
            do {
                let file = try PartFile(partPath, had: had, shape: shape, calls: calls)
                let left = shape.size - shape.offset(ofChunk: file.had)
                guard left <= max(0, try calls.free(partPath.folder) - limits.reserve) else {
                    throw DiskError(code: ENOSPC)
                }
                let tree = try Self.tree(file, prefix)
                return PartWriter(
                    file, tree, shape: shape, root: root, writeBackChunks: limits.writeBackChunks)
            } catch let error as DiskError {
                throw FileFault(writing: error.code)
            } catch {
                throw error as? FileFault ?? .inputOutput
            }
        }
    }

    private static func tree(_ file: PartFile, _ prefix: PrefixTree?) throws(FileFault) -> PrefixTree {
        if let prefix, prefix.count == file.had { return prefix }
        do {
            return try file.tree(ofFirst: file.had)
        } catch .changed {
            throw .partAltered
        } catch {
            throw .inputOutput
        }
    }

    /// Whether the whole file stands under the name that was noted for it, and the part file does not.
    private static func isPlaced(
        _ path: String, _ part: PartPath, _ shape: FileShape, _ root: [UInt8], _ calls: DiskCalls
    ) throws(FileFault) -> Bool {
        var (whole, rest) = (stat(), stat())
        guard shape.chunks > 0, lstat(path, &whole) == 0, whole.st_mode & S_IFMT == S_IFREG,
            Int64(whole.st_size) == shape.size
        else { return false }
        if lstat(part.part, &rest) == 0 {
            // A crash between the two halves of the renaming: one file with two names. It was checked before.
            guard whole.st_ino == rest.st_ino, whole.st_dev == rest.st_dev else { return false }
            unlink(part.part)
        }
        do {
            let file = try SourceFile(path)
            var tree = PrefixTree()
            while tree.count < shape.chunks { tree.append(TreeHash.leaf(try file.read(tree.count, shape))) }
            guard tree.root(shape) == root else { return false }
            try calls.syncFolder(part.folder)
        } catch {
            throw .inputOutput
        }
        return true
    }

    private func wrote(_ entry: Entry, _ receiving: Receiving, _ items: [Intake.Item], _ written: Int) {
        let chunks = items.count { if case .chunk = $0 { true } else { false } }
        receiving.queued -= chunks
        waitingChunks -= chunks
        openGate()
        receiving.written = written
        note(entry, receiving)
        ask(entry.key.peer)
        let unsynced = written - entry.transfer.chunksDone
        guard !receiving.isSyncing, unsynced > 0, written < entry.shape.chunks,
            unsynced >= limits.syncChunks || receiving.lastSync.duration(to: now()) >= limits.syncAfter
        else { return }
        receiving.isSyncing = true
        receiving.lastSync = now()
        let (key, link) = (entry.key, receiving.link)
        jobsIn.yield { await self.sync(key, link, written) }
    }

    private func note(_ entry: Entry, _ receiving: Receiving) {
        moved(entry, to: entry.shape.offset(ofChunk: receiving.written))
    }

    /// Progress of either direction.
    func moved(_ entry: Entry, to bytes: Int64) {
        let now = now()
        entry.bytesDone = bytes
        entry.meter.note(bytes, at: now)
        guard entry.transfer.state == .accepted, bytes < entry.shape.size else { return }
        if let last = entry.lastProgress, last.duration(to: now) < limits.progressAfter { return }
        entry.lastProgress = now
        events.put(.progress(entry.status(at: now)))
    }

    /// Makes what was written durable, and notes it, while more comes.
    private func sync(_ key: TransferKey, _ link: Int, _ written: Int) async {
        guard let entry = entries[key], let receiving = entry.receiving, receiving.link == link,
            let writer = receiving.writer
        else { return }
        do throws(FileFault) {
            try await receiving.syncs.run { () throws(FileFault) in try writer.sync() }
            receiving.isSyncing = false
            guard entry.receiving === receiving, entry.transfer.state == .accepted else { return }
            try await checkSpace(entry, receiving)
        } catch {
            // After a failed sync nobody knows what is on the disk, and a later one may say that all is well.
            if error != .noSpace { receiving.syncFailed = true }
            fail(entry, error)
            return
        }
        guard entry.receiving === receiving, entry.transfer.chunksDone < written, !receiving.isPlacing else {
            return
        }
        entry.transfer.chunksDone = written
        // Not noted, it is noted next time; or it comes once more after a crash.
        try? await save(entry)
    }

    /// Ends while the home can still write its database.
    private func checkSpace(_ entry: Entry, _ receiving: Receiving) async throws(FileFault) {
        guard let path = entry.transfer.path else { return }
        let (calls, limits, folder) = (calls, limits, PartPath(path, entry.key).folder)
        try await receiving.syncs.run { () throws(FileFault) in
            do throws(DiskError) {
                guard try calls.free(folder) >= limits.reserve / 2 else { throw DiskError(code: ENOSPC) }
            } catch {
                throw FileFault(writing: error.code)
            }
        }
    }

    /// Notes what is written, so that it goes on from there.
    private func keep(_ entry: Entry, _ receiving: Receiving, _ writer: PartWriter) async {
        guard !receiving.syncFailed else { return }
        do {
            try await receiving.disk.run { () throws(FileFault) in try writer.sync() }
        } catch {
            return
        }
        guard entry.transfer.state.keepsPart else { return await removePart(entry) }
        let tree = writer.tree
        if tree.count == 0, entry.transfer.state != .accepted { return await removePart(entry) }
        entry.prefix = tree
        entry.transfer.chunksDone = tree.count
        entry.bytesDone = entry.shape.offset(ofChunk: tree.count)
        try? await save(entry)
    }

    private func forgetProgress(_ entry: Entry) async {
        entry.transfer.chunksDone = 0
        entry.prefix = nil
        entry.bytesDone = 0
        try? await save(entry)
    }

    // MARK: The name

    /// Gives the whole file its name, or the next one that is free.
    ///
    /// - Returns: False when it was ended meanwhile.
    private func place(_ entry: Entry, _ receiving: Receiving, _ writer: PartWriter) async throws(FileFault)
        -> Bool
    {
        try await receiving.disk.run { () throws(FileFault) in
            // Every chunk was checked as it came.
            guard writer.isWhole else { throw .partAltered }
            try writer.sync()
        }
        entry.prefix = nil
        let (part, calls) = (writer.file.path, calls)
        let clean = FileName.clean(entry.transfer.offer.name)
        for number in 1...Self.sameNames {
            guard entry.transfer.state == .accepted else {
                await keep(entry, receiving, writer)
                return false
            }
            let path = PartPath.join(part.folder, number == 1 ? clean : FileName.numbered(clean, number))
            if await receiving.disk.run({ Self.isTaken(path) }) { continue }
            // Noted before, so that after a crash it is known where to look.
            entry.transfer.path = path
            entry.transfer.chunksDone = entry.shape.chunks
            do {
                try await save(entry)
            } catch {
                throw .notNoted
            }
            guard entry.transfer.state == .accepted else { continue }
            receiving.isPlacing = true
            defer { receiving.isPlacing = false }
            let isPlaced = try await receiving.disk.run { () throws(FileFault) in
                do throws(DiskError) {
                    try calls.place(part.part, path)
                } catch {
                    if error.code == EEXIST { return false }
                    throw FileFault(writing: error.code)
                }
                do {
                    try calls.syncFolder(part.folder)
                } catch {
                    throw FileFault.inputOutput
                }
                return true
            }
            if isPlaced { return true }
        }
        throw .notWritable
    }

    private static func isTaken(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    private func complete(_ entry: Entry) {
        guard entry.transfer.state == .accepted else { return }
        entry.transfer.chunksDone = entry.shape.chunks
        entry.bytesDone = entry.shape.size
        set(entry, .complete)
        tell(entry.key.peer, FileEnd(id: entry.key.id, reason: .complete))
        events.put(.completed(entry.transfer))
        saveLater(entry)
    }

    private static let sameNames = 10_000
}
