import FoundationEssentials
import GRDB
import Identity
import Testing
import Wire

@testable import Store

@Suite struct SearchTests {
    private let home: StoreHome
    private let store: HomeStore

    init() throws {
        home = try StoreHome()
        store = try home.open()
    }

    private func search(
        _ words: String, _ peer: PublicIdentity? = nil, since: Date? = nil, after: Int64? = nil,
        before: Int64? = nil, order: SearchOrder = .newestFirst, limit: Int = 100
    ) async throws -> [Int64] {
        try await store.search(
            SearchQuery(words), with: peer, since: since, after: after, before: before, order: order,
            limit: limit
        ).map(\.row)
    }

    @Test(
        arguments: [
            ("harbour", "Meet me at the HARBOUR", true), ("HARBOUR", "the harbour", true),
            ("bou", "harbour", true), ("harbour", "harbor", false), ("me at", "at me", true),
            ("me you", "me", false), ("", "anything", true), ("  \n", "anything", true),
            ("strasse", "Straße", true), ("straße", "STRASSE", true), ("uber", "Über", true),
            ("Über", "uber", true), ("cafe", "café", true), ("cafe", "cafe\u{301}", true),
            ("café", "cafe\u{301}", true), ("cafe\u{301}", "CAFÉ", true), ("ΣΊΣΥΦΟΣ", "Σίσυφος", true),
            ("привет", "ПРИВЕТ, мир", true), ("ёлка", "ЕЛКА", true), ("東京", "今は東京です", true),
            ("京都", "今は東京です", false), ("🎉", "party 🎉!", true), ("ａｂｃ", "abc", true),
            ("x", "", false), ("i\u{307}stanbul", "İSTANBUL", true), ("한국", "한국어", true),
        ])
    func caseAndAccentsDoNotCount(_ words: String, _ text: String, _ isFound: Bool) throws {
        var folding = Folding()
        let folded = folding.fold(Array(text.utf8))
        #expect(folded.withUnsafeBytes { SearchQuery(words).matches(folded: $0) } == isFound)
    }

    @Test func theNewestComeFirstAndBoundsHold() async throws {
        for number in 1...30 {
            let peer = number % 2 == 0 ? home.alice : home.bob
            _ = try await store.appendIncoming(
                [message(number, number % 3 == 0 ? "Drei \(number)" : "other")], from: peer,
                at: time(Double(number)))
        }
        let offer = try FileOffer(name: "DREI.txt", size: 1, root: [UInt8](repeating: 0x64, count: 32))
        _ = try await store.appendOutgoing(
            [NewMessage(id: messageID(1), sentAt: time(0), content: .file(offer))], to: home.bob, at: time(31)
        )
        #expect(try await search("drei") == [31, 30, 27, 24, 21, 18, 15, 12, 9, 6, 3])
        #expect(try await search("drei", limit: 2) == [31, 30])
        #expect(try await search("drei", home.bob) == [31, 27, 21, 15, 9, 3])
        #expect(try await search("drei", before: 27) == [24, 21, 18, 15, 12, 9, 6, 3])
        #expect(try await search("drei", since: time(24)) == [31, 30, 27, 24])
        #expect(try await search("drei 1") == [21, 18, 15, 12])
        #expect(try await search("drei", home.keys.publicIdentity) == [])
        #expect(try await search("drei", limit: 0) == [])
        #expect(try await search("drei", after: 24) == [31, 30, 27])
        #expect(try await search("drei", after: 24, before: 30) == [27])
        #expect(try await search("drei", after: 30, before: 24) == [])
        let all: [Int64] = [3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 31]
        #expect(try await search("drei", order: .oldestFirst) == all)
        #expect(try await search("drei", order: .oldestFirst, limit: 2) == [3, 6])
        #expect(try await search("drei", home.bob, after: 3, order: .oldestFirst) == [9, 15, 21, 27, 31])
        #expect(try await search("drei", after: 24, before: 31, order: .oldestFirst) == [27, 30])
        #expect(try await search("drei", after: .max, before: .min, order: .oldestFirst) == [])
        // The hash of a file is no text.
        #expect(try await search("dddd") == [])
    }

    @Test func everyRowIsLookedAtOnceOverManyPieces() async throws {
        // More rows than several pieces, with gaps as deletions leave them.
        let numbers = Array(1...40_000)
        for start in stride(from: 0, to: numbers.count, by: 2_000) {
            _ = try await store.appendIncoming(
                numbers[start..<start + 2_000].map { try message($0, $0 % 1_000 == 7 ? "needle" : "hay") },
                from: home.bob, at: time(0))
        }
        // Where one piece ends and the next begins, too.
        let all = try await search("", before: 20_000, limit: 30_000)
        #expect(all == (1..<20_000).reversed())
        let expected = numbers.filter { $0 % 1_000 == 7 }.map(Int64.init)
        #expect(try await search("needle") == expected.reversed())
        #expect(try await search("needle", home.bob, limit: 9) == expected.suffix(9).reversed())
        #expect(try await search("needle", order: .oldestFirst) == expected)
        #expect(
            try await search("needle", after: 7, order: .oldestFirst, limit: 9) == Array(expected[1..<10]))
        try await store.pool.write {
            try $0.execute(sql: "DELETE FROM message WHERE row BETWEEN 3000 AND 38000")
        }
        let left = expected.filter { !(3_000...38_000).contains($0) }
        #expect(try await search("needle") == left.reversed())
        #expect(try await search("needle", order: .oldestFirst) == left)
    }

    @Test func everyByteOfASCIIFoldsAtEveryPlace() {
        var folding = Folding()
        for shift in 0..<8 {
            let bytes = [UInt8](repeating: 0x20, count: shift) + (0..<128)
            let expected = bytes.map { (0x41...0x5a).contains($0) ? $0 + 0x20 : $0 }
            #expect(folding.fold(bytes) == expected)
        }
    }

    @Test func aSearchDoesNotTrapOnAnyBytes() {
        var folding = Folding()
        for length in 0..<40 {
            for byte in [0, 0x41, 0x80, 0xc3, 0xed, 0xff] as [UInt8] {
                _ = folding.fold([UInt8](repeating: byte, count: length) + [0xf4, 0x90])
            }
        }
        #expect(folding.fold([0xff]) == Array("\u{fffd}".utf8))
    }
}
