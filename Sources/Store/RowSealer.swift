import Sodium
import Synchronization

/// A column whose values are sealed. Its name is part of the additional data.
enum SealedColumn {
    case dataKey, contact, setting, conversation, message, state, transfer, log, logPage, evidence

    var label: StaticString {
        switch self {
        case .dataKey: "p2pchat/1 row meta.sealed "
        case .contact: "p2pchat/1 row contact.sealed "
        case .setting: "p2pchat/1 row setting.sealed "
        case .conversation: "p2pchat/1 row conversation.sealed "
        case .message: "p2pchat/1 row message.sealed "
        case .state: "p2pchat/1 row message.state "
        case .transfer: "p2pchat/1 row transfer.sealed "
        case .log: "p2pchat/1 row log.sealed "
        case .logPage: "p2pchat/1 row log_page.sealed "
        case .evidence: "p2pchat/1 row evidence.sealed "
        }
    }

    var table: String {
        switch self {
        case .dataKey: "meta"
        case .contact: "contact"
        case .setting: "setting"
        case .conversation: "conversation"
        case .message, .state: "message"
        case .transfer: "transfer"
        case .log: "log"
        case .logPage: "log_page"
        case .evidence: "evidence"
        }
    }
}

/// Where a sealed value stands: what is sealed for one place does not open at another.
struct RowPlace {
    let column: SealedColumn
    let row: Int64
    /// The row of the conversation that a message belongs to, so that it cannot be moved to another one; 0 elsewhere.
    var conversation: Int64 = 0

    /// The column's label ‖ row ‖ conversation, both in 8 bytes.
    func withAdditionalData<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let label = column.label
        let count = label.utf8CodeUnitCount
        return try withUnsafeTemporaryAllocation(byteCount: count + 16, alignment: 1) { buffer in
            label.withUTF8Buffer { buffer.copyMemory(from: UnsafeRawBufferPointer($0)) }
            buffer.storeBytes(of: row.bigEndian, toByteOffset: count, as: Int64.self)
            buffer.storeBytes(of: conversation.bigEndian, toByteOffset: count + 8, as: Int64.self)
            return try body(UnsafeRawBufferPointer(buffer))
        }
    }
}

/// Seals one row's content so that the database file alone says nothing about it (docs/storage.md).
///
/// A stored value is a random 24-byte nonce ‖ XChaCha20-Poly1305 ciphertext ‖ 16-byte tag, under the row key and with its
/// place as additional data.
final class RowSealer: Sendable {
    /// How much longer a sealed value is than its content.
    static let overhead = XChaCha20Poly1305.nonceByteCount + XChaCha20Poly1305.tagByteCount

    private let key: SecretBytes
    private let nonces = Mutex(NoncePool())

    init(key: consuming SecretBytes) {
        self.key = key
    }

    func seal(_ content: [UInt8], _ place: RowPlace) throws -> [UInt8] {
        var sealed = [UInt8](repeating: 0, count: content.count + Self.overhead)
        try content.withUnsafeBytes { content in
            try sealed.withUnsafeMutableBytes { _ = try seal(content, into: $0, place) }
        }
        return sealed
    }

    /// - Parameter output: `overhead` longer than `content`, or more.
    /// - Returns: The bytes written.
    func seal(
        _ content: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, _ place: RowPlace
    ) throws -> Int {
        let nonceBytes = XChaCha20Poly1305.nonceByteCount
        guard output.count >= content.count + Self.overhead else { throw SodiumError.invalidLength }
        let nonce = UnsafeMutableRawBufferPointer(rebasing: output[..<nonceBytes])
        nonces.withLock { $0.take(into: nonce) }
        return try place.withAdditionalData { additionalData in
            try XChaCha20Poly1305.seal(
                content, into: UnsafeMutableRawBufferPointer(rebasing: output[nonceBytes...]), key: key,
                nonce: UnsafeRawBufferPointer(nonce), ad: additionalData) + nonceBytes
        }
    }

    /// - Throws: `StoreError.altered` when the value was not sealed for this place under this key.
    func open(_ sealed: [UInt8], _ place: RowPlace) throws -> [UInt8] {
        var content = [UInt8](repeating: 0, count: max(0, sealed.count - Self.overhead))
        try sealed.withUnsafeBytes { sealed in
            try content.withUnsafeMutableBytes { _ = try open(sealed, into: $0, place) }
        }
        return content
    }

    /// - Parameter output: `overhead` shorter than `sealed`, or longer than that.
    /// - Returns: The bytes written.
    /// - Throws: `StoreError.altered` when the value was not sealed for this place under this key.
    func open(
        _ sealed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, _ place: RowPlace
    ) throws -> Int {
        let nonceBytes = XChaCha20Poly1305.nonceByteCount
        guard sealed.count >= Self.overhead else {
            throw StoreError.altered(table: place.column.table, row: place.row)
        }
        do {
            return try place.withAdditionalData { additionalData in
                try XChaCha20Poly1305.open(
                    UnsafeRawBufferPointer(rebasing: sealed[nonceBytes...]), into: output, key: key,
                    nonce: UnsafeRawBufferPointer(rebasing: sealed[..<nonceBytes]), ad: additionalData)
            }
        } catch {
            throw StoreError.altered(table: place.column.table, row: place.row)
        }
    }
}

/// Random nonces fetched from the system many at a time: a call for each would cost as much as the sealing.
private struct NoncePool {
    private var bytes = [UInt8](repeating: 0, count: 64 * XChaCha20Poly1305.nonceByteCount)
    private var used = Int.max

    mutating func take(into nonce: UnsafeMutableRawBufferPointer) {
        bytes.withUnsafeMutableBytes { pool in
            if used > pool.count - nonce.count {
                RandomBytes.fill(pool)
                used = 0
            }
            nonce.copyMemory(from: UnsafeRawBufferPointer(rebasing: pool[used..<used + nonce.count]))
        }
        used += nonce.count
    }
}
