import CSodium

/// What the functions of this module refuse. Cryptographic failures are deliberately vague.
package enum SodiumError: Error, Equatable, Sendable {
    /// `sodium_init` failed: the library cannot be used.
    case initialization
    /// Secret memory, or the memory that Argon2id asks for, could not be had.
    case outOfMemory
    /// A key, nonce, salt, signature or buffer does not have the length its algorithm demands.
    case invalidLength
    /// A ciphertext, its additional data, its nonce or its key is not the one that was sealed.
    case authenticationFailed
    /// An Ed25519 public key that is not canonical, of small order, or outside the main subgroup.
    case invalidKey
    /// A Diffie-Hellman result of zeros, which any secret would have given.
    case lowOrderPoint
    /// A stream chunk that authenticates but bears a tag that this program does not know.
    case unknownTag
    /// A stream that was ended by a `final` chunk, or whose last chunk failed, is used again.
    case streamEnded
    /// The installed libsodium has a known hole (CVE-2025-69277) or computes wrongly.
    case unsafeLibrary
    /// Reading a secret from a file descriptor failed; the value is `errno`.
    case readFailed(Int32)
    /// A line read as a secret is longer than the bound that the caller set.
    case lineTooLong
}

enum SodiumLibrary {
    /// Runs `sodium_init` once, before the first use of anything in this module. It picks the fast
    /// implementations and opens the random source; Swift runs a static initialiser once however many threads
    /// ask.
    static let isReady = sodium_init() >= 0

    static func ensure() throws(SodiumError) {
        guard isReady else { throw .initialization }
    }
}

/// Bytes from the operating system's random source.
package enum RandomBytes {
    /// `count` random bytes, not secret by themselves: salts, nonces, identifiers. None for a negative count.
    package static func bytes(_ count: Int) -> [UInt8] {
        _ = SodiumLibrary.isReady
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            randombytes_buf(UnsafeMutableRawBufferPointer(buffer).octets, count)
            initialized = count
        }
    }

    /// Fills memory of the caller.
    package static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        _ = SodiumLibrary.isReady
        randombytes_buf(buffer.octets, buffer.count)
    }

    /// A number in `0 ..< upper`, without bias; 0 when `upper` is 0 or 1.
    package static func uniform(_ upper: UInt32) -> UInt32 {
        _ = SodiumLibrary.isReady
        return randombytes_uniform(upper)
    }
}

/// Comparisons whose time does not depend on where the two differ.
package enum ConstantTime {
    /// Whether two byte strings are equal. Their lengths are not hidden.
    package static func equals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && sodium_memcmp(left, right, left.count) == 0
    }
}

/// Overwrites bytes that are secret, in a way that the optimiser may not drop.
package enum Erase {
    /// Zeroes the array's storage. A copy made earlier keeps its contents: erase before anything else can
    /// share it.
    package static func bytes(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { sodium_memzero($0.octets, $0.count) }
    }
    /// Zeroes memory that held a secret and is about to be given back.
    package static func buffer(_ buffer: UnsafeMutableRawBufferPointer) {
        sodium_memzero(buffer.octets, buffer.count)
    }
}
