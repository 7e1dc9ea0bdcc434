package import Files
import FoundationEssentials
package import Store
import Wire

/// Files: offers are messages, what follows goes to the transfers.
extension Messenger {
    /// Offers the file at `path`: an entry in the outbox, like a text.
    ///
    /// - Throws: `FileError` when it cannot be read; otherwise as `send`.
    package func sendFile(_ path: String, to peer: ResolvedPeer) async throws -> StoredMessage {
        guard let files else { throw ChatError.noFiles }
        try refuseChanged(peer.identity)
        let prepared = try await files.prepare(path)
        let sentAt = now()
        let id = MessageID.make(at: sentAt)
        try await files.offer(prepared, id: id, to: peer.identity)
        do {
            return try await enqueue(
                NewMessage(id: id, sentAt: sentAt, content: .file(prepared.offer)), to: peer)
        } catch {
            try? await files.cancel(TransferKey(peer: peer.identity, id: id, direction: .outgoing))
            throw error
        }
    }

    /// Takes an offer up, or one whose transfer had failed: the file is put into the folder, under a name that is free.
    package func acceptFile(_ key: TransferKey, into folder: String) async throws -> Transfer {
        guard let files else { throw ChatError.noFiles }
        guard isAccepted(key.peer) else { throw FileError.unknown }
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

    func passOn(_ fileEvents: FileEventQueue) async {
        for await event in fileEvents {
            guard let peer = event.transfer?.key.peer else { continue }
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
