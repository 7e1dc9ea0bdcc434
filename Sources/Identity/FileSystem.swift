import Glibc

/// The few calls that key files need, with the care that they need.
package enum FileSystem {
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
    package static func read(_ path: String, limit: Int, isSecret: Bool) throws(IdentityError) -> [UInt8] {
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

    /// Makes a new file, whole and durable or not at all. Throws `exists` or `inputOutput`.
    package static func create(_ path: String, _ bytes: [UInt8], mode: UInt32) throws(IdentityError) {
        let file = try NewFile(path, mode: mode)
        try file.append(bytes)
        try file.keep()
    }

    /// Puts another content in place of an existing file, whole and durable or not at all: whoever opens it
    /// at any moment, the moment after a crash included, finds the old content or the new one.
    package static func replace(_ path: String, _ bytes: [UInt8], mode: UInt32) throws(IdentityError) {
        // A link to the file stays a link: otherwise the old content would go on lying where it leads to.
        guard let target = resolved(path) else {
            throw .inputOutput(doing: "write", path: path, code: errno)
        }
        let file = try NewFile(target, mode: mode)
        try file.append(bytes)
        try file.replace()
    }

    /// Removes what a killed `create` or `replace` of this path left behind.
    static func removeLeftovers(of path: String) {
        let (folder, name) = split(resolved(path) ?? path)
        for other in names(in: folder)
        where other.hasPrefix(name + ".") && other.hasSuffix(NewFile.temporarySuffix) {
            unlink(folder + "/" + other)
        }
    }

    /// Everything in a folder, itself and the one above it included; nothing where it cannot be read.
    static func names(in folder: String) -> [String] {
        guard let entries = opendir(folder) else { return [] }
        defer { closedir(entries) }
        var names: [String] = []
        while let entry = readdir(entries) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
                })
        }
        return names
    }

    private static func resolved(_ path: String) -> String? {
        guard let target = realpath(path, nil) else { return nil }
        defer { free(target) }
        return String(cString: target)
    }

    /// The folder that a path is in, and the name that it has there.
    static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
    }

    /// A new name is durable only when its folder is.
    static func syncFolder(of path: String) throws(IdentityError) {
        let descriptor = open(split(path).folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .inputOutput(doing: "write", path: path, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw .inputOutput(doing: "write", path: path, code: errno)
        }
    }
}
