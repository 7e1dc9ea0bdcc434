import FoundationEssentials
import GRDB
package import Identity
package import Wire

/// A file on its way, to be taken up again after a restart. What its fields mean is Chat's.
package struct StoredTransfer: Sendable, Equatable, Codable {
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

    private enum CodingKeys: String, CodingKey {
        case id, peer, direction, path, name, size, root, state, chunksDone
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try MessageID(bytes: Array(try values.decode(Data.self, forKey: .id)))
        peer = try PublicIdentity(bytes: Array(try values.decode(Data.self, forKey: .peer)))
        guard let direction = MessageDirection(rawValue: try values.decode(UInt8.self, forKey: .direction))
        else {
            throw StoredForm.unknown
        }
        self.direction = direction
        path = try values.decode(String.self, forKey: .path)
        offer = try FileOffer(
            name: try values.decode(String.self, forKey: .name),
            size: try values.decode(Int64.self, forKey: .size),
            root: Array(try values.decode(Data.self, forKey: .root)))
        state = try values.decode(String.self, forKey: .state)
        chunksDone = try values.decode(Int64.self, forKey: .chunksDone)
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(Data(id.bytes), forKey: .id)
        try values.encode(Data(peer.bytes), forKey: .peer)
        try values.encode(direction.rawValue, forKey: .direction)
        try values.encode(path, forKey: .path)
        try values.encode(offer.name, forKey: .name)
        try values.encode(offer.size, forKey: .size)
        try values.encode(Data(offer.root), forKey: .root)
        try values.encode(state, forKey: .state)
        try values.encode(chunksDone, forKey: .chunksDone)
    }
}

extension HomeStore {
    /// Adds the transfer, or replaces the one with the same id, peer and direction.
    package func save(_ transfer: StoredTransfer) async throws {
        let content = Array(try JSONEncoder().encode(transfer))
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

    func transferRows(_ database: Database) throws -> [(row: Int64, transfer: StoredTransfer)] {
        let query = try Query(database, "SELECT row, sealed FROM transfer ORDER BY row")
        var rows: [(row: Int64, transfer: StoredTransfer)] = []
        try query.each { stored in
            let place = RowPlace(column: .transfer, row: stored.int64(0))
            let content = try sealer.open(stored.bytes(1), place)
            rows.append(
                (
                    place.row,
                    try StoredForm.checked {
                        try JSONDecoder().decode(StoredTransfer.self, from: Data(content))
                    }
                ))
            return true
        }
        return rows
    }
}
