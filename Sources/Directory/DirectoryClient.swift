package import FoundationEssentials
package import Identity
import Wire

/// One link to a directory: sends requests, checks every answer, and hands out events.
///
/// Somebody has to call ``run()``, which reads from the link until it ends; without it no request is answered.
/// Everything that the directory signs or serves is checked before it leaves this actor; whatever no honest
/// directory does ends the link with ``DirectoryError/misbehaves(_:)``.
package actor DirectoryClient {
    /// How long an answer may take: a dial-back of 5 s with room to spare.
    package static let requestTimeout = Duration.seconds(10)

    typealias Answer = Result<DirectoryResponse.Body, DirectoryError>

    let link: any EnvelopeLink
    let keys: IdentityKeys
    let now: @Sendable () -> Date
    private let timeout: Duration
    private let sleep: @Sendable (Duration) async throws -> Void

    private var lastID: UInt64 = 0
    private var pending: [UInt64: AsyncStream<Answer>.Continuation] = [:]
    private var failure: DirectoryError?
    private var watchers: [UInt64: AsyncStream<PresenceEvent>.Continuation] = [:]

    /// The sequence of the last record made, so that the next is above it.
    var lastSequence: UInt64 = 0
    /// Addresses that the directory could not reach over this link, and why.
    var unreached: [NetworkAddress: Reachability] = [:]
    /// What was seen of the directory's log.
    package nonisolated let book: LogBook
    /// Whether this link is that of a witness, which the directory tells of new checkpoints.
    private(set) var isWitness = false
    private let bell = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    /// Counts what ends a presence, so that a publication under way does not bring it back.
    var withdrawals = 0

    /// - Parameters:
    ///   - link: a link of purpose "directory", dialled by this side; its remote identity is the directory's.
    ///   - identity: the keys that the link was dialled with.
    ///   - log: what was seen of this directory's log before: it has to go on from there.
    ///   - requestTimeout: after which an unanswered request ends the link.
    ///   - sleep: how to wait, for tests.
    ///   - now: this computer's clock.
    package init(
        link: any EnvelopeLink, identity: IdentityKeys, log: LogBook? = nil,
        requestTimeout: Duration = requestTimeout,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.link = link
        keys = identity
        book = log.flatMap { $0.directory == link.remote ? $0 : nil } ?? LogBook(of: link.remote)
        timeout = requestTimeout
        self.sleep = sleep
        self.now = now
    }

    /// The directory's identity.
    package nonisolated var directory: PublicIdentity { link.remote }

    /// Reads from the link until it ends, and returns why it did. When the task is cancelled the link is cut.
    @discardableResult
    package func run() async -> DirectoryError {
        do {
            try await withTaskCancellationHandler {
                while let bytes = try await link.receive() { try take(bytes) }
            } onCancel: {
                link.cut()
            }
            return end(.notReachable("the directory closed the link"))
        } catch let error as DirectoryError {
            return end(error)
        } catch {
            return end(.notReachable("\(error)"))
        }
    }

    /// Closes the link properly. A presence that was published ends a few seconds later; ``unregister(within:)``
    /// ends it at once.
    package func close() async {
        if failure == nil { await link.close() }
        end(.closed)
    }

    // MARK: Requests

    /// Sends a request and waits for its answer. A refusal is thrown as ``DirectoryError``, except the one of
    /// ``DirectoryFailure/outOfSequence(newest:)``, which its callers answer with another attempt.
    func request(
        _ body: DirectoryRequest.Body, within limit: Duration? = nil
    ) async throws(DirectoryError) -> DirectoryResponse.Body {
        if let failure { throw failure }
        if let conviction = book.conviction { throw end(.misbehaves("it " + conviction.what)) }
        lastID += 1
        let id = lastID
        let bytes: [UInt8]
        do {
            bytes = try DirectoryEnvelope.request(DirectoryRequest(id: id, body: body)).encoded()
        } catch {
            throw .invalidRequest("the request does not fit into a message")
        }
        let (answers, continuation) = AsyncStream<Answer>.makeStream(bufferingPolicy: .bufferingOldest(1))
        pending[id] = continuation
        defer { pending[id] = nil }
        switch await answer(to: bytes, from: answers, within: limit ?? timeout) {
        case .success(.failure(let refusal)):
            if case .outOfSequence = refusal { return .failure(refusal) }
            throw DirectoryError(refusal, now: now().timeIntervalSince1970)
        case .success(.unknown): throw misbehaved("an answer is of no known kind")
        case .success(let answer): return answer
        case .failure(let error):
            // A link that was ended for a reason of its own fails what is under way; the reason counts.
            switch failure {
            case .misbehaves(let what)?: throw .misbehaves(what)
            case .superseded?: throw .superseded
            default: throw error
            }
        }
    }

    private func answer(to bytes: [UInt8], from answers: AsyncStream<Answer>, within limit: Duration) async
        -> Answer
    {
        let (link, sleep) = (link, sleep)
        return await withTaskGroup(of: Answer.self) { group in
            group.addTask {
                do {
                    try await link.send(bytes)
                } catch {
                    return .failure(.notReachable("\(error)"))
                }
                for await answer in answers { return answer }
                return .failure(.closed)
            }
            group.addTask {
                do {
                    try await sleep(limit)
                } catch {
                    return .failure(.closed)
                }
                // A directory that is silent for so long is as good as gone; and a send that still waits for
                // it would wait for ever.
                link.cut()
                return .failure(.notReachable("the directory does not answer"))
            }
            let first = await group.next() ?? .failure(.closed)
            group.cancelAll()
            return first
        }
    }

    /// Ends the link over something that no honest directory does; the error is for the caller to throw.
    func misbehaved(_ what: String) -> DirectoryError {
        end(.misbehaves(what))
    }

    /// Runs a check; when it finds misbehaviour, the link ends.
    func checked<Value>(_ check: () throws(DirectoryError) -> Value) throws(DirectoryError) -> Value {
        do {
            return try check()
        } catch {
            if case .misbehaves = error { end(error) }
            throw error
        }
    }

    // MARK: Events

    /// Adds a receiver of events. One that lags 1,024 events behind is ended, rather than left with gaps.
    func addWatcher() -> AsyncStream<PresenceEvent> {
        let (events, continuation) = AsyncStream<PresenceEvent>.makeStream(
            bufferingPolicy: .bufferingOldest(1_024))
        if failure != nil {
            continuation.finish()
        } else {
            lastWatcher += 1
            watchers[lastWatcher] = continuation
        }
        return events
    }

    private var lastWatcher: UInt64 = 0

    private func announce(_ event: PresenceEvent) {
        for (number, watcher) in watchers {
            switch watcher.yield(event) {
            case .enqueued: continue
            default:
                watcher.finish()
                watchers[number] = nil
            }
        }
    }

    /// Makes this link that of a witness. What is returned says that there is a checkpoint to cosign, and ends with the link; it is read once.
    func witness() async throws(DirectoryError) -> AsyncStream<Void> {
        // Before asking: checkpoints that came meanwhile lack cosignatures.
        isWitness = true
        guard case .witnessing = try await request(.witness) else {
            throw misbehaved("it answers a witness with something else")
        }
        return bell.stream
    }

    /// Hands a witness' cosignature over. Returns whether the directory took it: it does not where its newest checkpoint is another one by now.
    func cosign(_ line: String) async throws(DirectoryError) -> Bool {
        switch try await request(.cosign(line: line)) {
        case .cosigned: return true
        case .failure(.outOfSequence): return false
        default: throw misbehaved("it answers a cosignature with something else")
        }
    }

    // MARK: What arrives

    private func take(_ bytes: [UInt8]) throws(DirectoryError) {
        let envelope: DirectoryEnvelope
        do {
            envelope = try DirectoryEnvelope(decoding: bytes)
        } catch {
            throw .misbehaves("a message is malformed")
        }
        switch envelope {
        case .response(let response):
            guard response.id <= lastID else { throw .misbehaves("it answers what was not asked") }
            // Nobody waits any more when the asking task was cancelled.
            pending.removeValue(forKey: response.id)?.yield(.success(response.body))
        case .event(.came(let served)):
            announce(.came(try PeerEntry(checking: served, from: link.remote)))
        case .event(.left(let identity)): announce(.left(identity))
        case .event(.missed): announce(.missed)
        case .event(.superseded): throw .superseded
        case .event(.signed): bell.continuation.yield()
        case .event(.unknown), .unknown: break
        case .request: throw .misbehaves("it sends requests")
        }
    }

    /// Ends everything once; the first reason stays.
    @discardableResult
    private func end(_ error: DirectoryError) -> DirectoryError {
        if let failure { return failure }
        failure = error
        link.cut()
        for continuation in pending.values { continuation.yield(.failure(error)) }
        pending = [:]
        for watcher in watchers.values { watcher.finish() }
        watchers = [:]
        bell.continuation.finish()
        return error
    }
}
