import Identity
import Wire

/// The sender's side: it waits to be asked.
extension FileTransfers {
    // MARK: What the receiver says

    func take(_ fetch: FileFetch, _ peer: PublicIdentity, _ link: PeerLink) {
        let key = TransferKey(peer: peer, id: fetch.id, direction: .outgoing)
        guard let entry = entries[key] else {
            return tell(peer, FileEnd(id: fetch.id, reason: .gone))
        }
        if let refusal = refusal(entry) {
            return tell(peer, FileEnd(id: fetch.id, reason: refusal))
        }
        let serving: PeerLink.Serving
        if let known = link.servings.first(where: { $0.key == key }) {
            serving = known
        } else {
            serving = PeerLink.Serving(key)
            link.servings.append(serving)
        }
        let end = fetch.first.addingReportingOverflow(fetch.count)
        guard !end.overflow, end.partialValue <= entry.shape.chunks, serving.fetches.count < limits.fetches
        else {
            return stop(entry, .notAsked)
        }
        entry.fetchedOn = link.number
        serving.fetches.append(fetch.first..<end.partialValue)
        if serving.fetches.count == 1 { serving.position = fetch.first }
        if entry.transfer.state != .accepted {
            set(entry, .accepted)
            saveLater(entry)
        }
        link.wake()
    }

    /// What a fetch is answered with where nothing is to be sent.
    private func refusal(_ entry: Entry) -> FileEnd.Reason? {
        switch entry.transfer.state {
        case .offered, .accepted: nil
        case .cancelled: .cancelled
        case .complete, .declined, .cancelledByPeer: .gone
        case .failed(.changed): .changed
        case .failed(.notAsked): .failed
        // What failed at the receiver, or could not be read for once.
        case .failed: nil
        }
    }

    func receiverEnded(_ entry: Entry, _ reason: FileEnd.Reason) {
        let state: TransferState
        switch reason {
        case .complete: state = .complete
        case .declined: state = .declined
        case .noSpace: state = .failed(.noSpace)
        case .failed: state = .failed(.peerFailed)
        case .mismatch: state = .failed(.mismatch)
        case .cancelled, .changed, .gone: state = .cancelledByPeer
        }
        guard !entry.transfer.state.isOver || resumes(entry.transfer.state), entry.transfer.state != state
        else { return }
        let wasAccepted = entry.transfer.state == .accepted
        stopServing(entry)
        set(entry, state)
        // The receiver may not ask again before it knows that nothing of the old comes any more.
        if wasAccepted, reason != .complete {
            tell(entry.key.peer, FileEnd(id: entry.key.id, reason: reason))
        }
        if state == .complete {
            entry.bytesDone = entry.shape.size
            events.put(.completed(entry.transfer))
        } else {
            events.put(.ended(entry.transfer))
        }
        saveLater(entry)
    }

    private func resumes(_ state: TransferState) -> Bool {
        switch state {
        case .failed(.noSpace), .failed(.peerFailed), .failed(.mismatch): true
        default: false
        }
    }

    func stopServing(_ entry: Entry) {
        entry.fetchedOn = nil
        peers[entry.key.peer]?.servings.removeAll { $0.key == entry.key }
    }

    /// Ends an offer from this side.
    private func stop(_ entry: Entry, _ fault: FileFault) {
        stopServing(entry)
        guard !entry.transfer.state.isOver else { return }
        set(entry, .failed(fault))
        if let reason = entry.ownEnd { tell(entry.key.peer, FileEnd(id: entry.key.id, reason: reason)) }
        events.put(.ended(entry.transfer))
        saveLater(entry)
    }

    // MARK: The task of one link

    /// Sends everything that this side sends over one link: questions and ends first, then chunks of each transfer in turn.
    func serve(_ peer: PublicIdentity, _ number: Int) async {
        guard let link = peers[peer], link.number == number else { return }
        var wakes = link.wakes.makeAsyncIterator()
        do {
            while peers[peer] === link, !Task.isCancelled {
                if !link.control.isEmpty {
                    let control = link.control
                    link.control = []
                    for envelope in control { try await link.channel.send(envelope) }
                } else if let serving = nextServing(link) {
                    try await send(serving, link)
                } else {
                    guard await wakes.next() != nil else { return }
                }
            }
        } catch {
            // The link is gone; whoever owns it says so.
        }
    }

    /// The next one whose tree is there; those of the first few whose tree is not are seen to.
    private func nextServing(_ link: PeerLink) -> PeerLink.Serving? {
        var ready: Int?
        for (index, serving) in link.servings.prefix(limits.servedPerPeer).enumerated()
        where !serving.isPreparing {
            guard let entry = entries[serving.key] else { continue }
            if entry.tree != nil {
                if ready == nil { ready = index }
            } else {
                serving.isPreparing = true
                let (key, number) = (serving.key, link.number)
                jobsIn.yield { await self.prepare(key, number) }
            }
        }
        guard let ready else { return nil }
        // Behind the others of the few that take turns.
        let serving = link.servings.remove(at: ready)
        link.servings.insert(serving, at: min(limits.servedPerPeer - 1, link.servings.count))
        return serving
    }

    /// Hashes a file again after a restart, or when it looks changed.
    private func prepare(_ key: TransferKey, _ number: Int) async {
        guard let entry = entries[key], let path = entry.transfer.path else { return }
        entry.hashed += 1
        do {
            guard entry.hashed <= Self.hashings else { throw SourceFile.Fault.changed }
            let tree = try await FileTree.hash(path, chunk: limits.chunk, keeping: limits.leaves - leafBytes)
            guard tree.root == entry.transfer.offer.root else { throw SourceFile.Fault.changed }
            if entry.transfer.state == .accepted { keep(tree, for: entry) }
        } catch let fault as SourceFile.Fault {
            stop(entry, FileFault(fault))
        } catch {
            return
        }
        guard let link = peers[key.peer], link.number == number else { return }
        link.servings.first { $0.key == key }?.isPreparing = false
        link.wake()
    }

    /// What is sent between two looks at the other transfers.
    private struct Piece: Sendable {
        let file: SourceFile
        let envelopes: [PeerEnvelope]
    }

    private func send(_ serving: PeerLink.Serving, _ link: PeerLink) async throws {
        guard let entry = entries[serving.key], let tree = entry.tree, let path = entry.transfer.path,
            let fetch = serving.fetches.first
        else {
            link.servings.removeAll { $0 === serving }
            return
        }
        let (id, first, opened) = (entry.key.id, serving.position, serving.file)
        let range = first..<min(fetch.upperBound, first + limits.batch)
        let piece: Piece
        do throws(SourceFile.Fault) {
            piece = try await link.disk.run { () throws(SourceFile.Fault) in
                let file = if let opened { opened } else { try SourceFile(path) }
                guard file.stamp == tree.stamp else { throw .changed }
                var envelopes: [PeerEnvelope] = []
                if first == fetch.lowerBound {
                    envelopes.append(.span(try tree.span(first / FileShape.span, id: id, from: file)))
                }
                for index in range {
                    let data = try file.read(index, tree.shape)
                    guard let chunk = try? FileChunk(id: id, index: index, data: data) else { throw .changed }
                    envelopes.append(.chunk(chunk))
                }
                try file.checkUnchanged()
                return Piece(file: file, envelopes: envelopes)
            }
        } catch {
            serving.file = nil
            guard error == .changed else { return stop(entry, FileFault(error)) }
            // Perhaps only its time is another: the hash decides.
            keep(nil, for: entry)
            return
        }
        if entry.startedOn != link.number {
            entry.startedOn = link.number
            entry.meter.reset()
            events.put(.started(entry.transfer))
        }
        for envelope in piece.envelopes {
            // Ended meanwhile: not one more.
            guard link.servings.contains(where: { $0 === serving }) else { return }
            try await link.channel.send(envelope)
        }
        serving.position = range.upperBound
        serving.file = piece.file
        moved(entry, to: entry.shape.offset(ofChunk: range.upperBound))
        guard range.upperBound == fetch.upperBound else { return }
        entry.hashed = 0
        serving.fetches.removeFirst()
        serving.file = nil
        if let next = serving.fetches.first {
            serving.position = next.lowerBound
        } else {
            link.servings.removeAll { $0 === serving }
        }
    }

    private static let hashings = 5
}

extension FileFault {
    fileprivate init(_ fault: SourceFile.Fault) {
        switch fault {
        case .notRegular, .changed: self = .changed
        case .failed(let code): self = FileFault(reading: code)
        }
    }
}
