import FoundationEssentials

/// The commands as ArgumentParser describes them in its dump, as far as the manual shows them.
struct HelpDump: Decodable {
    let command: Command

    struct Command: Decodable {
        let commandName: String
        let abstract: String?
        let discussion: String?
        let shouldDisplay: Bool?
        let subcommands: [Command]?
        let arguments: [Argument]?

        var shown: [Command] {
            (subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }
        }
        var shownArguments: [Argument] { (arguments ?? []).filter(\.shouldDisplay) }
    }

    struct Argument: Decodable {
        enum Kind: String, Decodable {
            case positional, option, flag
        }

        struct Name: Decodable {
            enum Kind: String, Decodable {
                case long, short, longWithSingleDash
            }

            let kind: Kind
            let name: String

            var text: String { (kind == .long ? "--" : "-") + name }
        }

        let kind: Kind
        let shouldDisplay: Bool
        let isOptional: Bool
        let isRepeating: Bool
        let names: [Name]?
        let valueName: String?
        let abstract: String?
        let defaultValue: String?

        /// As a synopsis has it.
        var usage: String {
            let value = "<\(valueName ?? "value")>"
            let word =
                switch kind {
                case .positional: value
                case .flag: name
                case .option: name + " " + value
                }
            return (isOptional ? "[\(word)]" : word) + (isRepeating ? " ..." : "")
        }

        /// As the list of options has it.
        var heading: String {
            let value = "<\(valueName ?? "value")>"
            guard kind != .positional else { return value }
            let all = (names ?? []).map(\.text).joined(separator: ", ")
            return kind == .option ? all + " " + value : all
        }

        private var name: String {
            (names ?? []).first { $0.kind == .long }?.text ?? names?.first?.text ?? ""
        }
    }

    init(_ json: String) throws {
        self = try JSONDecoder().decode(HelpDump.self, from: Data(json.utf8))
    }
}
