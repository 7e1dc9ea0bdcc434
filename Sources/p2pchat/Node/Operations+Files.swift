import Chat
import Files
import FoundationEssentials
import Identity
import Terminal
import Wire

/// Files, for commands and programs.
extension Operations {
    func files(_ parameters: FilesParameters) async throws -> FilesResult {
        guard let transfers = node.messenger.files else { throw ChatError.noFiles }
        var found = await transfers.list()
        if let ids = parameters.ids {
            let wanted = Set(ids)
            found = found.filter { wanted.contains($0.transfer.key.id.description) }
        }
        var files: [TransferJSON] = []
        for status in found.suffix(Self.page) { files.append(await json(status)) }
        return FilesResult(files: files, more: found.count > Self.page)
    }

    /// Offers a file; returns before the peer has answered.
    func sendFile(_ parameters: SendFileParameters) async throws -> TransferJSON {
        guard parameters.path.hasPrefix("/") else {
            throw CommandError(.usage, "the path of a file to send begins with /")
        }
        try await node.lookAtOwnHandle()
        let queue = parameters.queue ?? false
        let peer = try await node.messenger.resolve(parameters.peer, orOffline: queue)
        let prepared = try await node.messenger.prepareFile(parameters.path)
        if !queue {
            // Without being asked to keep it, nothing is offered that cannot arrive.
            let isThere: Void? = try await within(Self.dialling) {
                try await node.messenger.connect(to: peer)
            }
            guard isThere != nil else { throw ChatError.notDelivered(reason: "no answer in time") }
        }
        return try await transfer(try await node.messenger.offer(prepared, to: peer))
    }

    func acceptFile(_ parameters: TransferParameters) async throws -> FilesResult {
        let folder: String
        if let named = parameters.folder {
            guard named.hasPrefix("/") else {
                throw CommandError(.usage, "the path of a folder for files begins with /")
            }
            folder = named
        } else {
            folder = try DownloadFolder.make(for: node.home)
        }
        var accepted: [TransferJSON] = []
        for key in try await select(parameters, canBeAccepted: true) {
            _ = try await node.messenger.acceptFile(key, into: folder)
            accepted.append(try await transfer(key))
        }
        return FilesResult(files: accepted, more: false)
    }

    func declineFile(_ parameters: TransferParameters) async throws -> FilesResult {
        var declined: [TransferJSON] = []
        for key in try await select(parameters, canBeAccepted: false) {
            try await node.messenger.files?.decline(key)
            declined.append(try await transfer(key))
        }
        return FilesResult(files: declined, more: false)
    }

    func cancelFile(_ parameters: TransferParameters) async throws -> FilesResult {
        guard let id = parameters.id else {
            throw CommandError(.usage, "say which by its id", hint: "see them with: p2pchat files")
        }
        let key = try await only(id, parameters.peer, incomingOnly: false)
        try await node.messenger.cancelFile(key)
        return FilesResult(files: [try await transfer(key)], more: false)
    }

    func transfer(_ key: TransferKey) async throws -> TransferJSON {
        guard let status = await node.messenger.files?.status(key) else { throw FileError.unknown }
        return await json(status)
    }

    private func json(_ status: TransferStatus) async -> TransferJSON {
        let messenger = node.messenger
        return TransferJSON(
            status, peer: PeerJSON(await messenger.summary(of: status.transfer.key.peer)),
            wait: await messenger.wait(of: status.transfer))
    }

    /// One by its id; or all of a peer's offers that wait for an answer.
    private func select(_ parameters: TransferParameters, canBeAccepted: Bool) async throws -> [TransferKey] {
        if let id = parameters.id { return [try await only(id, parameters.peer, incomingOnly: true)] }
        guard let name = parameters.peer else {
            throw CommandError(
                .usage, "say whose offer, or which by its id", hint: "see them with: p2pchat files")
        }
        let peer = try await node.messenger.resolve(name, orOffline: true).identity
        let open = await (node.messenger.files?.list() ?? []).filter {
            $0.transfer.key.peer == peer && $0.transfer.key.direction == .incoming
                && ($0.transfer.state == .offered || canBeAccepted && $0.transfer.state.isFault)
        }
        guard !open.isEmpty else {
            throw CommandError(.usage, "no file of this peer waits for an answer", hint: "see: p2pchat files")
        }
        return open.map(\.transfer.key)
    }

    /// An id means something only together with whoever made it: one that fits two transfers chooses none.
    private func only(_ text: String, _ name: String?, incomingOnly: Bool) async throws -> TransferKey {
        guard let id = MessageID(text) else {
            throw CommandError(
                .usage, "\(VisibleText(text)) is no id of a file", hint: "see them with: p2pchat files")
        }
        var peer: PublicIdentity?
        if let name { peer = try await node.messenger.resolve(name, orOffline: true).identity }
        let keys = await (node.messenger.files?.list() ?? []).map(\.transfer.key).filter {
            $0.id == id && (peer == nil || $0.peer == peer) && (!incomingOnly || $0.direction == .incoming)
        }
        guard let key = keys.first else { throw FileError.unknown }
        guard keys.count == 1 else {
            throw CommandError(
                .usage, "the id fits files of more than one peer", hint: "say whose: PEER ID")
        }
        return key
    }

    private static let dialling: Duration = .seconds(30)
}

extension TransferState {
    /// Failed; perhaps it goes on when it is accepted again.
    var isFault: Bool { if case .failed = self { true } else { false } }
}
