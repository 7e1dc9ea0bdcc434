import DirectoryServer
import Glibc
import Identity

/// A directory's state folder: its identity, the keys of its log, its store.
struct DirectoryFolder {
    let home: Home

    var storePath: String { home.path + "/directory.sqlite" }

    /// The directory's identity, made at the first start. It has no passphrase: a server starts without a person.
    func makeKeys() throws -> IdentityKeys {
        if KeyFile.exists(directory: home.path) { return try keys() }
        let keys = try IdentityKeys.generate()
        let none = [UInt8](repeating: 0, count: RecoveryKey.hashByteCount)
        try KeyFile.write(keys, recoveryHash: none, passphrase: nil, directory: home.path)
        return keys
    }

    func keys() throws -> IdentityKeys { try KeyFile.open(directory: home.path, passphrase: nil) }

    /// The keys of the log, made at the first start. Not when something is signed already: other keys cannot go on from there.
    func makeSigner(_ keys: IdentityKeys) async throws -> LogSigner {
        if let file = try LogKeyFile.read(folder: home.path) { return try LogSigner(file, directory: keys) }
        guard try await LastSignedFile(folder: home.path).read() == nil else {
            throw LogStartError.keyMissing
        }
        let file = try LogKeyFile.generate()
        try file.replace(folder: home.path)
        return try LogSigner(file, directory: keys)
    }

    /// Nil before the first start.
    func signer(_ keys: IdentityKeys) throws -> LogSigner? {
        guard let file = try LogKeyFile.read(folder: home.path) else { return nil }
        return try LogSigner(file, directory: keys)
    }

    /// The folder to publish the log in, made where it is not there.
    func publishedFolder(_ option: String) throws -> PublishedFolder {
        let folder = try PublishedFolder(making: FolderCheck.absolute(option))
        var (own, other) = (stat(), stat())
        if stat(home.path, &own) == 0, stat(folder.path, &other) == 0, own.st_dev == other.st_dev,
            own.st_ino == other.st_ino
        {
            throw CommandError(
                .usage, "the log cannot be published in the state folder, where the keys are",
                hint: "name another folder with --publish DIR")
        }
        return folder
    }

    /// The store and its log, compared with what was signed last, and with what is published where a folder is given.
    func open(
        _ keys: IdentityKeys, options: ServiceOptions, published: PublishedFolder? = nil,
        witnessing: DirectoryLog.Witnessing? = nil
    ) async throws -> (store: SQLiteClaimStore, log: DirectoryLog) {
        let signer = try await makeSigner(keys)
        let store = try SQLiteClaimStore(path: storePath)
        let log = try await DirectoryLog(
            store: store, signer: signer, lastSigned: LastSignedFile(folder: home.path),
            rules: ClaimRules(
                operator: keys.publicIdentity, handlesPerIdentity: options.limits.handlesPerIdentity),
            published: try await published?.checkpoint(), witnessing: witnessing)
        return (store, log)
    }

    /// The right to change the folder: one process at a time.
    func lock() throws -> HomeLock {
        guard let lock = try HomeLock.take(home) else {
            throw CommandError(
                .tryAgain, "another server uses the folder \(home.path)",
                hint: "name another with --state DIR")
        }
        return lock
    }
}
