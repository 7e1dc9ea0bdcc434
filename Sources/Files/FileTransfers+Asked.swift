import FoundationEssentials
import Glibc
import Wire

/// What the person asks for.
extension FileTransfers {
    /// Wants the file, in this folder: at once when the sender is connected, else when it comes. Also after a fault that is
    /// gone; then what came before is still there.
    ///
    /// - Throws: `FileError`; nothing was changed then.
    @discardableResult
    package func accept(_ key: TransferKey, into folder: String) async throws -> Transfer {
        guard key.direction == .incoming, let entry = entries[key] else { throw FileError.unknown }
        let was = entry.transfer
        switch was.state {
        case .offered, .failed: break
        case .accepted: return was
        case .complete, .declined, .cancelled, .cancelledByPeer: throw FileError.over(was.state)
        }
        let folder = try absolute(folder)
        let path = PartPath.join(folder, FileName.clean(entry.transfer.offer.name))
        let isElsewhere =
            entry.transfer.path.map { PartPath($0, key).folder != PartPath(path, key).folder } ?? false
        try await checkFolder(folder, needs: entry.shape.size - (isElsewhere ? 0 : entry.bytesDone))
        if isElsewhere { await removePart(entry) }
        if entry.transfer.state == .accepted { return entry.transfer }
        guard entries[key] === entry, entry.transfer.state == was.state else {
            throw FileError.over(entry.transfer.state)
        }
        if was.path == nil || isElsewhere { entry.transfer.path = path }
        set(entry, .accepted)
        do {
            try await save(entry)
        } catch {
            if entry.transfer.state == .accepted { set(entry, was.state) }
            throw error
        }
        wait(entry)
        return entry.transfer
    }

    /// Accepts for a folder that takes whatever comes, where nobody is asked. What it cannot take now is refused: the sender is told why,
    /// and the transfer waits as failed, to be accepted again.
    package func acceptOrRefuse(_ key: TransferKey, into folder: String) async throws {
        do {
            try await accept(key, into: folder)
        } catch let error as FileError {
            guard let fault = error.fault, let entry = entries[key], entry.transfer.state == .offered else {
                throw error
            }
            set(entry, .failed(fault))
            tell(key.peer, FileEnd(id: key.id, reason: fault.reason))
            events.put(.ended(entry.transfer))
            try await save(entry)
        }
    }

    /// Does not want it, and tells the sender.
    package func decline(_ key: TransferKey) async throws {
        guard key.direction == .incoming, let entry = entries[key] else { throw FileError.unknown }
        guard entry.transfer.state == .offered else { throw FileError.over(entry.transfer.state) }
        set(entry, .declined)
        tell(key.peer, FileEnd(id: key.id, reason: .declined))
        events.put(.ended(entry.transfer))
        try await save(entry)
    }

    /// Gives up: one's own offer, or what is being received; what came of it is removed.
    package func cancel(_ key: TransferKey) async throws {
        guard let entry = entries[key] else { throw FileError.unknown }
        switch entry.transfer.state {
        case .complete, .declined, .cancelled: throw FileError.over(entry.transfer.state)
        case .offered, .accepted, .cancelledByPeer, .failed: break
        }
        guard entry.receiving?.isPlacing != true else { throw FileError.over(.complete) }
        let isKnownToPeer = entry.transfer.state == .cancelledByPeer
        set(entry, .cancelled)
        if key.direction == .outgoing { stopServing(entry) }
        if !isKnownToPeer { end(entry, .cancelled) }
        if let receiving = entry.receiving {
            receiving.intake.stop(.remove)
        } else {
            await removePart(entry)
        }
        events.put(.ended(entry.transfer))
        try await save(entry)
    }

    func absolute(_ path: String) throws -> String {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw FileError.inputOutput(doing: "read", path: path, code: ENOENT)
        }
        if path.hasPrefix("/") { return path }
        guard let here = getcwd(nil, 0) else {
            throw FileError.inputOutput(doing: "read", path: path, code: errno)
        }
        defer { free(here) }
        return PartPath.join(String(cString: here), path)
    }

    private func checkFolder(_ folder: String, needs: Int64) async throws {
        let (calls, reserve) = (calls, limits.reserve)
        try await DiskQueue("p2pchat.file").run { () throws(FileError) in
            var status = stat()
            guard stat(folder, &status) == 0 else {
                throw FileError.inputOutput(doing: "write", path: folder, code: errno)
            }
            guard status.st_mode & S_IFMT == S_IFDIR else { throw FileError.notDirectory(path: folder) }
            guard access(folder, W_OK | X_OK) == 0 else {
                throw FileError.inputOutput(doing: "write", path: folder, code: errno)
            }
            let free: Int64
            do throws(DiskError) {
                free = try calls.free(folder)
            } catch {
                throw FileError.inputOutput(doing: "write", path: folder, code: error.code)
            }
            guard needs <= max(0, free - reserve) else {
                throw FileError.noSpace(path: folder, needs: needs, free: max(0, free - reserve))
            }
        }
    }
}

extension FileError {
    /// What it means for the transfer when a folder does not take the file.
    fileprivate var fault: FileFault? {
        switch self {
        case .noSpace: .noSpace
        case .notDirectory: .noFolder
        case .inputOutput(_, _, let code): FileFault(writing: code)
        case .unknown, .over, .notRegular, .changing, .tooMany: nil
        }
    }
}
