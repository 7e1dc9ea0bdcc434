import TestSupport

/// `terminal-probe` with this TERM: tmux sets its own for what runs in it, whatever the environment says.
func probe(_ mode: String, terminal: String) throws -> [String] {
    ["/usr/bin/env", "TERM=\(terminal)", try BuiltProducts.executable("terminal-probe"), mode]
}

/// The full screen of `terminal-probe` in a terminal of tmux.
func withProbeScreen(
    columns: Int = 80, rows: Int = 24, terminal: String = "tmux-256color",
    environment: [String: String] = [:],
    _ body: (TmuxScreen) async throws -> Void
) async throws {
    let command = try probe("screen", terminal: terminal)
    try await TmuxScreen.with(columns: columns, rows: rows, environment: environment, command: command) {
        screen in
        try await screen.wait(for: "the line") { $0.count == rows && $0.last == ">" }
        try await body(screen)
    }
}

extension TmuxScreen {
    func enter(_ line: String) async throws {
        try await type(line)
        try await press("Enter")
    }

    /// Waits until the line being typed, with what stands before it, is this.
    @discardableResult
    func wait(forLine line: String) async throws -> [String] {
        try await wait(for: "“\(line)” being typed") { $0.last == line }
    }
}
