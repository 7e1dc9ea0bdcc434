import Wire

/// Every bound of the engine, each with its reason (docs/protocol.md, "Files" and "Limits"). Tests lower single fields; nothing
/// else should change them.
package struct FileLimits: Sendable {
    package static let standard = FileLimits()

    // MARK: Memory

    /// Bytes of a file in one chunk. Only tests have other ones, so that a few kilobytes are many spans.
    package var chunk = WireLimits.chunk
    /// Chunks that one peer was asked for and that did not come yet, over all its transfers: 6 MiB. A message on the same link
    /// stands behind them, so more would be late: 18 ms at 340 MB/s.
    package var askedChunks = 96
    /// Chunks in one question: 3 MiB, one on its way while the next is asked for.
    package var fetchChunks = 48
    /// Chunks that one peer was asked for and that are not written yet: 32 MiB. That is all that waits in memory for one
    /// peer when a disk stands still.
    package var unwrittenChunks = 512
    /// Chunks that wait for a disk, over all peers: 64 MiB. Above it links are not read on.
    package var waitingChunks = 1024
    /// Chunks read from a file at a time to be sent: 512 KiB for each peer that fetches, and no more than that stands before
    /// this side's own questions.
    package var batch = 8
    /// Bytes of leaf hashes kept over all offers, for files of 128 GiB together. Beyond it they are computed again from the
    /// file for each span that is sent.
    package var leaves = 64 << 20
    /// Offers of one peer that are neither done nor refused; about a kilobyte each. The next one is declined.
    package var unfinishedPerPeer = 10_000
    /// Transfers in all beyond which this side offers no more.
    package var transfers = 100_000
    /// Transfers with which nothing more is to happen, kept to be listed and to be told the peer again.
    package var finished = 200
    /// Events that wait to be taken, besides one of progress for each transfer.
    package var events = 4096
    /// Answers that wait to be sent to one peer. A peer that provokes more reads nothing.
    package var answers = 1024

    // MARK: At a time

    /// Files being received from one peer. Others wait for their turn.
    package var activePerPeer = 4
    /// Files being received in all: as many open files and threads for their disks.
    package var active = 32
    /// Files of which chunks are being sent to one peer, in turn. Others wait.
    package var servedPerPeer = 4
    /// Fetches of one transfer that are not served yet. An honest receiver has two.
    package var fetches = 4

    // MARK: Time and disk

    /// A peer that was asked and sent nothing for so long is given up. Long, because a sender that was started again first
    /// reads a file of a terabyte once.
    package var patience: Duration = .seconds(900)
    /// What was received is synced and noted after so many chunks (64 MiB) …
    package var syncChunks = 1024
    /// … and after this time, so that a slow transfer loses little when it is killed.
    package var syncAfter: Duration = .seconds(2)
    /// Chunks after which the system is asked to write what it holds (8 MiB), so that no sync finds much to do.
    package var writeBackChunks = 128
    /// Bytes that stay free on a disk, for the home's own database.
    package var reserve: Int64 = 16 << 20
    /// Between two events of progress of one transfer.
    package var progressAfter: Duration = .milliseconds(200)

    package init() {}
}
