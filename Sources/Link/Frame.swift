/// The constants of a frame (docs/protocol.md, "Frames"). Sizes are in bytes.
package enum Frame {
    /// Plaintext sizes. A frame is padded to the smallest that fits, so its length tells only the class.
    static let sizes = [256, 1024, 4096, 16384, 65280]
    /// Kind and content length before the content.
    static let prefix = 4
    /// The length before the ciphertext, which is also its additional data.
    static let lengthField = 2
    /// What the stream adds to a plaintext.
    static let overhead = 17

    /// The largest envelope that fits into a frame; larger things travel in pieces.
    package static let largestEnvelope = 65276

    /// The smallest plaintext size for a content; nil when none is large enough.
    static func size(forContent count: Int) -> Int? {
        sizes.first { count <= $0 - prefix }
    }

    /// Bytes on the wire for a content of at most `largestEnvelope`.
    package static func wireSize(forContent count: Int) -> Int {
        lengthField + (size(forContent: count) ?? 0) + overhead
    }

    /// The plaintext size behind a length field; nil when it is none of the five.
    static func size(forLength length: Int) -> Int? {
        sizes.first { $0 + overhead == length }
    }

    enum Kind: UInt8, Sendable {
        case envelope = 0
        case ready = 1
        case ping = 2
        case pong = 3
        case act = 4
        case close = 5
    }
}
