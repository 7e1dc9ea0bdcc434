import Directory
import FoundationEssentials
import Identity
import Store
import TestSupport
import Testing
import Wire

@testable import Chat

/// Peers whose keys change: what moves a pin, and what does not.
@Suite(.timeLimit(.minutes(5))) struct NewKeysTests {
    static let old: UInt8 = 2

    /// What leads from one of the seeds to the next, for the handle.
    static func chain(_ seeds: [UInt8], _ handle: String = "bobby") throws -> [[UInt8]] {
        let label = Label(try Handle(handle))
        var newest = try LogEntry.make(
            .claim(recovery: .none), label: label, after: nil, time: 1, by: Room.keys(seeds[0]))
        return try zip(seeds, seeds.dropFirst()).map { from, to in
            newest = try LogEntry.make(
                .rotate(to: Room.identity(to), recovery: .none), label: label, after: newest, time: 1,
                by: Room.keys(from), cosigner: Room.keys(to))
            return newest.bytes
        }
    }

    /// Alice, who has talked with bobby, whom she has verified and who is gone now.
    static func room() async throws -> (room: Room, alice: Room.Person, bob: Room.Person) {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", old))
        let people = (try room.person("alice", 1, before: alice), bob)
        try await room.run(people.0, people.1) {
            try await bob.knows(alice)
            try await people.0.send("hello", to: "bobby")
            try await bob.send("hello back", to: "alice")
            let peer = try await people.0.messenger.resolve("bobby")
            _ = try await people.0.messenger.verify(
                peer, number: SafetyNumber.between(alice.identity, bob.identity))
        }
        room.network.put(nil, at: bob.endpoint)
        let again = try room.person("alice", 1, before: alice)
        #expect(await again.messenger.summary(of: bob.identity).trust == .verified)
        return (room, again, bob)
    }

    /// Bobby with another key, who has not told alice yet.
    func bobby(_ seeds: [UInt8], in room: Room, knowing alice: Room.Person) async throws -> Room.Person {
        let seed = try #require(seeds.last)
        let contacts = MemoryContacts()
        try contacts.save(
            Contact(identity: alice.identity, since: Date(timeIntervalSince1970: 0), isUntold: true))
        return try room.person("bobby", seed, contacts: contacts, rotations: Self.chain(seeds))
    }

    func rotation(_ alice: Room.Person) async throws -> (PeerSummary, from: PublicIdentity) {
        while let event = await alice.messenger.events.next() {
            if case .rotated(let peer, let former) = event { return (peer, former) }
        }
        throw ChatError.noDirectory
    }

    @Test func aPeerTellsItsContactsOfItsNewKeyByItself() async throws {
        let (room, alice, bob) = try await Self.room()
        let new = try await bobby([Self.old, 5, 6], in: room, knowing: alice)
        // The directory says nothing: the signatures of all on the way decide.
        room.directory.setSilent(true)
        try await room.run(alice, new) {
            let peer = ResolvedPeer(identity: bob.identity, handle: try Handle("bobby"))
            _ = try await alice.messenger.send("written for the old key", to: peer)
            try await new.messenger.connect(
                to: ResolvedPeer(identity: alice.identity, handle: nil, addresses: [alice.endpoint]))
            let (told, former) = try await rotation(alice)
            #expect(former == bob.identity && told.identity == new.identity)
            #expect(told.trust == .unverified && told.name == "bobby")
            #expect(await new.nextMessage()?.text == "written for the old key")
            #expect(await new.messenger.contacts.map(\.isUntold) == [false])
            let texts = try await alice.messenger.archive.history(
                with: new.identity, after: nil, before: nil, limit: 9
            ).map(\.content)
            #expect(texts == ["hello", "hello back", "written for the old key"].map { .text($0) })
            let contact = try #require(await alice.messenger.contacts.first)
            #expect(contact.identity == new.identity && contact.former == [bob.identity])
            // Whoever still says the old key means the new one.
            _ = try await alice.messenger.send("more", to: peer)
            #expect(await new.nextMessage()?.text == "more")
            #expect(try await alice.messenger.resolve(bob.identity.fingerprint).identity == new.identity)
        }
        // And so it is after a restart.
        let again = try room.person("alice", 1, before: alice)
        #expect(try await again.messenger.resolve("bobby").identity == new.identity)
        #expect(try await again.messenger.resolve(bob.identity.fingerprint).identity == new.identity)
        // What tells so goes on until the numbers were compared.
        #expect(await again.messenger.summary(of: new.identity).hasNewKey)
        let number = SafetyNumber.between(alice.identity, new.identity)
        #expect(try await again.messenger.verify(again.messenger.resolve("bobby"), number: number))
        #expect(await !again.messenger.summary(of: new.identity).hasNewKey)
    }

    @Test func nobodyHasToWriteForAContactToBeTold() async throws {
        let (room, alice, bob) = try await Self.room()
        let new = try await bobby([Self.old, 5], in: room, knowing: alice)
        room.directory.say(.movedTo(new.identity), of: bob.identity)
        try await room.run(alice, new) {
            let told = try await rotation(alice)
            #expect(told.from == bob.identity)
            #expect(await alice.messenger.contacts.map(\.identity) == [new.identity])
        }
        #expect(try new.contacts.contacts().map(\.isUntold) == [false])
    }

    @Test func whoIsNotThereIsToldWhenItComes() async throws {
        let (room, alice, bob) = try await Self.room()
        let new = try await bobby([Self.old, 5], in: room, knowing: alice)
        room.directory.say(.movedTo(new.identity), of: bob.identity)
        room.network.put(nil, at: alice.endpoint)
        try await room.run(alice, new) {
            while room.network.dials < 2 { await Task.yield() }
            room.network.put(alice.messenger, at: alice.endpoint)
            await new.messenger.peerCame(alice.identity)
            let told = try await rotation(alice)
            #expect(told.from == bob.identity)
        }
        #expect(try new.contacts.contacts().map(\.isUntold) == [false])
    }

    /// Each knows only the other's former key.
    @Test func bothHaveNewKeysAtOnce() async throws {
        let room = try Room()
        let directory = room.directory
        func person(_ handle: String, _ seeds: [UInt8], knowing name: String, _ seed: UInt8) throws
            -> Room.Person
        {
            let known = KnownHandle(directory: directory.identity, handle: try Handle(name))
            let contacts = MemoryContacts()
            try contacts.save(
                Contact(
                    identity: Room.identity(seed), handles: [known], since: Date(timeIntervalSince1970: 0),
                    isUntold: true))
            return try room.person(
                handle, seeds[1], contacts: contacts, rotations: Self.chain(seeds, handle))
        }
        let alice = try person("alice", [1, 5], knowing: "bobby", 2)
        let bob = try person("bobby", [2, 6], knowing: "alice", 1)
        directory.say(.movedTo(alice.identity), of: try Room.identity(1))
        directory.say(.movedTo(bob.identity), of: try Room.identity(2))
        try await room.run(alice, bob) {
            for (one, other) in [(alice, bob), (bob, alice)] {
                try await waitUntil("the new key, told") {
                    await one.messenger.contacts.map { [$0.identity: $0.isUntold] }
                        == [[other.identity: false]]
                }
            }
        }
    }

    @Test func theLogTellsOfSeveralRotationsAtOnce() async throws {
        let (room, alice, bob) = try await Self.room()
        let new = try room.person("bobby", 6)
        room.directory.say(.movedTo(new.identity), of: bob.identity)
        try await room.run(alice, new) {
            try await new.knows(alice)
            try await alice.send("for whoever has the handle now", to: "bobby")
            #expect(await new.nextMessage()?.text == "for whoever has the handle now")
            let told = try await rotation(alice)
            #expect(told.from == bob.identity)
            #expect(await alice.messenger.contacts.map(\.identity) == [new.identity])
            #expect(await alice.messenger.summary(of: new.identity).trust == .unverified)
        }
    }

    /// A stranger who proves only that it is itself: what it shows before is no way to its key.
    @Test(arguments: ["gap", "order", "cycle", "handle", "another", "signature", "stranger"])
    func whatIsNoWayMovesNothing(_ kind: String) async throws {
        let (room, alice, bob) = try await Self.room()
        room.directory.setSilent(true)
        let long = try Self.chain([Self.old, 5, 6, 7])
        var entries: [[UInt8]] =
            switch kind {
            case "gap": [long[0], long[2]]
            case "order": [long[1], long[0], long[2]]
            case "cycle": try Self.chain([Self.old, 5, Self.old, 7])
            case "handle": try Self.chain([Self.old, 7], "somebody")
            case "another": try Self.chain([Self.old, 5])
            case "stranger": try Self.chain([8, 7])
            default: try Self.chain([Self.old, 7])
            }
        if kind == "signature" { entries[0][entries[0].count - 1] ^= 1 }
        try await room.run(alice) {
            let caller = try await room.network.dial(
                alice.endpoint, expecting: alice.identity, from: Room.identity(7))
            try await caller.send(
                PeerEnvelope.hello(Hello(handle: Handle("bobby"), directory: room.directory.identity))
                    .encoded())
            try await caller.send(PeerEnvelope.rotation(entries).encoded())
            let text = try TextMessage(id: .make(), sentAt: Date(timeIntervalSince1970: 1), text: "it is me")
            try await caller.send(PeerEnvelope.text(text).encoded())
            if kind == "stranger" {
                // Of no concern here: a stranger like any other.
                #expect(await alice.nextMessage()?.isRequest == true)
            } else {
                #expect(try await caller.receive() == nil)
            }
            caller.cut()
        }
        #expect(try alice.contacts.contacts().first?.identity == bob.identity)
        #expect(await alice.messenger.summary(of: bob.identity).trust == .verified)
        #expect(await alice.messenger.summary(of: try Room.identity(7)).standing == .request)
    }

    @Test func aWayThatTheLogDoesNotHaveMovesNothing() async throws {
        let (room, alice, bob) = try await Self.room()
        try await room.run(alice) {
            let caller = try await room.network.dial(
                alice.endpoint, expecting: alice.identity, from: Room.identity(7))
            try await caller.send(PeerEnvelope.rotation(Self.chain([Self.old, 7])).encoded())
            #expect(try await caller.receive() == nil)
            caller.cut()
        }
        #expect(try alice.contacts.contacts().map(\.identity) == [bob.identity])
    }

    @Test func anInviteToTheOldKeyLeadsToTheNewOne() async throws {
        let room = try Room()
        let alice = try room.person("alice", 1)
        let new = try room.person("bobby", 6)
        let (old, handle) = (try Room.identity(Self.old), try Handle("bobby"))
        let reference = try DirectoryReference("192.0.2.1:7600#\(room.directory.identity.fingerprint)")
        let invite = Invite(identity: old, directory: reference, address: nil, handle: handle).description
        room.directory.say(.movedTo(new.identity), of: old)
        #expect(
            try await alice.messenger.resolve(invite)
                == ResolvedPeer(identity: new.identity, handle: handle))
        room.directory.say(.revoked(heir: new.identity), of: old)
        await #expect(throws: ChatError.revoked(old, handle: handle, heir: nil)) {
            _ = try await alice.messenger.resolve(invite)
        }
        room.directory.say(.gone(holder: new.identity), of: old)
        #expect(try await alice.messenger.resolve(invite).identity == old)
    }

    @Test func theOldKeyIsNobodysAnyMore() async throws {
        let (room, alice, bob) = try await Self.room()
        let new = try room.person("bobby", 6)
        room.directory.say(.movedTo(new.identity), of: bob.identity)
        try await room.run(alice, new) {
            try await new.knows(alice)
            try await alice.send("hello", to: "bobby")
            let caller = try await room.network.dial(
                alice.endpoint, expecting: alice.identity, from: bob.identity)
            await #expect(throws: MemoryLink.Cut.self) { _ = try await caller.receive() }
        }
        #expect(try alice.contacts.contacts().map(\.identity) == [new.identity])
    }

    @Test func toARevokedKeyNothingGoes() async throws {
        let (room, alice, bob) = try await Self.room()
        room.network.put(bob.messenger, at: bob.endpoint)
        let (handle, heir) = (try Handle("bobby"), try Room.identity(9))
        room.directory.free(handle)
        room.directory.say(.revoked(heir: heir), of: bob.identity)
        let expected = ChatError.revoked(bob.identity, handle: handle, heir: heir)
        try await room.run(alice) {
            await #expect(throws: expected) { try await alice.send("secret", to: "bobby") }
            while let event = await alice.messenger.events.next() {
                guard case .revoked(let peer, handle, heir) = event else { continue }
                #expect(peer.identity == bob.identity && peer.trust == .revoked)
                break
            }
            await #expect(throws: expected) { try await alice.send("secret", to: bob.identity.fingerprint) }
            // It is not listened to either.
            let caller = try await room.network.dial(
                alice.endpoint, expecting: alice.identity, from: bob.identity)
            await #expect(throws: MemoryLink.Cut.self) { _ = try await caller.receive() }
            #expect(try await alice.messenger.outbox(of: bob.identity).isEmpty)
        }
        // After a restart, too, and without the directory.
        room.directory.setSilent(true)
        let again = try room.person("alice", 1, before: alice)
        await #expect(throws: expected) {
            _ = try await again.messenger.send(
                "secret", to: ResolvedPeer(identity: bob.identity, handle: handle))
        }
        #expect(try await again.messenger.acceptChange(of: bob.identity) == heir)
        #expect(await again.messenger.summary(of: heir).trust == .unverified)
        #expect(await again.messenger.summary(of: bob.identity).trust == .revoked)
    }

    @Test func aRevokedKeyThatCallsIsFoundOut() async throws {
        let (room, alice, bob) = try await Self.room()
        room.directory.free(try Handle("bobby"))
        room.directory.say(.revoked(heir: nil), of: bob.identity)
        try await room.run(alice) {
            let caller = try await room.network.dial(
                alice.endpoint, expecting: alice.identity, from: bob.identity)
            try await caller.send(PeerEnvelope.hello(Hello(handle: nil, directory: nil)).encoded())
            await #expect(throws: MemoryLink.Cut.self) { while try await caller.receive() != nil {} }
        }
        #expect(await alice.messenger.summary(of: bob.identity).trust == .revoked)
    }

    @Test func aBlockedPeerStaysBlockedWithItsNewKey() async throws {
        let (room, alice, bob) = try await Self.room()
        room.directory.setSilent(true)
        try await room.run(alice) {
            try await alice.messenger.block(bob.identity)
            let caller = try await room.network.dial(
                alice.endpoint, expecting: alice.identity, from: Room.identity(7))
            try await caller.send(PeerEnvelope.rotation(Self.chain([Self.old, 7])).encoded())
            await #expect(throws: MemoryLink.Cut.self) { while try await caller.receive() != nil {} }
        }
        #expect(try alice.contacts.contacts().map(\.standing) == [.blocked])
        #expect(alice.messenger.blocklist.contains(try Room.identity(7)))
    }
}
