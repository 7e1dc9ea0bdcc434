import FoundationEssentials
import GRDB
package import Identity

/// Changing over to a new identity of one's own. The data key stays, and with it every row: only what it is wrapped under changes.
extension HomeStore {
    /// From now on the database opens with the new identity's keys, and still with the old one's. Kept beside that, in the same step: the
    /// way to the new identity, and that no contact was told of it yet.
    ///
    /// - Parameter rotations: log entries, the oldest first.
    package func prepare(
        for new: IdentityKeys, after old: IdentityKeys, rotations: [[UInt8]]
    ) throws {
        var settings = try settings()
        settings.rotations = rotations
        let content = Array(try JSONEncoder().encode(StoredSettings(settings)))
        let contacts = try contacts().filter { $0.standing == .accepted }
        try StoreError.mapping {
            try pool.write { database in
                let wrapped = try StoreKeys.rewrap(
                    Self.wrappedKeys(database), of: old, for: new, row: StoreKeys.nextRow)
                try database.execute(
                    sql: "INSERT OR REPLACE INTO meta (row, sealed) VALUES (?, ?)",
                    arguments: [StoreKeys.nextRow, Data(wrapped)])
                try put(settings: content, database)
                for var contact in contacts {
                    contact.isUntold = true
                    try put(contact, database)
                }
            }
        }
    }

    /// Ends the change: the database opens with the new identity's keys only. Nothing happens where there is none under way.
    package func finishChange(to new: IdentityKeys) throws {
        let isDone = try StoreError.mapping {
            try pool.write { database in
                let rows = try Self.wrappedKeys(database)
                guard rows.contains(where: { $0.row == StoreKeys.nextRow }) else { return true }
                let wrapped = try StoreKeys.rewrap(rows, of: new, for: new, row: StoreKeys.row)
                try database.execute(
                    sql: "UPDATE meta SET sealed = ? WHERE row = ?",
                    arguments: [Data(wrapped), StoreKeys.row]
                )
                try database.execute(sql: "DELETE FROM meta WHERE row = ?", arguments: [StoreKeys.nextRow])
                return false
            }
        }
        guard !isDone else { return }
        // As in `clearLog`: the log has what the old keys open.
        try StoreError.mapping {
            try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        }
    }
}
