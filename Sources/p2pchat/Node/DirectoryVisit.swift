import Directory
import Identity
import Store

/// Asking or telling a directory something, through a link that lasts as long as that.
struct DirectoryVisit: Sendable {
    let reference: DirectoryReference
    let keys: IdentityKeys
    /// What was seen of the directory's log.
    let log: LogBook

    /// - Parameter store: where what is seen of the directory's log is kept; nil for links of no home.
    init(reference: DirectoryReference, keys: IdentityKeys, store: HomeStore?) throws {
        self.reference = reference
        self.keys = keys
        log = try store.map { try .kept(in: $0, of: reference.identity) } ?? LogBook(of: reference.identity)
    }

    init(reference: DirectoryReference, keys: IdentityKeys, log: LogBook) {
        (self.reference, self.keys, self.log) = (reference, keys, log)
    }

    /// - Throws: what the body throws; when the directory is not reachable, or another than the reference says.
    func with<Value: Sendable>(_ body: @Sendable (DirectoryClient) async throws -> Value) async throws
        -> Value
    {
        let directory = VisitingDirectory(reference: reference, keys: keys, log: log)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await directory.run() }
            let result: Result<Value, any Error>
            do { result = .success(try await body(directory.connected())) } catch { result = .failure(error) }
            await directory.close()
            try await group.waitForAll()
            return try result.get()
        }
    }

    /// Whether the handle is this identity's already; false where nobody has it.
    ///
    /// - Throws: `DirectoryError.handleTaken`.
    func isOwn(_ handle: Handle) async throws -> Bool {
        try await with { client in
            switch try await client.holder(of: handle) {
            case keys.publicIdentity: return true
            case nil: return false
            default: throw DirectoryError.handleTaken
            }
        }
    }

    /// Claims a handle for good.
    func claim(_ handle: Handle, recoveryHash: [UInt8]) async throws {
        try await with { try await $0.claim(handle, recoveryHash: recoveryHash) }
    }

    /// Hands a handle on to a new identity; see ``DirectoryClient/rotate(_:to:)``.
    func rotate(_ handle: Handle, to successor: IdentityKeys) async throws -> RotationChain {
        try await with { try await $0.rotate(handle, to: successor) }
    }

    /// What a claim makes public, for the question before it.
    static let meaningOfClaim = [
        "A handle is public and permanent: the directory keeps who claimed it, with",
        "the time and your public key, also after you release it, and others can",
        "check it. Your address is not kept.",
    ]
}
