import Chat
import Terminal
import Wire

/// The demonstration's end in a terminal: the user, and a peer that sends back what it gets.
struct EchoChat: Sendable {
    let stage: DemoStage
    let isPlain: Bool

    func run(_ stopping: StopSignal) async throws {
        try Output.line(
            "\nNow you: a chat with a peer that echoes. /help lists the commands, /quit leaves.\n")
        let echo = try await stage.node("echo", keys: stage.makeKeys("echo"), isDiscoverable: true)
        let you = try await stage.node("you", keys: stage.makeKeys("you"), isDiscoverable: true)
        let names = KnownNames()
        let interface: any ChatInterface =
            isPlain ? PlainInterface() : try TerminalInterface(completions: names.completions)
        stopping.onRaise {
            interface.stop()
            you.stop()
            echo.stop()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await echo.run() }
            group.addTask { try await you.run() }
            group.addTask { await reply(echo) }
            _ = try? await echo.firstPresence()
            try await LineChat(node: you, interface: interface, names: names).run(first: "echo")
            interface.stop()
            echo.stop()
            try await group.waitForAll()
        }
    }

    private func reply(_ echo: Node) async {
        while let event = await echo.messenger.events.next() {
            guard case .message(let message) = event, case .text(let text) = message.content else { continue }
            let peer = ResolvedPeer(identity: message.peer.identity, handle: message.peer.handle)
            // Whoever left meanwhile misses an echo.
            _ = try? await echo.messenger.send(text, to: peer)
        }
    }
}
