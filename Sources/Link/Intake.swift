import NIOCore

/// Received bytes that are not yet used. Whole units are handed on from the buffer that the socket filled; only a unit
/// that straddles two reads is copied together.
struct Intake {
    /// The beginning of a unit; empty most of the time.
    private var held = ByteBuffer()
    /// The read at hand. Never less than what `held` lacks.
    private var fresh = ByteBuffer()

    /// Adds a read. Everything of the last one was used or is held.
    mutating func add(_ bytes: ByteBuffer) {
        if fresh.readableBytes == 0 {
            fresh = bytes
        } else {
            var bytes = bytes
            fresh.writeBuffer(&bytes)
        }
    }

    /// Bytes in hand.
    var count: Int { held.readableBytes + fresh.readableBytes }

    /// The 2-byte length of the next frame, without using it; nil when it is not there yet.
    mutating func peekLength() -> Int? {
        guard has(Frame.lengthField) else { return nil }
        return held.readableBytes > 0
            ? held.getInteger(at: held.readerIndex, as: UInt16.self).map(Int.init)
            : fresh.getInteger(at: fresh.readerIndex, as: UInt16.self).map(Int.init)
    }

    /// Whether `count` bytes are in hand. If not, what there is is kept for later; `count` bounds how much that is.
    mutating func has(_ count: Int) -> Bool {
        if held.readableBytes == 0 {
            if fresh.readableBytes >= count { return true }
            held.clear()
            held.writeBuffer(&fresh)
            return false
        }
        let lacking = count - held.readableBytes
        guard lacking > 0 else { return true }
        if var part = fresh.readSlice(length: min(lacking, fresh.readableBytes)) { held.writeBuffer(&part) }
        return held.readableBytes >= count
    }

    /// Hands on `count` bytes and drops them. Only behind a `has(count)` that said yes.
    mutating func consume<R>(_ count: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        if held.readableBytes > 0 {
            let result = held.withUnsafeReadableBytes {
                body(UnsafeRawBufferPointer(rebasing: $0.prefix(count)))
            }
            held.moveReaderIndex(forwardBy: min(count, held.readableBytes))
            return result
        }
        let result = fresh.withUnsafeReadableBytes {
            body(UnsafeRawBufferPointer(rebasing: $0.prefix(count)))
        }
        fresh.moveReaderIndex(forwardBy: min(count, fresh.readableBytes))
        return result
    }

    /// The next `count` bytes as an array; nil when they are not there yet.
    mutating func take(_ count: Int) -> [UInt8]? {
        guard has(count) else { return nil }
        return consume(count) { Array($0) }
    }

    /// Gives memory back that an idle link does not need.
    mutating func shrink() {
        if held.readableBytes == 0 { held = ByteBuffer() }
        if fresh.readableBytes == 0 { fresh = ByteBuffer() }
    }

    /// Drops everything: behind the end nothing is looked at.
    mutating func discard() {
        held = ByteBuffer()
        fresh = ByteBuffer()
    }
}
