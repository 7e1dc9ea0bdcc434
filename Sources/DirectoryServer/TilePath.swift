/// Where C2SP tlog-tiles has 256 hashes of a log that stand beside each other, or the entries behind them; fewer at the log's edge.
struct TilePath: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        /// Hashes of whole subtrees of 256^level leaves.
        case hashes(level: Int)
        /// Of level 0: the entries themselves.
        case entries
    }

    let content: Content
    let index: UInt64
    /// From 1 to 256, which is a full tile.
    let width: Int

    static let fullWidth = 256

    /// From the folder that the log is published in.
    var text: String { width == Self.fullWidth ? fullText : "\(partialFolder)/\(width)" }

    /// Where the tile's partial forms are until it is full.
    var partialFolder: String { fullText + ".p" }

    private var fullText: String {
        let folder =
            switch content {
            case .hashes(let level): "tile/\(level)"
            case .entries: "tile/entries"
            }
        return "\(folder)/\(Self.elements(index))"
    }

    /// Three digits an element, an x before all but the last.
    private static func elements(_ index: UInt64) -> String {
        let digits = String(index)
        let padded = String(repeating: "0", count: (3 - digits.count % 3) % 3) + digits
        var elements = [String(padded.suffix(3))]
        var rest = padded.dropLast(3)
        while !rest.isEmpty {
            elements.append("x\(rest.suffix(3))")
            rest = rest.dropLast(3)
        }
        return elements.reversed().joined(separator: "/")
    }
}

/// The tiles of one level that a log has and had not, or not as wide, when it was smaller.
struct TileRow: Sendable {
    let level: Int
    /// Of the tiles that are full now and were not.
    let full: Range<UInt64>
    /// Of the tile at the edge; 0 where there is none.
    let partialWidth: Int

    /// - Parameters:
    ///   - former: the size before; 0 for all tiles.
    ///   - size: the size now, not smaller.
    init(level: Int, former: UInt64, size: UInt64) {
        let bits = UInt64(8 * level)
        let hashes = size >> bits
        self.level = level
        full = (former >> bits) / 256..<hashes / 256
        partialWidth = Int(hashes % 256)
    }

    /// How many levels a log of that size has tiles on.
    static func levels(_ size: UInt64) -> Range<Int> {
        0..<(UInt64.bitWidth - size.leadingZeroBitCount + 7) / 8
    }

    /// In their order, the partial one last.
    var tiles: some Sequence<(index: UInt64, width: Int)> {
        (full.lowerBound..<full.upperBound + (partialWidth > 0 ? 1 : 0)).lazy.map {
            (index: $0, width: $0 < full.upperBound ? TilePath.fullWidth : partialWidth)
        }
    }
}
