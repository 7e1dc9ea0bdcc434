import Sodium

/// A hash in one of the two trees: 32 bytes of SHA-256. Kept in four words, so that a million of them are one piece of
/// memory.
package struct NodeHash: Hashable, Sendable {
    package static let byteCount = 32

    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Nil unless 32 bytes.
    package init?(_ bytes: some Collection<UInt8>) {
        // Byte by byte through a protocol is a fifth of what publishing a log costs.
        let read = bytes.withContiguousStorageIfAvailable { Self(UnsafeRawBufferPointer($0)) }
        guard let hash = read ?? Array(bytes).withUnsafeBytes({ Self($0) }) else { return nil }
        self = hash
    }

    /// The same of memory that is somebody else's, for those who read millions.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(read: bytes)
    }

    /// From at least 32 bytes.
    private init(read bytes: UnsafeRawBufferPointer) {
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        }
        words = (word(0), word(1), word(2), word(3))
    }

    package var bytes: [UInt8] {
        let ordered = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
        return withUnsafeBytes(of: ordered) { Array($0) }
    }

    /// One bit, from the first of the first byte on.
    subscript(bit index: UInt8) -> Bool { word(Int(index) >> 6) >> UInt64(63 - (index & 63)) & 1 == 1 }

    /// The first bit in which the two differ; nil when they are equal.
    func firstDifference(_ other: NodeHash) -> UInt8? {
        for index in 0..<4 {
            let difference = word(index) ^ other.word(index)
            if difference != 0 { return UInt8(index * 64 + difference.leadingZeroBitCount) }
        }
        return nil
    }

    private func word(_ index: Int) -> UInt64 {
        switch index {
        case 0: words.0
        case 1: words.1
        case 2: words.2
        default: words.3
        }
    }

    package static func == (a: NodeHash, b: NodeHash) -> Bool { a.words == b.words }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }

    /// SHA-256 of the bytes.
    static func of(_ bytes: [UInt8]) -> NodeHash {
        SHA256.hash(bytes).withUnsafeBytes { NodeHash(read: $0) }
    }

    /// SHA-256 of a few bytes and two hashes. Of these a tree has one for each leaf, so they are put together on the stack.
    static func of(_ tag: UInt8, depth: UInt8? = nil, _ left: NodeHash, _ right: NodeHash) -> NodeHash {
        let room = 2 + 2 * byteCount
        return withUnsafeTemporaryAllocation(byteCount: room + byteCount, alignment: 8) { memory in
            memory[0] = tag
            var count = 1
            if let depth {
                memory[1] = depth
                count = 2
            }
            for hash in [left, right] {
                for index in 0..<4 {
                    memory.storeBytes(of: hash.word(index).bigEndian, toByteOffset: count, as: UInt64.self)
                    count += 8
                }
            }
            let digest = UnsafeMutableRawBufferPointer(rebasing: memory[room...])
            SHA256.hash(UnsafeRawBufferPointer(rebasing: memory[..<count]), into: digest)
            return NodeHash(read: UnsafeRawBufferPointer(digest))
        }
    }
}

extension NodeHash {
    /// The hash of a log without entries: SHA-256 of nothing (RFC 6962 §2.1).
    package static let emptyLog = NodeHash.of([])

    /// SHA-256(0x00 ‖ entry) (RFC 6962 §2.1).
    package static func leaf(_ entry: [UInt8]) -> NodeHash { .of([0] + entry) }

    /// SHA-256(0x01 ‖ left ‖ right) (RFC 6962 §2.1).
    package static func node(_ left: NodeHash, _ right: NodeHash) -> NodeHash {
        .of(1, left, right)
    }
}
