package import Identity

extension HomeStore {
    /// Reads a whole backup without keeping anything: afterwards it is known to be whole, authentic and understood.
    ///
    /// - Parameter reader: at its beginning; it is there again afterwards.
    /// - Throws: `IdentityError`.
    package static func check(backup reader: BackupReader) throws -> BackupSummary {
        var content = BackupContent(reader)
        while try content.next() != nil {}
        try reader.rewind()
        return try content.summary
    }

    /// Puts a backup's content into this database, which is new.
    ///
    /// Outgoing messages that were queued are restored as sent, and stay out of the outbox: they may have been delivered, or
    /// taken back, since the backup was made. Incoming ones count as shown.
    ///
    /// - Throws: `IdentityError`, `StoreError`; what was restored until then stays, so the caller throws the database away.
    package func restore(backup reader: BackupReader, history: Bool) async throws {
        var content = BackupContent(reader)
        var messages: [StoredMessage] = []
        while let item = try content.next() {
            switch item {
            case .settings(let settings): try save(settings)
            case .contact(let contact): try save(contact)
            case .conversation(let peer, let retention):
                if history, let retention { try await setRetention(retention, with: peer) }
            case .message(let message):
                guard history else { continue }
                messages.append(message)
                guard messages.count == Self.restorePiece else { continue }
                _ = try await restore(messages: messages)
                messages = []
            }
        }
        _ = try await restore(messages: messages)
    }

    private static let restorePiece = 500
}

/// The content of a backup, line by line, each checked for itself and for its place.
private struct BackupContent {
    enum Item {
        case settings(HomeSettings)
        case contact(Contact)
        case conversation(PublicIdentity, retention: Int64?)
        case message(StoredMessage)
    }

    private var lines: BackupLines
    private var begin: BackupRecord.Begin?
    private var peers: [PublicIdentity] = []
    private var contacts = 0
    private var messages = 0

    init(_ reader: BackupReader) {
        lines = BackupLines(reader)
    }

    /// Nil behind the end.
    mutating func next() throws -> Item? {
        do {
            return try item()
        } catch let error as IdentityError {
            // A text that is no identity or handle is for the person a backup that cannot be understood.
            switch error {
            case .backup, .inputOutput, .sodium: throw error
            default: throw IdentityError.backup(.content)
            }
        } catch {
            throw IdentityError.backup(.content)
        }
    }

    var summary: BackupSummary {
        get throws {
            guard let begin else { throw IdentityError.backup(.content) }
            return BackupSummary(
                made: Milliseconds.date(begin.made), hasHistory: begin.history, contacts: contacts,
                messages: messages)
        }
    }

    private mutating func item() throws -> Item? {
        if begin == nil {
            guard case .begin(let first)? = try lines.next() else { throw IdentityError.backup(.content) }
            begin = first
        }
        switch try lines.next() {
        case .settings(let settings): return .settings(try settings.settings())
        case .contact(let contact):
            contacts += 1
            return .contact(try contact.contact())
        case .conversation(let conversation):
            let peer = try PublicIdentity(fingerprint: conversation.peer)
            peers.append(peer)
            return .conversation(peer, retention: conversation.retention)
        case .message(let message):
            guard peers.indices.contains(message.conversation) else { throw IdentityError.backup(.content) }
            messages += 1
            return .message(try message.message(with: peers[message.conversation]))
        case .end(let end):
            guard end.contacts == contacts, end.messages == messages, try lines.next() == nil else {
                throw IdentityError.backup(.content)
            }
            return nil
        case .begin, nil: throw IdentityError.backup(.content)
        }
    }
}
