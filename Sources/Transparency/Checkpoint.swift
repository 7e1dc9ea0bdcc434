import Sodium

/// A directory's statement of what its log and its map are: the text of a C2SP tlog-checkpoint with one extension line.
package struct Checkpoint: Hashable, Sendable {
    /// Which log this is. The same as the name of the key that signs it.
    package let origin: String
    /// Entries.
    package let size: UInt64
    package let root: NodeHash
    /// Of the map that the first `size` entries give.
    package let mapRoot: NodeHash

    package init(origin: String, size: UInt64, root: NodeHash, mapRoot: NodeHash) {
        self.origin = origin
        self.size = size
        self.root = root
        self.mapRoot = mapRoot
    }

    /// Nil unless it is the one text of a checkpoint.
    package init?(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 5, lines[4].isEmpty, NoteKey.isName(lines[0]),
            let size = UInt64(lines[1]), size <= UInt64(Int64.max),
            let root = Base64.decode(lines[2]).flatMap({ NodeHash($0) }), lines[3].hasPrefix(Self.mapWord),
            let mapRoot = Base64.decode(lines[3].dropFirst(Self.mapWord.count)).flatMap({ NodeHash($0) })
        else { return nil }
        self.init(origin: String(lines[0]), size: size, root: root, mapRoot: mapRoot)
        // Numbers with a sign or with zeros before them, and other forms of the same.
        guard self.text == text else { return nil }
        if size == 0, root != .emptyLog || mapRoot != .emptyMap { return nil }
    }

    package var text: String {
        """
        \(origin)
        \(size)
        \(Base64.encode(root.bytes))
        \(Self.mapWord)\(Base64.encode(mapRoot.bytes))

        """
    }

    private static let mapWord = "p2pchat/1 map "
}

/// The two keys of one log: the one that signs its checkpoints, and the one with which it says that a checkpoint is still its newest.
package struct LogKeys: Hashable, Sendable {
    package let note: NoteKey
    package let cosignature: NoteKey

    /// Nil unless both bear one name.
    package init?(note: NoteKey, cosignature: NoteKey) {
        guard note.kind == .note, cosignature.kind == .cosignature, note.name == cosignature.name else {
            return nil
        }
        self.note = note
        self.cosignature = cosignature
    }
}

/// A checkpoint whose signature by its log's key holds.
package struct SignedCheckpoint: Equatable, Sendable {
    package let checkpoint: Checkpoint
    /// As it came, with the signatures of others.
    package let note: SignedNote
    /// When the log last said that this is its newest checkpoint, in seconds since 1970; nil where it never did.
    package let renewed: UInt64?

    /// Reads a note and checks the log's signatures. Throws ``NoteError``.
    package init(note: SignedNote, by log: LogKeys) throws(NoteError) {
        guard let checkpoint = Checkpoint(text: note.text), checkpoint.origin == log.note.name else {
            throw .malformed
        }
        guard try note.verify([log.note, log.cosignature]).contains(log.note) else { throw .unsigned }
        self.checkpoint = checkpoint
        self.note = note
        renewed = note.cosigned(by: log.cosignature)
    }

    /// When each of the given witnesses has cosigned it, in seconds since 1970, those without a cosignature that holds left out. One that bears a known
    /// witness' name and does not hold is passed over: a directory hands cosignatures on and must not be able to make a checkpoint unusable by them.
    package func cosignatures(of known: [NoteKey]) -> [NoteKey: UInt64] {
        Dictionary(known.compactMap { key in note.cosigned(by: key).map { (key, $0) } }) { $1 }
    }
}
