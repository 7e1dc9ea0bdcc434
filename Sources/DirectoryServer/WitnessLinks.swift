import Synchronization
import Transparency

/// Tells a link that its witness has something to cosign; any number of times before it is heard.
final class WitnessBell: Sendable {
    private let isRung = Atomic(false)
    private let signal: AsyncStream<Void>.Continuation

    /// - Parameter signal: wakes whoever sends the link's events.
    init(signal: AsyncStream<Void>.Continuation) { self.signal = signal }

    func ring() {
        isRung.store(true, ordering: .releasing)
        signal.yield()
    }

    /// Whether it rang since the last time.
    func take() -> Bool { isRung.exchange(false, ordering: .acquiringAndReleasing) }
}

/// The links of witnesses, and for whom a checkpoint waits.
struct WitnessLinks {
    private struct Link {
        let key: NoteKey
        let bell: WitnessBell
        /// A witness that let the others wait is not waited for before it has cosigned again.
        var isAwaited = true
    }

    private var links: [UInt64: Link] = [:]

    mutating func add(_ number: UInt64, _ key: NoteKey, _ bell: WitnessBell) {
        links[number] = Link(key: key, bell: bell)
        bell.ring()
    }

    mutating func remove(_ number: UInt64) { links[number] = nil }

    func key(of number: UInt64) -> NoteKey? { links[number]?.key }

    var awaited: Set<NoteKey> { Set(links.values.filter(\.isAwaited).map(\.key)) }

    mutating func cosigned(_ number: UInt64) { links[number]?.isAwaited = true }

    /// Nobody waits for those any more that have not cosigned.
    mutating func giveUp(except cosigners: Set<NoteKey>) {
        for (number, link) in links where !cosigners.contains(link.key) { links[number]?.isAwaited = false }
    }

    func ring() { for link in links.values { link.bell.ring() } }
}
