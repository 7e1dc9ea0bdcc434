import Identity
import Link

/// A link over loopback, both ends in this process, as limit.c has them.
enum LinkBench {
    private struct Ends {
        let listener: LinkListener
        let server: IdentityKeys
        let client: IdentityKeys

        init() async throws {
            server = try IdentityKeys.generate()
            client = try IdentityKeys.generate()
            listener = try await LinkListener.bind(
                Endpoint("127.0.0.1:0"), purpose: .peer, identity: server
            ) { _ in true }
        }

        func dial() async throws -> Link {
            try await LinkDialer.dial(
                listener.localEndpoint, expecting: server.publicIdentity, purpose: .peer, identity: client)
        }

        /// Takes so many envelopes from one link, `limit` at a time, then answers.
        func takeAll(_ count: Int, limit: Int) async throws {
            for await link in listener.links {
                var taken = 0
                while taken < count { taken += try await link.receiveBatch(limit: limit).count }
                try await link.send([1])
                _ = try await link.receive()
                return
            }
        }

        /// Answers every link with what it says, until the listener is closed.
        func echo() async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for await link in listener.links {
                    group.addTask {
                        while let envelope = try await link.receive() { try await link.send(envelope) }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Megabytes (10⁶) of envelopes a second, all of them taken by the receiver.
    static func throughput(mebibytes: Int) async throws -> Double {
        let ends = try await Ends()
        let size = Frame.largestEnvelope
        let count = (mebibytes << 20) / size
        async let sink: Void = ends.takeAll(count, limit: 4)
        let link = try await ends.dial()
        let envelope = [UInt8](repeating: 0x5a, count: size)
        let time = try await ContinuousClock().measure {
            for _ in 0..<count { try await link.send(envelope) }
            _ = try await link.receive()
        }
        await link.close()
        try await sink
        await ends.listener.close()
        return Double(count * size) / 1e6 / time.seconds
    }

    /// Envelopes of a short text message, 256-byte frames, a second: pipelined one way, all of them taken.
    static func smallEnvelopes(count: Int) async throws -> Double {
        let ends = try await Ends()
        async let sink: Void = ends.takeAll(count, limit: 256)
        let link = try await ends.dial()
        let envelope = [UInt8](repeating: 0x5a, count: 150)
        let time = try await ContinuousClock().measure {
            for _ in 0..<count { try await link.send(envelope) }
            _ = try await link.receive()
        }
        await link.close()
        try await sink
        await ends.listener.close()
        return Double(count) / time.seconds
    }

    /// Seconds for a small envelope there and back.
    static func echo(trips: Int) async throws -> (median: Double, p99: Double) {
        let ends = try await Ends()
        async let serving: Void = ends.echo()
        let link = try await ends.dial()
        let envelope = [UInt8](repeating: 1, count: 64)
        var times: [Double] = []
        for _ in 0..<trips {
            let time = try await ContinuousClock().measure {
                try await link.send(envelope)
                _ = try await link.receive()
            }
            times.append(time.seconds)
        }
        await link.close()
        await ends.listener.close()
        try await serving
        times.sort()
        return (times[times.count / 2], times[times.count * 99 / 100])
    }

    /// Seconds from dialling to the first envelope echoed; the median.
    static func dialToFirstEcho(times: Int) async throws -> Double {
        let ends = try await Ends()
        async let serving: Void = ends.echo()
        var all: [Double] = []
        for _ in 0..<times {
            let start = ContinuousClock.now
            let link = try await ends.dial()
            try await link.send([1])
            _ = try await link.receive()
            all.append((ContinuousClock.now - start).seconds)
            await link.close()
        }
        await ends.listener.close()
        try await serving
        return median(all)
    }
}

extension Duration {
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
