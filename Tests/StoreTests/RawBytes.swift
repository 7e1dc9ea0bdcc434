import FoundationEssentials

/// Looks for pieces of sealed values in the raw bytes of files.
struct RawBytes {
    /// Every eighth place of every value, so that 15 bytes of one that are left anywhere are noticed. Sealed bytes are as good as
    /// random: a match is no accident.
    private var pieces: Set<UInt64> = []

    init(_ values: [[UInt8]]) {
        for value in values {
            value.withUnsafeBytes { bytes in
                for offset in stride(from: 0, through: bytes.count - 8, by: 8) {
                    pieces.insert(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                }
            }
        }
    }

    /// How many of the places occur.
    func found(in file: Data) -> Int {
        var found: Set<UInt64> = []
        file.withUnsafeBytes { bytes in
            guard bytes.count >= 8 else { return }
            for offset in 0...bytes.count - 8 {
                let piece = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                if pieces.contains(piece) { found.insert(piece) }
            }
        }
        return found.count
    }

    var count: Int { pieces.count }
}
