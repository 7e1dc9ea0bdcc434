import ArgumentParser
import DirectoryServer
import Identity

/// Which directory's folder `server` and the commands below it work on. One group for all of them: an option of the same name in two of them
/// would be given to the upper one alone.
struct StateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The folder for the directory's keys and handles (default: the XDG data folder).",
            valueName: "dir"
        ))
    var state: String?

    var folder: DirectoryFolder { DirectoryFolder(home: Home(stateOption: state)) }

    /// The keys of the log. Throws before the first start.
    func signer(_ keys: IdentityKeys) throws -> LogSigner {
        guard let signer = try folder.signer(keys) else {
            throw CommandError(
                .noIdentity, "there is no log key in \(folder.home.path)",
                hint: "the directory makes one when it starts: p2pchat server")
        }
        return signer
    }
}
