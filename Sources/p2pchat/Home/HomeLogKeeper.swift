import Directory
import Identity
import Store

/// A directory's log in a home's store.
struct HomeLogKeeper: LogKeeper {
    let store: HomeStore
    let directory: PublicIdentity

    func state() throws -> [UInt8]? { try store.logState(of: directory) }

    func keep(state: @escaping @Sendable () throws -> [UInt8]) async throws {
        try await store.keepLogState(of: directory, state)
    }

    func keep(evidence: [UInt8]) async throws { try await store.keep(evidence: evidence) }

    func page(_ number: Int) async throws -> [UInt8]? {
        try await store.logPage(number, of: directory)
    }

    func keep(page: [UInt8], number: Int) async throws {
        try await store.keepLogPage(page, number: number, of: directory)
    }
}

extension LogBook {
    /// What a home has seen of a directory's log.
    static func kept(in store: HomeStore, of directory: PublicIdentity) throws -> LogBook {
        try LogBook(of: directory, keeper: HomeLogKeeper(store: store, directory: directory))
    }
}
