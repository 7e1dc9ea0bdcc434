import FoundationEssentials
import GRDB
package import Identity
package import Wire

/// A file on its way, to be taken up again after a restart. What its fields mean is Chat's.
package struct StoredTransfer: Sendable, Equatable {
    /// The id of the message that offered the file.
    package let id: MessageID
    package let peer: PublicIdentity
    package let direction: MessageDirection
    /// Where the file is read from or written to.
    package var path: String
    package let offer: FileOffer
    package var state: String
    /// Chunks that are done, counted from the beginning of the file.
    package var chunksDone: Int64

    package init(
        id: MessageID, peer: PublicIdentity, direction: MessageDirection, path: String, offer: FileOffer,
        state: String, chunksDone: Int64 = 0
    ) {
        self.id = id
        self.peer = peer
        self.direction = direction
        self.path = path
        self.offer = offer
        self.state = state
        self.chunksDone = chunksDone
    }
}

/// How a transfer stands inside a sealed row.
private struct TransferForm: Codable {
    let id: Data
    let peer: Data
    let direction: UInt8
    let path: String
    let name: String
    let size: Int64
    let root: Data
    let state: String
    let chunksDone: Int64

    init(_ transfer: StoredTransfer) {
        id = Data(transfer.id.bytes)
        peer = Data(transfer.peer.bytes)
        direction = transfer.direction.rawValue
        path = transfer.path
        name = transfer.offer.name
        size = transfer.offer.size
        root = Data(transfer.offer.root)
        state = transfer.state
        chunksDone = transfer.chunksDone
    }

    /// - Parameter identities: those of other transfers: checking one costs more than all the rest, and a peer has many transfers.
    func transfer(_ identities: inout [Data: PublicIdentity]) throws -> StoredTransfer {
        let known = try identities[peer] ?? PublicIdentity(bytes: Array(peer))
        identities[peer] = known
        guard let direction = MessageDirection(rawValue: direction) else { throw StoredForm.unknown }
        return StoredTransfer(
            id: try MessageID(bytes: Array(id)), peer: known, direction: direction, path: path,
            offer: try FileOffer(name: name, size: size, root: Array(root)), state: state,
            chunksDone: chunksDone)
    }
}

extension HomeStore {
    /// Adds the transfer, or replaces the one with the same id, peer and direction.
    package func save(_ transfer: StoredTransfer) async throws {
        let content = Array(try JSONEncoder().encode(TransferForm(transfer)))
        let hash = try hasher.transfer(transfer.direction, transfer.peer, transfer.id)
        try await writer.write { [self] database, _ in
            let insert = try Query(database, "INSERT OR IGNORE INTO transfer (hash, sealed) VALUES (?, x'')")
            insert.bind(copying: hash, at: 1)
            try insert.run()
            let select = try Query(database, "SELECT row FROM transfer WHERE hash = ?")
            select.bind(copying: hash, at: 1)
            guard let row = try select.first({ $0.int64(0) }) else {
                throw StoreError.altered(table: SealedColumn.transfer.table, row: 0)
            }
            let update = try Query(database, "UPDATE transfer SET sealed = ? WHERE row = ?")
            update.bind(copying: try sealer.seal(content, RowPlace(column: .transfer, row: row)), at: 1)
            update.bind(row, at: 2)
            try update.run()
        }
    }

    /// Every transfer, in the order in which they were first saved.
    package func transfers() async throws -> [StoredTransfer] {
        try await read { [self] in try transferRows($0).map(\.transfer) }
    }

    /// Removes the transfer; nothing happens when there is none.
    package func removeTransfer(
        _ id: MessageID, peer: PublicIdentity, direction: MessageDirection
    ) async throws {
        let hash = try hasher.transfer(direction, peer, id)
        try await writer.write { database, _ in
            let query = try Query(database, "DELETE FROM transfer WHERE hash = ?")
            query.bind(copying: hash, at: 1)
            try query.run()
        }
    }

    /// Puts a transfer into an existing row; where another row has the same id, peer and direction, that one is removed.
    func put(_ transfer: StoredTransfer, at row: Int64, _ database: Database) throws {
        let content = Array(try JSONEncoder().encode(TransferForm(transfer)))
        let hash = try hasher.transfer(transfer.direction, transfer.peer, transfer.id)
        let delete = try Query(database, "DELETE FROM transfer WHERE hash = ? AND row != ?")
        delete.bind(copying: hash, at: 1)
        delete.bind(row, at: 2)
        try delete.run()
        let update = try Query(database, "UPDATE transfer SET hash = ?, sealed = ? WHERE row = ?")
        update.bind(copying: hash, at: 1)
        update.bind(copying: try sealer.seal(content, RowPlace(column: .transfer, row: row)), at: 2)
        update.bind(row, at: 3)
        try update.run()
    }

    func transferRows(_ database: Database) throws -> [(row: Int64, transfer: StoredTransfer)] {
        let query = try Query(database, "SELECT row, sealed FROM transfer ORDER BY row")
        let decoder = JSONDecoder()
        var identities: [Data: PublicIdentity] = [:]
        var rows: [(row: Int64, transfer: StoredTransfer)] = []
        try query.each { stored in
            let place = RowPlace(column: .transfer, row: stored.int64(0))
            let content = try sealer.open(stored.bytes(1), place)
            let transfer = try StoredForm.checked {
                try decoder.decode(TransferForm.self, from: Data(content)).transfer(&identities)
            }
            rows.append((place.row, transfer))
            return true
        }
        return rows
    }
}
