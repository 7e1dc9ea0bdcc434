import ArgumentParser
import Chat
import Directory
import Identity
import Store
import Wire

struct Listen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Go online and print what arrives, until a signal ends it.",
        discussion: """
            With --json, one object a line: "online", "offline", "message", "link", "file" and "changed" events, each with "v":1.
            While it runs, the other commands of the same home (send, who, lookup, status, verify) work through it.

            Examples:
              p2pchat listen
              p2pchat listen --accept-files ~/Downloads
              p2pchat listen --json | jq -a 'select(.event=="message") | .text'
            """)

    @OptionGroup var options: HomeOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    @Flag(help: "Take up strangers' requests by itself: for bots.")
    var acceptRequests = false

    @Option(
        help: ArgumentHelp(
            "Take every file that a contact offers, without a question, into this folder.", valueName: "dir"))
    var acceptFiles: String?

    func run() async throws {
        let folder = try acceptFiles.map(FolderCheck.writable)
        try await Online(options: options, takesFilesInto: folder).run { node in
            try await Printer(node: node, json: json, acceptsRequests: acceptRequests).run()
        }
    }
}

/// Prints a node's events until the node ends.
struct Printer: Sendable {
    let node: Node
    let json: Bool
    let acceptsRequests: Bool

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var outages = OutageFilter()
                for await state in await node.directoryStates() where outages.isNews(state) {
                    try show(state)
                }
            }
            while let event = await node.messenger.events.next() {
                try await show(event)
                if acceptsRequests, case .message(let message) = event, message.isRequest {
                    try await node.messenger.accept(message.peer.identity)
                }
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func show(_ event: ChatEvent) async throws {
        guard json else {
            if let line = EventLine.text(event) { try Output.line(line) }
            if case .message(let message) = event { node.messenger.shown(message.stored) }
            return
        }
        switch event {
        case .message(let message):
            try Output.json(EventJSON.Message(message))
            node.messenger.shown(message.stored)
        case .state(let peer, let ids, let state):
            for id in ids {
                try Output.json(
                    EventJSON.State(id: id.description, state: state.description, peer: PeerJSON(peer)))
            }
        case .presence(let peer, let isOnline):
            try Output.json(EventJSON.Presence(peer: PeerJSON(peer), online: isOnline))
        case .notKept(let peer, let reason):
            try Output.json(
                EventJSON.NotKept(
                    peer: PeerJSON(peer), reason: CommandError(describing: reason).message))
        case .file(let peer, let event):
            if let file = await EventJSON.File(peer, event, node.messenger.files) { try Output.json(file) }
        case .link(let peer, let state): try Output.json(EventJSON.Link(peer, state))
        case .changed(let peer, let handle, let replacement):
            try Output.json(
                EventJSON.Changed(
                    peer: PeerJSON(peer), handle: handle.text, replacement: replacement.fingerprint))
        }
    }

    private func show(_ state: DirectoryState) throws {
        guard json else {
            if let line = DirectoryStateText.line(state) { Output.note("* " + line) }
            return
        }
        switch state {
        case .connecting, .stopped: break
        case .offline(let reason, _):
            try Output.json(EventJSON.Offline(reason: CommandError(describing: reason).message))
        case .online(let presence):
            try Output.json(
                EventJSON.Online(
                    fingerprint: node.identity.fingerprint, handle: presence.handle?.text,
                    directory: node.settings.directory?.description ?? "",
                    addresses: DirectoryStateText.reached(presence), discoverable: presence.discoverable,
                    callable: presence.isCallable, problem: DirectoryStateText.problem(presence)))
        }
    }
}
