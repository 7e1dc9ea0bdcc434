import Chat
import FoundationEssentials
import NIOCore
import NIOPosix
import Synchronization

/// A connection to the process of the same home that is online. Requests go in the order of the calls.
final class ControlConnection: Sendable {
    private typealias Channel = NIOAsyncChannel<ByteBuffer, ByteBuffer>
    private typealias Waiter = CheckedContinuation<[UInt8], any Error>

    private struct State {
        var last = 0
        var waiting: [Int: Waiter] = [:]
        /// Came before somebody waited.
        var answered: [Int: [UInt8]] = [:]
        var isOver = false
    }

    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private let state = Mutex(State())

    private init(outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) {
        self.outbound = outbound
    }

    /// Runs `body` with a connection; nil when no process is online.
    static func use<Value: Sendable>(
        _ home: Home, _ body: @Sendable (ControlConnection) async throws -> Value
    ) async throws -> Value? {
        guard let channel = await connect(home) else { return nil }
        return try await channel.executeThenClose { inbound, outbound in
            let connection = ControlConnection(outbound: outbound)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await connection.read(inbound) }
                defer { group.cancelAll() }
                return try await body(connection)
            }
        }
    }

    /// Whether a process is online with the home.
    static func isAnswered(_ home: Home) async -> Bool { (try? await use(home) { _ in true }) ?? false }

    private static func connect(_ home: Home) async -> Channel? {
        guard let address = ControlAddress(home) else { return nil }
        return try? await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(unixDomainSocketPath: address.path) { channel in
                channel.eventLoop.makeCompletedFuture { try Channel(wrappingChannelSynchronously: channel) }
            }
    }

    /// A request that is on its way.
    struct Pending<Result: Decodable & Sendable>: Sendable {
        fileprivate let id: Int
        fileprivate let connection: ControlConnection

        /// - Throws: What the operation failed with; `HomeSession.Lost`; `CommandError` when the process does not answer within the limit.
        func result(within limit: Duration) async throws -> Result {
            let (id, connection) = (id, connection)
            guard let line = try await Chat.within(limit, { try await connection.answer(id) }) else {
                throw CommandError(.tryAgain, "the process that is online with this home does not answer")
            }
            let response = try JSONDecoder().decode(JSONRPC.Response<Result>.self, from: Data(line))
            if let failure = response.error { throw failure.commandError }
            guard let result = response.result else {
                throw CommandError(
                    .inputOutput, "the process that is online with this home answered nothing")
            }
            return result
        }
    }

    /// For one caller at a time.
    func begin<Parameters, Result>(
        _ method: ControlMethod<Parameters, Result>, _ parameters: Parameters
    ) async throws -> Pending<Result> {
        let id = state.withLock { state in
            state.last += 1
            return state.last
        }
        let request = JSONRPC.Request(id: id, method: method.name, params: parameters)
        let line = try JSONEncoder().encode(request)
        do {
            try await outbound.write(ByteBuffer(bytes: line + [UInt8(ascii: "\n")]))
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw HomeSession.Lost()
        }
        return Pending(id: id, connection: self)
    }

    private func answer(_ id: Int) async throws -> [UInt8] {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (waiter: Waiter) in
                let result: Result<[UInt8], any Error>? = state.withLock { state in
                    if let line = state.answered.removeValue(forKey: id) { return .success(line) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.isOver { return .failure(HomeSession.Lost()) }
                    state.waiting[id] = waiter
                    return nil
                }
                if let result { waiter.resume(with: result) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }

    private func read(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) async {
        var lines = LineSplitter(limit: JSONRPC.longestAnswer)
        do {
            for try await bytes in inbound {
                lines.append(bytes)
                while let line = try lines.next() { take(line) }
            }
        } catch {
            // However the connection ends, whoever waits is told the same.
        }
        let waiting = state.withLock { state in
            state.isOver = true
            defer { state.waiting = [:] }
            return state.waiting.values.map { $0 }
        }
        for waiter in waiting { waiter.resume(throwing: HomeSession.Lost()) }
    }

    private func take(_ line: [UInt8]) {
        guard let head = try? JSONDecoder().decode(JSONRPC.AnswerHead.self, from: Data(line)),
            let id = head.id
        else { return }
        let waiter = state.withLock { state in
            if let waiter = state.waiting.removeValue(forKey: id) { return waiter as Waiter? }
            state.answered[id] = line
            return nil
        }
        waiter?.resume(returning: line)
    }
}
