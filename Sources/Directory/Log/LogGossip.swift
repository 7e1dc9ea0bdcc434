package import FoundationEssentials
package import Identity
import Transparency
package import Wire

/// Holds what peers believe of the directory's log against what this home believes, so that a directory that tells them different
/// things is found out (docs/protocol.md, "Comparing logs").
package struct LogGossip: Sendable {
    /// What becomes of a peer's word.
    package enum Hearing: Sendable {
        /// Of another directory, too soon after the last one, or of one that is convicted already.
        case ignored
        /// The directory has not signed it: no honest peer says that.
        case refused
        /// To be compared.
        case heard(PeerLog.Belief)
    }

    package let book: LogBook
    /// A link to the directory; nil while there is none.
    private let client: @Sendable () async -> DirectoryClient?
    private let now: @Sendable () -> Date

    package init(
        book: LogBook, client: @escaping @Sendable () async -> DirectoryClient?,
        now: @escaping @Sendable () -> Date
    ) {
        (self.book, self.client, self.now) = (book, client, now)
    }

    /// What the peer is to be told now; nil where it was told less than an hour ago, or nothing is known. Counts as told then.
    package func tell(_ peer: PublicIdentity) async -> BelievedLog? {
        guard let view = book.view, let newest = view.newest else { return nil }
        let time = time
        let isDue = book.change(peer) { log in
            guard log.isDue(at: time) else { return false }
            log.told = time
            return true
        }
        guard isDue else { return nil }
        await book.save()
        return BelievedLog(
            directory: book.directory, statements: view.statements.map(\.bytes),
            checkpoint: newest.note.bytes)
    }

    /// Checks the signatures of what a peer says, at most about hourly for each peer.
    package func hear(_ told: BelievedLog, from peer: PublicIdentity) -> Hearing {
        guard told.directory == book.directory, book.conviction == nil else { return .ignored }
        let time = time
        // Before any signature is looked at, so that whoever sends without end costs nothing.
        let isHeard = book.change(peer) { log in
            guard log.isHeard(at: time) else { return false }
            log.heard = time
            return true
        }
        guard isHeard else { return .ignored }
        let view = try? LogView(
            statements: told.statements, by: told.directory, newest: told.checkpoint)
        guard let view, let signed = view.newest else { return .refused }
        return .heard(PeerLog.Belief(statements: view.statements, signed: signed))
    }

    /// Compares what a peer believes with what this home believes; asks the directory for a proof where that is needed.
    package func compare(_ belief: PeerLog.Belief, with peer: PublicIdentity) async {
        guard book.conviction == nil else { return }
        for known in book.view?.statements ?? [] {
            for other in belief.statements
            where other.sequence == known.sequence && other.keys != known.keys {
                return await convict(.twoKeys(known.bytes, other.bytes), belief)
            }
        }
        guard var view = book.view, let known = view.newest else {
            return await leaveUnresolved(belief, of: peer, wasAsked: false)
        }
        guard view.gap(to: belief.signed) != nil else {
            do {
                try view.accept(belief.signed, notBelow: 0, consistency: [])
                return await agree(on: belief, with: peer)
            } catch {
                return await convict(.twoStates(known.note.bytes, belief.signed.note.bytes), belief)
            }
        }
        guard let client = await client() else {
            return await leaveUnresolved(belief, of: peer, wasAsked: false)
        }
        do {
            if try await client.isOfOneLog(belief) {
                await agree(on: belief, with: peer)
            } else {
                await leaveUnresolved(belief, of: peer, wasAsked: true)
            }
        } catch .rateLimited, .closed {
            await leaveUnresolved(belief, of: peer, wasAsked: false)
        } catch {
            if book.conviction == nil { await leaveUnresolved(belief, of: peer, wasAsked: true) }
        }
    }

    /// Compares again what could not be settled before.
    package func compareUnresolved() async {
        for (peer, unresolved) in book.memory.peers.unresolved {
            await compare(unresolved.belief, with: peer)
        }
    }

    /// Forgets what was heard of all others.
    package func keep(only peers: Set<PublicIdentity>) async {
        guard book.keep(only: peers) else { return }
        await book.save()
    }

    private func agree(on belief: PeerLog.Belief, with peer: PublicIdentity) async {
        let sighting = LogMemory.Sighting(checkpoint: belief.signed.checkpoint, time: time)
        book.change(peer) { log in
            log.agreed = sighting
            log.unresolved = nil
        }
        await book.save()
    }

    private func leaveUnresolved(
        _ belief: PeerLog.Belief, of peer: PublicIdentity, wasAsked: Bool
    ) async {
        let time = time
        let isNews = book.change(peer) { log in
            let before = log.unresolved
            // What the directory once did not prove stays so while it cannot be asked.
            let isKnown = before?.belief == belief && before?.wasAsked == true
            log.unresolved = PeerLog.Unresolved(
                belief: belief, time: before?.time ?? time, wasAsked: wasAsked || isKnown)
            return wasAsked && before?.wasAsked != true
        }
        if isNews { book.tell(.unresolved(peer, size: belief.signed.checkpoint.size)) }
        await book.save()
    }

    private func convict(_ lie: Evidence.Lie, _ belief: PeerLog.Belief) async {
        await book.convict(lie, at: time, statements: belief.statements)
        await client()?.endIfConvicted()
    }

    private var time: UInt64 { UInt64(max(0, now().timeIntervalSince1970)) }
}

extension DirectoryClient {
    /// Whether what a peer believes and the newest checkpoint that this home believes are of one log: asks for the proof. Where the
    /// directory proves that they are not, that is kept, and the link ends.
    func isOfOneLog(_ belief: PeerLog.Belief) async throws(DirectoryError) -> Bool {
        let told = belief.signed
        // What is newer than all that is known here may be what the directory shows here now, too.
        if told.checkpoint.size > book.floor { try await checkLog() }
        guard var view = book.view, let known = view.newest else { return false }
        let proof = try await consistency(view.gap(to: told))
        do {
            try view.accept(told, notBelow: 0, consistency: proof)
            return true
        } catch {
            await convictFork(told, against: known, proof, statements: belief.statements)
            if let conviction = book.conviction { throw misbehaved("it " + conviction.what) }
            return false
        }
    }

    /// Ends the link to a directory that was found out elsewhere.
    func endIfConvicted() {
        if let conviction = book.conviction { _ = misbehaved("it " + conviction.what) }
    }
}

extension DirectorySession {
    /// Compares with peers what is believed of this directory's log.
    package nonisolated var gossip: LogGossip {
        LogGossip(book: book, client: { try? await self.connected() }, now: now)
    }
}
