package import Files
import FoundationEssentials
package import Store
import Wire

/// Files: offers are messages, what follows goes to the transfers.
extension Messenger {
    /// Reads the file at `path` and hashes it, to offer it.
    ///
    /// - Throws: `FileError` when it cannot be read, or is no regular file.
    package nonisolated func prepareFile(_ path: String) async throws -> PreparedFile {
        guard let files else { throw ChatError.noFiles }
        return try await files.prepare(path)
    }

    /// Offers a file: an entry in the outbox, like a text. An open offer of the same file is not made again: it goes on.
    ///
    /// - Throws: as `send`.
    package func offer(_ file: PreparedFile, to peer: ResolvedPeer) async throws -> TransferKey {
        guard let files else { throw ChatError.noFiles }
        try refuseChanged(peer.identity)
        if let open = await files.openOffer(of: file, to: peer.identity),
            try await archive.message(open.id, with: peer.identity, direction: .outgoing) != nil
        {
            return open
        }
        let sentAt = now()
        let id = MessageID.make(at: sentAt)
        try await files.offer(file, id: id, to: peer.identity)
        let key = TransferKey(peer: peer.identity, id: id, direction: .outgoing)
        do {
            _ = try await enqueue(
                [NewMessage(id: id, sentAt: sentAt, content: .file(file.offer))], to: peer)
        } catch {
            try? await files.cancel(key)
            throw error
        }
        return key
    }

    /// What a transfer that is not over waits for.
    package enum FileWait: Sendable {
        case link
        /// The peer has not accepted this side as a contact, and takes no files of strangers.
        case acceptance
        /// Whoever was offered the file has not said whether it is wanted.
        case answer
    }

    /// Nil where chunks may move, or nothing is to move any more.
    package func wait(of transfer: Transfer) async -> FileWait? {
        guard !transfer.state.isOver else { return nil }
        let conversation = conversations[transfer.key.peer]
        guard let conversation, await conversation.isConnected else { return .link }
        if await conversation.waitsForAcceptance { return .acceptance }
        return transfer.state == .offered ? .answer : nil
    }

    /// Gives up a transfer in either direction; an offer that has not left is taken out of the outbox.
    package func cancelFile(_ key: TransferKey) async throws {
        guard let files else { throw ChatError.noFiles }
        try await files.cancel(key)
        if key.direction == .outgoing { _ = try await cancel(key.id, to: key.peer) }
    }

    /// Takes an offer up, or one whose transfer had failed: the file is put into the folder, under a name that is free.
    package func acceptFile(_ key: TransferKey, into folder: String) async throws -> Transfer {
        guard let files else { throw ChatError.noFiles }
        guard isAccepted(key.peer) else { throw FileError.unknown }
        defer { wantsLink(to: key.peer, isUrgent: true) }
        do {
            return try await files.accept(key, into: folder)
        } catch FileError.unknown {
            // The offer was stored, and this side ended before the transfers knew.
            guard
                let message = try await archive.message(key.id, with: key.peer, direction: .incoming),
                case .file(let offer) = message.content
            else { throw FileError.unknown }
            try await files.offered(offer, id: key.id, by: key.peer)
            return try await files.accept(key, into: folder)
        }
    }

    /// Offers that were acknowledged and, as this side was killed then, never made known to the transfers; and those that are
    /// to be taken without a question.
    func noteOffers(in files: FileTransfers) async throws {
        for message in try await archive.unseen(with: nil, limit: Self.unseenOffers)
        where isAccepted(message.peer) {
            guard case .file(let offer) = message.content else { continue }
            try await files.offered(offer, id: message.id, by: message.peer)
        }
        guard options.takesFilesInto != nil else { return }
        for status in await files.list() where status.transfer.state == .offered {
            takeUp(status.transfer.key)
        }
    }

    /// Takes a file without a question, where the user wants that.
    func takeUp(_ key: TransferKey) {
        guard let folder = options.takesFilesInto, let files, key.direction == .incoming, isAccepted(key.peer)
        else { return }
        start {
            // What goes wrong with the folder is an event; what cannot be noted in the home stays an open offer.
            try? await files.acceptOrRefuse(key, into: folder)
        }
    }

    private static let unseenOffers = 10_000

    func passOn(_ fileEvents: FileEventQueue) async {
        for await event in fileEvents {
            guard let peer = event.transfer?.key.peer else { continue }
            switch event {
            case .started, .completed: redials.progressed(peer)
            case .offered, .progress, .ended, .missed: break
            }
            await events.put(.file(summary(of: peer), event))
        }
    }
}

extension FileEvent {
    /// Which transfer it is about; nil for `missed`.
    package var transfer: Transfer? {
        switch self {
        case .offered(let transfer), .started(let transfer), .completed(let transfer), .ended(let transfer):
            transfer
        case .progress(let status): status.transfer
        case .missed: nil
        }
    }
}

/// Transfers in the home's database.
package struct HomeTransfers: TransferStore {
    private let store: HomeStore

    package init(store: HomeStore) {
        self.store = store
    }

    package func save(_ transfer: Transfer) async throws {
        try await store.save(
            StoredTransfer(
                id: transfer.key.id, peer: transfer.key.peer, direction: transfer.key.direction.stored,
                path: transfer.path ?? "", offer: transfer.offer, state: transfer.state.rawValue,
                chunksDone: Int64(transfer.chunksDone)))
    }

    package func transfers() async throws -> [Transfer] {
        try await store.transfers().compactMap { stored in
            // A state of a newer version: that transfer rests.
            guard let state = TransferState(rawValue: stored.state) else { return nil }
            return Transfer(
                key: TransferKey(
                    peer: stored.peer, id: stored.id,
                    direction: stored.direction == .incoming ? .incoming : .outgoing),
                offer: stored.offer, path: stored.path.isEmpty ? nil : stored.path, state: state,
                chunksDone: Int(stored.chunksDone))
        }
    }

    package func remove(_ key: TransferKey) async throws {
        try await store.removeTransfer(key.id, peer: key.peer, direction: key.direction.stored)
    }
}

extension TransferKey.Direction {
    fileprivate var stored: MessageDirection { self == .incoming ? .incoming : .outgoing }
}
