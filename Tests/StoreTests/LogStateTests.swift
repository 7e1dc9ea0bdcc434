import FoundationEssentials
import GRDB
import Identity
import Testing

@testable import Store

/// What a home keeps of directories' logs.
@Suite struct LogStateTests {
    private let home: StoreHome

    init() throws {
        home = try StoreHome()
    }

    @Test func statesAreKeptForEachDirectory() async throws {
        do {
            let store = try home.open()
            #expect(try store.logState(of: home.alice) == nil)
            try await store.keepLogState(of: home.alice) { [1] }
            try await store.keepLogState(of: home.bob) { [2] }
            try await store.keepLogState(of: home.alice) { [3] }
        }
        let store = try home.open()
        #expect(try store.logState(of: home.alice) == [3])
        #expect(try store.logState(of: home.bob) == [2])
    }

    @Test func pagesAndEvidenceAreKept() async throws {
        do {
            let store = try home.open()
            #expect(try await store.logPage(0, of: home.alice) == nil)
            try await store.keepLogPage([1], number: 0, of: home.alice)
            try await store.keepLogPage([2], number: 0, of: home.bob)
            try await store.keepLogPage([3], number: 1, of: home.alice)
            try await store.keepLogPage([4], number: 0, of: home.alice)
            try await store.keep(evidence: [5])
            try await store.keep(evidence: [6])
        }
        let store = try home.open()
        #expect(try await store.logPage(0, of: home.alice) == [4])
        #expect(try await store.logPage(1, of: home.alice) == [3])
        #expect(try await store.logPage(0, of: home.bob) == [2])
        #expect(try await store.logPage(1, of: home.bob) == nil)
        #expect(try await store.evidence().map(\.content) == [[5], [6]])
        await #expect(throws: StoreError.self) {
            try await store.keepLogPage([1], number: -1, of: home.alice)
        }
    }

    /// What is sealed for one log does not open as another's.
    @Test func nothingOpensElsewhere() async throws {
        let store = try home.open()
        try await store.keepLogState(of: home.alice) { [1] }
        try await store.keepLogState(of: home.bob) { [2] }
        try await store.keepLogPage([1], number: 0, of: home.alice)
        try await store.keepLogPage([2], number: 1, of: home.alice)
        try await store.pool.write {
            try $0.execute(
                sql: """
                    UPDATE log SET sealed = (SELECT sealed FROM log WHERE row = 1) WHERE row = 2;
                    UPDATE log_page SET sealed =
                        (SELECT sealed FROM log_page WHERE row = (1 << 32)) WHERE row = (1 << 32) + 1;
                    """)
        }
        #expect(throws: StoreError.altered(table: "log", row: 2)) { try store.logState(of: home.bob) }
        await #expect(throws: StoreError.altered(table: "log_page", row: (1 << 32) + 1)) {
            _ = try await store.logPage(1, of: home.alice)
        }
    }

    @Test func namesOfDirectoriesAreNotShown() async throws {
        let store = try home.open()
        try await store.keepLogState(of: home.alice) { [home] in home.alice.bytes }
        for (name, bytes) in try home.files() {
            #expect(bytes.firstRange(of: home.alice.bytes) == nil, "\(name)")
        }
    }
}
