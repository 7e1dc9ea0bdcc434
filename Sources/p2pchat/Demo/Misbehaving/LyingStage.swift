import Directory
import DirectoryServer
import FoundationEssentials
import Identity
import Lies
import Store

/// What one lie is told on: a directory on loopback with a folder of its own, and people with homes. It answers honestly until
/// somebody is told something else.
struct LyingStage: Sendable {
    let folder: String
    let host: DirectoryHost
    let log: DirectoryLog
    let store: SQLiteClaimStore
    let keys: IdentityKeys
    let forger: Forger
    let mask: Mask
    let reference: DirectoryReference

    /// Runs a directory whose state is in a folder, made there if there is none, for as long as the body takes.
    static func with(
        _ folder: String, _ body: (LyingStage) async throws -> Void
    ) async throws {
        let home = Home(stateOption: folder)
        try home.create()
        let state = DirectoryFolder(home: home)
        let keys = try state.makeKeys()
        let (store, log) = try await state.open(keys, options: ServiceOptions())
        let mask = Mask()
        let host = try await DirectoryHost.start(Endpoint("127.0.0.1:0"), keys: keys, log: log, allow: nil) {
            _ in
        }
        let stage = LyingStage(
            folder: folder, host: host, log: log, store: store, keys: keys,
            forger: Forger(log.signer, directory: keys.publicIdentity) {
                UInt64(max(0, Date().timeIntervalSince1970))
            },
            mask: mask, reference: try host.reference)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await host.run { mask.wrap($0) } }
            let result: Result<Void, any Error>
            do { result = .success(try await body(stage)) } catch { result = .failure(error) }
            await host.close()
            try await group.waitForAll()
            try store.close()
            try result.get()
        }
    }

    /// The entries of the honest log.
    func entries() async throws -> [[UInt8]] {
        try await store.entries(from: 0, count: 99).map(\.bytes)
    }

    /// A claim, by that person's key, that is in no log.
    func claim(_ handle: Handle, by person: LiedTo) throws -> LogEntry {
        try LogEntry.make(
            .claim(recovery: .none), label: Label(handle), after: nil, time: forger.time, by: person.keys)
    }
}

/// Somebody who uses the directory, with a home that remembers its log. Each visit reads that anew, as a process of its own would.
struct LiedTo: Sendable {
    let name: String
    let keys: IdentityKeys
    let store: HomeStore

    init(_ name: String, in folder: String) throws {
        self.name = name
        keys = try IdentityKeys.generate()
        let home = Home(option: folder + "/" + name)
        try home.create()
        store = try HomeStore(path: home.databasePath, keys: keys)
    }

    /// Connects, which checks the newest checkpoint, and asks.
    ///
    /// - Returns: What the user was told besides.
    @discardableResult
    func visit(
        _ stage: LyingStage, _ ask: @Sendable (DirectoryClient) async throws -> Void = { _ in }
    ) async throws -> [LogNotice] {
        let visit = try DirectoryVisit(reference: stage.reference, keys: keys, store: store)
        try await visit.with(ask)
        return visit.log.told
    }

    /// Claims the handle of this person's name.
    func register(_ stage: LyingStage) async throws {
        let handle = try Handle(name)
        try await visit(stage) { try await $0.claim(handle, recoveryHash: nil) }
    }
}
