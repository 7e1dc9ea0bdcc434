import ArgumentParser
import Chat

struct SendFile: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send-file",
        abstract: "Offer files to a peer, and wait until it has them.",
        discussion: """
            Exit code 0 means that the peer has every file, checked and on its disk. 77: it declined or stopped one; 74: one
            failed, for example because the peer's disk is full; 69: it is not there, or gave no answer, and the offer was taken
            back; 75: the offer, or what is left of a transfer that had begun, waits until this home is online (chat or
            listen) and the peer is there. After an interruption the same command goes on where it was.

            Examples:
              p2pchat send-file bob holiday.tar
              p2pchat send-file --queue bob report.pdf figures.ods
            """)

    @OptionGroup var options: HomeOptions

    @Argument(help: "Fingerprint, ip:port, handle, or the beginning of a contact's fingerprint.")
    var peer: String

    @Argument(help: ArgumentHelp("The files; a folder is to be packed first.", valueName: "file"))
    var files: [String]

    @Option(
        help: ArgumentHelp(
            "How long to wait while nothing moves: for an answer, or for the peer to come back.",
            valueName: "seconds"))
    var timeout: Double = 300

    @Flag(help: "Leave an offer that was not answered in the outbox; also when the peer is not there.")
    var queue = false

    @Flag(help: "Print progress as JSON, one object a line.")
    var json = false

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("Name at least one file.") }
        guard timeout > 0, timeout <= Operations.longestTimeout else {
            throw ValidationError("--timeout takes more than 0 and at most 86400 seconds.")
        }
    }

    func run() async throws {
        // Before anything is asked, unlocked or offered for them.
        let paths = try files.map(FolderCheck.readable)
        let progress = FileProgress(json: json)
        let sending = FileSending(
            peer: peer, paths: paths, queue: queue, patience: .seconds(timeout), progress: progress)
        let result: (files: [TransferJSON], gaveUp: Bool)
        do {
            result = try await HomeAccess(options: options).session(again: true) {
                try await sending.run(in: $0)
            }
        } catch {
            progress.endRow()
            throw error
        }
        progress.endRow()
        if result.gaveUp { throw Self.unanswered(result.files, isQueued: queue) }
        if let code = Self.code(result.files) { throw QuietExit(code: code) }
    }

    /// Nil when all are complete.
    private static func code(_ files: [TransferJSON]) -> ExitCode? {
        let states = Set(files.map(\.state))
        if states.contains("declined") || states.contains("cancelledByPeer") || states.contains("cancelled") {
            return .refused
        }
        return states.contains("failed") ? .inputOutput : nil
    }

    private static func unanswered(_ files: [TransferJSON], isQueued: Bool) -> CommandError {
        let open = files.filter { $0.state == "offered" || $0.state == "accepted" || $0.state == "cancelled" }
        let name = open.first?.peer.name ?? "the peer"
        if isQueued || open.contains(where: { $0.state == "accepted" }) {
            return CommandError(
                .tryAgain, "waiting for \(name)",
                hint:
                    "it goes on by itself while this home is online (p2pchat chat or listen), or with the same command"
            )
        }
        if open.contains(where: { $0.wait == "acceptance" }) {
            return CommandError(
                .notReachable, "\(name) has not accepted you as a contact, and takes no files of strangers",
                hint: "p2pchat send \(name) 'hello, may I send you a file?'")
        }
        return CommandError(
            .notReachable, "\(name) gave no answer in time; the offer was taken back",
            hint: "to leave it in the outbox: p2pchat send-file --queue …")
    }
}
