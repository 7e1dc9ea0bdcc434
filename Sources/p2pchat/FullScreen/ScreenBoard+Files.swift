import Chat
import Files
import Identity
import Store
import Terminal
import Wire

/// Files: how each is getting on.
extension ScreenBoard {
    /// All as they are now.
    func loadFiles() async {
        var all: [TransferKey: FileItem] = [:]
        for status in await node.messenger.files?.list() ?? [] {
            all[status.transfer.key] = await item(status)
        }
        files = all
        copyFiles()
    }

    /// The user offers one: it stands in the conversation from now on.
    func offered(_ key: TransferKey) async {
        await refreshFile(key)
        copyFiles()
        let message = try? await node.store.message(key.id, with: key.peer, direction: .outgoing)
        if let message { await sent(message) }
    }

    func take(_ event: FileEvent, of peer: PeerSummary) async {
        switch event {
        case .missed: await loadFiles()
        case .offered(let transfer), .started(let transfer): await refreshFile(transfer.key)
        case .progress(let status):
            // It moves, so it waits for nothing.
            files[status.transfer.key] = FileItem(
                status, number: numbers.number(status.transfer.key), peer: VisibleText(peer.name).description,
                wait: nil)
        case .completed(let transfer), .ended(let transfer):
            await refreshFile(transfer.key)
            if transfer.key.peer == flow.peer, let line = EventLine.text(.file(peer, event)) {
                flow.append(notice: line)
            }
        }
        copyFiles()
        publishSoon()
    }

    /// After something by which a file may have begun, or ceased, to wait.
    func refreshWaits(of peer: PublicIdentity) async {
        let open = files.values.filter { $0.key.peer == peer && $0.canBeStopped }
        guard !open.isEmpty else { return }
        for file in open { await refreshFile(file.key) }
        copyFiles()
        publishSoon()
    }

    private func refreshFile(_ key: TransferKey) async {
        guard let status = await node.messenger.files?.status(key) else { return }
        files[key] = await item(status)
    }

    private func item(_ status: TransferStatus) async -> FileItem {
        let key = status.transfer.key
        let name = VisibleText(await node.messenger.summary(of: key.peer).name).description
        return FileItem(
            status, number: numbers.number(key), peer: name,
            wait: await node.messenger.wait(of: status.transfer))
    }

    /// Gives the model what is known of files.
    private func copyFiles() {
        let files = files
        notAcceptedBy = Set(files.values.lazy.filter { $0.wait == .acceptance }.map(\.key.peer))
        let moving = files.values.filter { $0.stage == .taken && $0.rate != nil }.map { file in
            let progress = FileText.progress(
                bytes: file.bytes, size: file.size, rate: file.rate, secondsLeft: file.secondsLeft)
            return "\(file.name) \(file.isIncoming ? "from" : "to") \(file.peer) \(progress)"
        }
        state.change { model in
            model.files = files
            model.transfers = moving.sorted()
            if model.panel?.kind == .files { model.panel?.update(.files(Self.listed(files))) }
        }
    }

    /// In the order of their numbers.
    static func listed(_ files: [TransferKey: FileItem]) -> [FileItem] {
        files.values.sorted { $0.number < $1.number }
    }
}
