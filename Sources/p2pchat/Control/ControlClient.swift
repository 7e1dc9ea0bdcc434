import Chat
import FoundationEssentials
import NIOCore
import NIOPosix

/// A call to the process of the same home that is online.
enum ControlClient {
    private enum Answer {
        case line([UInt8])
        case none
    }

    /// The answer of the process that is online; nil when none is.
    static func call<Parameters, Result>(
        _ home: Home, _ method: ControlMethod<Parameters, Result>, _ parameters: Parameters,
        within limit: Duration
    ) async throws -> Result? {
        guard let address = ControlAddress(home) else { return nil }
        let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(unixDomainSocketPath: address.path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            return nil
        }
        let request = JSONRPC.Request(id: 1, method: method.name, params: parameters)
        let line = try JSONEncoder().encode(request)
        let answer = try await Chat.within(limit) { () -> Answer in
            do {
                return try await channel.executeThenClose { inbound, outbound -> Answer in
                    try await outbound.write(ByteBuffer(bytes: line + [UInt8(ascii: "\n")]))
                    var lines = LineSplitter(limit: JSONRPC.maximumLine)
                    for try await bytes in inbound {
                        lines.append(bytes)
                        if let line = try lines.next() { return .line(line) }
                    }
                    return .none
                }
            } catch is IOError {
                return .none
            }
        }
        guard let answer else {
            throw CommandError(.tryAgain, "the process that is online with this home does not answer")
        }
        guard case .line(let answer) = answer else {
            throw CommandError(.tryAgain, "the process that is online with this home went away")
        }
        let response = try JSONDecoder().decode(JSONRPC.Response<Result>.self, from: Data(answer))
        if let failure = response.error { throw failure.commandError }
        guard let result = response.result else {
            throw CommandError(.inputOutput, "the process that is online with this home answered nothing")
        }
        return result
    }
}
