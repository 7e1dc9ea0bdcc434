/// Whose cosignatures a checkpoint has to have: the text form of C2SP tlog-policy.
///
/// Names are UTF-8 here, where the specification has any octets; keys of witnesses are Ed25519 (signature type 0x04).
package struct WitnessPolicy: Equatable, Sendable {
    package struct Witness: Equatable, Sendable {
        /// Means something in its policy only.
        package let name: String
        package let key: NoteKey
    }

    /// Which sets of witnesses are enough.
    private indirect enum Rule: Equatable, Sendable {
        case witness(Int)
        /// At least so many of the members.
        case group(Int, [Rule])
    }

    /// As it was read.
    package let text: String
    /// The logs that it is for; none: for whichever.
    package let logs: [NoteKey]
    package let witnesses: [Witness]
    /// Nil: `quorum none`.
    private let quorum: Rule?

    /// Reads a policy of at most 65,536 bytes. Throws ``WitnessPolicyError``.
    package init(text: String) throws(WitnessPolicyError) {
        guard text.utf8.count <= Self.mostBytes else { throw WitnessPolicyError(0, "is too long") }
        var reader = Reader()
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            guard line.utf8.allSatisfy({ $0 == 0x09 || $0 >= 0x20 && $0 != 0x7F }) else {
                throw WitnessPolicyError(number, "has a control character")
            }
            let words = line.split { $0 == " " || $0 == "\t" }.map(String.init)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            do {
                try reader.take(first, Array(words.dropFirst()))
            } catch {
                throw WitnessPolicyError(number, error.what)
            }
        }
        guard let quorum = reader.quorum else { throw WitnessPolicyError(0, "has no quorum line") }
        self.text = text
        (logs, witnesses, self.quorum) = (reader.logs, reader.witnesses, quorum)
    }

    /// Whether cosignatures of these keys are enough.
    package func isSatisfied(by signers: Set<NoteKey>) -> Bool {
        quorum.map { isSatisfied($0, by: signers) } ?? true
    }

    private func isSatisfied(_ rule: Rule, by signers: Set<NoteKey>) -> Bool {
        switch rule {
        case .witness(let number): signers.contains(witnesses[number].key)
        case .group(let least, let members):
            members.count { isSatisfied($0, by: signers) } >= least
        }
    }

    /// What it asks for, for people: `2 of (w1, w2, w3)`.
    package var summary: String { quorum.map(summary) ?? "none" }

    private func summary(_ rule: Rule) -> String {
        switch rule {
        case .witness(let number): witnesses[number].name
        case .group(let least, let members):
            "\(least) of (\(members.map(summary).joined(separator: ", ")))"
        }
    }

    private static let mostBytes = 65_536
    /// What a note has room for beside its log's own signatures.
    fileprivate static let most = 32

    private struct Reader {
        var logs: [NoteKey] = []
        var witnesses: [Witness] = []
        var quorum: Rule??
        private var named: [String: Rule] = [:]
        private var members: Set<String> = []

        mutating func take(_ keyword: String, _ words: [String]) throws(Malformed) {
            switch (keyword, words.count) {
            case ("log", 1...2): try addLog(words[0])
            case ("witness", 2...3): try addWitness(words[0], words[1])
            case ("group", 3...): try addGroup(words[0], words[1], Array(words.dropFirst(2)))
            case ("quorum", 1):
                guard quorum == nil else { throw Malformed("is a second quorum line") }
                quorum = .some(words[0] == "none" ? nil : try rule(words[0]))
            case ("log", _), ("witness", _), ("group", _), ("quorum", _):
                throw Malformed("has too few or too many words")
            default: throw Malformed("begins with neither log, witness, group nor quorum")
            }
        }

        private mutating func addLog(_ text: String) throws(Malformed) {
            guard let key = NoteKey(text: text), key.kind == .note else {
                throw Malformed("has no key of a log")
            }
            guard !logs.contains(where: { $0.publicKey == key.publicKey }) else {
                throw Malformed("has the key of an earlier log")
            }
            guard logs.count < WitnessPolicy.most else { throw Malformed("is one log too many") }
            logs.append(key)
        }

        private mutating func addWitness(_ name: String, _ text: String) throws(Malformed) {
            guard let key = NoteKey(text: text), key.kind == .cosignature else {
                throw Malformed("has no Ed25519 key for cosignatures")
            }
            guard !witnesses.contains(where: { $0.key.publicKey == key.publicKey }) else {
                throw Malformed("has the key of an earlier witness")
            }
            guard witnesses.count < WitnessPolicy.most else { throw Malformed("is one witness too many") }
            try define(name, .witness(witnesses.count))
            witnesses.append(Witness(name: name, key: key))
        }

        private mutating func addGroup(
            _ name: String, _ least: String, _ members: [String]
        ) throws(Malformed) {
            var rules: [Rule] = []
            for member in members {
                rules.append(try rule(member))
                guard self.members.insert(member).inserted else {
                    throw Malformed("has a member that is one already")
                }
            }
            let count: Int?
            switch least {
            case "all": count = members.count
            case "any": count = 1
            default: count = Int(least).flatMap { String($0) == least ? $0 : nil }
            }
            guard let count, (1...members.count).contains(count) else {
                throw Malformed("asks for neither all, any nor a number of its members")
            }
            try define(name, .group(count, rules))
        }

        private mutating func define(_ name: String, _ rule: Rule) throws(Malformed) {
            guard name != "none", named[name] == nil else { throw Malformed("has a name that is taken") }
            guard named.count < 2 * WitnessPolicy.most else { throw Malformed("is one group too many") }
            named[name] = rule
        }

        private func rule(_ name: String) throws(Malformed) -> Rule {
            guard let rule = named[name] else { throw Malformed("has a name that no line above defines") }
            return rule
        }
    }

    private struct Malformed: Error {
        let what: String
        init(_ what: String) { self.what = what }
    }
}

/// Why a text is no policy.
package struct WitnessPolicyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// From 1; 0: the whole.
    package let line: Int
    package let description: String

    init(_ line: Int, _ what: String) {
        self.line = line
        description = line == 0 ? "the policy \(what)" : "line \(line) \(what)"
    }
}
