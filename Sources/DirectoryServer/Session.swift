import Directory
import Identity
import Wire

/// What the service knows of one link.
struct Session {
    let link: any EnvelopeLink
    let identity: PublicIdentity
    /// Where the link comes from.
    let ip: IPAddress
    /// Addresses that were dialled back over this link and answered.
    var reached: Set<NetworkAddress> = []
    /// Publications under way.
    var publishing = 0
    /// Counts withdrawals, so that a publication under way does not bring back what was withdrawn.
    var withdrawals = 0
    /// Encoded events that wait to be sent.
    var events: [[UInt8]] = []
    /// To be closed once the events are sent.
    var isSuperseded = false
    /// Whether it is the link of a witness; its name in the operator's policy.
    var witness: String?
    /// Wakes whoever sends the events.
    let signal: AsyncStream<Void>.Continuation
    let bell: WitnessBell

    init(
        link: any EnvelopeLink, identity: PublicIdentity, ip: IPAddress,
        signal: AsyncStream<Void>.Continuation
    ) {
        (self.link, self.identity, self.ip, self.signal) = (link, identity, ip, signal)
        bell = WitnessBell(signal: signal)
    }

    /// Adds an event; when too many wait, they give way to the statement that some are missing.
    mutating func add(_ event: [UInt8], limit: Int, instead missed: [UInt8]) {
        if events.count >= limit { events = [missed] } else { events.append(event) }
        signal.yield()
    }
}
