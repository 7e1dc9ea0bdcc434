import Sodium

/// Seals one row's content so that the database file alone says nothing about it.
///
/// XChaCha20-Poly1305 under a key derived from the identity's secret; a stored row is a random 24-byte nonce ‖ ciphertext ‖
/// 16-byte tag. Table name and row number are the additional data, so that rows cannot be swapped. It does not
/// prevent that an older copy of a row or of the whole file is put back.
final class RowSealer: Sendable {
    private let key: SecretBytes

    init(key: consuming SecretBytes) {
        self.key = key
    }

    func seal(_ content: [UInt8], table: String, row: Int64) throws -> [UInt8] {
        let nonce = RandomBytes.bytes(Self.nonceBytes)
        return nonce
            + (try XChaCha20Poly1305.seal(
                content, key: key, nonce: nonce, ad: Self.additionalData(table, row)))
    }

    /// - Throws: `StoreError.altered` when the row was not sealed for this place under this key.
    func open(_ sealed: [UInt8], table: String, row: Int64) throws -> [UInt8] {
        guard sealed.count >= Self.nonceBytes else { throw StoreError.altered(table: table, row: row) }
        do {
            return try XChaCha20Poly1305.open(
                Array(sealed[Self.nonceBytes...]), key: key, nonce: Array(sealed[..<Self.nonceBytes]),
                ad: Self.additionalData(table, row))
        } catch {
            throw StoreError.altered(table: table, row: row)
        }
    }

    private static let nonceBytes = 24

    private static func additionalData(_ table: String, _ row: Int64) -> [UInt8] {
        Array("p2pchat/1 row \(table) ".utf8) + withUnsafeBytes(of: row.bigEndian, Array.init)
    }
}
