import CSodium

/// Secret bytes in memory of their own (`sodium_malloc`): locked, between guard pages, never in a core dump
/// where the system allows that, erased and freed in `deinit`. It cannot be copied by accident, and cannot be
/// printed.
///
/// One value costs two pages, whatever its count: keep related secrets of a short life in one.
///
/// `@unchecked Sendable`: the memory has one owner, and is written only through a `mutating` method, which
/// the language keeps exclusive; reading from several threads is safe.
package struct SecretBytes: ~Copyable, @unchecked Sendable {
    /// Number of bytes.
    package let count: Int
    private let base: UnsafeMutableRawPointer

    /// `count` zero bytes.
    package init(zeroed count: Int) throws(SodiumError) {
        try SodiumLibrary.ensure()
        guard count >= 0 else { throw .invalidLength }
        guard let base = sodium_malloc(count) else { throw .outOfMemory }
        sodium_memzero(base, count)
        self.count = count
        self.base = base
    }

    /// `count` bytes from the operating system's random source.
    package init(random count: Int) throws(SodiumError) {
        try self.init(zeroed: count)
        randombytes_buf(base, count)
    }

    /// A copy of ordinary bytes, which stay where they are: for tests and for fixed, public values.
    package init(copying bytes: [UInt8]) throws(SodiumError) {
        try self.init(zeroed: bytes.count)
        bytes.withUnsafeBytes { copy(from: $0) }
    }

    /// Takes the bytes, and leaves zeros in the source.
    package init(erasing bytes: inout [UInt8]) throws(SodiumError) {
        try self.init(zeroed: bytes.count)
        bytes.withUnsafeMutableBytes {
            copy(from: UnsafeRawBufferPointer($0))
            sodium_memzero($0.octets, $0.count)
        }
    }

    /// Calls `body` with the bytes, which must not be kept beyond the call.
    package borrowing func withBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// Calls `body` with the bytes to change in place; they must not be kept beyond the call.
    package mutating func withMutableBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try body(UnsafeMutableRawBufferPointer(start: base, count: count))
    }

    /// The same bytes in secret memory of their own.
    package borrowing func copy() throws(SodiumError) -> SecretBytes {
        try copy(0..<count)
    }

    /// The bytes of `range` in secret memory of their own. Throws `invalidLength` when it reaches outside.
    package borrowing func copy(_ range: Range<Int>) throws(SodiumError) -> SecretBytes {
        guard range.lowerBound >= 0, range.upperBound <= count else { throw .invalidLength }
        let part = try SecretBytes(zeroed: range.count)
        part.copy(from: UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
        return part
    }

    /// Whether both hold the same bytes, in time that does not depend on where they differ.
    package borrowing func constantTimeEquals(_ other: borrowing SecretBytes) -> Bool {
        count == other.count && sodium_memcmp(base, other.base, count) == 0
    }

    /// Fills from the start; `bytes` is never longer than this value.
    private borrowing func copy(from bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        base.copyMemory(from: source, byteCount: min(bytes.count, count))
    }

    deinit {
        // sodium_free checks the guard bytes and erases before it gives the memory back.
        sodium_free(base)
    }
}
