import Identity
import TestSupport
import Testing
import Wire

@testable import Files

/// What is left in the folder of a transfer that ended before its end.
@Suite struct RemainsTests {
    private func begun(_ bob: Side) async throws -> Peer {
        let peer = try await Peer(of: bob, offering: bytes(64 * 600))
        try await bob.engine.accept(peer.key, into: bob.folder.path)
        await peer.connect()
        _ = try await peer.fetch()
        try await peer.sendSpan(0)
        try await peer.send(0..<77)
        try await waitUntil("77 chunks") { await bob.status(peer.key)?.bytesDone == 77 * 64 }
        return peer
    }

    private static let ends: [(FileEnd.Reason, TransferState)] = [
        (.cancelled, .cancelledByPeer), (.changed, .failed(.changed)), (.gone, .failed(.gone)),
        (.failed, .failed(.peerFailed)),
    ]

    @Test(arguments: ends) func theSenderEndsIt(reason: FileEnd.Reason, state: TransferState) async throws {
        let bob = try await Side()
        let peer = try await begun(bob)
        try await peer.say(.end(FileEnd(id: peer.key.id, reason: reason)))
        try await waitUntil("quiet") { await bob.engine.activeCount == 0 }
        #expect(await bob.state(peer.key) == state)
        #expect(try bob.folder.names().isEmpty != state.keepsPart)
        #expect(await bob.status(peer.key)?.transfer.chunksDone == (state.keepsPart ? 77 : 0))
        await bob.close()
    }

    /// Where it waits for its turn no task has its part file in hand.
    @Test(arguments: ends) func theSenderEndsOneThatWaits(reason: FileEnd.Reason, state: TransferState)
        async throws
    {
        let before = try await Side()
        let peer = try await begun(before)
        await peer.disconnect()
        await before.close()
        var limits = FileLimits.small
        limits.active = 0
        let bob = try await Side(before, limits: limits)
        await peer.connect(bob)
        try await peer.say(.end(FileEnd(id: peer.key.id, reason: reason)))
        #expect(await bob.state(peer.key) == state)
        await bob.close()
        #expect(try bob.folder.names().isEmpty != state.keepsPart)
        #expect(try await bob.store.transfers().first?.chunksDone == (state.keepsPart ? 77 : 0))
    }

    /// A crash came between the end and the removing.
    @Test func aStartRemovesWhatWasLeft() async throws {
        let before = try await Side()
        let peer = try await begun(before)
        await peer.disconnect()
        await before.close()
        var transfer = try #require(try await before.store.transfers().first)
        transfer.state = .failed(.mismatch)
        try await before.store.save(transfer)
        #expect(try before.folder.names().count == 1)
        let bob = try await Side(before)
        await bob.close()
        #expect(try bob.folder.names().isEmpty)
    }

    /// Accepted again after a lie, it begins anew, however the removing and the beginning meet.
    @Test func afterALieItBeginsAnew() async throws {
        let bob = try await Side()
        let peer = try await begun(bob)
        try await peer.send(78..<79)
        #expect(await bob.state(peer.key) == .failed(.notAsked))
        try await bob.engine.accept(peer.key, into: bob.folder.path)
        #expect(try await peer.fetch() == 256..<512)
        #expect(try await peer.end() == .mismatch)
        try await peer.say(.end(FileEnd(id: peer.key.id, reason: .mismatch)))
        #expect(try await peer.fetch() == 0..<256)
        #expect(try await peer.fetch() == 256..<512)
        for span in 0..<2 {
            try await peer.sendSpan(span)
            try await peer.send(256 * span..<256 * (span + 1))
        }
        #expect(try await peer.fetch() == 512..<600)
        try await peer.sendSpan(2)
        try await peer.send(512..<600)
        #expect(try await peer.end() == .complete)
        #expect(try contents(bob.folder.path + "/offered.bin") == peer.content)
        await bob.close()
    }
}
