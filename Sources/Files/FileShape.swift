import Wire

/// How a file of some size is cut into chunks and spans (docs/protocol.md, "Files"). No size from 0 to 2^63 − 1 overflows.
package struct FileShape: Equatable, Sendable {
    /// Bytes.
    package let size: Int64
    /// Bytes of every chunk but the last.
    package let chunk: Int

    package init(size: Int64, chunk: Int = WireLimits.chunk) {
        self.size = max(0, size)
        self.chunk = max(1, chunk)
    }

    /// How many chunks travel; none of an empty file.
    package var chunks: Int { size == 0 ? 0 : Int((size - 1) / Int64(chunk)) + 1 }

    /// How many spans the tree has: an empty file has one, whose only leaf is that of no bytes.
    package var spans: Int { max(1, chunks / Self.span + (chunks % Self.span == 0 ? 0 : 1)) }

    /// Bytes of the chunk at `index`, which is one of the file's.
    package func length(ofChunk index: Int) -> Int { Int(min(Int64(chunk), size - offset(ofChunk: index))) }

    /// Where the chunk begins; also for the first index behind the last chunk.
    package func offset(ofChunk index: Int) -> Int64 {
        let offset = Int64(index).multipliedReportingOverflow(by: Int64(chunk))
        return offset.overflow ? size : min(size, offset.partialValue)
    }

    /// The chunks of a span; of the last one perhaps fewer than 256.
    package func chunks(ofSpan span: Int) -> Range<Int> {
        span * Self.span..<min(chunks, span * Self.span + Self.span)
    }

    /// How many leaf hashes a span has.
    func leaves(ofSpan span: Int) -> Int { max(1, chunks(ofSpan: span).count) }

    /// Chunks of a whole span.
    package static let span = WireLimits.spanChunks
}
