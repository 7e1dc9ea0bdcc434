import Glibc

/// Files that are there for everybody to read, served as they are: each is replaced whole or not at all.
package enum ServedFile {
    /// Nil where there is none. Throws `inputOutput`, or `keyFile` for what is no regular file.
    ///
    /// - Parameter limit: a longer file is read to one byte more than that, so that its reader sees it.
    package static func read(_ path: String, limit: Int) throws(IdentityError) -> [UInt8]? {
        guard FileSystem.exists(path) else { return nil }
        return try FileSystem.read(path, limit: limit, isSecret: false)
    }

    /// Writes a content, mode 0644 whatever the umask is: to another name, synced, then under this one, and the folder synced. A crash at any
    /// moment leaves what was there or the new content. Throws `inputOutput`.
    package static func write(_ path: String, _ bytes: [UInt8]) throws(IdentityError) {
        FileSystem.removeLeftovers(of: path)
        let file = try NewFile(path, mode: 0o644)
        try file.setMode(0o644)
        try file.append(bytes)
        try file.replace()
    }

    /// Makes a folder in one that is there, mode 0755 whatever the umask is, and durable; leaves one that is there already as it is.
    /// Throws `inputOutput`.
    package static func makeFolder(_ path: String) throws(IdentityError) {
        guard mkdir(path, 0o755) == 0 else {
            // What is there instead shows when something is written into it.
            if errno == EEXIST { return }
            throw .inputOutput(doing: "make the folder", path: path, code: errno)
        }
        guard chmod(path, 0o755) == 0 else {
            throw .inputOutput(doing: "make the folder", path: path, code: errno)
        }
        try FileSystem.syncFolder(of: path)
    }

    /// Removes a folder and the files in it; nothing happens where there is none. Throws `inputOutput`.
    package static func removeFolder(_ path: String) throws(IdentityError) {
        guard FileSystem.exists(path) else { return }
        for name in FileSystem.names(in: path) where name != "." && name != ".." {
            FileSystem.remove(path + "/" + name)
        }
        guard rmdir(path) == 0 else { throw .inputOutput(doing: "remove", path: path, code: errno) }
    }
}
