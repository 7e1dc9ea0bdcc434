import Sodium

/// How the first version sealed rows: under a key of the identity itself, with `"p2pchat/1 row TABLE " ‖ row` as additional
/// data. Only read, when such a file is brought up to date.
struct FirstSealer: ~Copyable {
    private let key: SecretBytes

    init(key: consuming SecretBytes) {
        self.key = key
    }

    /// - Throws: `StoreError.altered` when the row was not sealed for this place under this key.
    func open(_ sealed: [UInt8], table: String, row: Int64) throws -> [UInt8] {
        let nonceBytes = XChaCha20Poly1305.nonceByteCount
        guard sealed.count >= nonceBytes else { throw StoreError.altered(table: table, row: row) }
        do {
            return try XChaCha20Poly1305.open(
                Array(sealed[nonceBytes...]), key: key, nonce: Array(sealed[..<nonceBytes]),
                ad: Array("p2pchat/1 row \(table) ".utf8) + withUnsafeBytes(of: row.bigEndian, Array.init))
        } catch {
            throw StoreError.altered(table: table, row: row)
        }
    }
}
