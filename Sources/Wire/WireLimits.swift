/// The bounds of every field that a stranger fills, in one place. The schema states the same numbers.
package enum WireLimits {
    /// What one frame holds: the largest padding class less the frame's own header (protocol.md, "Frames").
    package static let envelope = 65_276
    /// Bytes of UTF-8 in one text message, so that it fits into a frame with its id and time.
    package static let text = 64_000
    /// Ids in one receipt: 18 bytes each, well inside a frame.
    package static let receiptIDs = 1_000
    /// Milliseconds since 1970 that a UUIDv7 can carry: 48 bits.
    package static let milliseconds: Int64 = 1 << 48
    /// Addresses of one presence: a host with several interfaces, and no more to dial back.
    package static let addresses = 8
    /// Bytes of one presence record: twice what eight IPv6 addresses need.
    package static let record = 1_024
    /// Seconds for which one presence record may hold; it is renewed at half.
    package static let lifetime: UInt32 = 7_200
    /// Bytes of the longest log entry of version 1 or later (docs/directory.md).
    package static let entry = 1_024
    /// Presences in one page of a listing. A page of large records ends earlier, so that it fits into a frame.
    package static let page = 100
}
