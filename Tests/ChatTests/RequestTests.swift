import Directory
import FoundationEssentials
import Identity
import Store
import Testing
import Wire

@testable import Chat

/// Strangers, and what one decides about them.
@Suite struct RequestTests {
    private func text(_ text: String) throws -> (id: MessageID, envelope: [UInt8]) {
        let now = Date(timeIntervalSince1970: 1_700_000_000)
        let message = try TextMessage(id: MessageID.make(at: now), sentAt: now, text: text)
        return (message.id, try PeerEnvelope.text(message).encoded())
    }

    private func call(_ callee: Room.Person, as caller: PublicIdentity) async throws -> MemoryLink {
        let (near, far, _) = MemoryLink.pair(caller, callee.identity, callee.endpoint)
        await callee.messenger.accept(far)
        return near
    }

    @Test func aStrangerIsHeardOnceAndLearnsNothingBeforeItIsAccepted() async throws {
        let room = try Room()
        let bob = try room.person("bobby", 2)
        let stranger = try Room.identity(7)
        try await room.run(bob) {
            let link = try await call(bob, as: stranger)
            let messages = try ["may I?", "are you there?", "hello?"].map(text)
            let offer = PeerEnvelope.offer(
                OfferMessage(
                    id: MessageID.make(), sentAt: Date(timeIntervalSince1970: 0),
                    offer: try FileOffer(name: "gift", size: 1, root: Array(repeating: 0, count: 32))))
            try await link.send(try offer.encoded())
            for message in messages { try await link.send(message.envelope) }
            let request = try #require(await bob.nextMessage())
            #expect(request.text == "may I?")
            #expect(request.isRequest)
            bob.messenger.shown(request.stored)
            // The first thing that comes back is that acknowledgement: no greeting, no receipt of reading.
            let first = try #require(try await link.receive())
            #expect(try PeerEnvelope(decoding: first) == .delivered([messages[0].id]))
            // A second call changes nothing.
            let again = try await call(bob, as: stranger)
            try await again.send(messages[1].envelope)
            try await again.send(messages[0].envelope)
            let second = try #require(try await again.receive())
            #expect(try PeerEnvelope(decoding: second) == .delivered([messages[0].id]))
            again.cut()

            let third = try await call(bob, as: stranger)
            try await third.send(messages[0].envelope)
            let repeated = try #require(try await third.receive())
            #expect(try PeerEnvelope(decoding: repeated) == .delivered([messages[0].id]))
            try await bob.messenger.accept(stranger)
            // Now it is greeted, and told what was read.
            let greeting = try #require(try await third.receive())
            guard case .hello(let hello) = try PeerEnvelope(decoding: greeting) else {
                Issue.record("no greeting")
                return
            }
            #expect(hello.handle?.text == "bobby")
            let read = try #require(try await third.receive())
            #expect(try PeerEnvelope(decoding: read) == .read([messages[0].id]))
            try await third.send(messages[1].envelope)
            #expect(await bob.nextMessage()?.text == "are you there?")
            link.cut()
            third.cut()
        }
    }

    @Test func whatAStrangerWroteBehindItsRequestComesOnceItIsAccepted() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        try await room.run(alice, bob) {
            let peer = try await alice.messenger.resolve("bobby")
            for text in ["one", "two", "three"] { _ = try await alice.messenger.send(text, to: peer) }
            #expect(await bob.nextMessage()?.text == "one")
            try await bob.messenger.accept(alice.identity)
            #expect(await bob.nextMessage()?.text == "two")
            #expect(await bob.nextMessage()?.text == "three")
        }
    }

    @Test func aDeclinedStrangerIsToldNothingAndForgotten() async throws {
        let room = try Room()
        let bob = try room.person("bobby", 2)
        let stranger = try Room.identity(7)
        try await room.run(bob) {
            let link = try await call(bob, as: stranger)
            try await link.send(try text("may I?").envelope)
            _ = await bob.nextMessage()
            try await bob.messenger.decline(stranger)
            #expect(
                try await bob.messenger.archive.history(with: stranger, after: nil, before: nil, limit: 9)
                    .isEmpty)
            try await link.send(try text("please?").envelope)
            // What bob hears next is somebody else.
            let other = try await call(bob, as: try Room.identity(8))
            try await other.send(try text("other").envelope)
            #expect(await bob.nextMessage()?.text == "other")
            await #expect(throws: ChatError.noRequest(stranger)) {
                try await bob.messenger.decline(stranger)
            }
            link.cut()
            other.cut()
        }
    }

    @Test func aBlockedPeerIsCutOffAndStaysOut() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        try await room.run(alice, bob) {
            try await bob.knows(alice)
            try await alice.send("hello", to: "bobby")
            _ = await bob.nextMessage()
            try await bob.messenger.block(alice.identity)
            #expect(bob.messenger.blocklist.contains(alice.identity))
            await #expect(throws: ChatError.self) { try await alice.send("again", to: "bobby") }
            await #expect(throws: ChatError.blocked(alice.identity)) {
                try await bob.send("no", to: "alice")
            }
            try await bob.messenger.unblock(alice.identity)
            try await alice.send("back", to: "bobby")
            #expect(await bob.nextMessage()?.text == "back")
        }
        // A block outlives a restart.
        try await bob.messenger.block(alice.identity)
        let again = try room.person("bobby", 2, before: bob)
        #expect(again.messenger.blocklist.contains(alice.identity))
    }

    @Test func aNicknameLeadsToItsPeerAndNeverLeaves() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        try await room.run(alice, bob) {
            try await bob.knows(alice)
            try await alice.send("hello", to: "bobby")
            try await alice.messenger.setNickname(bob.identity, "Robert")
            #expect(try await alice.messenger.resolve("Robert").identity == bob.identity)
            #expect(await alice.messenger.summary(of: bob.identity).name == "Robert")
            try await alice.send("again", to: "Robert")
            _ = await bob.nextMessage()
            #expect(await bob.nextMessage()?.peer.handle?.text == "alice")
            for name in ["", "two words", "p2p1x", "1", "a:1", "/x", "-x", "a\u{202e}b", "a\u{200b}b"] {
                await #expect(throws: ChatError.malformedNickname(name)) {
                    try await alice.messenger.setNickname(bob.identity, name)
                }
            }
        }
    }

    @Test func aNameOfTwoIsNobody() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        let carol = try room.person("carol", 3)
        try await room.run(alice, bob, carol) {
            try await alice.send("hello", to: "bobby")
            try await alice.send("hello", to: "carol")
            // One's own name for carol is bob's handle: nobody is chosen by guessing.
            try await alice.messenger.setNickname(carol.identity, "bobby")
            await #expect(throws: ChatError.ambiguous("bobby", [bob.identity, carol.identity])) {
                try await alice.messenger.resolve("bobby")
            }
        }
    }
}
