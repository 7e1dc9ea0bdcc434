import Identity
import TestSupport
import Testing
import Wire

@testable import Files

@Suite struct TransferTests {
    @Test(arguments: [0, 1, 63, 64, 65, 64 * 256, 64 * 256 + 1, 64 * 700 + 5])
    func aFileArrives(size: Int) async throws {
        let (alice, bob) = (try await Side(), try await Side())
        let content = bytes(size)
        let keys = try await offer(try alice.write(content), from: alice, to: bob)
        let meeting = await Meeting(alice, bob)
        try await bob.engine.accept(keys.in, into: bob.folder.path)
        try await waitUntil("the end on both sides") {
            await (bob.state(keys.in), alice.state(keys.out)) == (.complete, .complete)
        }
        let status = await bob.status(keys.in)
        #expect(status?.transfer.path == bob.folder.path + "/a file.bin")
        #expect(try contents(status?.transfer.path) == content)
        #expect(try bob.folder.names() == ["a file.bin"])
        await meeting.cut()
        await alice.close()
        await bob.close()
    }
}
