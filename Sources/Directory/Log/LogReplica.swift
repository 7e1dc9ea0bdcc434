package import Identity
package import Transparency

/// A directory's whole log, as it is told entry by entry: every entry is held against the rules, and the map is built again from the
/// entries alone. Pure; where entries come from and where they are kept is somebody else's.
package struct LogReplica: Sendable {
    /// What no honest directory has in its log.
    package struct Fault: Error, Equatable, Sendable {
        package let position: UInt64
        /// The newest entry of the label before it; nil where there is none or the bytes are no entry.
        package let predecessor: [UInt8]?
    }

    private let directory: PublicIdentity
    /// The entries one behind the other, and where each ends: a million small arrays would take twice the memory.
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    /// Positions of the newest entries.
    private var newest: [NodeHash: UInt32] = [:]
    private var map = MapTree()
    private var frontier = LogFrontier()
    /// The size and the root at the end of the last whole page.
    private(set) var boundary = (size: UInt64(0), root: NodeHash.emptyLog)
    /// The first fault; after it only hashes are computed, so that it can be proved.
    package private(set) var fault: Fault?

    /// - Parameter capacity: entries that will be added; saves the growing.
    package init(of directory: PublicIdentity, capacity: Int = 0) {
        self.directory = directory
        bytes.reserveCapacity(capacity * Self.usualBytes)
        ends.reserveCapacity(capacity)
        newest.reserveCapacity(capacity)
        map = MapTree(capacity: capacity)
    }

    /// Of a claim.
    private static let usualBytes = 225

    /// Entries.
    package var size: UInt64 { frontier.size }
    package var root: NodeHash { frontier.root }
    package mutating func mapRoot() -> NodeHash { map.root() }

    package func entry(_ position: Int) -> [UInt8] {
        Array(bytes[(position == 0 ? 0 : ends[position - 1])..<ends[position]])
    }

    /// Adds an entry and holds it against the rules.
    package mutating func append(_ entry: [UInt8]) { append(entry, read: try? LogEntry(bytes: entry)) }

    /// The same of an entry whose signatures were checked elsewhere.
    ///
    /// - Parameter read: What the bytes say; nil where they are no entry.
    mutating func append(_ entry: [UInt8], read: LogEntry?) {
        if fault == nil { check(read) }
        add(entry)
    }

    private mutating func add(_ entry: [UInt8]) {
        bytes += entry
        ends.append(bytes.count)
        let hash = NodeHash.leaf(entry)
        let position = UInt32(clamping: frontier.size)
        _ = frontier.append(hash)
        if size % UInt64(Self.pageEntries) == 0 { boundary = (size, root) }
        guard fault == nil, let label = LogEntry.label(in: entry) else { return }
        newest[label] = position
        map.set(label, to: hash)
    }

    private mutating func check(_ entry: LogEntry?) {
        guard let entry else {
            fault = Fault(position: size, predecessor: nil)
            return
        }
        let before = entry.label.nodeHash.flatMap { newest[$0] }.map { self.entry(Int($0)) }
        do {
            // What was added without a fault is an entry.
            try entry.check(after: before.map { try LogEntry(bytes: $0) }, operator: directory)
        } catch {
            fault = Fault(position: size, predecessor: before)
        }
    }

    /// That the entry at a position is in the log of these entries.
    package func proveInclusion(of position: UInt64) throws -> [NodeHash] {
        var (frontier, nodes) = (LogFrontier(), MemoryLogStorage())
        for index in 0..<Int(clamping: size) { try nodes.add(frontier.append(.leaf(entry(index)))) }
        return try LogProof.proveInclusion(of: position, size: size, storage: nodes)
    }

    // MARK: Pages

    /// Entries on a page as they are kept.
    static let pageEntries = 512

    /// A page: the length of each entry in two bytes, and the entry.
    func page(_ number: Int) -> [UInt8] {
        let first = number * Self.pageEntries
        var page: [UInt8] = []
        for position in first..<max(first, min(first + Self.pageEntries, ends.count)) {
            let entry = entry(position)
            page += [UInt8(truncatingIfNeeded: entry.count >> 8), UInt8(truncatingIfNeeded: entry.count)]
            page += entry
        }
        return page
    }

    /// Adds the entries of the next page that was kept, as far as they are there, up to a size.
    mutating func restore(page: [UInt8], upTo size: UInt64) {
        var position = 0
        while position + 2 <= page.count, self.size < size {
            let end = position + 2 + (Int(page[position]) << 8 | Int(page[position + 1]))
            guard end <= page.count, end > position + 2 else { return }
            add(Array(page[position + 2..<end]))
            position = end
        }
    }

    package var entries: [[UInt8]] { (0..<Int(clamping: size)).map(entry) }
}

extension LogEntry {
    /// The label in bytes that are an entry.
    static func label(in entry: [UInt8]) -> NodeHash? {
        let start = domain.count + 1
        guard entry.count >= start + NodeHash.byteCount else { return nil }
        return NodeHash(entry[start..<start + NodeHash.byteCount])
    }
}
