import Glibc
import Sodium

/// A file that appears under its name whole and durable or not at all: it is written under another name in the
/// same folder, and what was not kept is removed.
struct NewFile: ~Copyable {
    /// What the names of unfinished files end with.
    static let temporarySuffix = ".unfinished"

    private let path: String
    private let temporary: String
    private let descriptor: Int32

    /// Begins an empty file. Throws `inputOutput`.
    init(_ path: String, mode: mode_t) throws(IdentityError) {
        let suffix = RandomBytes.bytes(8).map { String($0, radix: 36) }.joined()
        self.path = path
        temporary = "\(path).\(suffix)\(NewFile.temporarySuffix)"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw .inputOutput(doing: "write", path: path, code: errno) }
    }

    /// The mode that the umask may have narrowed. Throws `inputOutput`.
    func setMode(_ mode: mode_t) throws(IdentityError) {
        guard fchmod(descriptor, mode) == 0 else { throw failure }
    }

    /// Throws `inputOutput`, for instance on a full disk.
    func append(_ bytes: [UInt8]) throws(IdentityError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress?.advanced(by: offset), $0.count - offset)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure
            }
            offset += count
        }
    }

    /// Gives the file its name. Throws `exists` where something has it already, or `inputOutput`.
    consuming func keep() throws(IdentityError) {
        try sync()
        if link(temporary, path) != 0 {
            guard Self.lacksLinks(errno) else { throw errno == EEXIST ? .exists(path: path) : failure }
            try keepWithoutLinks()
        }
        do {
            try FileSystem.syncFolder(of: path)
        } catch {
            unlink(path)
            throw error
        }
    }

    /// Puts the file in the place of the one that has its name. Throws `inputOutput`.
    consuming func replace() throws(IdentityError) {
        try sync()
        guard rename(temporary, path) == 0 else { throw failure }
        try FileSystem.syncFolder(of: path)
    }

    /// What the file systems of memory sticks answer, which have no links.
    private static func lacksLinks(_ code: Int32) -> Bool {
        [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(code)
    }

    /// Takes the name with an empty file first: that too fails where something has it already.
    borrowing func keepWithoutLinks() throws(IdentityError) {
        let placeholder = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard placeholder >= 0 else { throw errno == EEXIST ? .exists(path: path) : failure }
        close(placeholder)
        guard rename(temporary, path) == 0 else {
            let reason = failure
            unlink(path)
            throw reason
        }
    }

    private borrowing func sync() throws(IdentityError) {
        guard fsync(descriptor) == 0 else { throw failure }
    }

    private var failure: IdentityError { .inputOutput(doing: "write", path: path, code: errno) }

    deinit {
        close(descriptor)
        unlink(temporary)
    }
}
