import Foundation
import Synchronization
import TestSupport
import Testing

@testable import p2pchat

/// The user's notify-command: what it is told, and that it may hang, fail or be missing.
@Suite(.timeLimit(.minutes(2))) struct NotifierTests {
    private let temporary: TemporaryFolder

    init() throws {
        temporary = try TemporaryFolder()
    }

    private func notice(_ command: String, from: String = "bob", _ text: String = "hello") -> Notifier.Notice
    {
        Notifier.Notice(command: command, from: from, text: text)
    }

    private func end(_ notice: Notifier.Notice, within limit: Duration = .seconds(30)) async throws
        -> NotifyProcess.End
    {
        try await NotifyProcess.start(notice).get().end(within: limit)
    }

    @Test func itIsToldWhoAndWhat() async throws {
        let place = temporary.path + "/told"
        let told = notice(
            "(printenv P2PCHAT_FROM; cat) >\(place); echo out; echo err >&2", from: "b\u{1B}ob",
            "$(id)\n\u{1B}]2;x\u{7} \u{202E}'")
        #expect(try await end(told) == .exited(0))
        let shown = try String(contentsOfFile: place, encoding: .utf8)
        #expect(shown == "b␛ob\n$(id)\n␛]2;x␇ ⟨U+202E⟩'")
    }

    /// More than a pipe holds, and nobody reads it: nothing waits, and what is given is cut at a character.
    @Test func aLongMessageIsCut() async throws {
        let place = temporary.path + "/told"
        let long = notice("cat >\(place)", String(repeating: "é", count: 64_000))
        #expect(long.text.utf8.count == Notifier.longestText)
        #expect(try await end(long) == .exited(0))
        #expect(try String(contentsOfFile: place, encoding: .utf8) == long.text)
        #expect(
            Notifier.Notice(command: "", from: "", text: String(repeating: "世", count: 64_000)).text.utf8
                .count == 3999)
        #expect(try await end(notice("exit 0", String(repeating: "x", count: 64_000))) == .exited(0))
    }

    @Test func howItEnds() async throws {
        #expect(try await end(notice("exit 3")) == .exited(3))
        #expect(try await end(notice("/nowhere/notify")) == .exited(127))
        #expect(try await end(notice("kill -9 $$")) == .signalled(SIGKILL))
    }

    /// With all that it started.
    @Test func oneThatHangsIsKilled() async throws {
        let pipe = temporary.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        let reader = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(reader) }
        let hanging = notice("exec 3>\(pipe); trap '' TERM HUP INT; sleep 1000 & printf x >&3; sleep 1000")
        let child = try NotifyProcess.start(hanging).get()
        var byte: UInt8 = 0
        try await waitUntil("the command") { read(reader, &byte, 1) == 1 }
        #expect(await child.end(within: .milliseconds(50)) == .killed)
        // The end comes when nobody has the pipe open any more.
        try await waitUntil("the end of all of them") { read(reader, &byte, 1) == 0 }
    }

    @Test func itHasNeitherTheTerminalNorTheProgramsDescriptors() async throws {
        let place = temporary.path + "/seen"
        #expect(
            try await end(notice("ls /proc/self/fd >\(place); tty >>\(place); ps -o tty= -p $$ >>\(place)"))
                == .exited(0))
        let lines = try String(contentsOfFile: place, encoding: .utf8).split(separator: "\n")
        // The fourth is the folder that ls reads.
        #expect(lines.prefix { Int($0) != nil }.count == 4)
        #expect(lines.contains("not a tty"))
        #expect(lines.last == "?")
    }

    /// What comes beyond a few at once is dropped, the same fault is said once, and cancelling ends all.
    @Test func aFloodIsBounded() async throws {
        let notifier = Notifier()
        let said = Mutex<[String]>([])
        let place = temporary.path + "/started"
        let running = Task {
            await notifier.run { text in said.withLock { $0.append(text) } }
        }
        for _ in 0..<100 { notifier.notify(notice("echo x >>\(place); sleep 1000")) }
        let begun = { (try? String(contentsOfFile: place, encoding: .utf8).count / 2) ?? 0 }
        try await waitUntil("the command") { begun() >= 1 }
        for _ in 0..<100 { notifier.notify(notice("echo x >>\(place); sleep 1000")) }
        try await waitUntil("the command") { begun() == Notifier.mostAtOnce }
        for _ in 0..<100 { notifier.notify(notice("echo x >>\(place)")) }
        running.cancel()
        await running.value
        #expect(begun() == Notifier.mostAtOnce)
        #expect(said.withLock { $0 }.isEmpty)
    }

    @Test func aFaultIsSaidOnceOfACommand() async throws {
        let notifier = Notifier()
        let said = Mutex<[String]>([])
        let running = Task {
            await notifier.run { text in said.withLock { $0.append(text) } }
        }
        let place = temporary.path + "/again"
        for command in ["exit 3", "echo x >>\(place); exit 3", "echo x >>\(place); exit 3", "exit 4"] {
            let count = { (try? String(contentsOfFile: place, encoding: .utf8).count) ?? 0 }
            let before = count()
            let heard = said.withLock { $0.count }
            notifier.notify(notice(command))
            try await waitUntil("the command") { said.withLock { $0.count } > heard || count() > before }
        }
        try await waitUntil("the command") {
            said.withLock { $0.last } == "notify-command ended with exit code 4"
        }
        #expect(
            said.withLock { $0 } == [
                "notify-command ended with exit code 3", "notify-command ended with exit code 3",
                "notify-command ended with exit code 4",
            ])
        running.cancel()
        await running.value
    }
}
