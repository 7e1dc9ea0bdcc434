import Identity
import Store

/// The path through a first start, as a value: which question is next, by what was answered and what came of it. Nothing is done in
/// here; what is to be done is a deed, whose outcome is told.
///
/// No secret comes in here: of one that was typed only what matters for the way.
struct FirstStart: Equatable, Sendable {
    private(set) var step: Step
    /// What is being done; meanwhile nothing is asked.
    private(set) var deed: Deed?
    /// What was wrong with the last answer, or what came of it.
    private(set) var remark: Remark?
    private(set) var settings: HomeSettings
    private(set) var identity: PublicIdentity?
    /// Whom to talk with at the end, as the user named it.
    private(set) var peer: String?
    private(set) var end: End?
    let homePath: String
    /// The directory of the invite.
    private var invitedTo: DirectoryReference?
    private var isSealed = true
    /// The user left while something was done that is seen through.
    private var isLeaving = false

    /// - Parameters:
    ///   - identity: nil where there is none yet.
    ///   - peer: whom the user wants to talk with, perhaps by an invite, which brings its directory along.
    init(
        homePath: String, identity: PublicIdentity? = nil, settings: HomeSettings = HomeSettings(),
        peer: String? = nil
    ) {
        self.homePath = homePath
        self.identity = identity
        self.settings = settings
        self.peer = peer
        step = identity == nil ? .identity : .directory
        if let peer, Invite.isMeant(by: peer) { invitedTo = (try? Invite(peer))?.directory }
    }

    /// The directory that Enter alone takes.
    var offeredDirectory: DirectoryReference? { settings.directory ?? invitedTo }

    var offeredAddress: Endpoint? { settings.listen ?? (try? Endpoint(host: "0.0.0.0", port: 0)) }

    // MARK: Answers

    /// - Returns: What is to be done now; `finish` is told what came of it.
    mutating func take(_ answer: Answer) -> Deed? {
        guard end == nil else { return nil }
        if let deed { return leaveOrGoBack(answer, during: deed) }
        remark = nil
        switch answer {
        case .leave: end = .left
        case .back: goBack()
        case .secret(let secret): return take(secret)
        case .line(let line):
            let text = line.trimmed
            switch text.lowercased() {
            case "back", "/back": goBack()
            case "quit", "/quit": end = .left
            default: return take(text)
            }
        }
        return nil
    }

    private mutating func leaveOrGoBack(_ answer: Answer, during deed: Deed) -> Deed? {
        switch answer {
        case .leave where deed.isReadOnly: end = .left
        // At its end: what cannot be taken back is not left half-way.
        case .leave: isLeaving = true
        case .back where deed.isReadOnly:
            self.deed = nil
            remark = Remark(text: "given up", isProblem: false)
        case .back, .line, .secret: break
        }
        return nil
    }

    private mutating func take(_ text: String) -> Deed? {
        switch step {
        case .identity: takeKind(text)
        case .noPassphrase: return takeNoPassphrase(text)
        case .words: return takeNoted(text)
        case .backup: return takeBackup(text)
        case .restored: return settings.directory == nil ? go(.directory) : begin(.save(settings))
        case .directory: return takeDirectory(text)
        case .handle: return takeHandle(text)
        case .claim(let handle): return takeClaim(text, handle)
        case .discoverable: takeDiscoverable(text)
        case .address: return takeAddress(text)
        // Answered by secrets.
        case .passphrase, .passphraseAgain, .backupPassphrase: break
        }
        return nil
    }

    private mutating func begin(_ deed: Deed) -> Deed? {
        self.deed = deed
        return deed
    }

    private mutating func go(_ step: Step) -> Deed? {
        self.step = step
        return nil
    }

    @discardableResult
    private mutating func refuse(_ text: String) -> Deed? {
        remark = Remark(text: text)
        return nil
    }

    private static func yesOrNo(_ text: String, default isYes: Bool) -> Bool? {
        switch text.lowercased() {
        case "": isYes
        case "y", "yes": true
        case "n", "no": false
        default: nil
        }
    }

    // MARK: An identity

    private mutating func takeKind(_ text: String) {
        switch text.lowercased() {
        case "", "n", "new", "1": step = .passphrase
        case "r", "restore", "2": step = .backup
        default: refuse("please answer n or r")
        }
    }

    private mutating func take(_ secret: TypedSecret) -> Deed? {
        switch (step, secret) {
        case (_, .tooLong): return refuse("a passphrase has at most 1024 bytes")
        case (.passphrase, .given): step = .passphraseAgain
        case (.passphrase, _): step = .noPassphrase
        case (.passphraseAgain, .given):
            isSealed = true
            return begin(.make)
        case (.passphraseAgain, _):
            step = .passphrase
            return refuse("the two differ; choose it anew")
        case (.backupPassphrase, .empty): step = .backup
        case (.backupPassphrase(let file), _): return begin(.restore(file))
        default: break
        }
        return nil
    }

    private mutating func takeNoPassphrase(_ text: String) -> Deed? {
        switch Self.yesOrNo(text, default: false) {
        case true?:
            isSealed = false
            return begin(.make)
        case false?: return go(.passphrase)
        case nil: return refuse("please answer yes or no")
        }
    }

    private mutating func takeNoted(_ text: String) -> Deed? {
        switch Self.yesOrNo(text, default: false) {
        case true?: return begin(.keep(sealed: isSealed))
        case false?: return refuse("take your time; type yes when they are on paper")
        case nil: return refuse("please answer yes or no")
        }
    }

    private mutating func takeBackup(_ text: String) -> Deed? {
        guard !text.isEmpty else {
            return refuse("type the path of a file that p2pchat key backup wrote, or back")
        }
        return begin(.look(atBackup: text))
    }

    // MARK: A directory

    private mutating func takeDirectory(_ text: String) -> Deed? {
        // As the server prints it, quoted for a shell, or broken by whoever passed it on.
        var pasted = text.hasPrefix("directory ") ? String(text.dropFirst("directory ".count)) : text
        pasted.removeAll { $0.isWhitespace || $0 == "'" || $0 == "\"" }
        switch pasted.lowercased() {
        case "": break
        case "none", "no":
            invitedTo = nil
            settings.directory = nil
            return goWithoutDirectory()
        default:
            do throws(IdentityError) {
                guard Invite.isMeant(by: pasted) else { return begin(.reach(try DirectoryReference(pasted))) }
                return takeInvite(try Invite(pasted))
            } catch {
                return refuse("\(error)")
            }
        }
        guard let offeredDirectory else { return goWithoutDirectory() }
        return begin(.reach(offeredDirectory))
    }

    private mutating func takeInvite(_ invite: Invite) -> Deed? {
        peer = invite.description
        invitedTo = invite.directory
        if let invitedTo { return begin(.reach(invitedTo)) }
        let way = invite.address == nil ? "says neither where nor at which directory" : "names no directory"
        remark = Remark(
            text: "the invite \(way); it is kept for the end. A directory, or Enter for none?",
            isProblem: false)
        return nil
    }

    private mutating func goWithoutDirectory() -> Deed? {
        settings.goesWithoutDirectory = true
        settings.handle = nil
        settings.isDiscoverable = false
        return go(.address)
    }

    private mutating func takeHandle(_ text: String) -> Deed? {
        guard let reference = settings.directory else { return go(.directory) }
        guard !text.isEmpty else { return go(.discoverable) }
        do throws(IdentityError) {
            return begin(.check(try Handle(text), reference))
        } catch {
            return refuse("\(error)")
        }
    }

    private mutating func takeClaim(_ text: String, _ handle: Handle) -> Deed? {
        switch Self.yesOrNo(text, default: true) {
        case true?:
            var claimed = settings
            claimed.handle = handle
            return begin(.claim(handle, claimed))
        case false?: return go(.handle)
        case nil: return refuse("please answer yes or no")
        }
    }

    private mutating func takeDiscoverable(_ text: String) {
        guard let isDiscoverable = Self.yesOrNo(text, default: settings.isDiscoverable) else {
            refuse("please answer yes or no")
            return
        }
        settings.isDiscoverable = isDiscoverable
        step = .address
    }

    private mutating func takeAddress(_ text: String) -> Deed? {
        guard !text.isEmpty else { return begin(.save(settings)) }
        do throws(IdentityError) {
            let isPort = text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
            return begin(.listen(try Endpoint(isPort ? "0.0.0.0:\(text)" : text)))
        } catch {
            return refuse("\(error); or a port alone")
        }
    }

    // MARK: Back

    private mutating func goBack() {
        switch step {
        case .identity: refuse("this is the first question; Ctrl-D or quit leaves")
        case .passphrase, .backup: step = .identity
        case .noPassphrase, .passphraseAgain, .words: step = .passphrase
        case .backupPassphrase: step = .backup
        case .restored, .directory:
            refuse("the identity is made and stays; there is nothing to go back to")
        case .handle: step = .directory
        case .claim: step = .handle
        case .discoverable: step = .handle
        case .address: step = settings.directory == nil ? .directory : .discoverable
        }
    }

    // MARK: Outcomes

    /// - Returns: What is to be done next.
    mutating func finish(_ outcome: Outcome) -> Deed? {
        guard let deed else { return nil }
        self.deed = nil
        var next: Deed?
        if case .failed(let reason) = outcome {
            refuse(reason)
        } else {
            next = take(outcome, of: deed)
        }
        guard !isLeaving else {
            end = .left
            return nil
        }
        return next
    }

    private mutating func take(_ outcome: Outcome, of deed: Deed) -> Deed? {
        switch (deed, outcome) {
        case (.make, .made(let words)): step = .words(words)
        case (.keep, .kept(let identity)):
            self.identity = identity
            step = .directory
        case (.look(let file), _): step = .backupPassphrase(file: file)
        case (.restore, .restored(let identity, let settings, let notes)):
            self.identity = identity
            self.settings = settings
            step = .restored(notes)
        case (.reach(let reference), _):
            // A handle belongs to the directory where it was claimed.
            if reference.identity != settings.directory?.identity { settings.handle = nil }
            settings.directory = reference
            settings.goesWithoutDirectory = false
            step = .handle
        case (.check(let handle, _), .free(let isOwn)):
            if isOwn {
                settings.handle = handle
                step = .discoverable
            } else {
                step = .claim(handle)
            }
        case (.claim(_, let claimed), _):
            settings = claimed
            step = .discoverable
        case (.listen(let address), _):
            settings.listen = address
            return begin(.save(settings))
        case (.save, _): end = .done
        default: break
        }
        return nil
    }
}
