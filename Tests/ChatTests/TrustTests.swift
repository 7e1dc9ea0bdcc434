import Directory
import FoundationEssentials
import Identity
import Store
import Testing

@testable import Chat

/// What happens when a handle leads to another key: the way that a lying directory or a lost key shows itself.
@Suite struct TrustTests {
    @Test func comparingVerifiesTheKey() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        let peer = try await alice.messenger.resolve("bobby")
        let number = SafetyNumber.between(bob.identity, alice.identity)
        #expect(try await alice.messenger.verify(peer, number: number))
        #expect(await alice.messenger.summary(of: bob.identity).trust == .verified)
        let other = SafetyNumber.between(try Room.identity(9), alice.identity)
        #expect(try await alice.messenger.verify(peer, number: other) == false)
        #expect(await alice.messenger.summary(of: bob.identity).trust == .unverified)
    }

    @Test func aHandleThatLeadsToAnotherKeyIsRefusedAndNothingIsSent() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        let impostor = try room.person("mallory", 3)
        try await room.run(alice, bob, impostor) {
            try await alice.send("hello", to: "bobby")
            await bob.messenger.close()
            while let event = await alice.messenger.events.next() {
                if case .link(_, .closed) = event { break }
            }
            // The directory now gives the handle to another key, with an address where that key answers.
            room.directory.publish(
                PeerEntry(
                    identity: impostor.identity, handle: try Handle("bobby"), addresses: [impostor.endpoint]))
            await #expect(
                throws: ChatError.changed(
                    try Handle("bobby"), pinned: bob.identity, replacement: impostor.identity)
            ) {
                try await alice.send("secret", to: "bobby")
            }
            #expect(await alice.messenger.summary(of: bob.identity).trust == .changed)
            await #expect(throws: ChatError.self) {
                try await alice.send("secret", to: bob.identity.fingerprint)
            }

            // The honest case: accepted by the user, and unverified.
            #expect(try await alice.messenger.acceptChange(of: bob.identity) == impostor.identity)
            try await alice.send("to the new key", to: "bobby")
            #expect(await impostor.nextMessage()?.text == "to the new key")
            #expect(await alice.messenger.summary(of: impostor.identity).trust == .unverified)
        }
    }

    @Test func aPeerThatCallsUnderAPinnedHandleWithAnotherKeyIsNotShown() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        let impostor = try room.person("mallory", 3)
        try await room.run(alice, bob) {
            try await alice.send("hello", to: "bobby")
        }
        room.directory.publish(
            PeerEntry(
                identity: impostor.identity, handle: try Handle("bobby"), addresses: [impostor.endpoint]))
        let again = Messenger(
            identity: alice.identity, handle: try Handle("alice"),
            book: try ContactBook(store: alice.contacts, now: { Date(timeIntervalSince1970: 0) }),
            archive: alice.messenger.archive, network: room.network.view(of: alice.identity),
            directory: room.directory, now: { Date() })
        let caller = Messenger(
            identity: impostor.identity, handle: try Handle("bobby"),
            book: try ContactBook(store: impostor.contacts, now: { Date(timeIntervalSince1970: 0) }),
            archive: impostor.messenger.archive, network: room.network.view(of: impostor.identity),
            directory: room.directory, now: { Date() })
        room.network.put(again, at: alice.endpoint)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await again.run() }
            group.addTask { await caller.run() }
            let peer = try await caller.resolve("alice")
            let id = try await caller.send("I am bobby", to: peer).id
            await #expect(throws: ChatError.self) {
                try await caller.waitDelivered(id, to: peer, timeout: .seconds(20))
            }
            let event = await again.events.next()
            guard case .changed(let summary, let handle, let replacement) = event else {
                Issue.record("expected a warning, got \(String(describing: event))")
                return
            }
            #expect(summary.identity == bob.identity)
            #expect(handle.text == "bobby")
            #expect(replacement == impostor.identity)
            await again.close()
            await caller.close()
            try await group.waitForAll()
            // Nothing of the caller followed the warning.
            #expect(await again.events.next() == nil)
        }
    }

    @Test func aChangedPeerThatIsConnectedIsNotShownAnyMore() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        let impostor = try room.person("mallory", 3)
        try await room.run(alice, bob, impostor) {
            try await alice.send("hello", to: "bobby")
            try await bob.send("hello", to: "alice")
            #expect(await alice.nextMessage()?.text == "hello")
            // While both talk, the directory gives bob's handle to a key that then is chosen from the list.
            room.directory.publish(
                PeerEntry(
                    identity: impostor.identity, handle: try Handle("bobby"), addresses: [impostor.endpoint]))
            let listed = ResolvedPeer(
                identity: impostor.identity, handle: try Handle("bobby"), addresses: [impostor.endpoint])
            await #expect(
                throws: ChatError.changed(
                    try Handle("bobby"), pinned: bob.identity, replacement: impostor.identity)
            ) {
                try await alice.messenger.connect(to: listed)
            }
            #expect(await alice.messenger.summary(of: bob.identity).trust == .changed)
            await #expect(throws: ChatError.self) { try await bob.send("still me", to: "alice") }
            await alice.messenger.close()
            #expect(await alice.nextMessage() == nil)
        }
    }

    @Test func acceptingMovesOnlyTheHandleThatChanged() async throws {
        let room = try Room()
        let alice = try room.person("alice", 1)
        let (old, new) = (try Room.identity(5), try Room.identity(6))
        let here = KnownHandle(directory: room.directory.identity, handle: try Handle("bobby"))
        let elsewhere = KnownHandle(directory: try Room.identity(201), handle: try Handle("robert"))
        var book = try ContactBook(store: alice.contacts, now: { Date(timeIntervalSince1970: 0) })
        try book.pin(old, handle: here)
        try book.pin(old, handle: elsewhere)
        #expect(try book.noteDirectory(here, leadsTo: new)?.identity == old)
        #expect(try book.accept(old) == new)
        #expect(book[old]?.handles == [elsewhere])
        #expect(book[new]?.handles == [here])
        #expect(book[old]?.trust == .unverified)
    }

    @Test func aHandleOfAnotherDirectoryIsNotTakenForOneOfThis() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("robert", 2))
        // bob is known as bobby from another directory; here, bobby is somebody else.
        try alice.contacts.save(
            Contact(
                identity: bob.identity,
                handles: [KnownHandle(directory: try Room.identity(201), handle: try Handle("bobby"))],
                since: Date(timeIntervalSince1970: 0)))
        _ = try room.person("bobby", 3)
        let messenger = Messenger(
            identity: alice.identity, handle: nil,
            book: try ContactBook(store: alice.contacts, now: { Date() }),
            archive: alice.messenger.archive, network: room.network.view(of: alice.identity),
            directory: room.directory, now: { Date() })
        let peer = try await messenger.resolve("bobby")
        #expect(peer.identity == bob.identity)
        #expect(peer.handle == nil)
        try await messenger.connect(to: peer)
        #expect(await messenger.contacts.map(\.handles.count) == [1])
        #expect(await messenger.summary(of: bob.identity).trust == .unverified)
    }

    @Test func forgettingPinsAnew() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        try await room.run(alice, bob) {
            try await alice.send("hello", to: "bobby")
            try await alice.messenger.forget(bob.identity)
            #expect(await alice.messenger.contacts.isEmpty)
            #expect(try alice.contacts.contacts().isEmpty)
            await #expect(throws: ChatError.notAContact(bob.identity.fingerprint)) {
                try await alice.messenger.forget(bob.identity)
            }
        }
    }
}
