/// What there is to do something with, here and now.
struct ChatSituation: Equatable, Sendable {
    var hasPeer = false
    /// Messages to the peer that are not delivered.
    var hasWaiting = false
    /// Of strangers, or somebody whose key changed.
    var hasRequest = false
    var hasUnread = false
    var hasFiles = false
    /// Files that wait for an answer.
    var hasOffer = false
}

/// What a command needs to have something to do. It may be typed all the same, and says then what is missing.
enum ChatNeed: Sendable, CaseIterable {
    case nothing, peer, waiting, request, unread, files, offer

    func isMet(by situation: ChatSituation) -> Bool {
        switch self {
        case .nothing: true
        case .peer: situation.hasPeer
        case .waiting: situation.hasWaiting
        case .request: situation.hasRequest
        case .unread: situation.hasUnread
        case .files: situation.hasFiles
        case .offer: situation.hasOffer
        }
    }

    /// Why a command has nothing to do.
    var lack: String {
        switch self {
        case .nothing: ""
        case .peer: "no peer is chosen"
        case .waiting: "nothing waits"
        case .request: "nobody asks to talk"
        case .unread: "nothing is unread"
        case .files: "there are no files"
        case .offer: "no file is offered"
        }
    }
}
