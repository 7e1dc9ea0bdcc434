import Synchronization
import Terminal

/// A chat window for the demonstration: the script types, and everything shown is printed with the person's name before it.
final class ScriptedInterface: ChatInterface {
    private struct State {
        var prompt = ""
        var typed = ""
        var shown: [String] = []
        var waiters: [(text: String, waiter: CheckedContinuation<Void, Never>)] = []
    }

    let lines: AsyncStream<LineEvent>
    private let linesIn: AsyncStream<LineEvent>.Continuation
    private let name: String
    private let state = Mutex(State())

    init(name: String) {
        self.name = name
        (lines, linesIn) = AsyncStream.makeStream()
    }

    func show(_ text: String) {
        let (due, half) = state.withLock { state in
            state.shown.append(text)
            let due = state.waiters.filter { text.contains($0.text) }.map(\.waiter)
            state.waiters.removeAll { text.contains($0.text) }
            return (due, state.typed.isEmpty ? nil : state.prompt + state.typed)
        }
        for line in text.split(separator: "\n") { print(String(line)) }
        if let half { print("\(half)_") }
        for waiter in due { waiter.resume() }
    }

    func prompt(_ text: String) { state.withLock { $0.prompt = text } }

    func stop() { linesIn.finish() }

    /// Types a part of a line; what arrives now appears above it.
    func type(_ part: String) {
        let line = state.withLock { state in
            state.typed += part
            return state.prompt + state.typed
        }
        print("\(line)_")
    }

    /// Types the rest of a line, and Enter.
    func enter(_ rest: String) {
        let (prompt, line) = state.withLock { state in
            let line = state.typed + rest
            state.typed = ""
            return (state.prompt, line)
        }
        print("\(prompt)\(line)")
        linesIn.yield(.line(line))
    }

    /// Waits until a line with this text was shown.
    func wait(for text: String) async throws {
        let isInTime = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await withTaskCancellationHandler {
                    await withCheckedContinuation { waiter in
                        let isThere = self.state.withLock { state in
                            if state.shown.contains(where: { $0.contains(text) }) || Task.isCancelled {
                                return true
                            }
                            state.waiters.append((text, waiter))
                            return false
                        }
                        if isThere { waiter.resume() }
                    }
                } onCancel: {
                    let waiters = self.state.withLock { state in
                        defer { state.waiters.removeAll { $0.text == text } }
                        return state.waiters.filter { $0.text == text }
                    }
                    for waiter in waiters { waiter.waiter.resume() }
                }
                return true
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(10))
                return Task.isCancelled
            }
            let isInTime = await group.next() ?? false
            group.cancelAll()
            return isInTime
        }
        guard isInTime else {
            throw CommandError(.inputOutput, "the demonstration failed: \(name) never saw \"\(text)\"")
        }
    }

    private func print(_ line: String) {
        let padding = String(repeating: " ", count: max(0, 6 - name.count))
        try? Output.line("  \(name)\(padding) | \(line)")
    }
}
