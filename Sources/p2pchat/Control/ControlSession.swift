import Chat
import NIOCore

/// One connection to the control socket: requests take effect in their order, answers come as they are ready, and the events of
/// a subscription between them.
struct ControlSession: Sendable {
    let operations: Operations
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    /// Raised when the client is gone; a client that only has no more requests still reads.
    let gone: StopSignal

    /// Answers until the client has no more requests and every answer is out, or until it is gone: what still waits for a delivery
    /// then is as if its time were up. A subscription goes on until the connection ends.
    func run(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ subscription: Subscription) async throws {
        defer { subscription.end() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await gone.wait()
                throw CancellationError()
            }
            var lines = LineSplitter(limit: JSONRPC.longestRequest)
            var working = 0
            for try await bytes in inbound {
                lines.append(bytes)
                while let line = try lines.next() {
                    // A client that does not wait for answers is not read any more.
                    while working >= Self.most {
                        try await group.next()
                        working -= 1
                    }
                    switch await ControlAnswer(to: line, operations) {
                    case .now(let answer): try await write(answer)
                    case .later(let answer):
                        working += 1
                        group.addTask { try await write(await answer()) }
                    case .subscribe(let answer, let since):
                        let events = subscription.begin()
                        working += 1
                        group.addTask {
                            try await write(answer)
                            try await events.run(since: since) { try await write($0) }
                        }
                    }
                }
            }
            while working > 0 {
                try await group.next()
                working -= 1
            }
            group.cancelAll()
        }
    }

    private func write(_ line: [UInt8]?) async throws {
        guard let line else { return }
        try await outbound.write(ByteBuffer(bytes: line + [UInt8(ascii: "\n")]))
    }

    /// Answers that are not out yet.
    private static let most = 64
}
