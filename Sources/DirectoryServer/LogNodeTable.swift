import FoundationEssentials
import GRDB
import Transparency

/// The log's hashes in the table `node`, in the order in which they became whole: so the table only grows at its end.
struct LogNodeTable: LogStorage {
    private let db: Database

    /// For as long as the database's closure runs.
    init(_ db: Database) {
        self.db = db
    }

    func hashes(of nodes: [LogNode]) throws -> [NodeHash] {
        let statement = try db.cachedStatement(sql: "SELECT hash FROM node WHERE number = ?")
        return try nodes.map { node in
            guard let number = node.number,
                let hash = try Data.fetchOne(statement, arguments: [number]).flatMap({ NodeHash($0) })
            else { throw MissingLogNode(node) }
            return hash
        }
    }

    func add(_ nodes: [(node: LogNode, hash: NodeHash)]) throws {
        let statement = try db.cachedStatement(sql: "INSERT INTO node (number, hash) VALUES (?, ?)")
        for (node, hash) in nodes {
            guard let number = node.number else { throw MissingLogNode(node) }
            try statement.execute(arguments: [number, Data(hash.bytes)])
        }
    }

    /// Of the entries that are there.
    func frontier() throws -> LogFrontier {
        let last = try Int64.fetchOne(db.cachedStatement(sql: "SELECT MAX(position) FROM entry"))
        return try LogFrontier(size: last.map { UInt64(clamping: $0) + 1 } ?? 0, storage: self)
    }

    /// The hashes of entries that came before the table did.
    func fill() throws {
        var frontier = LogFrontier()
        let entries = try Data.fetchCursor(db, sql: "SELECT bytes FROM entry ORDER BY position")
        while let bytes = try entries.next() { try add(frontier.append(.leaf(Array(bytes)))) }
    }

    /// The map that a log of so many entries tells.
    ///
    /// Reads an index of labels and the hashes, not the entries: with a million of them the start is to take seconds.
    func map(of size: UInt64) throws -> MapTree {
        let leaves = try leaves(size)
        var map = MapTree(capacity: leaves.count)
        // In the order of labels neighbours in the tree come one after the other, and the newest entry of a label comes last.
        let rows = try Row.fetchCursor(db, sql: "SELECT label, position FROM entry ORDER BY label, sequence")
        while let row = try rows.next() {
            let position: Int64 = row[1]
            let label = try row.withUnsafeData(atIndex: 0, Self.hash)
            guard let label, let index = Int(exactly: position), leaves.indices.contains(index) else {
                throw ClaimStoreError.corrupt("an entry of the store is not in its log")
            }
            map.set(label, to: leaves[index])
        }
        return map
    }

    private func leaves(_ size: UInt64) throws -> [NodeHash] {
        var leaves: [NodeHash] = []
        leaves.reserveCapacity(Int(clamping: size))
        var next = LogNode(level: 0, index: 0)
        let rows = try Row.fetchCursor(db, sql: "SELECT number, hash FROM node ORDER BY number")
        while let row = try rows.next() {
            let number: Int64 = row[0]
            guard number == next.number else { continue }
            guard let hash = try row.withUnsafeData(atIndex: 1, Self.hash) else {
                throw MissingLogNode(next)
            }
            leaves.append(hash)
            next = LogNode(level: 0, index: next.index + 1)
        }
        guard next.index == size else { throw MissingLogNode(next) }
        return leaves
    }

    private static func hash(_ data: Data?) -> NodeHash? { data?.withUnsafeBytes { NodeHash($0) } }
}
