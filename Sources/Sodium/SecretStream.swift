import CSodium

/// The tag of a chunk of `crypto_secretstream_xchacha20poly1305`. Compared by equality: `final` is the bits
/// of the other two (protocol.md §4).
package enum SecretStreamTag: UInt8, Sendable {
    case message = 0
    case push = 1
    case rekey = 2
    case final = 3
}

/// Sizes of `crypto_secretstream_xchacha20poly1305`.
package enum SecretStream {
    package static let keyByteCount = 32
    package static let headerByteCount = 24
    /// How much longer a ciphertext is than its plaintext.
    package static let overhead = 17
}

/// The sending side of one stream. Its state (key and counter) lies in secret memory.
package struct SecretStreamPush: ~Copyable, Sendable {
    /// The 24 bytes that the receiver needs before the first chunk; not secret.
    package let header: [UInt8]
    private var state: SecretBytes
    private var ended = false

    /// - Parameter key: 32 bytes, used for this stream alone.
    package init(key: borrowing SecretBytes) throws(SodiumError) {
        try SodiumLibrary.ensure()
        try self.init(key: key, header: RandomBytes.bytes(SecretStream.headerByteCount))
    }

    /// With a header made elsewhere: 24 random bytes, or fixed ones in a test whose output must not vary.
    /// (libsodium's `init_push` is `init_pull` behind a fresh random header; the two set up one state.)
    package init(key: borrowing SecretBytes, header: [UInt8]) throws(SodiumError) {
        guard key.count == SecretStream.keyByteCount, header.count == SecretStream.headerByteCount else {
            throw .invalidLength
        }
        var state = try SecretBytes(zeroed: crypto_secretstream_xchacha20poly1305_statebytes())
        let status = state.withMutableBytes { state in
            key.withBytes {
                crypto_secretstream_xchacha20poly1305_init_pull(state.stream, header, $0.octets)
            }
        }
        guard status == 0 else { throw .invalidKey }
        self.header = header
        self.state = state
    }

    /// Seals one chunk. `ciphertext` is exactly 17 bytes longer than `plaintext`; the two do not overlap.
    ///
    /// - Throws: `invalidLength`; `streamEnded` behind a `final` chunk.
    package mutating func push(
        _ plaintext: UnsafeRawBufferPointer, into ciphertext: UnsafeMutableRawBufferPointer,
        ad: UnsafeRawBufferPointer, tag: SecretStreamTag
    ) throws(SodiumError) {
        guard !ended else { throw .streamEnded }
        guard ciphertext.count == plaintext.count + SecretStream.overhead else { throw .invalidLength }
        let status = state.withMutableBytes {
            crypto_secretstream_xchacha20poly1305_push(
                $0.stream, ciphertext.octets, nil,
                plaintext.octets, UInt64(plaintext.count),
                ad.octets, UInt64(ad.count), tag.rawValue)
        }
        ended = status != 0 || tag == .final
        guard status == 0 else { throw .invalidLength }
    }
}

/// The receiving side of one stream.
package struct SecretStreamPull: ~Copyable, Sendable {
    private var state: SecretBytes
    private var ended = false

    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - header: the sender's 24 bytes. A wrong one shows at the first chunk.
    package init(key: borrowing SecretBytes, header: [UInt8]) throws(SodiumError) {
        guard key.count == SecretStream.keyByteCount, header.count == SecretStream.headerByteCount else {
            throw .invalidLength
        }
        var state = try SecretBytes(zeroed: crypto_secretstream_xchacha20poly1305_statebytes())
        let status = state.withMutableBytes { state in
            key.withBytes {
                crypto_secretstream_xchacha20poly1305_init_pull(
                    state.stream, header, $0.octets)
            }
        }
        guard status == 0 else { throw .invalidKey }
        self.state = state
    }

    /// Opens one chunk. `plaintext` is exactly 17 bytes shorter than `ciphertext`; the two do not overlap.
    ///
    /// - Returns: the chunk's tag.
    /// - Throws: `invalidLength`; `authenticationFailed`; `unknownTag` for a tag outside the four;
    ///   `streamEnded` behind a `final` or a refused chunk: a stream that went wrong stays unusable.
    package mutating func pull(
        _ ciphertext: UnsafeRawBufferPointer, into plaintext: UnsafeMutableRawBufferPointer,
        ad: UnsafeRawBufferPointer
    ) throws(SodiumError) -> SecretStreamTag {
        guard !ended else { throw .streamEnded }
        guard ciphertext.count >= SecretStream.overhead,
            plaintext.count == ciphertext.count - SecretStream.overhead
        else { throw .invalidLength }
        var tag: UInt8 = 0
        let status = state.withMutableBytes {
            crypto_secretstream_xchacha20poly1305_pull(
                $0.stream, plaintext.octets, nil, &tag,
                ciphertext.octets, UInt64(ciphertext.count),
                ad.octets, UInt64(ad.count))
        }
        ended = true
        guard status == 0 else { throw .authenticationFailed }
        guard let known = SecretStreamTag(rawValue: tag) else { throw .unknownTag }
        ended = known == .final
        return known
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate var stream: UnsafeMutablePointer<crypto_secretstream_xchacha20poly1305_state> {
        UnsafeMutableRawPointer(octets)
            .assumingMemoryBound(to: crypto_secretstream_xchacha20poly1305_state.self)
    }
}
