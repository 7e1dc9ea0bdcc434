import Chat
import Files

/// Offers files to one peer and sees them through: what `send-file` does, in whichever process the transfers run.
actor FileSending {
    private let peer: String
    /// Absolute.
    private let paths: [String]
    private let queue: Bool
    /// So long nothing may move.
    private let patience: Duration
    private let progress: FileProgress
    private var sent: [TransferJSON] = []

    init(peer: String, paths: [String], queue: Bool, patience: Duration, progress: FileProgress) {
        self.peer = peer
        self.paths = paths
        self.queue = queue
        self.patience = patience
        self.progress = progress
    }

    /// Returns when all are over, or nothing moved for too long.
    ///
    /// - Returns: The files, and whether it was given up.
    func run(in session: HomeSession) async throws -> (files: [TransferJSON], gaveUp: Bool) {
        while sent.count < paths.count {
            progress.reading(paths[sent.count])
            let offered = try await session.call(
                ControlMethods.sendFile,
                SendFileParameters(peer: peer, path: paths[sent.count], queue: queue),
                within: Self.hashing, { $0.sendFile })
            sent.append(offered)
            try progress.show(sent)
        }
        guard let fingerprint = sent.first?.peer.fingerprint else { return ([], false) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await session.stayConnected(to: fingerprint) }
            defer { group.cancelAll() }
            let isOver = try await watch(session)
            if !isOver { try await giveUp(session) }
            return (sent, !isOver)
        }
    }

    /// False when nothing moved for too long.
    private func watch(_ session: HomeSession) async throws -> Bool {
        let pause: Duration = if case .operations = session.way { Self.shortPause } else { Self.pause }
        var moved = ContinuousClock.now
        while true {
            let now = try await look(session)
            if now.map(\.bytes) != sent.map(\.bytes) || now.map(\.state) != sent.map(\.state) {
                moved = .now
            }
            sent = now
            try progress.show(now)
            if now.allSatisfy(\.isOver) { return true }
            // Where it waits in the outbox anyway, nobody has to wait for somebody who is not there.
            let isAway = queue && now.allSatisfy { $0.isOver || $0.wait == "link" }
            if moved.duration(to: .now) > (isAway ? min(patience, Self.absence) : patience) { return false }
            try await Task.sleep(for: pause)
        }
    }

    private func look(_ session: HomeSession) async throws -> [TransferJSON] {
        let result: FilesResult
        do {
            result = try await session.call(
                ControlMethods.files, FilesParameters(ids: sent.map(\.id)), { $0.files })
        } catch let error as CommandError where error.code == .tryAgain {
            throw HomeSession.Lost()
        }
        return sent.map { old in
            result.files.first { $0.id == old.id && $0.peer.fingerprint == old.peer.fingerprint } ?? old
        }
    }

    /// Takes back what nobody has answered, unless it is to wait. What has begun goes on when both are online.
    private func giveUp(_ session: HomeSession) async throws {
        guard !queue else { return }
        for file in sent where file.state == "offered" {
            _ = try await session.call(
                ControlMethods.cancelFile,
                TransferParameters(id: file.id, peer: file.peer.fingerprint, folder: nil), { $0.cancelFile })
        }
    }

    private static let hashing: Duration = .seconds(86_400)
    private static let absence: Duration = .seconds(10)
    private static let pause: Duration = .milliseconds(100)
    private static let shortPause: Duration = .milliseconds(10)
}
