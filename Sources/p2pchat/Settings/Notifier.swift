import CGlibc
import Foundation
import Glibc
import Synchronization
import Terminal

/// Runs the user's `notify-command` beside everything else. Whether it is there, fails or hangs, nothing waits for it.
final class Notifier: Sendable {
    /// What there is to say, fit for the terminal, for whoever shows it may not have a gate.
    struct Notice: Sendable {
        let command: String
        let from: String
        let text: String

        init(command: String, from: String, text: String) {
            self.command = command
            self.from = VisibleText(from).description
            var bytes = VisibleText.block(text, indent: 0).description.utf8.prefix(Notifier.longestText)
            while !bytes.isEmpty, String(bytes) == nil { bytes = bytes.dropLast() }
            self.text = String(bytes) ?? ""
        }
    }

    private let notices: AsyncStream<Notice>
    private let noticesIn: AsyncStream<Notice>.Continuation
    private let running = Mutex(0)
    /// The command of which it was said that it fails.
    private let complained = Mutex<String?>(nil)

    init() {
        (notices, noticesIn) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Notifier.mostAtOnce))
    }

    /// Returns at once. Dropped while enough are running.
    func notify(_ notice: Notice) { noticesIn.yield(notice) }

    /// Goes on until cancelled; what still runs then is killed.
    ///
    /// - Parameter say: Told once of each command that it fails.
    func run(_ say: @escaping @Sendable (String) async -> Void) async {
        await withDiscardingTaskGroup { group in
            // What is in line when the task is cancelled still comes.
            for await notice in notices where !Task.isCancelled && begin() {
                group.addTask {
                    if let fault = await self.carryOut(notice), self.isNews(notice.command) {
                        await say(fault)
                    }
                    self.running.withLock { $0 -= 1 }
                }
            }
        }
    }

    private func begin() -> Bool {
        running.withLock { running in
            guard running < Self.mostAtOnce else { return false }
            running += 1
            return true
        }
    }

    private func isNews(_ command: String) -> Bool {
        complained.withLock { complained in
            defer { complained = command }
            return complained != command
        }
    }

    /// - Returns: What went wrong.
    private func carryOut(_ notice: Notice) async -> String? {
        let child: NotifyProcess
        switch NotifyProcess.start(notice) {
        case .success(let started): child = started
        case .failure(let failure):
            return "notify-command cannot be run: \(String(cString: strerror(failure.code)))"
        }
        // A place is taken for a second at least: a flood of messages is no flood of processes.
        async let pause: Void? = try? await Task.sleep(for: Self.pause)
        let end = await child.end(within: Self.patience)
        _ = await pause
        switch end {
        case .exited(0), .cancelled: return nil
        case .exited(127): return "notify-command was not found: \(VisibleText(notice.command))"
        case .exited(let code): return "notify-command ended with exit code \(code)"
        case .signalled(let signal): return "notify-command was ended by signal \(signal)"
        case .killed: return "notify-command was killed after \(Self.patience.components.seconds) seconds"
        }
    }

    static let mostAtOnce = 4
    static let patience: Duration = .seconds(10)
    static let longestText = 4000
    private static let pause: Duration = .seconds(1)
}

/// One run of the command, in a session of its own: it has no terminal, and the keys of ours do not reach it.
struct NotifyProcess: Sendable {
    struct Failure: Error {
        let code: Int32
    }

    enum End: Equatable {
        case exited(Int32), signalled(Int32)
        /// Its time was over.
        case killed
        case cancelled
    }

    let id: pid_t

    /// What others wrote is in the environment and on standard input, and nowhere in what sh reads.
    static func start(_ notice: Notifier.Notice) -> Result<NotifyProcess, Failure> {
        // Another run that began meanwhile would get these ends too, and keep one open.
        spawning.withLock { _ in startAlone(notice) }
    }

    private static let spawning = Mutex(())

    private static func startAlone(_ notice: Notifier.Notice) -> Result<NotifyProcess, Failure> {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return .failure(Failure(code: errno)) }
        defer { for end in ends { close(end) } }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // A new pipe has room for all of it, so nobody needs to read.
        _ = Array(notice.text.utf8).withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
        // Ours close themselves; a library's may not, and another thread may open one at any moment.
        posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What this process blocks or ignores is no concern of the command.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | newSession
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var id: pid_t = 0
        let code = withCStrings(["sh", "-c", notice.command]) { arguments in
            withCStrings(environment(of: notice)) { environment in
                posix_spawn(&id, "/bin/sh", &actions, &attributes, arguments, environment)
            }
        }
        return code == 0 ? .success(NotifyProcess(id: id)) : .failure(Failure(code: code))
    }

    /// Waits for its end, and kills it with all that it started when its time is over or the task is cancelled.
    func end(within limit: Duration) async -> End {
        let deadline = ContinuousClock.now + limit
        var isKilled = false
        var pause = Duration.milliseconds(5)
        while true {
            var status: Int32 = 0
            if waitpid(id, &status, WNOHANG) != 0 {
                if isKilled { return .killed }
                let signal = status & 0x7F
                return signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
            }
            if Task.isCancelled {
                kill(-id, SIGKILL)
                _ = waitpid(id, &status, WNOHANG)
                return .cancelled
            }
            if !isKilled, ContinuousClock.now >= deadline {
                kill(-id, SIGKILL)
                isKilled = true
            }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(200))
        }
    }

    private static func environment(of notice: Notifier.Notice) -> [String] {
        var environment = ProcessInfo.processInfo.environment
        environment["P2PCHAT_FROM"] = notice.from
        return environment.map { "\($0)=\($1)" }
    }

    /// POSIX_SPAWN_SETSID, which the headers show to GNU programs only.
    private static let newSession: Int32 = 0x80

    /// For the call's time, as C has lists of strings.
    private static func withCStrings<Value>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
    ) -> Value {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}
