import Directory
import FoundationEssentials
import Identity
import Sodium
import Store
import TestSupport
import Testing
import Wire

@testable import Chat

/// A few people around one directory, in memory.
final class Room: Sendable {
    let network = MemoryNetwork()
    let directory: MemoryDirectory

    struct Person: Sendable {
        let messenger: Messenger
        let contacts: MemoryContacts
        let home: TemporaryFolder
        let endpoint: Endpoint
        let identity: PublicIdentity
    }

    init() throws {
        directory = MemoryDirectory(identity: try Self.identity(200))
    }

    static func keys(_ seed: UInt8) throws -> IdentityKeys {
        try IdentityKeys(seed: SecretBytes(copying: [UInt8](repeating: seed, count: 32)))
    }

    static func identity(_ seed: UInt8) throws -> PublicIdentity { try keys(seed).publicIdentity }

    /// - Parameter before: The same person before a restart, whose home and contacts go on.
    func person(
        _ handle: String, _ seed: UInt8, options: Messenger.Options = Messenger.Options(),
        before: Person? = nil, contacts given: MemoryContacts? = nil, rotations: [[UInt8]] = [],
        gossip: LogGossip? = nil,
        now: @escaping @Sendable () -> Date = { Date(timeIntervalSince1970: 1_700_000_000) },
        instant: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) throws -> Person {
        let keys = try Self.keys(seed)
        let identity = keys.publicIdentity
        let contacts = given ?? before?.contacts ?? MemoryContacts()
        let home = try before?.home ?? TemporaryFolder()
        let blocklist = Blocklist()
        let messenger = Messenger(
            identity: identity, handle: try Handle(handle),
            book: try ContactBook(store: contacts, now: now),
            archive: try HomeStore(path: home.path + "/home.sqlite", keys: keys),
            network: network.view(of: identity), directory: directory, blocklist: blocklist,
            options: options, rotations: rotations, gossip: gossip, now: now, instant: instant)
        let person = Person(
            messenger: messenger, contacts: contacts, home: home,
            endpoint: try Endpoint("127.0.0.\(seed):4000"), identity: identity)
        network.put(messenger, at: person.endpoint)
        directory.publish(
            PeerEntry(identity: identity, handle: try Handle(handle), addresses: [person.endpoint]))
        return person
    }

    /// Runs the people's links while `body` goes on.
    func run(_ people: Person..., body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for person in people { group.addTask { await person.messenger.run() } }
            do { try await body() } catch {
                for person in people { await person.messenger.close() }
                throw error
            }
            for person in people { await person.messenger.close() }
            try await group.waitForAll()
        }
    }
}

extension Room.Person {
    /// As the command does it: what is not delivered is taken back.
    func send(_ text: String, to name: String) async throws {
        let peer = try await messenger.resolve(name)
        let message = try await messenger.send(text, to: peer)
        do {
            try await messenger.waitDelivered(message.id, to: peer, timeout: .seconds(20))
        } catch {
            _ = try await messenger.cancel(message.id, to: peer.identity)
            throw error
        }
    }

    /// Knows the other as somebody whom it talks with.
    func knows(_ other: Room.Person) async throws {
        try await messenger.setMuted(other.identity, false)
    }

    /// The next message, past events of other kinds.
    func nextMessage() async -> IncomingMessage? {
        while let event = await messenger.events.next() {
            if case .message(let message) = event { return message }
        }
        return nil
    }
}

@Suite struct MessengerTests {
    @Test func whoAskedTooOftenWaitsAsLongAsThereIsTime() async throws {
        let room = try Room()
        // Nothing is dialled but by whom a message is waited for.
        let alice = try room.person("alice", 1, options: .init(delivers: false))
        let (bob, carol) = (try room.person("bobby", 2), try room.person("carol", 3))
        try await room.run(alice, bob, carol) {
            let peer = try await alice.messenger.resolve("bobby")
            let message = try await alice.messenger.send("in time", to: peer)
            room.directory.refuse(.rateLimited(retryAfter: .zero), .rateLimited(retryAfter: .zero))
            try await alice.messenger.waitDelivered(message.id, to: peer, timeout: .seconds(60))
            #expect(room.directory.refusalsLeft == 0)
            #expect(await bob.nextMessage()?.text == "in time")

            let other = try await alice.messenger.resolve("carol")
            let late = try await alice.messenger.send("too late", to: other)
            let refusal = DirectoryError.rateLimited(retryAfter: .seconds(61))
            room.directory.refuse(refusal)
            await #expect(throws: refusal) {
                try await alice.messenger.waitDelivered(late.id, to: other, timeout: .seconds(60))
            }
        }
    }

    @Test func messagesGoBothWaysAndAreAcknowledged() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        try await room.run(alice, bob) {
            try await alice.send("hello", to: "bobby")
            let heard = try #require(await bob.nextMessage())
            #expect(heard.text == "hello")
            #expect(heard.peer.identity == alice.identity)
            #expect(heard.peer.handle == (try Handle("alice")))
            #expect(heard.peer.trust == .unverified)
            #expect(heard.isRequest)
            try await bob.send("hello back", to: "alice")
            #expect(await alice.nextMessage()?.text == "hello back")
        }
        #expect(room.network.dials == 1)
        #expect(try bob.contacts.contacts().map(\.identity) == [alice.identity])
    }

    @Test(arguments: ["bobby", "address", "fingerprint", "prefix"])
    func aPeerIsFoundBy(_ form: String) async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        try await room.run(alice, bob) {
            try await bob.knows(alice)
            if form == "prefix" { try await alice.send("first", to: "bobby") }
            let name =
                switch form {
                case "address": bob.endpoint.description
                case "fingerprint": bob.identity.fingerprint
                case "prefix": String(bob.identity.fingerprint.dropFirst(4).prefix(8))
                default: form
                }
            #expect(try await alice.messenger.resolve(name).identity == bob.identity)
            try await alice.send("found", to: name)
        }
    }

    @Test func unknownIsNotAvailableAndOneselfIsRefused() async throws {
        let room = try Room()
        let alice = try room.person("alice", 1)
        await #expect(throws: ChatError.notAvailable("nobody")) {
            try await alice.messenger.resolve("nobody")
        }
        await #expect(throws: ChatError.oneself) { try await alice.messenger.resolve("alice") }
        await #expect(throws: ChatError.notAPeer("--help")) { try await alice.messenger.resolve("--help") }
    }

    /// Whoever hides has left word for contacts, and for nobody else.
    @Test func contactsFindOneWhoHides() async throws {
        let room = try Room()
        let alice = try room.person("alice", 1)
        let carol = try IdentityKeys.generate().publicIdentity
        let hidden = PeerEntry(
            identity: carol, handle: nil, addresses: [try Endpoint("192.0.2.7:4000")])
        room.directory.leaveSealed(hidden)
        let peer = ResolvedPeer(identity: carol, handle: nil)
        await #expect(throws: ChatError.notAvailable(carol.shortFingerprint)) {
            try await alice.messenger.entry(of: peer)
        }
        try await alice.messenger.setMuted(carol, false)
        #expect(try await alice.messenger.entry(of: peer) == hidden)
    }

    @Test func twoContactsWithOneNameAreNamedAndNobodyIsChosen() async throws {
        let room = try Room()
        let alice = try room.person("alice", 1)
        let (one, two) = (try Room.identity(5), try Room.identity(6))
        for (identity, directory) in [(one, try Room.identity(201)), (two, try Room.identity(202))] {
            try alice.contacts.save(
                Contact(
                    identity: identity,
                    handles: [KnownHandle(directory: directory, handle: try Handle("bobby"))],
                    since: Date(timeIntervalSince1970: 0)))
        }
        let messenger = Messenger(
            identity: alice.identity, handle: nil,
            book: try ContactBook(store: alice.contacts, now: { Date() }),
            archive: alice.messenger.archive, network: room.network.view(of: alice.identity),
            directory: room.directory, now: { Date() })
        await #expect(throws: ChatError.ambiguous("bobby", [one, two])) {
            try await messenger.resolve("bobby")
        }
    }

    @Test func sizesOfMessages() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        try await room.run(alice, bob) {
            await #expect(throws: ChatError.emptyMessage) { try await alice.send("", to: "bobby") }
            await #expect(throws: ChatError.messageTooLong(bytes: 64_001)) {
                try await alice.send(String(repeating: "x", count: 64_001), to: "bobby")
            }
            try await alice.send(String(repeating: "x", count: 64_000), to: "bobby")
            #expect(await bob.nextMessage()?.text.utf8.count == 64_000)
        }
    }

    @Test func bothDiallingAtOnceEndsInOneConversation() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        try await room.run(alice, bob) {
            try await alice.knows(bob)
            try await bob.knows(alice)
            async let first: Void = alice.send("from alice", to: "bobby")
            async let second: Void = bob.send("from bobby", to: "alice")
            _ = try await (first, second)
            #expect(await bob.nextMessage()?.text == "from alice")
            #expect(await alice.nextMessage()?.text == "from bobby")
            try await alice.send("again", to: "bobby")
            #expect(await bob.nextMessage()?.text == "again")
        }
    }

    @Test func aDeadLinkIsReplacedAndNothingIsShownTwice() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        try await room.run(alice, bob) {
            try await bob.knows(alice)
            try await alice.send("one", to: "bobby")
            #expect(await bob.nextMessage()?.text == "one")
            room.network.killLinks()
            try await alice.send("two", to: "bobby")
            #expect(await bob.nextMessage()?.text == "two")
        }
        #expect(room.network.dials == 2)
    }

    @Test func aMessageThatIsNotAcknowledgedIsNotKept() async throws {
        let room = try Room()
        let (alice, bob) = (try room.person("alice", 1), try room.person("bobby", 2))
        try await room.run(alice, bob) {
            try await bob.knows(alice)
            try await alice.send("one", to: "bobby")
            room.network.killLinks()
            room.network.put(nil, at: bob.endpoint)
            await #expect(throws: ChatError.self) { try await alice.send("two", to: "bobby") }
            room.network.put(bob.messenger, at: bob.endpoint)
            try await alice.send("three", to: "bobby")
            #expect(await bob.nextMessage()?.text == "one")
            #expect(await bob.nextMessage()?.text == "three")
        }
    }

    @Test func aSlowReaderSlowsThatSenderDownAndNobodyElse() async throws {
        let room = try Room()
        let bob = try room.person("bobby", 2, options: Messenger.Options(unshown: 2))
        let (alice, carol) = (try room.person("alice", 1), try room.person("carol", 3))
        try await room.run(alice, bob, carol) {
            try await bob.knows(alice)
            try await bob.knows(carol)
            let peer = try await alice.messenger.resolve("bobby")
            var last: MessageID?
            for number in 1...2000 { last = try await alice.messenger.send("\(number)", to: peer).id }
            // "connected" and a batch fill alice's share of the queue; what comes then waits in her outbox.
            await #expect(throws: ChatError.self) {
                try await alice.messenger.waitDelivered(
                    try #require(last), to: peer, timeout: .milliseconds(50))
            }
            try await carol.send("carol goes first", to: "bobby")
            var heard: [String] = []
            while heard.count < 2001, let message = await bob.nextMessage() { heard.append(message.text) }
            #expect(heard.filter { $0 != "carol goes first" } == (1...2000).map(String.init))
        }
    }

    /// Something of one's own is wrong that its user has to look at first.
    @Test func nothingIsSentWhileItIsNotAllowed() async throws {
        struct NotNow: Error {}
        let room = try Room()
        let alice = try room.person("alice", 1, options: Messenger.Options(maySend: { throw NotNow() }))
        let bob = try room.person("bobby", 2)
        try await room.run(alice, bob) {
            let peer = try await alice.messenger.resolve("bobby")
            await #expect(throws: NotNow.self) { _ = try await alice.messenger.send("hello", to: peer) }
            #expect(await alice.messenger.hasOutbox(for: bob.identity) == false)
        }
    }
}

extension IncomingMessage {
    /// Empty for a file.
    var text: String { if case .text(let text) = content { text } else { "" } }
}
