/// The goodbye of one link, seen from one side (docs/protocol.md, "Close").
struct Closing {
    /// The own `FINAL`: not wanted, wanted behind what is queued, written.
    private enum Own {
        case none
        case wanted
        case written
    }

    private var own = Own.none
    private(set) var peerFinished = false
    /// The own goodbye answers the peer's.
    private var isAnswer = false
    /// When the socket is closed whatever happens; set by whichever side began.
    private(set) var deadline: Duration?

    static let open = Closing()

    /// The own side wants to close.
    mutating func request(deadline: Duration) {
        guard own == .none else { return }
        own = .wanted
        self.deadline = self.deadline ?? deadline
    }

    /// The peer's `FINAL` came; it is answered with one's own, behind what was already queued.
    mutating func peerFinal(deadline: Duration) {
        peerFinished = true
        isAnswer = own == .none
        request(deadline: deadline)
    }

    mutating func finalWritten() { own = .written }

    /// Whether the own `FINAL` waits to be written.
    var wantsFinal: Bool { own == .wanted }
    /// Whether the own `FINAL` was written: nothing follows it.
    var finished: Bool { own == .written }
    /// Whether both sides have said goodbye.
    var isGoodbye: Bool { finished && peerFinished }
    /// Whether nobody is leaving.
    var isOpen: Bool { own == .none && !peerFinished }
    /// Whether an envelope can still be queued: until the own goodbye is wanted, or, where it only answers the peer's,
    /// until it is written.
    var acceptsEnvelopes: Bool { own == .none || (isAnswer && own == .wanted) }
}
