import Identity
import Wire

/// The receiver's side: it asks, checks and writes.
extension FileTransfers {
    // MARK: Turns

    /// Whether it is to be received and nothing is under way.
    func isWaiting(_ entry: Entry) -> Bool {
        entry.key.direction == .incoming && entry.transfer.state == .accepted && entry.receiving == nil
            && !entry.isRemoving
    }

    /// Puts it behind those that wait for their turn.
    func wait(_ entry: Entry) {
        guard isWaiting(entry), let link = peers[entry.key.peer], entry.drainsOn != link.number,
            !link.active.contains(entry.key)
        else { return }
        link.waiting.append(entry.key)
        fill(link)
    }

    func fill(_ link: PeerLink) {
        while link.active.count < limits.activePerPeer, activeCount < limits.active,
            let key = link.nextWaiting()
        {
            guard let entry = entries[key], isWaiting(entry) else { continue }
            entry.receiving = Receiving(link: link.number, at: now())
            activeCount += 1
            link.active.append(key)
            jobsIn.yield { await self.receive(key) }
        }
    }

    /// Asks the peer for what fits: each transfer in turn for a span, so that small files are through soon.
    func ask(_ peer: PublicIdentity) {
        guard let link = peers[peer] else { return }
        let active = link.active.compactMap { entries[$0]?.receiving }
        var coming = active.reduce(0) { $0 + $1.asked - $1.came }
        var unwritten = active.reduce(0) { $0 + $1.asked - $1.written }
        var skipped = 0
        while skipped < link.active.count {
            let key = link.active.removeFirst()
            guard let entry = entries[key], let receiving = entry.receiving,
                let span = nextSpan(entry, receiving)
            else {
                link.active.append(key)
                skipped += 1
                continue
            }
            guard coming + span.count <= limits.askedChunks, unwritten + span.count <= limits.unwrittenChunks,
                let fetch = try? FileFetch(id: key.id, first: span.lowerBound, count: span.count)
            else {
                link.active.insert(key, at: 0)
                break
            }
            link.active.append(key)
            skipped = 0
            coming += span.count
            unwritten += span.count
            receiving.asked = span.upperBound
            receiving.hasAsked = true
            if receiving.expected.isEmpty { receiving.lastCame = now() }
            receiving.expected.append(Receiving.Expected(span))
            link.control.append(.fetch(fetch))
        }
        link.wake()
    }

    /// What to ask for next, within one span; nil while enough of this transfer is asked for.
    private func nextSpan(_ entry: Entry, _ receiving: Receiving) -> Range<Int>? {
        guard receiving.writer != nil, entry.transfer.state == .accepted,
            receiving.asked < entry.shape.chunks, receiving.asked - receiving.came <= limits.fetchChunks
        else { return nil }
        let spanEnd = (receiving.asked / FileShape.span + 1) * FileShape.span
        return receiving.asked..<min(spanEnd, entry.shape.chunks, receiving.asked + limits.fetchChunks)
    }

    // MARK: What comes

    /// False when nothing of that id was ever wanted.
    func take(_ span: FileSpan, _ peer: PublicIdentity, _ link: PeerLink) -> Bool {
        guard let entry = entries[TransferKey(peer: peer, id: span.id, direction: .incoming)] else {
            return false
        }
        guard let receiving = receiving(entry, link) else { return true }
        guard let head = receiving.expected.first, !head.spanCame,
            span.first == head.chunks.lowerBound / FileShape.span * FileShape.span
        else {
            fail(entry, .notAsked)
            return true
        }
        receiving.expected[0].spanCame = true
        receiving.lastCame = now()
        receiving.intake.put(.span(span))
        return true
    }

    /// False when nothing of that id was ever wanted.
    func take(_ chunk: FileChunk, _ peer: PublicIdentity, _ link: PeerLink) -> Bool {
        guard let entry = entries[TransferKey(peer: peer, id: chunk.id, direction: .incoming)] else {
            return false
        }
        guard let receiving = receiving(entry, link) else { return true }
        guard let head = receiving.expected.first, head.spanCame, chunk.index == head.next,
            chunk.data.count == entry.shape.length(ofChunk: chunk.index)
        else {
            fail(entry, .notAsked)
            return true
        }
        receiving.came += 1
        receiving.lastCame = now()
        receiving.queued += 1
        waitingChunks += 1
        receiving.intake.put(.chunk(chunk))
        if head.next + 1 < head.chunks.upperBound {
            receiving.expected[0].next += 1
        } else {
            receiving.expected.removeFirst()
            ask(peer)
        }
        return true
    }

    /// Nil for what comes late, after this side has ended the transfer: it is dropped.
    private func receiving(_ entry: Entry, _ link: PeerLink) -> Receiving? {
        guard entry.transfer.state == .accepted, let receiving = entry.receiving,
            receiving.link == link.number
        else { return nil }
        return receiving
    }

    func take(_ end: FileEnd, _ peer: PublicIdentity, _ link: PeerLink) {
        if let entry = entries[TransferKey(peer: peer, id: end.id, direction: .outgoing)] {
            receiverEnded(entry, end.reason)
        } else if let entry = entries[TransferKey(peer: peer, id: end.id, direction: .incoming)] {
            if entry.drainsOn == link.number {
                entry.drainsOn = nil
                wait(entry)
            } else {
                senderEnded(entry, end.reason)
            }
        }
    }

    private func senderEnded(_ entry: Entry, _ reason: FileEnd.Reason) {
        guard [.offered, .accepted].contains(entry.transfer.state), entry.receiving?.isPlacing != true else {
            return
        }
        switch reason {
        case .changed: set(entry, .failed(.changed))
        case .gone: set(entry, .failed(.gone))
        case .failed: set(entry, .failed(.peerFailed))
        case .complete, .declined, .cancelled, .noSpace, .mismatch: set(entry, .cancelledByPeer)
        }
        stopReceiving(entry)
        events.put(.ended(entry.transfer))
        saveLater(entry)
    }

    /// After an end: what came is written to be kept, or is removed, as the state has it.
    private func stopReceiving(_ entry: Entry) {
        let keeps = entry.transfer.state.keepsPart
        if let receiving = entry.receiving {
            receiving.intake.stop(keeps ? .pause : .remove)
        } else if !keeps {
            let key = entry.key
            jobsIn.yield { await self.removeRest(key) }
        }
    }

    // MARK: Ends of this side's

    /// Ends it for now; what came and was right stays, where it can still become the file.
    func fail(_ entry: Entry, _ fault: FileFault) {
        guard entry.transfer.state == .accepted else { return }
        set(entry, .failed(fault))
        end(entry, fault.reason)
        stopReceiving(entry)
        events.put(.ended(entry.transfer))
        saveLater(entry)
    }

    /// Tells the peer of an end of this side's.
    func end(_ entry: Entry, _ reason: FileEnd.Reason) {
        if let link = peers[entry.key.peer], let receiving = entry.receiving, receiving.link == link.number,
            receiving.hasAsked
        {
            entry.drainsOn = link.number
            receiving.expected = []
        }
        tell(entry.key.peer, FileEnd(id: entry.key.id, reason: reason))
    }

    /// Ends those whose sender was asked and has said nothing for too long.
    func endSilent() {
        let now = now()
        for entry in entries.values {
            guard let receiving = entry.receiving, !receiving.expected.isEmpty,
                receiving.lastCame.duration(to: now) > limits.patience
            else { continue }
            fail(entry, .noAnswer)
        }
    }
}
