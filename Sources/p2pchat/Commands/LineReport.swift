/// Says what became of lines, one after the other, and keeps count.
struct LineReport {
    let json: Bool
    private(set) var delivered = 0
    /// Whether some wait in the outbox.
    private(set) var isQueued = false
    /// Of the first line that could not be sent.
    private(set) var failure: ExitCode?

    init(json: Bool) {
        self.json = json
    }

    /// One line as JSON.
    private struct LineResult: Encodable {
        let v = 1
        let line: Int
        var id: String?
        var peer: PeerJSON?
        var state: String?
        var reason: String?
        var error: String?
        var exit: Int32?
    }

    /// - Parameter results: One for each line; only the first one's where none of them was sent.
    mutating func say(_ lines: [Int], _ results: [Result<SendResult, any Error>]) throws {
        var same: (first: Int, last: Int, error: CommandError)?
        for (line, result) in zip(lines, results) {
            switch result {
            case .success(let sent): try say(line, sent)
            case .failure(let error):
                let error = CommandError(describing: error)
                if json {
                    try Output.json(LineResult(line: line, error: error.message, exit: error.code.rawValue))
                }
                // Many that fail together, because the peer is gone, are one thing to say.
                if let before = same, before.error.message == error.message {
                    same?.last = line
                } else {
                    say(same)
                    same = (line, line, error)
                }
            }
        }
        say(same)
    }

    private mutating func say(_ line: Int, _ sent: SendResult) throws {
        if sent.reason == nil { delivered += 1 } else { isQueued = true }
        if json {
            try Output.json(
                LineResult(line: line, id: sent.id, peer: sent.peer, state: sent.state, reason: sent.reason))
        } else if let reason = sent.reason {
            try Output.line(sent.id)
            Output.note("line \(line): queued for \(sent.peer.name): \(reason)")
        }
    }

    private mutating func say(_ failed: (first: Int, last: Int, error: CommandError)?) {
        guard let (first, last, error) = failed else { return }
        if failure == nil || !json {
            let which = first == last ? "line \(first)" : "lines \(first) to \(last)"
            Output.error(CommandError(error.code, "\(which): \(error.message)", hint: error.hint))
        }
        failure = failure ?? error.code
    }
}
