import NIOCore
import Sodium

/// Encrypts the frames of one direction under one set of keys.
struct FrameWriter: ~Copyable {
    /// `Act.headerSize` bytes that the peer needs before the first frame.
    var header: [UInt8] { stream.header }

    private var stream: SecretStreamPush
    private let limits: LinkLimits
    /// Frames since the header or the last `REKEY`, and when that was.
    private var frames = 0
    private var rekeyed: Duration

    init(key: borrowing SecretBytes, header: [UInt8], limits: LinkLimits, now: Duration) throws(Violation) {
        do { stream = try SecretStreamPush(key: key, header: header) } catch { throw .local }
        self.limits = limits
        rekeyed = now
    }

    /// Appends one frame to `output`. A `close` carries `FINAL`; behind it nothing can be written.
    ///
    /// - Returns: the bytes on the wire.
    mutating func write(
        _ kind: Frame.Kind, _ content: [UInt8] = [], at now: Duration, to output: inout ByteBuffer
    ) throws(Violation) -> Int {
        guard let size = Frame.size(forContent: content.count) else { throw .local }
        let length = size + Frame.overhead
        let tag = nextTag(kind, at: now)
        output.writeInteger(UInt16(truncatingIfNeeded: length))

        let sealed = withUnsafeTemporaryAllocation(byteCount: size, alignment: 16) { plaintext in
            plaintext[0] = kind.rawValue
            plaintext[1] = UInt8(truncatingIfNeeded: content.count >> 16)
            plaintext[2] = UInt8(truncatingIfNeeded: content.count >> 8)
            plaintext[3] = UInt8(truncatingIfNeeded: content.count)
            let room = UnsafeMutableRawBufferPointer(rebasing: plaintext[Frame.prefix...])
            room.copyBytes(from: content)
            UnsafeMutableRawBufferPointer(rebasing: room[content.count...]).initializeMemory(
                as: UInt8.self, repeating: 0)
            return seal(UnsafeRawBufferPointer(plaintext), tag: tag, to: &output)
        }
        guard sealed else { throw .local }
        return Frame.lengthField + length
    }

    /// The length field, just written, is the additional data.
    private mutating func seal(
        _ plaintext: UnsafeRawBufferPointer, tag: SecretStreamTag, to output: inout ByteBuffer
    ) -> Bool {
        let length = UInt16(truncatingIfNeeded: plaintext.count + Frame.overhead)
        var sealed = false
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: Int(length)) { room in
            let ciphertext = UnsafeMutableRawBufferPointer(rebasing: room[..<Int(length)])
            sealed = withUnsafeBytes(of: length.bigEndian) { ad in
                (try? stream.push(plaintext, into: ciphertext, ad: ad, tag: tag)) != nil
            }
            return Int(length)
        }
        return sealed
    }

    private mutating func nextTag(_ kind: Frame.Kind, at now: Duration) -> SecretStreamTag {
        if kind == .close { return .final }
        frames += 1
        guard frames >= limits.rekeyFrames || now - rekeyed >= limits.rekeyAge else { return .message }
        frames = 0
        rekeyed = now
        return .rekey
    }
}
