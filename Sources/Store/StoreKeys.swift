import Identity
import Sodium

/// The keys of one database. A random data key is wrapped under a key of the identity, so that what opens the identity
/// (its passphrase) opens the database, and a new passphrase rewrites the key file only.
struct StoreKeys {
    let sealer: RowSealer
    let hasher: RowHasher

    /// The row of table `meta` that holds the wrapped data key.
    static let row: Int64 = 1
    /// The row that holds it wrapped for the identity that the home is changing over to, and otherwise is not there.
    static let nextRow: Int64 = 2
    /// What to read for `init(rows:for:)`.
    static let query = "SELECT row, sealed FROM meta WHERE row IN (\(row), \(nextRow)) ORDER BY row"

    /// Keys for a new database, and the wrapped data key to keep in it.
    static func make(for identity: IdentityKeys) throws -> (keys: StoreKeys, wrapped: [UInt8]) {
        let dataKey = try SecretBytes(random: XChaCha20Poly1305.keyByteCount)
        return (try StoreKeys(dataKey: dataKey), try wrap(dataKey, for: identity, row: row))
    }

    /// The keys by whichever of the rows was wrapped for this identity: while a home changes over to a new one there are two.
    ///
    /// - Throws: `StoreError.altered` when none was.
    init(rows: [(row: Int64, wrapped: [UInt8])], for identity: IdentityKeys) throws {
        try self.init(dataKey: Self.dataKey(in: rows, for: identity))
    }

    /// The data key wrapped once more.
    static func rewrap(
        _ rows: [(row: Int64, wrapped: [UInt8])], of identity: IdentityKeys, for other: IdentityKeys,
        row: Int64
    ) throws -> [UInt8] {
        try wrap(dataKey(in: rows, for: identity), for: other, row: row)
    }

    private static func dataKey(
        in rows: [(row: Int64, wrapped: [UInt8])], for identity: IdentityKeys
    ) throws -> SecretBytes {
        for (row, wrapped) in rows.dropLast() {
            do {
                return try unwrap(wrapped, row: row, for: identity)
            } catch is StoreError {
                continue
            }
        }
        return try unwrap(rows.last?.wrapped ?? [], row: rows.last?.row ?? row, for: identity)
    }

    private static func wrap(
        _ dataKey: borrowing SecretBytes, for identity: IdentityKeys, row: Int64
    ) throws -> [UInt8] {
        let nonce = RandomBytes.bytes(XChaCha20Poly1305.nonceByteCount)
        let wrappingKey = try identity.storeKey("store")
        let additionalData = RowPlace(column: .dataKey, row: row).withAdditionalData { Array($0) }
        return nonce
            + (try XChaCha20Poly1305.seal(
                secret: dataKey, key: wrappingKey, nonce: nonce, ad: additionalData))
    }

    private static func unwrap(
        _ wrapped: [UInt8], row: Int64, for identity: IdentityKeys
    ) throws -> SecretBytes {
        let place = RowPlace(column: .dataKey, row: row)
        let altered = StoreError.altered(table: place.column.table, row: place.row)
        let nonceBytes = XChaCha20Poly1305.nonceByteCount
        guard wrapped.count == RowSealer.overhead + XChaCha20Poly1305.keyByteCount else { throw altered }
        let wrappingKey = try identity.storeKey("store")
        do {
            return try XChaCha20Poly1305.openSecret(
                Array(wrapped[nonceBytes...]), key: wrappingKey, nonce: Array(wrapped[..<nonceBytes]),
                ad: place.withAdditionalData { Array($0) })
        } catch SodiumError.authenticationFailed {
            throw altered
        }
    }

    private init(dataKey: borrowing SecretBytes) throws {
        sealer = RowSealer(key: try Blake2b.keyed256(key: dataKey, Array("p2pchat/1 store rows".utf8)))
        hasher = RowHasher(key: try Blake2b.keyed256(key: dataKey, Array("p2pchat/1 store hashes".utf8)))
    }
}
