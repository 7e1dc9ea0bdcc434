import CSodium

/// BLAKE2b (RFC 7693) by `crypto_generichash`. In protocol.md `H` is `hash256` and `KH` is `keyed256`.
package enum Blake2b {
    /// Unkeyed BLAKE2b-256 over the parts one after the other; 32 bytes.
    package static func hash256(_ parts: [UInt8]...) -> [UInt8] {
        hash(parts, length: 32)
    }

    /// Unkeyed BLAKE2b-512 over the parts one after the other; 64 bytes.
    package static func hash512(_ parts: [UInt8]...) -> [UInt8] {
        hash(parts, length: 64)
    }

    /// Keyed BLAKE2b-256 over the parts one after the other; 32 bytes. The key has 16 to 64 bytes.
    package static func keyed256(
        key: borrowing SecretBytes, _ parts: [UInt8]...
    ) throws(SodiumError) -> SecretBytes {
        try SodiumLibrary.ensure()
        guard (crypto_generichash_keybytes_min()...crypto_generichash_keybytes_max()).contains(key.count)
        else {
            throw .invalidLength
        }
        var stream = key.withBytes { Blake2bStream(outputLength: 32, key: $0) }
        for part in parts { stream.update(part) }
        var result = try SecretBytes(zeroed: 32)
        result.withMutableBytes { stream.finish(into: $0) }
        return result
    }

    /// Keyed BLAKE2b-256 of `input` into the first 32 bytes of `output`, without memory of its own: for many
    /// small inputs. Throws `invalidLength` for a key outside 16 to 64 bytes or too short an output.
    package static func keyed256(
        key: borrowing SecretBytes, _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(SodiumError) {
        try SodiumLibrary.ensure()
        let status = key.withBytes { key in
            output.count < 32 || !(16...64).contains(key.count)
                ? -1
                : crypto_generichash(
                    output.octets, 32, input.octets, UInt64(input.count), key.octets, key.count)
        }
        guard status == 0 else { throw .invalidLength }
    }

    /// Unkeyed BLAKE2b-256 of `prefix ‖ secret ‖ suffix`; 32 bytes, as secret as what went in.
    package static func secret256(
        _ secret: borrowing SecretBytes, prefix: [UInt8], suffix: [UInt8]
    ) throws(SodiumError) -> SecretBytes {
        try SodiumLibrary.ensure()
        var stream = Blake2bStream(outputLength: 32)
        stream.update(prefix)
        secret.withBytes { stream.update($0) }
        stream.update(suffix)
        var result = try SecretBytes(zeroed: 32)
        result.withMutableBytes { stream.finish(into: $0) }
        return result
    }

    private static func hash(_ parts: [[UInt8]], length: Int) -> [UInt8] {
        _ = SodiumLibrary.isReady
        var stream = Blake2bStream(outputLength: length)
        for part in parts { stream.update(part) }
        return [UInt8](unsafeUninitializedCapacity: length) { buffer, initialized in
            stream.finish(into: UnsafeMutableRawBufferPointer(buffer))
            initialized = length
        }
    }
}

/// One BLAKE2b computation fed piece by piece, so that secrets go in without being joined in ordinary memory
/// first. Its state is erased at the end.
package struct Blake2bStream: ~Copyable {
    private let outputLength: Int
    private let state: UnsafeMutableRawPointer

    /// - Parameters:
    ///   - outputLength: 16 to 64 bytes.
    ///   - key: none, or 16 to 64 bytes.
    package init(
        outputLength: Int, key: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) {
        _ = SodiumLibrary.isReady
        self.outputLength = outputLength
        // The C type asks for an alignment of 64, so Swift imports it as an opaque pointer only.
        state = UnsafeMutableRawPointer.allocate(byteCount: crypto_generichash_statebytes(), alignment: 64)
        crypto_generichash_init(
            OpaquePointer(state), key.octets, key.count, outputLength)
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        crypto_generichash_update(
            OpaquePointer(state), bytes.octets, UInt64(bytes.count))
    }

    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Writes the hash to the first `outputLength` bytes of `output`, which must be that long. Called once.
    package mutating func finish(into output: UnsafeMutableRawBufferPointer) {
        precondition(output.count >= outputLength, "a hash needs room for its output")
        crypto_generichash_final(
            OpaquePointer(state), output.octets, outputLength)
    }

    deinit {
        sodium_memzero(state, crypto_generichash_statebytes())
        state.deallocate()
    }
}
