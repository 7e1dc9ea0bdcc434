import Sodium

/// Why bytes are no signed note, or not one that counts.
package enum NoteError: Error, Equatable, Sendable {
    /// Not of the form that C2SP signed-note gives, or larger than is read.
    case malformed
    /// A signature in the name of a known key does not hold.
    case badSignature
    /// No known key has signed it.
    case unsigned
}

/// One signature line of a note.
package struct NoteSignature: Equatable, Sendable {
    package let name: String
    /// 4 bytes.
    package let keyID: [UInt8]
    /// What follows the key's id: 64 bytes of Ed25519, behind 8 bytes of time in a cosignature; anything of keys that are not known.
    package let bytes: [UInt8]

    init(key: NoteKey, bytes: [UInt8]) {
        name = key.name
        keyID = key.id
        self.bytes = bytes
    }

    /// A signature line with its newline. Throws ``NoteError/malformed``.
    package init(text: String) throws(NoteError) {
        guard text.last == "\n" else { throw .malformed }
        try self.init(line: text.dropLast())
    }

    /// A line without its newline.
    fileprivate init(line: some StringProtocol) throws(NoteError) {
        guard line.hasPrefix(Self.dash) else { throw .malformed }
        let parts = line.dropFirst(Self.dash.count).split(
            separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, NoteKey.isName(parts[0]), let bytes = Base64.decode(parts[1]), bytes.count > 4
        else { throw .malformed }
        name = String(parts[0])
        keyID = Array(bytes.prefix(4))
        self.bytes = Array(bytes.dropFirst(4))
    }

    /// With its newline.
    package var line: String { "\(Self.dash)\(name) \(Base64.encode(keyID + bytes))\n" }

    /// Whether it is a signature of the key, by name and id; not whether it holds.
    package func isBy(_ key: NoteKey) -> Bool { name == key.name && keyID == key.id }

    /// Whether it is the key's signature over the text.
    package func holds(_ key: NoteKey, _ text: String) -> Bool {
        guard isBy(key) else { return false }
        switch key.kind {
        case .note: return Ed25519.verify(bytes, Array(text.utf8), publicKey: key.publicKey)
        case .cosignature:
            guard let time else { return false }
            let signed = Self.cosigned(text, at: time)
            return Ed25519.verify(Array(bytes.dropFirst(8)), signed, publicKey: key.publicKey)
        }
    }

    /// Of a cosignature: when it was made, in seconds since 1970; at most 2⁶³ − 1.
    package var time: UInt64? {
        guard bytes.count == 8 + Ed25519.signatureByteCount, bytes[0] < 0x80 else { return nil }
        return bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// What a cosignature signs (C2SP tlog-cosignature).
    static func cosigned(_ text: String, at time: UInt64) -> [UInt8] {
        Array("cosignature/v1\ntime \(time)\n\(text)".utf8)
    }

    static func bigEndian(_ number: UInt64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt64($0)) }
    }

    /// An em dash and a space.
    private static let dash = "\u{2014} "
}

/// A text and the signatures under it (C2SP signed-note). Reading it says nothing of whether they hold: ``verify(_:)`` does.
package struct SignedNote: Equatable, Sendable {
    /// Ends with a newline.
    package let text: String
    package let signatures: [NoteSignature]

    /// - Parameter text: One or more lines, each with its newline; neither control characters nor an end that would be taken for that
    ///   before signatures. Throws ``NoteError/malformed`` for others.
    package init(text: String, signatures: [NoteSignature]) throws(NoteError) {
        guard Self.isText(text), !text.hasSuffix("\n\n"), signatures.count <= Self.mostSignatures else {
            throw .malformed
        }
        self.text = text
        self.signatures = signatures
    }

    /// Reads a note; refuses everything that is not the one form of it.
    package init(bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= Self.mostBytes, let whole = String(validating: bytes, as: UTF8.self),
            Self.isText(whole),
            let gap = whole.utf8.lastRange(of: "\n\n")
        else { throw .malformed }
        text = String(whole[..<whole.utf8.index(after: gap.lowerBound)])
        var lines = whole[gap.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
        // Behind the last newline.
        guard lines.popLast()?.isEmpty == true, !lines.isEmpty, lines.count <= Self.mostSignatures else {
            throw .malformed
        }
        var signatures: [NoteSignature] = []
        for line in lines { signatures.append(try NoteSignature(line: line)) }
        self.signatures = signatures
    }

    package var bytes: [UInt8] {
        Array((text + "\n" + signatures.map(\.line).joined()).utf8)
    }

    /// The keys among the known ones that have signed the note. Signatures of others are passed over.
    ///
    /// Throws ``NoteError/badSignature`` when one in the name of a known key does not hold, ``NoteError/unsigned`` when none is there.
    package func verify(_ known: [NoteKey]) throws(NoteError) -> [NoteKey] {
        var signers: [NoteKey] = []
        for signature in signatures {
            guard let key = known.first(where: signature.isBy), !signers.contains(key) else { continue }
            guard signature.holds(key, text) else { throw .badSignature }
            signers.append(key)
        }
        guard !signers.isEmpty else { throw .unsigned }
        return signers
    }

    /// When the key has cosigned it, in seconds since 1970: the latest of its cosignatures that hold; nil without one.
    package func cosigned(by key: NoteKey) -> UInt64? {
        guard key.kind == .cosignature else { return nil }
        return signatures.filter { $0.holds(key, text) }.compactMap(\.time).max()
    }

    private static func isText(_ text: String) -> Bool {
        text.utf8.last == 0x0A && text.utf8.count > 1 && text.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0A }
    }

    /// C2SP asks for 16 at least: the log's own, and as many witnesses as a policy may have.
    private static let mostSignatures = 40
    package static let mostBytes = 16_384
}

extension Substring.UTF8View {
    fileprivate func isEqual(_ text: String) -> Bool { elementsEqual(text.utf8) }
}

extension String.UTF8View {
    /// The last place of two bytes.
    fileprivate func lastRange(of pair: String) -> Range<Index>? {
        guard count >= 2 else { return nil }
        var end = endIndex
        while let start = index(end, offsetBy: -2, limitedBy: startIndex) {
            if self[start..<end].isEqual(pair) { return start..<end }
            end = index(before: end)
        }
        return nil
    }
}
