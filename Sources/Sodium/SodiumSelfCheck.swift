import CSodium

/// What must hold before this program uses the installed libsodium. Takes well under a millisecond.
package enum SodiumSelfCheck {
    /// - Throws: `unsafeLibrary` when libsodium converts a point outside the main subgroup (protocol.md §2,
    ///   CVE-2025-69277; fixed in Debian's 1.0.18-1+deb12u1 and in 1.0.20-3), or gives another result than
    ///   the published one; `initialization` when it does not start at all.
    package static func run() throws(SodiumError) {
        try SodiumLibrary.ensure()
        guard refusesPointOutsideSubgroup, try computesKnownAnswers() else { throw .unsafeLibrary }
    }

    /// Whether secret memory can be locked, so that it never reaches swap. Without that the program goes on,
    /// and says so once; the usual reason is a limit on locked memory (`ulimit -l`).
    package static var canLockMemory: Bool {
        let size = 4096
        let probe = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: size)
        defer { probe.deallocate() }
        guard sodium_mlock(probe, size) == 0 else { return false }
        sodium_munlock(probe, size)
        return true
    }

    private static var refusesPointOutsideSubgroup: Bool {
        var converted = [UInt8](repeating: 0, count: 32)
        return crypto_sign_ed25519_pk_to_curve25519(&converted, pointOutsideSubgroup) != 0
            && !Ed25519.isValidPublicKey(pointOutsideSubgroup)
    }

    /// `ea5ef8400c31ef41e28f22e718b43f66981b29cf645af2a0e223799bedaace47`
    private static let pointOutsideSubgroup: [UInt8] = [
        0xea, 0x5e, 0xf8, 0x40, 0x0c, 0x31, 0xef, 0x41, 0xe2, 0x8f, 0x22, 0xe7, 0x18, 0xb4, 0x3f, 0x66,
        0x98, 0x1b, 0x29, 0xcf, 0x64, 0x5a, 0xf2, 0xa0, 0xe2, 0x23, 0x79, 0x9b, 0xed, 0xaa, 0xce, 0x47,
    ]

    /// BLAKE2b-512 of "abc" (RFC 7693, appendix A) and the first test of Ed25519 (RFC 8032, §7.1): enough to
    /// see a library that was built or linked wrongly.
    private static func computesKnownAnswers() throws(SodiumError) -> Bool {
        let hash = Blake2b.hash512(Array("abc".utf8))
        guard hash.starts(with: [0xba, 0x80, 0xa5, 0x3f, 0x98, 0x1c, 0x4d, 0x0d]) else { return false }
        let seed = try SecretBytes(copying: [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
            0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
        ])
        let pair = try Ed25519.keyPair(seed: seed)
        let signature = try Ed25519.sign([], secretKey: pair.secretKey)
        return pair.publicKey.starts(with: [0xd7, 0x5a, 0x98, 0x01])
            && signature.starts(with: [0xe5, 0x56, 0x43, 0x00])
            && Ed25519.verify(signature, [], publicKey: pair.publicKey)
    }
}
