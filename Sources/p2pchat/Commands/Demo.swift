import ArgumentParser
import Chat
import Directory
import Foundation
import Glibc
import Identity
import Synchronization
import Terminal

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show everything once, over real sockets of this machine, with throw-away keys.",
        discussion: """
            A directory and three people: keys, registration, finding, comparing, talking, leaving. In a terminal it then leaves
            you in a chat with a peer that echoes. Nothing of it stays.

            With --misbehave: a directory that lies, in every way that docs/directory.md names; who notices it, where, and the
            evidence. Exit code 0 when everything came as that table says.

            Examples:
              p2pchat demo
              p2pchat demo --misbehave
              p2pchat demo > transcript.txt
            """)

    @Flag(help: "No line editing in the chat at the end.")
    var plain = false

    @Flag(help: "Show what comes of a directory that lies, instead.")
    var misbehave = false

    func run() async throws {
        let stopping = StopSignal()
        if misbehave {
            let folder = FileManager.default.temporaryDirectory.path + "/p2pchat-demo-" + UUID().uuidString
            try Home(option: folder).create()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let isFinished = Mutex(false)
            try await play(until: stopping) {
                try await Misbehaving(folder: folder).play()
                isFinished.withLock { $0 = true }
            }
            // A script that takes 0 for "all of it was noticed" must not get it for a half.
            guard isFinished.withLock({ $0 }) else { throw CancellationError() }
            return
        }
        let stage = try await DemoStage.make()
        defer { stage.remove() }
        let isTerminal = isatty(STDIN_FILENO) == 1 && Output.isTerminal
        try await play(until: stopping, beside: { await stage.run() }) {
            try await DemoScript(stage: stage).play()
            if isTerminal { try await EchoChat(stage: stage, isPlain: plain).run(stopping) }
        }
    }

    /// Plays to the end, or until a signal comes.
    private func play(
        until stopping: StopSignal, beside: @escaping @Sendable () async -> Void = {},
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let service = OnlineService {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await beside() }
                group.addTask {
                    await stopping.wait()
                    throw CancellationError()
                }
                group.addTask {
                    try await body()
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
