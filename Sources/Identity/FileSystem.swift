import Glibc
import Sodium

/// The few calls that key files need, with the care that they need.
enum FileSystem {
    /// Whether something is at the path, a dangling link included.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    static func remove(_ path: String) {
        unlink(path)
    }

    /// Reads at most one byte more than `limit`, so that a longer file shows.
    ///
    /// - Parameter isSecret: refuse a file that others can read or write, or that belongs to somebody else.
    static func read(_ path: String, limit: Int, isSecret: Bool) throws(IdentityError) -> [UInt8] {
        // Not blocking: a named pipe in place of the file must not hold the program up.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .inputOutput(doing: "read", path: path, code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .inputOutput(doing: "read", path: path, code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .keyFile(.notOwnRegularFile(path: path)) }
        if isSecret {
            guard status.st_uid == geteuid() else { throw .keyFile(.notOwnRegularFile(path: path)) }
            guard status.st_mode & 0o077 == 0 else { throw .keyFile(.permissions(path: path)) }
        }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var length = 0
        while length < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: length), $0.count - length)
            }
            if got < 0 {
                if errno == EINTR { continue }
                throw .inputOutput(doing: "read", path: path, code: errno)
            }
            if got == 0 { break }
            length += got
        }
        return Array(bytes.prefix(length))
    }

    /// Makes a new file, whole and durable or not at all: written under another name in the same folder,
    /// synced, and then linked to its own name, which fails where something has it already. Throws `exists`
    /// or `inputOutput`.
    static func create(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(IdentityError) {
        let suffix = RandomBytes.bytes(8).map { String($0, radix: 36) }.joined()
        let temporary = "\(path).\(suffix).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw .inputOutput(doing: "write", path: path, code: errno) }
        defer { unlink(temporary) }
        let written = writeAll(descriptor, bytes) && fsync(descriptor) == 0
        let code = errno
        // An error may come as late as with close(), on network file systems.
        let closed = close(descriptor) == 0
        guard written, closed else {
            throw .inputOutput(doing: "write", path: path, code: written ? errno : code)
        }
        guard link(temporary, path) == 0 else {
            if errno == EEXIST { throw .exists(path: path) }
            throw .inputOutput(doing: "write", path: path, code: errno)
        }
        do {
            try syncFolder(of: path)
        } catch {
            unlink(path)
            throw error
        }
    }

    private static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress?.advanced(by: offset), $0.count - offset)
            }
            if count < 0 {
                if errno == EINTR { continue }
                return false
            }
            offset += count
        }
        return true
    }

    /// A new name is durable only when its folder is.
    private static func syncFolder(of path: String) throws(IdentityError) {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
        let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .inputOutput(doing: "write", path: path, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw .inputOutput(doing: "write", path: path, code: errno)
        }
    }
}
