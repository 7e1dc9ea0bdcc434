import Identity
import NIOCore

/// What the state machine wants done, in this order: tell of `opened`, hand on `envelopes` and pongs, write `bytes`, shut
/// down writing, end. Collected over all events of one turn of the event loop, so that small frames share one write.
struct LinkActions {
    struct Opened: Equatable {
        let remote: PublicIdentity
        let hash: [UInt8]
    }

    /// `ready` was sent or verified: the link can be used.
    var opened: Opened?
    /// Received envelopes, oldest first.
    var envelopes: [[UInt8]] = []
    /// A `pong` came.
    var pong = false
    /// The peer's `FINAL` came: no envelope follows.
    var peerFinished = false
    /// Envelopes taken from the queue, in bytes on the wire: so much more may be queued.
    var released = 0
    var bytes = ByteBuffer()
    /// `FINAL` stands at the end of `bytes`: shut down writing behind it.
    var shutsDown = false
    var end: LinkEnd?

    /// Ends without another byte: what was not yet written is not written.
    mutating func endSilently(_ end: LinkEnd) {
        bytes.clear()
        shutsDown = false
        self.end = end
    }
}
