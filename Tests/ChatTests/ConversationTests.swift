import Directory
import FoundationEssentials
import Identity
import Store
import TestSupport
import Testing
import Wire

@testable import Chat

/// One conversation whose host is the test.
@Suite struct ConversationTests {
    /// What a peer wrote is shown before its goodbye, however long it takes to store that.
    @Test func theGoodbyeIsToldBehindWhatCameBeforeIt() async throws {
        let keys = try Room.keys(1)
        let (own, peer) = (keys.publicIdentity, try Room.identity(2))
        let home = try TemporaryFolder()
        let archive = try HomeStore(path: home.path + "/home.sqlite", keys: keys)
        let host = SlowHost()
        let sentAt = Date(timeIntervalSince1970: 1_700_000_000)
        let conversation = Conversation(
            peer: peer, own: own, hello: Hello(handle: try Handle("alice"), directory: nil),
            archive: archive, states: StateKeeper(archive: archive), files: nil, host: host, now: { sentAt })
        let (far, near, _) = MemoryLink.pair(peer, own, try Endpoint("127.0.0.1:4000"))
        let text = try TextMessage(id: MessageID.make(at: sentAt), sentAt: sentAt, text: "hello")
        try await far.send(try PeerEnvelope.text(text).encoded())
        await far.close()
        let attached = try #require(await conversation.attach(near))
        await host.stores(until: { await !conversation.isConnected })
        await conversation.run(attached)
        #expect(await host.told == ["connected", "1 message", "closed"])
    }
}

/// Stores nothing before a condition holds, and notes what it is told and shows.
private actor SlowHost: ConversationHost {
    var told: [String] = []
    private var mayStore: @Sendable () async -> Bool = { true }

    func stores(until mayStore: @escaping @Sendable () async -> Bool) { self.mayStore = mayStore }

    func peer(_ peer: PublicIdentity, wrote messages: [NewMessage]) async -> Intake? {
        try? await waitUntil("the end of the link", mayStore)
        return Intake(acknowledged: messages.map(\.id)) { await self.tell("\(messages.count) message") }
    }

    func peerBecameReachable(_ peer: PublicIdentity) { tell("connected") }
    func peer(_ peer: PublicIdentity, left state: LinkState) { tell("\(state)") }
    private func tell(_ what: String) { told.append(what) }

    func isAccepted(_ peer: PublicIdentity) -> Bool { true }
    func peer(_ peer: PublicIdentity, said hello: Hello) -> Bool { true }
    func peer(_ peer: PublicIdentity, showed chain: RotationChain) -> Bool { true }
    func rotations(for peer: PublicIdentity) -> [[UInt8]]? { nil }
    func believedLog(for peer: PublicIdentity) -> BelievedLog? { nil }
    func peer(_ peer: PublicIdentity, believes log: BelievedLog) -> Bool { true }
    func peer(_ peer: PublicIdentity, has state: DeliveryState, of ids: [MessageID]) {}
    func reportRead(to peer: PublicIdentity) {}
    func wantsLink(to peer: PublicIdentity, isUrgent: Bool) {}
}
