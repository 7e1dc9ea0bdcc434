import Directory
import FoundationEssentials
import Identity
import Store
import Synchronization
import TestSupport
import Testing
import Wire

@testable import Chat

/// One conversation whose host is the test.
@Suite struct ConversationTests {
    private let host = SlowHost()
    private let home: TemporaryFolder
    private let conversation: Conversation
    private let links: [(far: MemoryLink, near: MemoryLink)]

    init() throws {
        let keys = try Room.keys(1)
        let (own, peer) = (keys.publicIdentity, try Room.identity(2))
        home = try TemporaryFolder()
        let archive = try HomeStore(path: home.path + "/home.sqlite", keys: keys)
        conversation = Conversation(
            peer: peer, own: own, hello: Hello(handle: try Handle("alice"), directory: nil), archive: archive,
            states: StateKeeper(archive: archive), files: nil, host: host, now: { Self.time })
        let endpoint = try Endpoint("127.0.0.1:4000")
        links = (1...2).map { _ in
            let (far, near, _) = MemoryLink.pair(peer, own, endpoint)
            return (far, near)
        }
    }

    /// What a peer wrote is shown before its goodbye, however long it takes to store that.
    @Test func theGoodbyeIsToldBehindWhatCameBeforeIt() async throws {
        let attached = try #require(await conversation.attach(links[0].near))
        try await write("hello", on: links[0].far)
        await links[0].far.close()
        await host.stores { [conversation] in await !conversation.isConnected }
        await conversation.run(attached)
        #expect(await host.told == ["connected", "1 message", "closed"])
    }

    /// Also what came on another link than the one that ended last.
    @Test func theGoodbyeIsToldBehindWhatCameOnTheOtherLink() async throws {
        let first = try #require(await conversation.attach(links[0].near))
        let second = try #require(await conversation.attach(links[1].near))
        try await write("hello", on: links[0].far)
        await links[0].far.close()
        let isOver = Mutex(false)
        await host.stores { isOver.withLock { $0 } }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { [conversation] in await conversation.run(first) }
            try await waitUntil("the first link's end") { [conversation] in
                await conversation.current?.number == second.number
            }
            await links[1].far.close()
            await conversation.run(second)
            isOver.withLock { $0 = true }
        }
        #expect(await host.told == ["connected", "1 message", "closed"])
    }

    private func write(_ text: String, on link: MemoryLink) async throws {
        let message = try TextMessage(id: MessageID.make(at: Self.time), sentAt: Self.time, text: text)
        try await link.send(try PeerEnvelope.text(message).encoded())
    }

    private static let time = Date(timeIntervalSince1970: 1_700_000_000)
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
