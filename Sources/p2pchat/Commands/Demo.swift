import ArgumentParser
import Chat
import Directory
import Glibc
import Identity
import Terminal

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show everything once, over real sockets of this machine, with throw-away keys.",
        discussion: """
            A directory and three people: keys, registration, finding, comparing, talking, leaving. In a terminal it then leaves
            you in a chat with a peer that echoes. Nothing of it stays.

            Examples:
              p2pchat demo
              p2pchat demo > transcript.txt
            """)

    @Flag(help: "No line editing in the chat at the end.")
    var plain = false

    func run() async throws {
        let stage = try await DemoStage.make()
        defer { stage.remove() }
        let stopping = StopSignal()
        let isTerminal = isatty(STDIN_FILENO) == 1 && Output.isTerminal
        let service = OnlineService {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await stage.run() }
                group.addTask {
                    await stopping.wait()
                    throw CancellationError()
                }
                group.addTask {
                    try await DemoScript(stage: stage).play()
                    if isTerminal { try await EchoChat(stage: stage, isPlain: plain).run(stopping) }
                    stopping.raise()
                }
                do {
                    while try await group.next() != nil {}
                } catch is CancellationError {
                    group.cancelAll()
                }
            }
        } stop: {
            stopping.raise()
        }
        try await service.runUntilSignal()
    }
}
