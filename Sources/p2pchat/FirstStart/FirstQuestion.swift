import Directory
import Identity
import Store

/// What is asked at a step, in words: drawn on the screen, or printed line by line.
struct FirstQuestion: Equatable, Sendable {
    var heading: String
    /// Paragraphs.
    var text: [String] = []
    /// Stand below the text as they are, each in a row of its own where there is room.
    var words: [String] = []
    /// Before what is typed; without the colon.
    var prompt: String
    /// What Enter alone does; empty where it does nothing.
    var onEnter: String
    var isSecret = false
    /// Whether Tab completes files.
    var namesFile = false
}

extension FirstStart {
    var question: FirstQuestion {
        switch step {
        case .identity:
            FirstQuestion(
                heading: "Who are you?",
                text: [
                    "There is no identity in \(homePath) yet.",
                    "An identity is a key pair on this computer; no account is made anywhere. Make a new one (n), or restore one from a backup (r)?",
                ], prompt: "[N/r]", onEnter: "a new one")
        case .passphrase:
            FirstQuestion(
                heading: "A passphrase for the new identity",
                text: [
                    "It seals the key file. You are asked for it whenever p2pchat starts; nobody can tell it to you when it is forgotten."
                ], prompt: "Passphrase (not shown)", onEnter: "without one", isSecret: true)
        case .noPassphrase:
            FirstQuestion(
                heading: "Without a passphrase?",
                text: [
                    "Whoever can read the key file, or a copy of it, is you then and can read your contacts and messages."
                ], prompt: "Go without? [y/N]", onEnter: "no, choose one")
        case .passphraseAgain:
            FirstQuestion(
                heading: "The same passphrase again", prompt: "Again (not shown)", onEnter: "choose it anew",
                isSecret: true)
        case .words(let words): Self.noting(words)
        case .backup:
            FirstQuestion(
                heading: "Restore from a backup",
                text: ["The file that p2pchat key backup wrote. Tab completes."], prompt: "File", onEnter: "",
                namesFile: true)
        case .backupPassphrase(let file):
            FirstQuestion(
                heading: "The backup's passphrase",
                text: ["\(file) is a backup. The restored identity keeps its passphrase."],
                prompt: "Passphrase (not shown)", onEnter: "another file", isSecret: true)
        case .restored(let notes):
            FirstQuestion(heading: "Restored", text: notes, prompt: "Go on", onEnter: "on")
        case .directory: directoryQuestion
        case .handle: handleQuestion
        case .claim(let handle):
            FirstQuestion(
                heading: "\(handle) is free", text: [DirectoryVisit.meaningOfClaim.joined(separator: " ")],
                prompt: "Claim \(handle)? [Y/n]", onEnter: "claim it")
        case .discoverable: discoverableQuestion
        case .address: addressQuestion
        }
    }

    private static func noting(_ words: [String]) -> FirstQuestion {
        FirstQuestion(
            heading: "Recovery words, shown only now",
            text: ["Write them on paper; with them a lost or stolen identity is revoked."],
            words: words.enumerated().map { "\($0 + 1) \($1)" }, prompt: "On paper? [y/N]",
            onEnter: "not yet")
    }

    private var directoryQuestion: FirstQuestion {
        var text = [
            "A directory tells people where they find each other. Paste its reference (host:port#p2p1…), as whoever runs it hands it out, or an invite (p2pchat:…)."
        ]
        guard let offeredDirectory else {
            text.append("Without one you can call people by invites with an address, and be called so.")
            return FirstQuestion(
                heading: "Which directory?", text: text, prompt: "Directory or invite", onEnter: "none")
        }
        text.append(
            "\(settings.directory == nil ? "The invite's" : "Chosen"): \(offeredDirectory.endpoint), \(offeredDirectory.identity.shortFingerprint)…; none goes on without one."
        )
        return FirstQuestion(
            heading: "Which directory?", text: text, prompt: "Directory or invite",
            onEnter: "\(offeredDirectory.endpoint)")
    }

    private var handleQuestion: FirstQuestion {
        let onEnter = settings.handle.map { "stay \($0)" } ?? "none"
        return FirstQuestion(
            heading: "A handle?",
            text: [
                "A name at this directory by which others find you: 3 to 32 of a-z, 0-9, _ and -, beginning with a letter. It is looked up there first; nothing is claimed yet.",
                "Without one you go by your fingerprint.",
            ], prompt: "Handle", onEnter: onEnter)
    }

    private var discoverableQuestion: FirstQuestion {
        FirstQuestion(
            heading: "Shall strangers find you?",
            text: [
                "Yes: while you are online, everybody at the directory can see your \(settings.handle == nil ? "" : "handle, ")fingerprint and address, and when you come and go.",
                "No: the directory knows that, and tells nobody. Your contacts find you by what you leave there for each, sealed; others call you only with an invite of yours.",
            ], prompt: "Discoverable? \(settings.isDiscoverable ? "[Y/n]" : "[y/N]")",
            onEnter: settings.isDiscoverable ? "yes" : "no")
    }

    private var addressQuestion: FirstQuestion {
        FirstQuestion(
            heading: "Where can you be called?",
            text: [
                "A port that is open or forwarded to this computer, or host:port. \(offeredAddress?.port == 0 ? "Enter takes a free port of every address, each time another." : "")"
            ], prompt: "Port or host:port", onEnter: offeredAddress?.description ?? "")
    }

    /// What was made or chosen so far.
    var facts: [(name: String, value: String)] {
        var facts: [(name: String, value: String)] = []
        if let identity { facts.append(("identity", identity.shortFingerprint + "…")) }
        if let directory = settings.directory { facts.append(("directory", directory.endpoint.description)) }
        if let handle = settings.handle { facts.append(("handle", handle.text)) }
        return facts
    }

    /// What is being done, for people who wait.
    var work: String? {
        switch deed {
        case nil: nil
        case .make: "making the identity…"
        case .keep: "sealing the key file…"
        case .look: "looking at the file…"
        case .restore: "restoring…"
        case .reach(let reference): "asking \(reference.endpoint)…"
        case .check(let handle, _): "asking for \(handle)…"
        case .claim(let handle, _): "claiming \(handle)…"
        case .listen(let address): "trying \(address)…"
        case .save: "keeping it…"
        }
    }

    /// Where things stand for whoever left, and how to go on.
    var farewell: [String] {
        guard let identity else { return ["nothing was made; to begin again: p2pchat chat"] }
        var lines = ["the identity \(identity.shortFingerprint)… is in \(homePath)"]
        if let handle = settings.handle { lines.append("the handle \(handle) is claimed and yours") }
        return lines + ["to go on: p2pchat chat"]
    }
}
