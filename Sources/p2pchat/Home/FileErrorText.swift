import Files
import Terminal

extension CommandError {
    /// Why a file was not sent or taken.
    static func file(_ error: FileError) -> CommandError {
        let text = VisibleText("\(error)").description
        return switch error {
        case .unknown: CommandError(.usage, text, hint: "see them with: p2pchat files")
        case .over: CommandError(.usage, text)
        case .notRegular: CommandError(.badData, text, hint: "pack a folder first, for example with tar")
        case .changing, .tooMany: CommandError(.tryAgain, text)
        case .notDirectory, .noSpace, .inputOutput: CommandError(.inputOutput, text)
        }
    }
}
