package import Identity
import Wire

/// Why entries are no way from one key to another.
package enum RotationFault: Error, Equatable, Sendable {
    /// None, or more than 64.
    case count
    /// One is no entry, or a signature does not hold.
    case unreadable
    /// One does something else than to hand on or to amend; or it does not begin and end with a handing on.
    case foreign
    /// One does not follow the one before it.
    case gap
    /// Somebody comes twice.
    case cycle
}

/// The way from one identity to another that has its place now: rotations, each signed by the old and the new one, and the amendments
/// between them, every one of which follows the one before by the rules of docs/directory.md.
package struct RotationChain: Equatable, Sendable {
    package let entries: [LogEntry]
    /// Everybody on the way, the oldest first; at least two, nobody twice.
    package let identities: [PublicIdentity]
    package let label: Label

    /// Reads entries as they travel.
    package init(bytes: [[UInt8]]) throws(RotationFault) {
        guard (1...WireLimits.history).contains(bytes.count) else { throw .count }
        var entries: [LogEntry] = []
        for bytes in bytes {
            do {
                entries.append(try LogEntry(bytes: bytes))
            } catch {
                throw .unreadable
            }
        }
        try self.init(entries)
    }

    package init(_ entries: [LogEntry]) throws(RotationFault) {
        guard entries.count <= WireLimits.history, let first = entries.first, let last = entries.last else {
            throw .count
        }
        guard first.successor != nil, last.successor != nil else { throw .foreign }
        var identities = [first.identity]
        var former: LogEntry?
        for entry in entries {
            if let former {
                do {
                    // Who operates the directory matters for reassignments only, and here is none.
                    try entry.check(after: former, operator: entry.identity)
                } catch {
                    throw .gap
                }
            }
            switch entry.operation {
            case .rotate(let successor, _):
                guard !identities.contains(successor) else { throw .cycle }
                identities.append(successor)
            case .amend: break
            case .claim, .revoke, .release, .reassign: throw .foreign
            }
            former = entry
        }
        self.entries = entries
        self.identities = identities
        label = first.label
    }

    /// The longest one that ends a label's history; nil where its newest entry is no rotation.
    package init?(endOf history: [LogEntry]) {
        var best: RotationChain?
        for start in history.indices.reversed().prefix(WireLimits.history) {
            do {
                best = try RotationChain(Array(history[start...]))
            } catch .foreign where history[start].isAmendment {
                // It cannot begin here, but before.
                continue
            } catch {
                break
            }
        }
        guard let best else { return nil }
        self = best
    }

    /// Who has the place at its end.
    package var successor: PublicIdentity { identities[identities.count - 1] }
}

extension LogEntry {
    /// Of a rotation, to whom.
    fileprivate var successor: PublicIdentity? {
        if case .rotate(let successor, _) = operation { successor } else { nil }
    }

    fileprivate var isAmendment: Bool {
        if case .amend = operation { true } else { false }
    }
}
