import FoundationEssentials
import NIOCore
import NIOPosix

/// A call to the process of the same home that is online.
enum ControlClient {
    /// The answer of the process that is online; nil when none is.
    static func call<Parameters, Result>(
        _ home: Home, _ method: ControlMethod<Parameters, Result>, _ parameters: Parameters
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
        let answer = try await channel.executeThenClose { inbound, outbound -> [UInt8]? in
            try await outbound.write(ByteBuffer(bytes: line + [UInt8(ascii: "\n")]))
            var lines = LineSplitter(limit: JSONRPC.maximumLine)
            for try await bytes in inbound {
                lines.append(bytes)
                if let line = try lines.next() { return line }
            }
            return nil
        }
        guard let answer else {
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
