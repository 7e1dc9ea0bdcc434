import Chat
import Directory
import Identity
import Link
import Sodium
import Store
import Terminal

/// Does what a first start needs done, and keeps what comes of it: the open home at the end.
actor FirstDeeds {
    private let home: Home
    private var made: NewIdentity?
    private(set) var openHome: OpenHome?

    init(home: Home, open: OpenHome? = nil) {
        self.home = home
        openHome = open
    }

    /// - Parameter secret: The passphrase that was typed last, for what needs one.
    func perform(_ deed: FirstStart.Deed, _ secret: TypedBytes?) async -> FirstStart.Outcome {
        do {
            return try await outcome(of: deed, secret)
        } catch {
            let described = CommandError(describing: error)
            // A hint that is a command is for the command line.
            guard let hint = described.hint, !hint.contains("p2pchat ") else {
                return .failed(described.message)
            }
            return .failed(described.message + "\n" + hint)
        }
    }

    private func outcome(of deed: FirstStart.Deed, _ secret: TypedBytes?) async throws -> FirstStart.Outcome {
        switch deed {
        case .make:
            try NewIdentity.refuseExisting(in: home)
            let made = try NewIdentity()
            self.made = made
            return .made(made.recoveryWords)
        case .keep(let isSealed): return try keep(isSealed ? secret : nil)
        case .look(let file):
            _ = try BackupFile(path: TypedPath.file(file))
            return .done
        case .restore(let file): return try await restore(file, secret)
        case .reach(let reference):
            try await visit(reference).with { _ in }
            return .done
        case .check(let handle, let reference):
            return .free(isOwn: try await visit(reference).isOwn(handle))
        case .claim(let handle, let settings):
            guard let reference = settings.directory else { throw ChatError.noDirectory }
            try await visit(reference).claim(handle, recoveryHash: home.publicIdentity().recoveryHash)
            try save(settings)
            return .done
        case .listen(let endpoint):
            let listener = try await LinkListener.bind(endpoint, purpose: .peer, identity: opened().keys) {
                _ in
                false
            }
            await listener.close()
            return .done
        case .save(let settings):
            try save(settings)
            return .done
        }
    }

    private func keep(_ secret: TypedBytes?) throws -> FirstStart.Outcome {
        guard let made else { throw home.noIdentity }
        var passphrase: SecretBytes?
        if let secret { passphrase = try secret.bytes.copy() }
        try made.write(to: home, passphrase: passphrase)
        try take(made.keys)
        self.made = nil
        return .kept(made.keys.publicIdentity)
    }

    private func restore(_ file: String, _ secret: TypedBytes?) async throws -> FirstStart.Outcome {
        guard let secret else { throw IdentityError.backup(.wrongPassphrase) }
        let restored = try await Self.restored(try TypedPath.file(file), secret, into: home)
        try take(restored.keys)
        return .restored(restored.keys.publicIdentity, restored.settings, restored.notes)
    }

    /// The open backup belongs to one task, and so to no actor.
    private static nonisolated func restored(
        _ path: String, _ secret: TypedBytes, into home: Home
    ) async throws -> Restoring.Restored {
        try await Restoring(home: home, file: path, history: true).run {
            try OpenedBackup($0, secret.bytes.copy())
        }
    }

    private func take(_ keys: IdentityKeys) throws {
        guard let lock = try HomeLock.take(home) else { throw HomeAccess.inUse(home) }
        openHome = OpenHome(home: home, lock: lock, keys: keys)
    }

    private func opened() throws -> OpenHome {
        guard let openHome else { throw home.noIdentity }
        return openHome
    }

    private func visit(_ reference: DirectoryReference) throws -> DirectoryVisit {
        let keys = try opened().keys
        return try DirectoryVisit(
            reference: reference, keys: keys, store: try HomeStore(path: home.databasePath, keys: keys))
    }

    private func save(_ settings: HomeSettings) throws {
        let store = try HomeStore(path: home.databasePath, keys: opened().keys)
        try store.save(settings)
        try store.close()
    }
}

/// A secret that was typed, in memory of its own.
final class TypedBytes: Sendable {
    let bytes: SecretBytes

    init(copying typed: UnsafeRawBufferPointer) throws {
        var bytes = try SecretBytes(zeroed: typed.count)
        bytes.withMutableBytes { $0.copyMemory(from: typed) }
        self.bytes = bytes
    }

    init(_ bytes: consuming SecretBytes) { self.bytes = bytes }
}
