import Directory
import Foundation
import Identity
import Testing

@testable import p2pchat

/// A node whose own handle got an entry that its home did not make.
@Suite struct OwnHandleNodeTests {
    @Test func sendingWaitsForTheUsersLook() async throws {
        let stage = try await DemoStage.make()
        defer { stage.remove() }
        let keys = try stage.makeKeys("alice")
        let stranger = try IdentityKeys.generate().publicIdentity
        let handle = try Handle("alice")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await stage.run() }
            let node = try await stage.node("alice", keys: keys, isDiscoverable: true)
            // Another home with the same identity.
            let elsewhere = VisitingDirectory(
                reference: stage.reference, keys: keys, log: LogBook(of: stage.reference.identity))
            group.addTask { await elsewhere.run() }
            let client = try await Self.connected(elsewhere)
            try await client.release(handle)
            try await client.claim(handle, recoveryHash: nil)
            await elsewhere.close()

            group.addTask { try await node.run() }
            _ = try await node.firstPresence()
            let operations = Operations(node: node)
            let message = SendAllParameters(
                peer: stranger.fingerprint, texts: ["hello"], timeout: 1, queue: true)
            await #expect {
                _ = try await operations.begin(message)
            } throws: { error in
                (error as? OwnHandleAlert)?.origin == .ownKey
                    && CommandError(describing: error).code == .refused
            }
            for await notice in node.logNews() {
                #expect(LogText.lines(notice).first?.contains("was not made by this home") == true)
                break
            }
            let before = try await operations.log(NoParameters())
            #expect(before.own?.origin == "own-key")
            #expect(before.own?.isOwn == false)

            #expect(try await operations.acceptEntry(NoParameters()).handle == "alice")
            #expect(try await operations.log(NoParameters()).own?.isOwn == true)
            _ = try await operations.begin(message)
            await #expect(throws: CommandError.self) { try await operations.acceptEntry(NoParameters()) }
            node.stop()
            group.cancelAll()
        }
    }

    /// Tries again where the handshake takes longer than the program waits: other tests have the processors too.
    private static func connected(_ directory: VisitingDirectory) async throws -> DirectoryClient {
        for _ in 0..<20 {
            do { return try await directory.connected() } catch DirectoryError.notReachable {}
        }
        return try await directory.connected()
    }
}
