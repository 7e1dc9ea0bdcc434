import Glibc
import Identity
import Sodium
import Wire

/// Where a transfer is received: the file's name is hidden until it has the whole file.
struct PartPath: Equatable, Sendable {
    let folder: String
    /// Hidden, and nobody else's: it names the offer and whose it is.
    let part: String

    /// - Parameter path: Where the file is to be in the end, absolute.
    init(_ path: String, _ key: TransferKey) {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        folder = end == path.startIndex ? "/" : String(path[..<end])
        let peer = Blake2b.hash256(key.peer.bytes).prefix(6).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        part = Self.join(folder, ".\(key.id).\(peer.joined()).p2pchat-part")
    }

    /// Removes the part file, if there is one.
    func remove() {
        unlink(part)
    }

    /// Gives the part file, if there is one, another name; nothing is overwritten.
    func rename(to other: PartPath) {
        guard link(part, other.part) == 0 else { return }
        unlink(part)
    }

    static func join(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }
}

/// A file that grows by chunks which were checked, from the first without a gap.
final class PartFile: Sendable {
    let path: PartPath
    /// Chunks that it had when it was opened, and that may be kept.
    let had: Int
    private let shape: FileShape
    private let descriptor: Int32
    private let calls: DiskCalls

    /// Opens the part file, or makes it.
    ///
    /// - Parameter had: Chunks that were noted as synced; what lies behind them is cut off.
    init(_ path: PartPath, had: Int, shape: FileShape, calls: DiskCalls) throws(DiskError) {
        self.path = path
        self.shape = shape
        self.calls = calls
        let options = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
        var opened = open(path.part, options | O_CREAT | O_EXCL, 0o600)
        let isNew = opened >= 0
        if !isNew, errno == EEXIST { opened = open(path.part, options) }
        descriptor = opened
        guard opened >= 0 else {
            self.had = 0
            throw DiskError(code: errno)
        }
        var status = stat()
        let code = fstat(opened, &status) == 0 ? 0 : errno
        var kept = isNew ? 0 : had
        if shape.offset(ofChunk: kept) > Int64(status.st_size) {
            kept = Int(Int64(status.st_size) / Int64(shape.chunk))
        }
        self.had = kept
        if code != 0 { throw DiskError(code: code) }
        // In a folder that others write to, too, the name may be somebody's trap.
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(), status.st_nlink == 1 else {
            throw DiskError(code: EEXIST)
        }
        guard ftruncate(opened, off_t(shape.offset(ofChunk: kept))) == 0 else { throw DiskError(code: errno) }
    }

    deinit {
        close(descriptor)
    }

    /// The tree of the first chunks, read from the disk.
    func tree(ofFirst count: Int) throws(SourceFile.Fault) -> PrefixTree {
        let file = try SourceFile(path.part)
        var tree = PrefixTree()
        while tree.count < count { tree.append(TreeHash.leaf(try file.read(tree.count, shape))) }
        return tree
    }

    func write(_ chunk: [UInt8], at index: Int) throws(DiskError) {
        var failure: DiskError?
        chunk.withUnsafeBytes { bytes in
            do throws(DiskError) {
                var rest = bytes[...]
                var offset = shape.offset(ofChunk: index)
                while !rest.isEmpty {
                    do throws(DiskError) {
                        let count = try calls.write(
                            descriptor, UnsafeRawBufferPointer(rebasing: rest), offset)
                        guard count > 0 else { throw DiskError(code: EIO) }
                        rest = rest.dropFirst(count)
                        offset += Int64(count)
                    } catch {
                        guard error.code == EINTR else { throw error }
                    }
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Has the system begin to write these chunks to the disk, and forget those that are there already: nobody reads them soon.
    func beginWriteBack(_ chunks: Range<Int>) {
        let start = shape.offset(ofChunk: chunks.lowerBound)
        posix_fadvise(
            descriptor, off_t(start), off_t(shape.offset(ofChunk: chunks.upperBound) - start),
            POSIX_FADV_DONTNEED)
    }

    func sync() throws(DiskError) {
        try calls.sync(descriptor)
    }
}
