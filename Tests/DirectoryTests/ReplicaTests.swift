import Directory
import DirectoryServer
import Foundation
import Identity
import Testing
import Transparency
import Wire

/// A home's copy of the whole log: brought up to date, taken up where it was left, and no larger than it has to be.
@Suite struct ReplicaTests {
    let me: IdentityKeys
    let directory: LyingDirectory
    let keeper = MemoryKeeper()
    /// Requests for entries: from where, and how many came.
    let pages = Log<(first: UInt64, count: Int)>()

    init() async throws {
        me = try IdentityKeys.generate()
        directory = try await LyingDirectory()
    }

    func book() throws -> LogBook {
        try LogBook(of: directory.world.keys.publicIdentity, keeper: keeper)
    }

    func claim(_ names: Range<Int>) async throws {
        let (log, time) = (directory.world.log, directory.world.time.now)
        for number in names {
            let handle = try Handle("handle-\(number)")
            let entry = try LogEntry.make(
                .claim(recovery: .none), label: Label(handle), after: nil,
                time: UInt64(time.timeIntervalSince1970), by: IdentityKeys.generate())
            _ = try await log.append(NewEntry(entry, handle: handle))
        }
    }

    /// A process of this home brings its copy up to date.
    func replicate(
        limit: UInt64 = 100_000, failingAfter most: Int = .max
    ) async throws {
        let pages = pages
        try await directory.deceive(
            me, log: book(),
            { request, answer in
                guard case .log(.entries(let first, _)) = request, case .entries(let page) = answer else {
                    return answer
                }
                guard pages.all.count < most else { return .failure(.unavailable) }
                pages.add((first, page.count))
                return answer
            }
        ) { client in
            try await client.checkLog()
            try await client.replicate(limit: limit)
        }
    }

    @Test func copiesGoOnWhereTheyWere() async throws {
        try await claim(0..<20)
        try await replicate()
        #expect(try book().memory.replica?.checked == 20)
        // Nothing is read that is there.
        try await claim(20..<23)
        try await replicate()
        try await replicate()
        #expect(pages.all.map(\.first) == [0, 17, 20])
        #expect(try book().memory.replica?.checked == 23)
    }

    @Test func interruptedCopiesGoOnFromTheLastPage() async throws {
        try await claim(0..<700)
        await #expect(throws: DirectoryError.refused(.unavailable)) { try await replicate(failingAfter: 2) }
        // 285 and 285 entries came; a page has 512.
        #expect(try book().memory.replica?.size == 512)
        #expect(try book().memory.replica?.checked == 0)
        try await replicate()
        #expect(pages.all[2].first == 512)
        #expect(try book().memory.replica?.checked == 700)
        #expect(keeper.pages.keys.sorted() == [0, 1])
    }

    @Test func alteredCopiesAreReadAnew() async throws {
        try await claim(0..<9)
        try await replicate()
        let page = try #require(keeper.pages[0])
        for (number, altered) in [[], Array(page.dropLast()), page.map { $0 ^ 1 }, [0, 0] + page].enumerated()
        {
            // So that there is something new.
            try await claim(9 + number..<10 + number)
            try await keeper.keep(page: altered, number: 0)
            let before = pages.all.count
            try await replicate()
            #expect(pages.all[before].first == 0)
            #expect(try book().memory.replica?.checked == UInt64(10 + number))
        }
    }

    @Test func largeLogsAreLeftAlone() async throws {
        try await claim(0..<9)
        try await replicate(limit: 8)
        #expect(pages.all.isEmpty)
        #expect(try book().memory.replica == nil)
        try await replicate(limit: 9)
        #expect(try book().memory.replica?.checked == 9)
    }

    /// What a reconnect after 100 new entries costs on the wire, frames with their padding, both ways.
    @Test func aReconnectIsCheap() async throws {
        try await claim(0..<600)
        try await replicate()
        try await claim(600..<700)
        let bytes = Log<Int>()
        let directory = directory
        try await directory.deceive(
            me, log: book(),
            { request, answer in
                for size in [
                    try DirectoryEnvelope.request(.init(id: 1, body: request)).encoded().count,
                    try DirectoryEnvelope.response(.init(id: 1, body: answer)).encoded().count,
                ] {
                    bytes.add(([256, 1024, 4096, 16384, 65280].first { $0 >= size + 4 } ?? .max) + 19)
                }
                return answer
            }
        ) { client in
            try await client.checkLog()
            try await client.replicate(limit: 100_000)
        }
        #expect(try book().memory.replica?.checked == 700)
        #expect(bytes.all.reduce(0, +) < 50_000, "\(bytes.all)")
    }

    /// Sessions read the log after they are online.
    @Test func sessionsAudit() async throws {
        let world = try await SessionWorld()
        var states = world.start()
        while let state = await states.next(), state.result == nil {}
        let current = try #require(world.current)
        try await current.connect(me).client.claim(Handle("alice"), recoveryHash: nil)
        world.goDown()
        while let state = await states.next(), !state.isOffline {}
        try await world.comeBack(store: current.store)
        await world.session.retryNow()
        while let state = await states.next(), state.result == nil {}
        for _ in 0..<1_000_000 where world.session.book.memory.replica?.checked != 1 { await Task.yield() }
        #expect(world.session.book.memory.replica?.checked == 1)
        await world.session.stop()
        await world.ended()
    }
}
