import Chat
import Directory
import Files
import Identity

/// What a key in a panel asks for.
enum PanelDeed: Equatable, Sendable {
    case talk(PeerEntry)
    case read(PublicIdentity)
    case details(PublicIdentity)
    case decide(ContactAction, PublicIdentity)
    case take(TransferKey), refuse(TransferKey), stop(TransferKey)
    /// The message at this place of what was found.
    case jump(Int)

    /// Whether it waits for others: a peer that is called, a disk.
    var mayTakeLong: Bool {
        switch self {
        case .talk, .decide, .take, .refuse, .stop: true
        case .read, .details, .jump: false
        }
    }
}

extension Panel {
    /// A key with what it does, as the last row shows it.
    struct Key: Equatable, Sendable {
        /// Nil: Enter.
        let letter: Character?
        let words: String
    }

    /// Of the item that is chosen: what cannot be done with it is not offered.
    var keys: [Key] {
        switch content {
        case .people(let people):
            (people ?? []).isEmpty
                ? [] : [Key(letter: nil, words: "talk"), Key(letter: "v", words: "details")]
        case .requests(let requests):
            requests.isEmpty
                ? []
                : [
                    Key(letter: nil, words: "read"), Key(letter: "a", words: "accept"),
                    Key(letter: "d", words: "decline"), Key(letter: "b", words: "block"),
                ]
        case .files(let files):
            files.indices.contains(position) ? Self.keys(of: files[position]) : []
        case .details: []
        case .found(let found): found.messages.isEmpty ? [] : [Key(letter: nil, words: "go there")]
        }
    }

    private static func keys(of file: FileItem) -> [Key] {
        var keys: [Key] = []
        if file.canBeTaken { keys += [Key(letter: nil, words: "get")] }
        if file.canBeRefused { keys += [Key(letter: "r", words: "refuse")] }
        if file.canBeStopped, !file.canBeRefused { keys += [Key(letter: "s", words: "stop")] }
        return keys
    }

    /// Letters that the panel wants to hear of.
    var letters: String { String(keys.compactMap(\.letter)) }

    /// What a key asks for: nil for one that the panel does not offer now.
    ///
    /// - Parameter letter: Nil: Enter.
    func deed(_ letter: Character?) -> PanelDeed? {
        guard keys.contains(where: { $0.letter == letter }) else { return nil }
        switch content {
        case .people(let people):
            guard let entry = people?[position].entry else { return nil }
            return letter == nil ? .talk(entry) : .details(entry.identity)
        case .requests(let requests):
            let peer = requests[position].peer
            switch letter {
            case "a": return .decide(.accept, peer)
            case "d": return .decide(.decline, peer)
            case "b": return .decide(.block, peer)
            default: return .read(peer)
            }
        case .files(let files):
            let key = files[position].key
            switch letter {
            case "r": return .refuse(key)
            case "s": return .stop(key)
            default: return .take(key)
            }
        case .details: return nil
        case .found: return .jump(position)
        }
    }
}
