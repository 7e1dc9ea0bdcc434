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
    /// Bytes of a signed note, the signatures of witnesses included.
    package static let note = 16_384
    /// Bytes of one signature line of a note, its newline included.
    package static let signatureLine = 1_024
    /// Hashes on a way through a log: the depth of the tallest one, and some.
    package static let logPath = 64
    /// Inner nodes on a way through the map: one for each bit of a label.
    package static let mapSteps = 256
    /// Entries in one page, should they ever be that short; a page ends earlier where they fill a frame.
    package static let entryPage = 512
    /// What entries of a page may fill, with the few bytes before each: a frame less the envelope's own fields.
    package static let entryPageBytes = envelope - 64
    /// Entries of one label's history, and of a way from an old key to a new one: the longest ones fill a third of a frame.
    package static let history = 64
    /// Hashes in one page: half a frame.
    package static let nodePage = 1_024
    /// Keys that a log has had; they are seldom replaced.
    package static let logKeys = 64
    /// Bytes of what a directory says of its log's keys (docs/directory.md, "The log's keys").
    package static let logKeyStatement = 136
    /// Bytes of the tag under which a sealed presence lies.
    package static let sealedTag = 32
    /// Bytes of a sealed presence: signature and record padded to 1,024, in a box.
    package static let sealedBlob = 1_064
    /// Sealed presences that are put or fetched at once, so that they fit into a frame.
    package static let sealedAtOnce = 48
    /// Presences in one page of a listing. A page of large records ends earlier, so that it fits into a frame.
    package static let page = 100
    /// Bytes of UTF-8 in a file's name: what Linux file systems take.
    package static let fileName = 255
    /// Bytes of a BLAKE2b-256 hash.
    package static let hash = 32
    /// Bytes of a file in one chunk: 127 blocks of 512, which with id and index just fill the largest frame.
    package static let chunk = 65_024
    /// Chunks of one span, asked for and proved together: about 16 MiB of file, 8 KiB of hashes.
    package static let spanChunks = 256
    /// Hashes that lead from a span to the root: the depth of the tallest tree of a 63-bit size, and some.
    package static let spanPath = 64
    /// More chunks than a file of 2^63 bytes has.
    package static let chunks = 1 << 48
}
