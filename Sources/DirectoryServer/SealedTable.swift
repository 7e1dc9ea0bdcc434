import Wire

/// Sealed presences by their tags. In memory only, and nobody here knows whose or for whom they are. Pure: the time is given.
struct SealedTable {
    private struct Kept {
        let blob: [UInt8]
        /// The link that put it; its number.
        let session: UInt64
        let expires: Duration
    }

    private var byTag: [[UInt8]: Kept] = [:]
    private var bySession: [UInt64: Set<[UInt8]>] = [:]
    /// No one ends before.
    private var nextEnd: Duration?

    var count: Int { byTag.count }

    func count(of session: UInt64) -> Int { bySession[session]?.count ?? 0 }

    subscript(tag: [UInt8], at now: Duration) -> [UInt8]? {
        guard let kept = byTag[tag], kept.expires > now else { return nil }
        return kept.blob
    }

    /// Puts it in the place of what was under its tag, or takes that away.
    mutating func put(_ sealed: SealedBlob, session: UInt64, expires: Duration) {
        remove(sealed.tag)
        guard !sealed.blob.isEmpty else { return }
        byTag[sealed.tag] = Kept(blob: sealed.blob, session: session, expires: expires)
        bySession[session, default: []].insert(sealed.tag)
        nextEnd = min(nextEnd ?? expires, expires)
    }

    /// The link has ended: what it put ends then at the latest.
    mutating func end(_ session: UInt64, at end: Duration) {
        for tag in bySession[session] ?? [] {
            guard let kept = byTag[tag], kept.expires > end else { continue }
            byTag[tag] = Kept(blob: kept.blob, session: session, expires: end)
            nextEnd = min(nextEnd ?? end, end)
        }
    }

    /// Takes out what has ended by now.
    mutating func removeEnded(at now: Duration) {
        guard let nextEnd, nextEnd <= now else { return }
        for (tag, kept) in byTag where kept.expires <= now { remove(tag) }
        self.nextEnd = byTag.values.lazy.map(\.expires).min()
    }

    private mutating func remove(_ tag: [UInt8]) {
        guard let kept = byTag.removeValue(forKey: tag) else { return }
        bySession[kept.session]?.remove(tag)
        if bySession[kept.session]?.isEmpty ?? false { bySession[kept.session] = nil }
    }
}
