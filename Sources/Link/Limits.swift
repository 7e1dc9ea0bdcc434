/// Every limit of a link, each with its reason (docs/protocol.md, "Limits").
///
/// `standard` is what the protocol says. Tests shorten or lower single fields; nothing else should change them.
package struct LinkLimits: Sendable {
    package static let standard = LinkLimits()

    // MARK: Opening

    /// Time for TCP to connect. Longer than a SYN retransmission or two, shorter than a person's patience.
    package var connect: Duration = .seconds(10)
    /// From the open connection to the verified `ready`, stream headers included, on both sides. Three round trips
    /// over the slowest satellite link fit; a silent connection costs a responder no more than this.
    package var handshake: Duration = .seconds(5)

    // MARK: Unauthenticated connections at a listener

    /// All connections that have not finished their handshake. A silent one costs under 8 KiB, one behind a verified
    /// act 1 under 64 KiB (its keys lie in locked pages): a flood ends at 16 MiB.
    package var pending: Int = 256
    /// Of these, from one IPv4 address or one IPv6 /64 (what one household or host is given), so that one source cannot
    /// take all places; 8 leaves room for several people behind one address.
    package var pendingPerSource: Int = 8
    /// From this many on, a random one is dropped with rising probability: whoever floods loses most of the draws, and
    /// an honest dialler, pending for a few round trips only, rarely loses one.
    package var pendingDropFrom: Int = 64
    /// Files that connections leave to the rest of the process. Running out of them is worse than a refused connection: the
    /// runtime's own thread pool opens files, and dies when it cannot.
    package var reservedFiles: Int = 128
    /// Links that are open but not yet taken from a listener's `links`. More than this means that nobody takes them.
    package var untaken: Int = 1024

    // MARK: Liveness

    /// A side that has sent nothing for so long sends `ping`; below the 30 s after which the most impatient home
    /// routers forget a connection.
    package var pingAfter: Duration = .seconds(15)
    /// A peer from whom no valid frame came for so long is gone: two lost pings and some.
    package var silence: Duration = .seconds(45)
    /// From deciding to close until the socket is closed whatever the peer does.
    package var close: Duration = .seconds(5)

    // MARK: Keys inside a stream (REKEY)

    /// This frame, counted since the stream header or the last `REKEY`, carries `REKEY`: a stolen state then
    /// opens at most this many earlier frames.
    package var rekeyFrames: Int = 1024
    /// The same by time, for quiet links.
    package var rekeyAge: Duration = .seconds(600)
    /// A receiver closes on this frame if it carries neither `REKEY` nor `FINAL`; twice the sender's number, so that
    /// no honest sender is ever near it.
    package var rekeyOverdue: Int = 2048

    // MARK: Fresh keys (acts inside a link)

    /// An initiator renews the keys after so many bytes of frames in either direction …
    package var renewalBytes: UInt64 = 1 << 30
    /// … or after so long.
    package var renewalAge: Duration = .seconds(3600)
    /// Both sides close a link whose keys are as old as this: a peer that never renews does not keep old keys alive.
    package var keysExpire: Duration = .seconds(4500)
    /// A responder closes on an act 1 that comes earlier than this after the last switch …
    package var renewalNotWithin: Duration = .seconds(1)
    /// … and within so many bytes of it, both directions together: renewal must not be a way to make it compute.
    package var renewalNotBelow: UInt64 = 64 << 20

    // MARK: Memory

    /// Envelopes waiting to be encrypted for one peer. More waits with the sender.
    package var queued: Int = 1 << 20
    /// Received envelopes waiting to be taken. Above it the socket is not read, so TCP slows the peer down.
    package var untakenBytes: Int = 512 << 10
    /// Frames encrypted at a time, and bytes handed to the socket before waiting for it: enough that the socket never
    /// runs dry, little enough that a `pong` or `close` behind it is not late.
    package var batch: Int = 256 << 10

    package init() {}
}
