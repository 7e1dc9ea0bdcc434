/// A small file of a program's own state: nobody else reads it, and it is replaced whole or not at all.
package enum StateFile {
    /// Nil where there is none. Throws `inputOutput`, or `keyFile` for one that others may read or that is no regular file.
    ///
    /// - Parameter limit: a longer file is read to one byte more than that, so that its reader sees it.
    package static func read(_ path: String, limit: Int) throws(IdentityError) -> [UInt8]? {
        guard FileSystem.exists(path) else { return nil }
        return try FileSystem.read(path, limit: limit, isSecret: true)
    }

    /// Writes a new content, mode 0600: to another name, synced, then under this one, and the folder synced. A crash at any moment leaves the
    /// old content or the new one. Throws `inputOutput`.
    package static func write(_ path: String, _ bytes: [UInt8]) throws(IdentityError) {
        guard FileSystem.exists(path) else { return try create(path, bytes) }
        FileSystem.removeLeftovers(of: path)
        try FileSystem.replace(path, bytes, mode: 0o600)
    }

    /// Like ``write(_:_:)``, and never over an existing file: throws `exists` then.
    package static func create(_ path: String, _ bytes: [UInt8]) throws(IdentityError) {
        try FileSystem.create(path, bytes, mode: 0o600)
    }
}
