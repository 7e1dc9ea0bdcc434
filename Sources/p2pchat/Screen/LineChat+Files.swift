import Chat
import Files
import Foundation
import Identity
import Store
import Terminal
import Wire

/// Files in the chat.
extension LineChat {
    // MARK: What the user asks for

    func sendFile(_ typed: String) async {
        guard let peer else { return interface.show("! choose a peer first") }
        if isScripted { return await sendFileOfScript(typed, to: peer) }
        jobsIn.yield { await self.offer(typed, to: peer) }
    }

    private func offer(_ typed: String, to peer: ResolvedPeer) async {
        do {
            let path = try TypedPath.file(typed)
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            if let size = attributes[.size] as? UInt64, size >= Self.longToRead {
                interface.show("* reading \(VisibleText(typed)) first, to offer it with its hash")
            }
            let prepared = try await node.messenger.prepareFile(path)
            let key = try await node.messenger.offer(prepared, to: peer)
            if let board = interface.board { return await board.offered(key) }
            let size = ByteCount.text(prepared.offer.size)
            let number = files.numbers.number(key)
            interface.show(
                "* \(VisibleText(prepared.offer.name)), \(size), is offered to \(peer.name); /stop \(number) takes it back"
            )
            await setPrompt()
        } catch {
            interface.show("! not offered: \(VisibleText(typed))")
            fail(error)
        }
    }

    /// A script goes on when the peer has the file.
    private func sendFileOfScript(_ typed: String, to peer: ResolvedPeer) async {
        do {
            let sending = FileSending(
                peer: peer.identity.fingerprint, paths: [try TypedPath.file(typed)], queue: false,
                patience: Self.filePatience, progress: FileProgress(json: false))
            let result = try await sending.run(in: HomeSession(way: .operations(operations)))
            if result.gaveUp || !result.files.allSatisfy({ $0.state == "complete" }) { countUndelivered() }
        } catch {
            countUndelivered()
            fail(error)
        }
    }

    func listFiles() async {
        if let board = interface.board { return await board.show(.files) }
        do {
            let found = try await operations.list()
            if found.isEmpty { interface.show("  no files yet; /send FILE offers one") }
            for (key, file) in found {
                interface.show("  \(files.numbers.number(key))  \(FileText.line(file))")
            }
        } catch {
            fail(error)
        }
    }

    func get(_ number: Int?, _ folder: String?) async {
        guard let key = await chosen(number, "get") else { return }
        do { interface.show(try await take(key, into: folder)) } catch { fail(error) }
    }

    /// - Returns: Where it goes.
    func take(_ key: TransferKey, into folder: String?) async throws -> String {
        let folder = try folder.map(TypedPath.folder) ?? DownloadFolder.make(for: node.home)
        let transfer = try await node.messenger.acceptFile(key, into: folder)
        let isThere = await node.messenger.isConnected(to: key.peer)
        return "* \(FileText.name(transfer)) goes to \(VisibleText(folder))"
            + (isThere ? "" : " when the sender is there")
    }

    func refuse(_ number: Int?) async {
        guard let key = await chosen(number, "refuse") else { return }
        do { try await refuse(key) } catch { fail(error) }
    }

    /// The end is shown when it comes back as an event.
    func refuse(_ key: TransferKey) async throws { try await node.messenger.files?.decline(key) }

    func stopFile(_ number: Int) async {
        guard let key = numberedFile(number) else { return }
        do { try await stop(key) } catch { fail(error) }
    }

    func stop(_ key: TransferKey) async throws {
        try await node.messenger.cancelFile(key)
        await setPrompt()
    }

    private func numberedFile(_ number: Int) -> TransferKey? {
        if let key = files.numbers.key(number) { return key }
        interface.show("! there is no file with the number \(number); /files lists them")
        return nil
    }

    /// The file with the number; without one, the only one that waits for an answer, of the peer whom one talks with first.
    private func chosen(_ number: Int?, _ command: String) async -> TransferKey? {
        if let number { return numberedFile(number) }
        let open = await (node.messenger.files?.list() ?? []).filter {
            $0.transfer.state == .offered && $0.transfer.key.direction == .incoming
        }
        let ofPeer = open.filter { $0.transfer.key.peer == peer?.identity }
        let choice = ofPeer.isEmpty ? open : ofPeer
        if choice.count == 1 { return choice[0].transfer.key }
        interface.show(
            choice.isEmpty
                ? "! no file waits for an answer" : "! say which: /\(command) N; /files lists them")
        return nil
    }

    // MARK: What happens

    /// Says how an offer is answered.
    func explainOffer(_ message: IncomingMessage) {
        guard case .file = message.content, !message.isRequest else { return }
        let key = TransferKey(peer: message.peer.identity, id: message.id, direction: .incoming)
        let number = files.numbers.number(key)
        interface.show("*   /get \(number) takes it, /refuse \(number) does not")
    }

    func show(_ event: FileEvent, of peer: PeerSummary) async {
        switch event {
        case .offered, .missed: return
        case .started(let transfer): files.began(transfer.key, at: .now)
        case .progress(let status):
            guard files.isDue(status.transfer.key, at: .now) else { return }
            let progress = FileText.progress(
                bytes: status.bytesDone, size: status.transfer.offer.size, rate: status.rate,
                secondsLeft: status.secondsLeft)
            return interface.show("* \(FileText.name(status.transfer)): \(progress)")
        case .completed(let transfer), .ended(let transfer): files.ended(transfer.key)
        }
        if let line = EventLine.text(.file(peer, event)) { interface.show(line) }
    }

    /// Says when leaving that what is under way is not lost.
    func noteUnfinishedFiles() async {
        guard await node.messenger.files?.peersUnderWay.isEmpty == false else { return }
        interface.show("* files that are on their way go on when both of you are online")
    }

    private static let filePatience: Duration = .seconds(300)
    /// Bytes that take a second or so to read and hash.
    private static let longToRead: UInt64 = 512 << 20
}

extension Operations {
    /// The files with their keys, oldest first.
    fileprivate func list() async throws -> [(TransferKey, TransferJSON)] {
        guard let transfers = node.messenger.files else { throw ChatError.noFiles }
        var found: [(TransferKey, TransferJSON)] = []
        for status in await transfers.list().suffix(Self.page) {
            let key = status.transfer.key
            if let json = try? await transfer(key) { found.append((key, json)) }
        }
        return found
    }
}
