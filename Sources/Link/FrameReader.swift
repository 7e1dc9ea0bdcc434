import NIOCore
import Sodium

/// One frame, verified and well formed.
struct ReceivedFrame {
    let kind: Frame.Kind
    let content: [UInt8]
    /// Bytes on the wire, length field included.
    let wireBytes: Int
}

/// Decrypts and checks the frames of one direction under one set of keys. What a frame means in a state is decided behind
/// it; what is never right is refused here.
struct FrameReader: ~Copyable {
    private var stream: SecretStreamPull
    private let limits: LinkLimits
    /// Frames since the header or the last `REKEY`.
    private var frames = 0

    init(key: borrowing SecretBytes, header: [UInt8], limits: LinkLimits) throws(Violation) {
        do { stream = try SecretStreamPull(key: key, header: header) } catch { throw .local }
        self.limits = limits
    }

    /// The next frame; nil when more bytes are needed.
    mutating func next(_ input: inout Intake) throws(Violation) -> ReceivedFrame? {
        guard let length = input.peekLength() else { return nil }
        // Judged before anything is kept for it.
        guard let size = Frame.size(forLength: length) else { throw .frameLength }
        let wireBytes = Frame.lengthField + length
        guard input.has(wireBytes) else { return nil }
        let opened = input.consume(wireBytes) { open($0, size: size) }
        return try opened.get()
    }

    /// - Parameter frame: length field and ciphertext.
    private mutating func open(_ frame: UnsafeRawBufferPointer, size: Int) -> Result<ReceivedFrame, Violation>
    {
        let ad = UnsafeRawBufferPointer(rebasing: frame[..<Frame.lengthField])
        let ciphertext = UnsafeRawBufferPointer(rebasing: frame[Frame.lengthField...])
        return withUnsafeTemporaryAllocation(byteCount: size, alignment: 16) { plaintext in
            let tag: SecretStreamTag
            do throws(SodiumError) {
                tag = try stream.pull(ciphertext, into: plaintext, ad: ad)
            } catch {
                return .failure(error == .unknownTag ? .tag : .frameAuthentication)
            }
            do throws(Violation) {
                let (kind, content) = try parse(UnsafeRawBufferPointer(plaintext), tag: tag)
                return .success(ReceivedFrame(kind: kind, content: content, wireBytes: frame.count))
            } catch {
                return .failure(error)
            }
        }
    }

    private mutating func parse(
        _ plaintext: UnsafeRawBufferPointer, tag: SecretStreamTag
    ) throws(Violation) -> (Frame.Kind, [UInt8]) {
        try count(tag)
        guard let kind = Frame.Kind(rawValue: plaintext[0]) else { throw .kind }
        let count = Int(plaintext[1]) << 16 | Int(plaintext[2]) << 8 | Int(plaintext[3])
        guard count <= plaintext.count - Frame.prefix else { throw .contentLength }
        if kind == .close, tag != .final { throw .closeWithoutFinal }
        if tag == .final, kind != .close { throw .finalWithoutClose }
        switch kind {
        case .envelope: guard count > 0 else { throw .emptyEnvelope }
        case .act: break
        case .ready, .ping, .pong, .close: guard count == 0 else { throw .contentNotEmpty }
        }
        return (kind, Array(UnsafeRawBufferPointer(rebasing: plaintext[Frame.prefix..<Frame.prefix + count])))
    }

    private mutating func count(_ tag: SecretStreamTag) throws(Violation) {
        frames += 1
        switch tag {
        case .message: guard frames < limits.rekeyOverdue else { throw .rekeyOverdue }
        case .rekey: frames = 0
        case .final: break
        case .push: throw .tag
        }
    }
}
