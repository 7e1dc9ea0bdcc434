import Chat
import Directory
import Files
import FoundationEssentials
import Identity
import Store
import Terminal

/// A list, or a page, over the lower part of the messages. What it holds is data; how it fits is the view's matter. Its texts
/// are fit for the terminal.
struct Panel: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        /// Who is discoverable; nil while the directory is asked.
        case people([PersonItem]?)
        case requests([RequestItem])
        case files([FileItem])
        case details(PeerDetails)
        case found(FoundList)
    }

    enum Kind: Equatable, Sendable {
        case people, requests, files, details, found
    }

    /// What an item of a list is, whatever place it has.
    enum Identifier: Hashable, Sendable {
        case peer(PublicIdentity)
        case file(TransferKey)
        case message(Int64)
    }

    private(set) var content: Content
    /// Of a list the item that is chosen; of a page how many of its lines are above.
    private(set) var position = 0
    /// What was done here last came to this.
    var note = ""

    init(_ content: Content) { self.content = content }

    var kind: Kind {
        switch content {
        case .people: .people
        case .requests: .requests
        case .files: .files
        case .details: .details
        case .found: .found
        }
    }

    /// Of the items of a list, in order; empty for a page.
    var items: [Identifier] {
        switch content {
        case .people(let people): (people ?? []).map { .peer($0.entry.identity) }
        case .requests(let requests): requests.map { .peer($0.peer) }
        case .files(let files): files.map { .file($0.key) }
        case .details: []
        case .found(let found): found.messages.map { .message($0.row) }
        }
    }

    var isList: Bool { kind != .details }

    /// The numbers that stand before the items, by which they are chosen too.
    func number(_ index: Int) -> Int {
        if case .files(let files) = content, files.indices.contains(index) { return files[index].number }
        return index + 1
    }

    /// Shows things as they are now. The item that was chosen stays chosen, wherever it is now.
    mutating func update(_ new: Content) {
        let chosen = items.indices.contains(position) ? items[position] : nil
        content = new
        guard isList else { return }
        let items = items
        position = chosen.flatMap { items.firstIndex(of: $0) } ?? min(position, max(0, items.count - 1))
    }

    mutating func choose(_ index: Int) {
        if items.indices.contains(index) { position = index }
    }

    /// False when there is no such number.
    mutating func choose(number: Int) -> Bool {
        guard let index = items.indices.first(where: { self.number($0) == number }) else { return false }
        position = index
        return true
    }

    /// Up or down; of a page the view knows the end.
    mutating func move(by step: Int, last: Int) {
        position = max(0, min(position + step, isList ? max(0, items.count - 1) : last))
    }
}

/// Somebody whom the directory lists.
struct PersonItem: Equatable, Sendable {
    let entry: PeerEntry
    let name: String
    let trust: Trust
    /// Of somebody who is not known here: nil.
    let standing: Standing?
}

/// A stranger who waits for an answer.
struct RequestItem: Equatable, Sendable {
    let peer: PublicIdentity
    let name: String
    let when: String
    /// What was said, exactly.
    let text: String
}

/// All that is known of one peer.
struct PeerDetails: Equatable, Sendable {
    let peer: PublicIdentity
    let name: String
    var handle: String?
    var nickname: String?
    var trust: Trust
    var standing: Standing
    var isMuted: Bool
    /// In words.
    var link: String
    /// Where the directory says that it can be called; nil when that is not known.
    var addresses: [String]?
    /// In groups, as it is read out.
    let safetyNumber: String
    /// The same as a picture, row by row.
    let code: [String]
    let ownFingerprint: String
    /// What both hold of the directory's log, in words; nil without a directory.
    var log: String?
    /// What the last comparison here came to; nil before one.
    var isEqual: Bool?
}

/// What was found by its words.
struct FoundList: Equatable, Sendable {
    let words: String
    /// The newest first; those that were read so far.
    var messages: [FoundMessage]
    /// Whether these are all.
    var isComplete: Bool
}

struct FoundMessage: Equatable, Sendable {
    let row: Int64
    let peer: PublicIdentity
    /// With whom.
    let name: String
    let when: String
    /// Who said it.
    let sender: String
    /// The part of it around the words.
    let text: String
    /// What was said just before and after it.
    let before: String?
    let after: String?
}
