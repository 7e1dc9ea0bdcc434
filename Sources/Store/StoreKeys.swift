import Identity
import Sodium

/// The keys of one database. A random data key is wrapped under a key of the identity, so that what opens the identity
/// (its passphrase) opens the database, and a new passphrase rewrites the key file only.
struct StoreKeys {
    let sealer: RowSealer
    let hasher: RowHasher

    /// The row of table `meta` that holds the wrapped data key.
    static let row: Int64 = 1

    /// Keys for a new database, and the wrapped data key to keep in it.
    static func make(for identity: IdentityKeys) throws -> (keys: StoreKeys, wrapped: [UInt8]) {
        let dataKey = try SecretBytes(random: XChaCha20Poly1305.keyByteCount)
        let nonce = RandomBytes.bytes(XChaCha20Poly1305.nonceByteCount)
        let wrappingKey = try identity.storeKey("store")
        let wrapped = try place.withAdditionalData { additionalData in
            try XChaCha20Poly1305.seal(
                secret: dataKey, key: wrappingKey, nonce: nonce, ad: Array(additionalData))
        }
        return (try StoreKeys(dataKey: dataKey), nonce + wrapped)
    }

    /// - Throws: `StoreError.altered` when it was not wrapped for this identity.
    init(unwrapping wrapped: [UInt8], for identity: IdentityKeys) throws {
        let altered = StoreError.altered(table: Self.place.column.table, row: Self.place.row)
        let nonceBytes = XChaCha20Poly1305.nonceByteCount
        guard wrapped.count == RowSealer.overhead + XChaCha20Poly1305.keyByteCount else { throw altered }
        let wrappingKey = try identity.storeKey("store")
        let dataKey: SecretBytes
        do {
            let additionalData = Self.place.withAdditionalData { Array($0) }
            dataKey = try XChaCha20Poly1305.openSecret(
                Array(wrapped[nonceBytes...]), key: wrappingKey, nonce: Array(wrapped[..<nonceBytes]),
                ad: additionalData)
        } catch SodiumError.authenticationFailed {
            throw altered
        }
        try self.init(dataKey: dataKey)
    }

    private init(dataKey: borrowing SecretBytes) throws {
        sealer = RowSealer(key: try Blake2b.keyed256(key: dataKey, Array("p2pchat/1 store rows".utf8)))
        hasher = RowHasher(key: try Blake2b.keyed256(key: dataKey, Array("p2pchat/1 store hashes".utf8)))
    }

    private static let place = RowPlace(column: .dataKey, row: row)
}
