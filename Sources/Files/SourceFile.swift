import Glibc
import Sodium
import Wire

/// What tells that a file was not written to or replaced.
struct FileStamp: Equatable, Sendable {
    let device: UInt
    let inode: UInt
    let size: Int64
    let seconds: Int
    let nanoseconds: Int

    init(_ status: stat) {
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        size = Int64(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}

/// A file of one's own, open to be hashed or sent.
///
/// It is read, never mapped: a mapped file that somebody cuts short ends the program.
final class SourceFile: Sendable {
    enum Fault: Error, Equatable {
        case notRegular
        /// It has other bytes, or fewer, than when its stamp was taken.
        case changed
        case failed(code: Int32)
    }

    let stamp: FileStamp
    private let descriptor: Int32

    /// Follows links: the path is what a person named.
    init(_ path: String) throws(Fault) {
        // Not blocking: a named pipe must not hold the program up.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw .failed(code: errno) }
        var status = stat()
        let code = fstat(descriptor, &status) == 0 ? 0 : errno
        stamp = FileStamp(status)
        if code != 0 { throw .failed(code: code) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit {
        close(descriptor)
    }

    /// Throws `changed` unless it is as it was when it was opened.
    func checkUnchanged() throws(Fault) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .failed(code: errno) }
        guard FileStamp(status) == stamp else { throw .changed }
    }

    /// The chunk's bytes.
    func read(_ index: Int, _ shape: FileShape) throws(Fault) -> [UInt8] {
        var fault: Fault?
        let length = shape.length(ofChunk: index)
        let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            do throws(Fault) {
                try read(into: UnsafeMutableRawBufferPointer(buffer), at: shape.offset(ofChunk: index))
                count = length
            } catch {
                fault = error
                count = 0
            }
        }
        if let fault { throw fault }
        return bytes
    }

    /// The leaf hashes of the span, one behind the other.
    func leaves(ofSpan span: Int, _ shape: FileShape) throws(Fault) -> [UInt8] {
        guard shape.size > 0 else { return TreeHash.leaf([]) }
        var leaves: [UInt8] = []
        leaves.reserveCapacity(FileShape.span * WireLimits.hash)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: shape.chunk, alignment: 64)
        defer { buffer.deallocate() }
        for index in shape.chunks(ofSpan: span) {
            let chunk = UnsafeMutableRawBufferPointer(rebasing: buffer[..<shape.length(ofChunk: index)])
            try read(into: chunk, at: shape.offset(ofChunk: index))
            leaves += TreeHash.leaf(UnsafeRawBufferPointer(chunk))
        }
        return leaves
    }

    private func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(Fault) {
        var done = 0
        while done < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done,
                off_t(offset) + off_t(done))
            if count < 0 {
                if errno == EINTR { continue }
                throw .failed(code: errno)
            }
            guard count > 0 else { throw .changed }
            done += count
        }
    }
}
