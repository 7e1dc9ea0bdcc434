import FoundationEssentials
import GRDB
package import Identity

extension HomeStore {
    /// Every contact, in the order in which they were pinned.
    package func contacts() throws -> [Contact] {
        try StoreError.mapping {
            try pool.read { database in
                let query = try Query(database, "SELECT row, sealed FROM contact ORDER BY row")
                var contacts: [Contact] = []
                try query.each { stored in
                    let place = RowPlace(column: .contact, row: stored.int64(0))
                    contacts.append(try StoredContact.read(sealer.open(stored.bytes(1), place)).contact())
                    return true
                }
                return contacts
            }
        }
    }

    /// Adds the contact, or replaces the one with the same identity.
    package func save(_ contact: Contact) throws {
        try StoreError.mapping { try pool.write { try put(contact, $0) } }
    }

    func put(_ contact: Contact, _ database: Database) throws {
        let content = Array(try JSONEncoder().encode(StoredContact(contact)))
        let hash = Data(try hasher.contact(contact.identity))
        // The row number is part of what is sealed, so the row is there before its content is.
        try database.execute(
            sql: "INSERT OR IGNORE INTO contact (hash, sealed) VALUES (?, x'')", arguments: [hash])
        let row = try Int64.fetchOne(
            database, sql: "SELECT row FROM contact WHERE hash = ?", arguments: [hash])
        guard let row else { throw StoreError.altered(table: SealedColumn.contact.table, row: 0) }
        let sealed = Data(try sealer.seal(content, RowPlace(column: .contact, row: row)))
        try database.execute(
            sql: "UPDATE contact SET sealed = ? WHERE row = ?", arguments: [sealed, row])
    }

    /// Puts another contact into the place of one, in one step: the same peer with its new key.
    package func replaceContact(_ identity: PublicIdentity, with contact: Contact) throws {
        let former = Data(try hasher.contact(identity))
        let hash = Data(try hasher.contact(contact.identity))
        try StoreError.mapping {
            try pool.write { database in
                let isThere = try Bool.fetchOne(
                    database, sql: "SELECT EXISTS (SELECT * FROM contact WHERE hash = ?)", arguments: [former]
                )
                if former != hash, isThere == true {
                    try database.execute(sql: "DELETE FROM contact WHERE hash = ?", arguments: [hash])
                    try database.execute(
                        sql: "UPDATE contact SET hash = ? WHERE hash = ?", arguments: [hash, former])
                }
                try put(contact, database)
            }
        }
    }

    /// Removes the contact, so that nothing of it is left; nothing happens when there is none.
    package func removeContact(_ identity: PublicIdentity) throws {
        let hash = Data(try hasher.contact(identity))
        try StoreError.mapping {
            try pool.write {
                try $0.execute(sql: "DELETE FROM contact WHERE hash = ?", arguments: [hash])
            }
            // As in `clearLog`.
            try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        }
    }

    /// What was registered; the defaults when nothing was yet.
    package func settings() throws -> HomeSettings {
        let sealed = try StoreError.mapping {
            try pool.read {
                try Data.fetchOne(
                    $0, sql: "SELECT sealed FROM setting WHERE row = ?", arguments: [Self.settingsPlace.row])
            }
        }
        guard let sealed else { return HomeSettings() }
        return try StoredSettings.read(sealer.open(Array(sealed), Self.settingsPlace)).settings()
    }

    package func save(_ settings: HomeSettings) throws {
        let content = Array(try JSONEncoder().encode(StoredSettings(settings)))
        try StoreError.mapping { try pool.write { try put(settings: content, $0) } }
    }

    func put(settings content: [UInt8], _ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO setting (row, sealed) VALUES (?, ?)",
            arguments: [Self.settingsPlace.row, Data(try sealer.seal(content, Self.settingsPlace))])
    }

    private static var settingsPlace: RowPlace { RowPlace(column: .setting, row: 1) }
}
