import Directory
import DirectoryServer
import FoundationEssentials
import Glibc
import Identity
import Link
import Store

/// What the demonstration plays on: a throw-away folder, a directory behind a counting relay, and people.
struct DemoStage: Sendable {
    let folder: String
    let host: DirectoryHost
    let proxy: CountingProxy
    /// What passed the directory's socket, encrypted.
    let wire: Tape
    /// What the directory could read.
    let plain: Tape
    let reference: DirectoryReference

    static func make() async throws -> DemoStage {
        let folder = FileManager.default.temporaryDirectory.path + "/p2pchat-demo-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let (wire, plain) = (Tape(), Tape())
        let keys = try IdentityKeys.generate()
        let host = try await DirectoryHost.start(
            Endpoint("127.0.0.1:0"), keys: keys,
            log: DirectoryFolder(home: Home(stateOption: folder)).open(keys, options: ServiceOptions()).log,
            allow: nil
        ) { event in
            try? Output.line("  server | " + ServerEventText.line(event, showAddresses: false))
        }
        let proxy = try await CountingProxy.start(before: host.listener.localEndpoint, tape: wire)
        return DemoStage(
            folder: folder, host: host, proxy: proxy, wire: wire, plain: plain,
            reference: DirectoryReference(endpoint: proxy.endpoint, identity: host.identity))
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await proxy.run() }
            group.addTask { await host.run { RecordingLink(link: $0, tape: plain) } }
        }
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    /// Makes a throw-away home with a new identity.
    func makeKeys(_ name: String) throws -> IdentityKeys {
        let home = home(name)
        try home.create()
        let keys = try IdentityKeys.generate()
        try KeyFile.write(
            keys, recoveryHash: RecoveryKey.generate().hash, passphrase: nil, directory: home.path)
        return keys
    }

    func home(_ name: String) -> Home { Home(option: folder + "/" + name) }

    /// Claims the handle and listens; the node's `run()` registers it.
    func node(_ name: String, keys: IdentityKeys, isDiscoverable: Bool) async throws -> Node {
        let settings = HomeSettings(
            directory: reference, handle: try Handle(name), listen: try Endpoint("127.0.0.1:0"),
            isDiscoverable: isDiscoverable)
        let home = home(name)
        let store = try HomeStore(path: home.databasePath, keys: keys)
        let directory = VisitingDirectory(
            reference: reference, keys: keys, log: try .kept(in: store, of: reference.identity))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await directory.run() }
            let claimed: Result<Void, any Error>
            do {
                try await directory.connected().claim(Handle(name), recoveryHash: nil)
                claimed = .success(())
            } catch {
                claimed = .failure(error)
            }
            await directory.close()
            try await group.waitForAll()
            try claimed.get()
        }
        try store.save(settings)
        return try await Node.online(home: home, keys: keys)
    }
}
