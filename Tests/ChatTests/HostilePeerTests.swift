import Directory
import FoundationEssentials
import Identity
import Store
import Synchronization
import Testing
import Wire

@testable import Chat

/// What a peer that does not follow this program's manners can make it do.
@Suite struct HostilePeerTests {
    /// A peer whose envelopes are written by the test.
    private func call(_ callee: Room.Person, as seed: UInt8) async throws -> MemoryLink {
        let caller = try Room.identity(seed)
        let (near, far, _) = MemoryLink.pair(caller, callee.identity, callee.endpoint)
        await callee.messenger.accept(far)
        return near
    }

    private func text(_ text: String) throws -> (id: MessageID, envelope: [UInt8]) {
        let now = Date(timeIntervalSince1970: 1_700_000_000)
        let message = try TextMessage(id: MessageID.make(at: now), sentAt: now, text: text)
        return (message.id, try PeerEnvelope.text(message).encoded())
    }

    /// The next envelope that is not the greeting; nil when the link ended.
    private func answer(_ link: MemoryLink) async throws -> PeerEnvelope? {
        while let bytes = try await link.receive() {
            let envelope = try PeerEnvelope(decoding: bytes)
            if case .hello = envelope { continue }
            return envelope
        }
        return nil
    }

    @Test func helloAgainAndAgainAsksTheDirectoryOnce() async throws {
        let room = try Room()
        let bob = try room.person("bobby", 2)
        room.directory.publish(
            PeerEntry(identity: try Room.identity(7), handle: try Handle("stranger"), addresses: []))
        try await room.run(bob) {
            let link = try await call(bob, as: 7)
            defer { link.cut() }
            for name in ["stranger", "another", "stranger", "third"] {
                let hello = Hello(handle: try Handle(name), directory: room.directory.identity)
                try await link.send(try PeerEnvelope.hello(hello).encoded())
            }
            let message = try text("here")
            try await link.send(message.envelope)
            #expect(try await answer(link) == .delivered([message.id]))
            #expect(await bob.nextMessage()?.peer.handle == (try Handle("stranger")))
            #expect(room.directory.confirmations == 1)
        }
    }

    @Test func strangersCannotUseUpTheDirectorysPatience() async throws {
        let room = try Room()
        let time = Mutex(ContinuousClock.now)
        let bob = try room.person("bobby", 2, instant: { time.withLock { $0 } })
        func comes(_ seed: UInt8) async throws {
            let link = try await call(bob, as: seed)
            defer { link.cut() }
            let hello = Hello(handle: try Handle("whoever"), directory: room.directory.identity)
            try await link.send(try PeerEnvelope.hello(hello).encoded())
            let message = try text("here")
            try await link.send(message.envelope)
            #expect(try await answer(link) == .delivered([message.id]))
        }
        try await room.run(bob) {
            for seed in UInt8(20)..<50 { try await comes(seed) }
            #expect(room.directory.confirmations == 20)
            time.withLock { $0 += .seconds(60) }
            for seed in UInt8(50)..<60 { try await comes(seed) }
            #expect(room.directory.confirmations == 30)
        }
    }

    @Test func aMessageIsAcknowledgedOnItsOwnLinkAndShownOnce() async throws {
        let room = try Room()
        let bob = try room.person("bobby", 2)
        try await room.run(bob) {
            try await bob.messenger.setMuted(try Room.identity(1), false)
            let first = try await call(bob, as: 1)
            defer { first.cut() }
            let message = try text("once")
            try await first.send(message.envelope)
            #expect(try await answer(first) == .delivered([message.id]))
            // The acknowledgement may have got lost; the peer calls anew and sends again while the first link looks alive.
            let second = try await call(bob, as: 1)
            defer { second.cut() }
            try await second.send(message.envelope)
            #expect(try await answer(second) == .delivered([message.id]))
            let other = try text("twice")
            try await second.send(other.envelope)
            #expect(await bob.nextMessage()?.text == "once")
            #expect(await bob.nextMessage()?.text == "twice")
        }
    }

    @Test func aLinkThatComesWhileLeavingIsCut() async throws {
        let room = try Room()
        let bob = try room.person("bobby", 2)
        try await room.run(bob) {
            await bob.messenger.close()
            let link = try await call(bob, as: 1)
            await #expect(throws: MemoryLink.Cut.self) { try await link.receive() }
        }
    }

    @Test func conversationsOutOfUseAreDropped() async throws {
        let time = Mutex(ContinuousClock.now)
        let messenger = try Room().person("alice", 1).messenger
        var conversations = Conversations { time.withLock { $0 } }
        func conversation(_ seed: UInt8) throws -> Conversation {
            return Conversation(
                peer: try Room.identity(seed), own: messenger.identity,
                hello: Hello(handle: nil, directory: nil), archive: messenger.archive,
                states: messenger.states, files: nil, host: messenger, now: { Date() })
        }
        let talking = try conversation(10)
        _ = conversations.add(talking)
        conversations.began(talking)
        for seed in UInt8(20)..<83 { #expect(conversations.add(try conversation(seed)).isEmpty) }
        #expect(conversations.add(try conversation(90)).isEmpty)
        time.withLock { $0 += .seconds(121) }
        let dropped = conversations.add(try conversation(91))
        #expect(dropped.count == 64)
        #expect(!dropped.contains(talking.peer))
        #expect(conversations.all.count == 2)
    }
}
