import Directory
import FoundationEssentials
import Identity
import Store
import Synchronization
import Testing
import Wire

@testable import Chat

/// Messages that wait, and what becomes of them.
@Suite struct DeliveryTests {
    /// Waits until the message has come to the state.
    private func wait(_ person: Room.Person, _ id: MessageID, _ state: DeliveryState) async {
        while let event = await person.messenger.events.next() {
            if case .state(_, let ids, let reached) = event, reached >= state, ids.contains(id) { return }
        }
        Issue.record("the message never came to \(state)")
    }

    private func texts(_ person: Room.Person, _ count: Int) async -> [String] {
        var texts: [String] = []
        while texts.count < count, let message = await person.nextMessage() { texts.append(message.text) }
        return texts
    }

    @Test func whatWaitsGoesInOrderWhenThePeerComes() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        room.network.put(nil, at: bob.endpoint)
        try await room.run(alice, bob) {
            try await bob.knows(alice)
            let peer = try await alice.messenger.resolve("bobby")
            var last: MessageID?
            for number in 1...300 { last = try await alice.messenger.send("\(number)", to: peer).id }
            #expect(try await alice.messenger.outbox(of: bob.identity).count == 300)
            room.network.put(bob.messenger, at: bob.endpoint)
            // The directory's watch says so; nobody waits for a pause to end.
            await alice.messenger.peerCame(bob.identity)
            #expect(await texts(bob, 300) == (1...300).map(String.init))
            await wait(alice, try #require(last), .delivered)
            #expect(try await alice.messenger.outbox(of: bob.identity).isEmpty)
        }
    }

    /// A long absence: everything arrives, once and in order, and little of it is in memory at a time.
    @Test func tenThousandWaitForOnePeer() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        room.network.put(nil, at: bob.endpoint)
        try await room.run(alice, bob) {
            try await bob.knows(alice)
            let peer = try await alice.messenger.resolve("bobby")
            _ = try await alice.messenger.send("1", to: peer)
            let at = Date(timeIntervalSince1970: 1_700_000_000)
            _ = try await alice.messenger.archive.appendOutgoing(
                (2...10_000).map { NewMessage(id: .make(at: at), sentAt: at, content: .text("\($0)")) },
                to: bob.identity, at: at)
            room.network.put(bob.messenger, at: bob.endpoint)
            await alice.messenger.peerCame(bob.identity)
            for number in 1...10_000 {
                let message = try #require(await bob.nextMessage())
                guard message.text == "\(number)" else {
                    Issue.record("\(message.text) came instead of \(number)")
                    break
                }
            }
        }
        #expect(try await alice.messenger.archive.outboxCount(of: bob.identity) == 0)
        let stored = try await bob.messenger.archive.history(
            with: alice.identity, after: nil, before: nil, limit: 20_000)
        #expect(stored.count == 10_000)
    }

    /// The clocks of both jump by two days, either way: order, original times and delivery do not depend on them.
    @Test func clocksThatJump() async throws {
        let room = try Room()
        let days = Mutex([0.0, 48, -48, 0])
        let start = Date(timeIntervalSince1970: 1_700_000_000)
        let clock: @Sendable () -> Date = { start + 3600 * days.withLock { $0[0] } }
        let alice = try room.person("alice", 1, now: clock)
        let bob = try room.person("bobby", 2, now: clock)
        room.network.put(nil, at: bob.endpoint)
        var times: [Date] = []
        try await room.run(alice, bob) {
            try await bob.knows(alice)
            let peer = try await alice.messenger.resolve("bobby")
            for number in 1...4 {
                times.append(clock())
                _ = try await alice.messenger.send("\(number)", to: peer)
                if number < 4 { days.withLock { _ = $0.removeFirst() } }
            }
            #expect(
                try await alice.messenger.outbox(of: bob.identity).map(\.content)
                    == (1...4).map { .text("\($0)") })
            room.network.put(bob.messenger, at: bob.endpoint)
            await alice.messenger.peerCame(bob.identity)
            #expect(await texts(bob, 4) == ["1", "2", "3", "4"])
            days.withLock { $0 = [-48] }
            try await alice.send("5", to: "bobby")
            #expect(await bob.nextMessage()?.text == "5")
        }
        let stored = try await bob.messenger.archive.history(
            with: alice.identity, after: nil, before: nil, limit: 9)
        #expect(stored.map(\.sentAt) == times + [start - 48 * 3600])
        // What waits, or is kept for good, does not go with a clock.
        #expect(try await bob.messenger.archive.expire(at: start + 48 * 3600) == 0)
    }

    @Test func whatWaitsGoesWhenThePeerMakesContact() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        room.network.put(nil, at: bob.endpoint)
        try await room.run(alice, bob) {
            try await bob.knows(alice)
            let peer = try await alice.messenger.resolve("bobby")
            let waiting = try await alice.messenger.send("waits", to: peer)
            try await bob.messenger.connect(to: try await bob.messenger.resolve("alice"))
            #expect(await bob.nextMessage()?.text == "waits")
            await wait(alice, waiting.id, .delivered)
        }
    }

    @Test func whatWaitsOutlivesARestartOfTheSender() async throws {
        let room = try Room()
        var alice = try room.person("alice", 1)
        let bob = try room.person("bobby", 2)
        room.network.put(nil, at: bob.endpoint)
        try await room.run(alice) {
            let peer = try await alice.messenger.resolve("bobby")
            for text in ["one", "two"] { _ = try await alice.messenger.send(text, to: peer) }
        }
        room.network.put(bob.messenger, at: bob.endpoint)
        alice = try room.person("alice", 1, before: alice)
        try await room.run(alice, bob) {
            try await bob.knows(alice)
            #expect(await texts(bob, 2) == ["one", "two"])
        }
        let states = try await alice.messenger.archive.history(
            with: bob.identity, after: nil, before: nil, limit: 9
        ).map(\.state)
        #expect(states == [.delivered, .delivered])
    }

    @Test func aRestartedReceiverAcknowledgesADuplicateAndShowsItOnce() async throws {
        let room = try Room()
        let alice = try room.person("alice", 1)
        var bob = try room.person("bobby", 2)
        let now = Date(timeIntervalSince1970: 1_700_000_000)
        let message = try TextMessage(id: MessageID.make(at: now), sentAt: now, text: "once")
        for round in 1...2 {
            try await room.run(bob) {
                try await bob.knows(alice)
                let (near, far, _) = MemoryLink.pair(alice.identity, bob.identity, bob.endpoint)
                await bob.messenger.accept(far)
                try await near.send(try PeerEnvelope.text(message).encoded())
                var answer: PeerEnvelope?
                while let bytes = try await near.receive() {
                    answer = try PeerEnvelope(decoding: bytes)
                    if case .delivered = answer { break }
                }
                #expect(answer == .delivered([message.id]))
                near.cut()
            }
            var heard = 0
            while let event = await bob.messenger.events.next() {
                if case .message = event { heard += 1 }
            }
            #expect(heard == (round == 1 ? 1 : 0))
            bob = try room.person("bobby", 2, before: bob)
        }
    }

    @Test func anotherSendersIdIsAnotherMessage() async throws {
        let room = try Room()
        let bob = try room.person("bobby", 2)
        let senders = [try room.person("alice", 1), try room.person("mallory", 3)]
        let now = Date(timeIntervalSince1970: 1_700_000_000)
        let id = MessageID.make(at: now)
        try await room.run(bob) {
            for (number, sender) in senders.enumerated() {
                try await bob.knows(sender)
                let (near, far, _) = MemoryLink.pair(sender.identity, bob.identity, bob.endpoint)
                await bob.messenger.accept(far)
                let text = try TextMessage(id: id, sentAt: now, text: "\(number)")
                try await near.send(try PeerEnvelope.text(text).encoded())
                #expect(await bob.nextMessage()?.text == "\(number)")
                near.cut()
            }
        }
    }

    @Test func whatWasShownIsReadAndSaid() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        try await room.run(alice, bob) {
            try await bob.knows(alice)
            let peer = try await alice.messenger.resolve("bobby")
            let message = try await alice.messenger.send("look", to: peer)
            let heard = try #require(await bob.nextMessage())
            await wait(alice, message.id, .delivered)
            bob.messenger.shown(heard.stored)
            await wait(alice, message.id, .read)
        }
        let stored = try await alice.messenger.archive.message(
            try #require(
                try await alice.messenger.archive.history(
                    with: bob.identity, after: nil, before: nil, limit: 1
                ).first
            ).id, with: bob.identity, direction: .outgoing)
        #expect(stored?.state == .read)
    }

    @Test func whatWasShownIsNotSaidWhereThatIsSwitchedOff() async throws {
        let room = try Room()
        let alice = try room.person("alice", 1)
        let bob = try room.person("bobby", 2, options: Messenger.Options(sendsRead: false))
        try await room.run(alice, bob) {
            try await bob.knows(alice)
            try await alice.send("look", to: "bobby")
            let heard = try #require(await bob.nextMessage())
            bob.messenger.shown(heard.stored)
            // What bob writes afterwards would come behind a receipt.
            try await bob.send("seen", to: "alice")
            #expect(await alice.nextMessage()?.text == "seen")
        }
        let states = try await alice.messenger.archive.history(
            with: bob.identity, after: nil, before: nil, limit: 9
        ).filter { $0.direction == .outgoing }.map(\.state)
        #expect(states == [.delivered])
    }

    @Test func whatWasShownBeforeReceiptsWereAllowedIsNeverSaid() async throws {
        let room = try Room()
        let alice = try room.person("alice", 1)
        let bob = try room.person("bobby", 2, options: Messenger.Options(sendsRead: false))
        try await room.run(alice, bob) {
            try await bob.knows(alice)
            try await alice.send("before", to: "bobby")
            let before = try #require(await bob.nextMessage())
            bob.messenger.shown(before.stored)
            while try await bob.messenger.archive.conversation(with: alice.identity).reported
                < before.stored.row
            {
                await Task.yield()
            }
            await bob.messenger.setSendsRead(true)
            let peer = try await alice.messenger.resolve("bobby")
            let message = try await alice.messenger.send("after", to: peer)
            bob.messenger.shown(try #require(await bob.nextMessage()).stored)
            await wait(alice, message.id, .read)
        }
        let states = try await alice.messenger.archive.history(
            with: bob.identity, after: nil, before: nil, limit: 9
        ).map(\.state)
        #expect(states == [.delivered, .read])
    }

    @Test func aWaitingMessageIsEditedOrTakenBack() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        room.network.put(nil, at: bob.endpoint)
        try await room.run(alice, bob) {
            try await bob.knows(alice)
            let peer = try await alice.messenger.resolve("bobby")
            var ids: [MessageID] = []
            for text in ["one", "tow", "three"] {
                ids.append(try await alice.messenger.send(text, to: peer).id)
            }
            #expect(try await alice.messenger.edit(ids[1], to: bob.identity, text: "two") == .edited)
            #expect(try await alice.messenger.cancel(ids[2], to: bob.identity) == .queued)
            #expect(try await alice.messenger.cancel(ids[2], to: bob.identity) == nil)
            room.network.put(bob.messenger, at: bob.endpoint)
            await alice.messenger.peerCame(bob.identity)
            #expect(await texts(bob, 2) == ["one", "two"])
            await wait(alice, ids[1], .delivered)
            #expect(try await alice.messenger.edit(ids[1], to: bob.identity, text: "late") != .edited)
            try await alice.send("four", to: "bobby")
            #expect(await bob.nextMessage()?.text == "four")
        }
    }

    /// A peer that acknowledges nothing yet, whose envelopes the test reads.
    private func texts(_ link: MemoryLink, _ count: Int) async throws -> [TextMessage] {
        var texts: [TextMessage] = []
        while texts.count < count, let bytes = try await link.receive() {
            if case .text(let text) = try PeerEnvelope(decoding: bytes) { texts.append(text) }
        }
        return texts
    }

    @Test func whatFollowsAnEditThatCameTooLateIsSent() async throws {
        let room = try Room()
        let alice = try room.person("alice", 1)
        let (near, far, _) = MemoryLink.pair(try Room.identity(7), alice.identity, alice.endpoint)
        let peer = ResolvedPeer(identity: try Room.identity(7), handle: nil)
        try await room.run(alice) {
            try await alice.messenger.setMuted(peer.identity, false)
            await alice.messenger.accept(far)
            try await near.send(PeerEnvelope.hello(Hello(handle: nil, directory: nil)).encoded())
            let first = try await alice.messenger.send("first", to: peer)
            #expect(try await texts(near, 1).map(\.text) == ["first"])
            #expect(try await alice.messenger.edit(first.id, to: peer.identity, text: "late") == .alreadySent)
            _ = try await alice.messenger.send("second", to: peer)
            #expect(try await texts(near, 1).map(\.text) == ["second"])
            near.cut()
        }
    }

    @Test func severalThatAreWaitedForTogether() async throws {
        let room = try Room()
        let alice = try room.person("alice", 1)
        let (near, far, _) = MemoryLink.pair(try Room.identity(7), alice.identity, alice.endpoint)
        let peer = ResolvedPeer(identity: try Room.identity(7), handle: nil)
        try await room.run(alice) {
            try await alice.messenger.setMuted(peer.identity, false)
            await alice.messenger.accept(far)
            try await near.send(PeerEnvelope.hello(Hello(handle: nil, directory: nil)).encoded())
            let messages = try await alice.messenger.send(["one", "two", "three"], to: peer)
            #expect(messages.map(\.row) == messages.map(\.row).sorted())
            #expect(try await texts(near, 3).map(\.id) == messages.map(\.id))
            // Those that were acknowledged before anybody waited count, too.
            try await near.send(PeerEnvelope.delivered([messages[1].id]).encoded())
            async let all: Void = alice.messenger.waitDelivered(messages, to: peer, timeout: .seconds(20))
            try await near.send(PeerEnvelope.delivered([messages[2].id, messages[0].id]).encoded())
            try await all
            #expect(try await alice.messenger.reached(messages).values.allSatisfy { $0 == .delivered })

            // Some are acknowledged in time: only the others are taken back.
            let more = try await alice.messenger.send(["four", "five"], to: peer)
            _ = try await texts(near, 2)
            try await near.send(PeerEnvelope.delivered([more[0].id]).encoded())
            await wait(alice, more[0].id, .delivered)
            await #expect(throws: ChatError.notDelivered(reason: "no answer in time")) {
                try await alice.messenger.waitDelivered(more, to: peer, timeout: .milliseconds(20))
            }
            let reached = try await alice.messenger.reached(more)
            #expect(more.map { reached[$0.id] == .delivered } == [true, false])
            #expect(try await alice.messenger.cancel([more[1].id], to: peer.identity) == [more[1].id: .sent])
            await #expect(throws: ChatError.takenBack) {
                try await alice.messenger.waitDelivered(more, to: peer, timeout: .seconds(20))
            }
            near.cut()
        }
    }
}
