import FoundationEssentials
import Glibc
import Identity
import TestSupport
import Testing
import Wire

@testable import Store

/// Disks that are full, refuse to write, or are not to be written to.
@Suite struct FaultTests {
    private static let noMount: Comment = "mounting a small disk needs root"
    private let home: StoreHome

    init() throws {
        home = try StoreHome()
    }

    private func open(on disk: SmallDisk) throws -> HomeStore {
        try HomeStore(path: disk.path + "/home.sqlite", keys: home.keys)
    }

    @Test(.enabled(noMount) { await SmallDisk.isPossible.value })
    func aDiskThatFillsUp() async throws {
        try await SmallDisk.with(kilobytes: 4_096) { disk in
            var kept: [StoredMessage] = []
            do {
                let store = try open(on: disk)
                let text = String(repeating: "x", count: 2_000)
                kept += try await store.appendOutgoing([message(0, text)], to: home.bob, at: time(0))
                try Data(repeating: 1, count: 1 << 20).write(to: URL(filePath: disk.path + "/ballast"))
                await #expect(throws: StoreError.self) {
                    for number in 1..<10_000 {
                        kept += try await store.appendOutgoing(
                            [message(number, text)], to: home.bob, at: time(0))
                    }
                }
                #expect(kept.count > 100)
                // Full, and still of use.
                #expect(try await store.outbox(of: home.bob, after: 0, limit: 10_000) == kept)
                await #expect(throws: StoreError.self) {
                    try await store.appendOutgoing(
                        (20_000..<20_100).map { try message($0, text) }, to: home.bob, at: time(0))
                }
                #expect(throws: StoreError.self) {
                    for number: UInt8 in 10..<250 {
                        try store.save(
                            Contact(
                                identity: StoreHome.keys(number).publicIdentity, since: time(0),
                                nickname: String(repeating: "n", count: 4_000)))
                    }
                }
                #expect(try await store.outboxCount(of: home.bob) == kept.count)
                try disk.makeRoom()
                kept += try await store.appendOutgoing([message(30_000, text)], to: home.bob, at: time(0))
                #expect(try await store.outbox(of: home.bob, after: 0, limit: 10_000) == kept)
            }
            let again = try open(on: disk)
            #expect(try await again.history(with: nil, after: 0, before: nil, limit: 10_000) == kept)
            #expect(try await again.outboxCount(of: home.bob) == kept.count)
        }
    }

    @Test(.enabled(noMount) { await SmallDisk.isPossible.value })
    func aDiskWithoutRoomForANewDatabase() async throws {
        try await SmallDisk.with(kilobytes: 512) { disk in
            try disk.fill()
            #expect(throws: StoreError.self) { try open(on: disk) }
            try disk.makeRoom()
            #expect(
                try await open(on: disk).appendOutgoing([message(1)], to: home.bob, at: time(0)).count == 1)
        }
    }

    @Test(.enabled(noMount) { await SmallDisk.isPossible.value })
    func aDiskThatIsNotToBeWrittenTo() async throws {
        try await SmallDisk.with(kilobytes: 2_048) { disk in
            do { _ = try await open(on: disk).appendOutgoing([message(1)], to: home.bob, at: time(0)) }
            let before = try Data(contentsOf: URL(filePath: disk.path + "/home.sqlite"))
            try await disk.makeReadOnly()
            #expect {
                try open(on: disk)
            } throws: { error in
                guard case .inputOutput = error as? StoreError else { return false }
                return true
            }
            #expect(try Data(contentsOf: URL(filePath: disk.path + "/home.sqlite")) == before)
        }
    }

    @Test(.enabled(if: geteuid() != 0, "root may write everything"), arguments: [true, false])
    func aFileThatIsNotToBeWrittenTo(_ isFolder: Bool) async throws {
        do { _ = try await home.open().appendOutgoing([message(1)], to: home.bob, at: time(0)) }
        let before = try home.files()
        let path = isFolder ? home.folder.path : home.path
        try FileManager.default.setAttributes(
            [.posixPermissions: isFolder ? 0o500 : 0o400], ofItemAtPath: path)
        #expect(throws: StoreError.self) { try home.open() }
        try FileManager.default.setAttributes(
            [.posixPermissions: isFolder ? 0o700 : 0o600], ofItemAtPath: path)
        #expect(try home.files() == before)
    }

    /// Writing to the log fails as on a disk that breaks, and later works again.
    @Test func aDiskThatRefusesToWrite() async throws {
        let store = try home.open()
        let first = try await store.appendOutgoing([message(1)], to: home.bob, at: time(0))
        let log = try OpenFile(home.path + "-wal")
        try log.refuseWrites()
        for _ in 0..<3 {
            await #expect {
                try await store.appendOutgoing([message(2)], to: home.bob, at: time(0))
            } throws: { error in
                guard case .inputOutput = error as? StoreError else { return false }
                return true
            }
        }
        #expect(throws: StoreError.self) { try store.save(Contact(identity: home.bob, since: time(0))) }
        #expect(try await store.history(with: nil, after: nil, before: nil, limit: 9) == first)
        try log.allowWrites()
        let later = try await store.appendOutgoing([message(2)], to: home.bob, at: time(0))
        #expect(try await home.open().outbox(of: home.bob, after: 0, limit: 9) == first + later)
    }

    /// Copies of the files, as they are when a process is killed, hold all that was acknowledged until then.
    @Test func whatWasAcknowledgedIsThereAfterAKill() async throws {
        let store = try home.open()
        for number in 0..<20 {
            let sent = try await store.appendOutgoing([message(number)], to: home.bob, at: time(0))
            _ = try await store.appendIncoming([message(number)], from: home.alice, at: time(0))
            if number % 2 == 1 { try await store.raise([sent[0].row: .delivered]) }
            if number == 10 { try await store.clearLog() }
            let killed = try StoreHome()
            for (name, bytes) in try home.files() where !name.hasSuffix("-shm") {
                try bytes.write(to: URL(filePath: killed.folder.path + "/" + name))
            }
            let again = try killed.open()
            let all = try await store.history(with: nil, after: 0, before: nil, limit: 99)
            #expect(all.count == 2 * (number + 1))
            #expect(try await again.history(with: nil, after: 0, before: nil, limit: 99) == all)
            #expect(try await again.outboxCount(of: home.bob) == number + 1 - (number + 1) / 2)
        }
    }

    @Test func whatIsDeletedTakesNothingElseAlong() async throws {
        let store = try home.open()
        // In one transaction, as they may come together.
        try await store.writer.write { [home] database, state in
            let conversation = try state.conversation(with: home.bob, database)
            _ = try state.insert(
                message(1), .outgoing, .queued, storedAt: 0, conversation: conversation, peer: home.bob,
                database)
            try state.writeAndForget(database)
        }
        let again = try home.open()
        #expect(try await again.outbox(of: home.bob, after: 0, limit: 9).map(\.text) == ["message 1"])
    }

    @Test func ofManyWritesAtOnceOnlyTheBadOneFails() async throws {
        let store = try home.open()
        let (good, bad) = try await withThrowingTaskGroup(of: Bool.self) { [home] group in
            for number in 0..<200 {
                group.addTask {
                    do {
                        try await store.writer.write { database, state in
                            let conversation = try state.conversation(with: home.bob, database)
                            let row = try state.insert(
                                message(number), .outgoing, .queued, storedAt: 0, conversation: conversation,
                                peer: home.bob, database)
                            #expect(row != nil)
                            // Fails after it has written.
                            if number % 50 == 7 { throw StoreError.unreadable(reason: "bad") }
                        }
                        return true
                    } catch {
                        #expect(error as? StoreError == .unreadable(reason: "bad"))
                        return false
                    }
                }
            }
            return try await group.reduce(into: (0, 0)) { if $1 { $0.0 += 1 } else { $0.1 += 1 } }
        }
        #expect(good == 196 && bad == 4)
        let stored = Set(try await store.history(with: nil, after: nil, before: nil, limit: 999).map(\.text))
        #expect(stored == Set((0..<200).filter { $0 % 50 != 7 }.map { "message \($0)" }))
        #expect(try await store.outboxCount(of: home.bob) == 196)
        #expect(try await home.open().outboxCount(of: home.bob) == 196)
    }
}

/// The descriptor that this process has a file open with.
private final class OpenFile {
    private let path: String
    private let descriptors: [Int32]
    private let saved: [Int32]

    init(_ path: String) throws {
        self.path = path
        descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap(
            Int32.init
        )
        .filter {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path
        }
        saved = descriptors.map { dup($0) }
        #expect(!descriptors.isEmpty)
    }

    /// The same file, open for reading only, under the same numbers.
    func refuseWrites() throws {
        for descriptor in descriptors {
            let reading = open(path, O_RDONLY)
            try #require(reading >= 0 && dup2(reading, descriptor) == descriptor)
            close(reading)
        }
    }

    func allowWrites() throws {
        for (descriptor, saved) in zip(descriptors, saved) {
            try #require(dup2(saved, descriptor) == descriptor)
        }
    }

    deinit { saved.forEach { close($0) } }
}
