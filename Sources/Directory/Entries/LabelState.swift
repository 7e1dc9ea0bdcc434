package import Identity

/// Why an entry may not be the next one of its label.
package enum EntryRefusal: Error, Equatable, Sendable {
    /// It does not name the newest entry as the one before it, or is older than that.
    case outOfSequence
    /// Somebody holds the label.
    case held
    /// Its identity does not hold the label, or does not yet.
    case notHeld
    /// The label was revoked, and its identity is not the heir.
    case revoked
    /// The recovery hash is not the one in force, or the key that signs is not that hash's.
    case wrongRecovery
    /// Another than the operator would reassign.
    case notTheOperator
}

/// How things stand with a label. Its newest entry says all of it, so a single proof does, too.
package enum LabelState: Equatable, Sendable {
    /// Nobody has ever claimed it, or its holder has released it.
    case free
    case held(LabelHolding)
    /// Its holder's key was revoked. Only the heir may claim it.
    case revoked(heir: PublicIdentity?)
    /// The operator gives it to somebody else, from that time on, in seconds since 1970; until then it is as it was.
    case reassigned(from: LabelHolding?, to: PublicIdentity, at: UInt64)

    package init(_ newest: LogEntry?) {
        guard let newest else {
            self = .free
            return
        }
        switch newest.operation {
        case .claim(let recovery): self = .held(LabelHolding(holder: newest.identity, recovery: recovery))
        case .amend(let recovery, _): self = .held(LabelHolding(holder: newest.identity, recovery: recovery))
        case .rotate(let successor, let recovery):
            self = .held(LabelHolding(holder: successor, recovery: recovery))
        case .revoke(let heir, _): self = .revoked(heir: heir)
        case .release: self = .free
        case .reassign(let former, let successor):
            let (time, overflow) = newest.time.addingReportingOverflow(Self.reassignmentDelay)
            self = .reassigned(from: former, to: successor, at: overflow ? .max : time)
        }
    }

    /// Who holds the label at a time, in seconds since 1970.
    package func holding(at time: UInt64) -> LabelHolding? {
        switch self {
        case .free, .revoked: nil
        case .held(let holding): holding
        case .reassigned(let former, let successor, let start):
            time >= start ? LabelHolding(holder: successor, recovery: .none) : former
        }
    }

    /// Everybody who holds the label by this state at some time: whose clock is right at the turn of a reassignment nobody can say.
    package var holders: [PublicIdentity] {
        switch self {
        case .free, .revoked: []
        case .held(let holding): [holding.holder]
        case .reassigned(let former, let successor, _): [former?.holder, successor].compactMap { $0 }
        }
    }

    /// 30 days in seconds: so long a holder can object to being put out, by any entry of its own.
    package static let reassignmentDelay: UInt64 = 30 * 24 * 3600
}

extension LogEntry {
    /// The rules of docs/directory.md, "What may follow what". Directory, clients and auditors all ask here.
    ///
    /// - Parameters:
    ///   - newest: the label's newest entry before this one.
    ///   - operator: the directory's own identity, which alone may reassign.
    package func check(after newest: LogEntry?, operator: PublicIdentity) throws(EntryRefusal) {
        let state = LabelState(newest)
        switch operation {
        case .claim:
            switch state {
            case .free: break
            case .revoked(let heir): guard heir == identity else { throw .revoked }
            case .held, .reassigned: throw .held
            }
        case .amend(_, let signer):
            let holding = try holding(in: state)
            switch signer {
            case nil: guard holding.recovery == .none else { throw .wrongRecovery }
            case let signer?: guard holding.recovery.isOf(signer) else { throw .wrongRecovery }
            }
        case .rotate(_, let recovery):
            guard try holding(in: state).recovery == recovery else { throw .wrongRecovery }
        case .revoke(_, let signer):
            let holding = try holding(in: state)
            if let signer { guard holding.recovery.isOf(signer) else { throw .wrongRecovery } }
        case .release: _ = try holding(in: state)
        case .reassign(let former, _):
            guard identity == `operator` else { throw .notTheOperator }
            guard state.holding(at: time) == former else { throw .outOfSequence }
        }
        guard let newest else {
            guard sequence == 0 else { throw .outOfSequence }
            return
        }
        let (next, overflow) = newest.sequence.addingReportingOverflow(1)
        guard newest.label == label, !overflow, sequence == next, previous == newest.hash else {
            throw .outOfSequence
        }
    }

    private func holding(in state: LabelState) throws(EntryRefusal) -> LabelHolding {
        guard let holding = state.holding(at: time), holding.holder == identity else { throw .notHeld }
        return holding
    }

    /// Who holds the label by this entry, were it the newest, at a time in seconds since 1970; nil when nobody does.
    package func holder(at time: UInt64) -> PublicIdentity? { LabelState(self).holding(at: time)?.holder }
}
