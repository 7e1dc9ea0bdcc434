import ArgumentParser
import Foundation
import Terminal

struct LogPolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Say whose cosignatures the directory's log has to have before this home believes it.",
        discussion: """
            The file is a policy as C2SP tlog-policy has it: a line for each witness, as p2pchat witness prints it, and a quorum. From then
            on nothing is believed that these witnesses have not cosigned within a day, so a directory cannot show you alone another log
            without them. When they are away, you wait.

            Examples:
              p2pchat log policy
              p2pchat log policy witnesses.txt
              p2pchat log policy --none
            """)

    @OptionGroup var options: HomeOptions

    @Argument(help: "The file with the policy. None: the one that is in force is printed.")
    var file: String?

    @Flag(help: "Ask for no cosignatures any more.")
    var none = false

    @Flag(help: "One JSON object.")
    var json = false

    func validate() throws {
        if none, file != nil { throw ValidationError("--none and a file exclude each other.") }
    }

    func run() async throws {
        let text = try file.map(Self.read)
        let policy = try await HomeAccess(options: options).call(
            ControlMethods.logPolicy, LogPolicyParameters(text: text, removes: none), { $0.logPolicy })
        if json { return try Output.json(policy) }
        if let quorum = policy.quorum {
            if file == nil, let text = policy.text {
                try Output.line(text.hasSuffix("\n") ? String(text.dropLast()) : text)
            }
            Output.note("the log is believed with cosignatures of \(VisibleText(quorum))")
        } else {
            Output.note("no cosignatures are asked for")
        }
    }

    /// A policy as text; it is looked at where it is used.
    static func read(_ file: String) throws -> String {
        guard let handle = FileHandle(forReadingAtPath: try FolderCheck.readable(file)) else {
            throw CommandError(.inputOutput, "cannot read \(file)")
        }
        // One more than a policy may have, so that a longer one is seen to be one.
        let bytes = try handle.read(upToCount: 65_537) ?? Data()
        guard let text = String(data: bytes, encoding: .utf8) else {
            throw CommandError(.badData, "\(file) is not UTF-8")
        }
        return text
    }
}
