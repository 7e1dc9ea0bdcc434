import Directory
import Identity
import Store

/// Changing a home over to a new identity: in steps, behind each of which the program may be killed and the next attempt goes on
/// (Keys/README.md, "Rotate"). The caller holds the home's lock.
///
/// The new key lies in a file of its own before anybody hears of it, and the database opens with both keys before the old one goes. So no
/// moment has a key file that opens nothing, or a key that the directory knows and the home does not.
struct KeyChange: Sendable {
    let home: Home
    let present: Unlocked
    /// Whether the directory says that the handle is this home's; another for tests.
    var isOwn: @Sendable (DirectoryVisit, Handle) async throws -> Bool = { try await $0.isOwn($1) }
    /// Hands the handle on at the directory; another for tests.
    var handOn: @Sendable (DirectoryVisit, Handle, IdentityKeys) async throws -> RotationChain = {
        try await $0.rotate($1, to: $2)
    }
    /// Called behind each step; for tests.
    var reached: @Sendable (Step) throws -> Void = { _ in }
    /// Another than moderate is for tests.
    var cost = KeyFile.Cost.moderate

    enum Step: CaseIterable, Sendable {
        /// The new key lies beside the old one.
        case made
        /// The directory has the rotation.
        case handedOn
        /// The database opens with both keys, and knows the rotation.
        case prepared
        /// The key file is the new one's.
        case taken
        /// The database opens with the new key only.
        case finished
    }

    struct Outcome: Sendable {
        let keys: IdentityKeys
        let former: PublicIdentity
        let handle: Handle?
        /// Contacts that were not told yet.
        let untold: Int
    }

    /// Makes the change, or ends the one that is under way.
    func run() async throws -> Outcome {
        let next = try KeyFile.nextIdentity(directory: home.path)
        if next == present.keys.publicIdentity { return try finish(present.keys) }
        let store = try HomeStore(path: home.databasePath, keys: present.keys)
        let settings = try store.settings()
        if let next, Self.leads(settings.rotations, to: next) {
            try store.close()
            return try change(to: present.openNext(home))
        }
        guard let reference = settings.directory, let handle = settings.handle else {
            throw CommandError(
                .usage, "this home has no handle at a directory that could be handed on to a new key",
                hint: "claim one first: p2pchat register --directory HOST:PORT#FINGERPRINT --handle NAME")
        }
        let visit = try DirectoryVisit(reference: reference, keys: present.keys, store: store)
        if next == nil {
            // A directory that cannot be reached, or knows nothing of the handle, leaves everything as it was.
            guard try await isOwn(visit, handle) else { throw DirectoryError.notClaimed }
            try present.writeNext(IdentityKeys.generate(), home, cost: cost)
            try reached(.made)
        }
        let new = try present.openNext(home)
        let chain: RotationChain
        do {
            chain = try await handOn(visit, handle, new)
        } catch DirectoryError.notClaimed {
            // It is not this key's to hand on, so the directory never took the rotation and never will.
            try KeyFile.removeNext(directory: home.path)
            throw DirectoryError.notClaimed
        }
        try reached(.handedOn)
        try store.prepare(for: new, after: present.keys, rotations: chain.entries.map(\.bytes))
        try store.close()
        try reached(.prepared)
        return try change(to: new)
    }

    /// Ends a change that was interrupted, and does nothing where none was. What needs the directory waits when that cannot be reached.
    func settle() async throws -> IdentityKeys {
        guard try KeyFile.nextIdentity(directory: home.path) != nil else { return present.keys }
        do {
            let outcome = try await run()
            Output.note(
                "the change of the key that was interrupted is done: \(outcome.keys.publicIdentity.fingerprint)"
            )
            return outcome.keys
        } catch  where !(error is StoreError || error is IdentityError) {
            Output.note(
                """
                a change of the key was interrupted and cannot be ended now \
                (\(CommandError(describing: error).message)); until then the old key is used: p2pchat key rotate
                """)
            return present.keys
        }
    }

    private func change(to new: IdentityKeys) throws -> Outcome {
        try KeyFile.takeNext(directory: home.path)
        try reached(.taken)
        return try finish(new)
    }

    private func finish(_ new: IdentityKeys) throws -> Outcome {
        // Where a crash has left the two files different, this makes them equal.
        _ = try KeyFile.readPublic(directory: home.path)
        let store = try HomeStore(path: home.databasePath, keys: new)
        try store.finishChange(to: new)
        try reached(.finished)
        let settings = try store.settings()
        let untold = try store.contacts().count(where: \.isUntold)
        try store.close()
        try KeyFile.removeNext(directory: home.path)
        let former = (try? RotationChain(bytes: settings.rotations))?.identities.dropLast().last
        return Outcome(
            keys: new, former: former ?? present.keys.publicIdentity, handle: settings.handle, untold: untold)
    }

    private static func leads(_ rotations: [[UInt8]], to next: PublicIdentity) -> Bool {
        (try? RotationChain(bytes: rotations))?.successor == next
    }
}
