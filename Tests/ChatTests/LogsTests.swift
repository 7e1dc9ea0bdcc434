import DirectoryServer
import FoundationEssentials
import Identity
import Store
import Synchronization
import TestSupport
import Testing
import Transparency
import Wire

@testable import Chat
@testable import Directory

/// What peers tell each other of the log of the directory that both use.
@Suite struct LogsTests {
    let room: Room
    let signer: LogSigner

    init() throws {
        room = try Room()
        signer = try LogSigner(LogKeyFile.generate(), directory: Room.keys(200))
    }

    static let start = Date(timeIntervalSince1970: 1_700_000_000)

    func note(_ size: UInt64, _ root: UInt8) throws -> SignedNote {
        try signer.sign(
            Checkpoint(
                origin: signer.keys.note.name, size: size, root: .leaf([root]), mapRoot: .leaf([root])),
            at: 1_700_000_000)
    }

    /// A home that was shown a log with this root, and has no link to the directory.
    func gossip(
        size: UInt64 = 3, root: UInt8, now: @escaping @Sendable () -> Date = { Self.start }
    ) throws -> LogGossip {
        let book = LogBook(of: room.directory.identity)
        try book.learn(signer.statements.map(\.bytes))
        let signed = try SignedCheckpoint(note: note(size, root), by: signer.keys)
        _ = try book.accept(signed, after: nil, notBelow: 0, consistency: [], at: 1_700_000_000)
        return LogGossip(book: book, client: { nil }, now: now)
    }

    func told(_ note: SignedNote) throws -> [UInt8] {
        try PeerEnvelope.believedLog(
            BelievedLog(
                directory: room.directory.identity, statements: signer.statements.map(\.bytes),
                checkpoint: note.bytes)
        ).encoded()
    }

    func call(_ callee: Room.Person, as caller: PublicIdentity) async throws -> MemoryLink {
        let (near, far, _) = MemoryLink.pair(caller, callee.identity, callee.endpoint)
        await callee.messenger.accept(far)
        return near
    }

    func hello(_ directory: PublicIdentity?) throws -> [UInt8] {
        try PeerEnvelope.hello(Hello(handle: nil, directory: directory)).encoded()
    }

    func next(_ link: MemoryLink) async throws -> PeerEnvelope? {
        try await link.receive().map { try PeerEnvelope(decoding: $0) }
    }

    @Test func twoWhoWereShownDifferentLogsBothNoticeAndGoOnTalking() async throws {
        let (one, two) = (try gossip(root: 1), try gossip(root: 2))
        let (alice, bob) = (
            try room.person("alice", 1, gossip: one), try room.person("bobby", 2, gossip: two)
        )
        try await room.run(alice, bob) {
            try await alice.send("hello", to: "bobby")
            #expect(one.book.conviction == nil && two.book.conviction == nil)
            // Before bob accepts her he says nothing; then both compare.
            try await bob.messenger.accept(alice.identity)
            try await waitUntil("both to notice") {
                one.book.conviction != nil && two.book.conviction != nil
            }
            #expect(one.book.conviction?.what.contains("two different states") == true)
            try await bob.send("still here", to: "alice")
        }
    }

    @Test func twoWhoWereShownTheSameAgree() async throws {
        let (one, two) = (try gossip(root: 1), try gossip(root: 1))
        let (alice, bob) = (
            try room.person("alice", 1, gossip: one), try room.person("bobby", 2, gossip: two)
        )
        try await room.run(alice, bob) {
            try await bob.knows(alice)
            try await alice.send("hello", to: "bobby")
            try await waitUntil("both to agree") {
                one.book.memory.peers[bob.identity]?.agreed?.checkpoint.size == 3
                    && two.book.memory.peers[alice.identity]?.agreed?.checkpoint.size == 3
            }
            // Who is no contact any more is forgotten.
            try await alice.messenger.block(bob.identity)
            await alice.messenger.compareLogs()
            #expect(one.book.memory.peers[bob.identity] == nil)
        }
        #expect(one.book.told.isEmpty && two.book.told.isEmpty)
    }

    @Test func aContactIsToldOnceAnHourHoweverOftenItCalls() async throws {
        let clock = Mutex(Self.start)
        let now: @Sendable () -> Date = { clock.withLock { $0 } }
        let bob = try room.person("bobby", 2, gossip: gossip(root: 1, now: now), now: now)
        let contact = try Room.identity(7)
        try await bob.messenger.setMuted(contact, false)
        try await room.run(bob) {
            let link = try await call(bob, as: contact)
            guard case .hello = try await next(link) else { Issue.record("no hello"); return }
            try await link.send(hello(room.directory.identity))
            guard case .believedLog(let log) = try await next(link) else { Issue.record("not told"); return }
            #expect(log.directory == room.directory.identity)
            #expect(log.checkpoint == (try note(3, 1).bytes))
            await bob.messenger.compareLogs()
            clock.withLock { $0 += 3_599 }
            await bob.messenger.compareLogs()
            clock.withLock { $0 += 1 }
            await bob.messenger.compareLogs()
            await bob.messenger.compareLogs()
            guard case .believedLog = try await next(link) else { Issue.record("not told again"); return }
            await link.close()
            // Nothing more was on the way.
            #expect(try await next(link) == nil)
        }
    }

    /// Whoever uses another directory, or none, is told nothing, and what it says is not looked at; nor is a stranger's.
    @Test func nobodyElseIsToldOrHeard() async throws {
        let gossip = try gossip(root: 1)
        let bob = try room.person("bobby", 2, gossip: gossip)
        let contact = try Room.identity(7)
        try await bob.messenger.setMuted(contact, false)
        try await room.run(bob) {
            for (caller, directory) in [
                (contact, nil), (contact, try Room.identity(201)),
                (try Room.identity(8), room.directory.identity),
            ] {
                let link = try await call(bob, as: caller)
                try await link.send(hello(directory))
                try await link.send(told(note(3, 2)))
                await bob.messenger.compareLogs()
                await link.close()
                while let envelope = try await next(link) {
                    guard case .hello = envelope else { Issue.record("\(envelope)"); return }
                }
            }
        }
        #expect(gossip.book.conviction == nil)
        #expect(gossip.book.memory.peers == PeerLogs())
    }

    @Test(.timeLimit(.minutes(5))) func garbageClosesTheLink() async throws {
        let gossip = try gossip(root: 1)
        let bob = try room.person("bobby", 2, gossip: gossip)
        let contact = try Room.identity(7)
        try await bob.messenger.setMuted(contact, false)
        let forged = try SignedNote(
            text: note(3, 2).text, signatures: note(3, 1).signatures)
        try await room.run(bob) {
            let link = try await call(bob, as: contact)
            try await link.send(hello(room.directory.identity))
            try await link.send(told(forged))
            while try await next(link) != nil {}
            // What follows within the hour is not even looked at.
            let again = try await call(bob, as: contact)
            try await again.send(hello(room.directory.identity))
            try await again.send(told(note(3, 2)))
            try await again.send(told(forged))
            let text = try TextMessage(id: MessageID.make(at: Self.start), sentAt: Self.start, text: "x")
            try await again.send(PeerEnvelope.text(text).encoded())
            var last: PeerEnvelope?
            while last != .delivered([text.id]) {
                last = try await next(again)
                guard last != nil else { Issue.record("closed"); return }
            }
            // Nobody reads here any more, and whoever goes offline would wait for that.
            again.cut()
        }
        #expect(gossip.book.conviction == nil)
    }
}
