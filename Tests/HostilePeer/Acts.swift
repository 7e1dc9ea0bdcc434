import Foundation
import Wire

/// What it does; each act says in a line or a few how the victim took it.
extension HostilePeer {
    func textUnder(_ id: MessageID, _ text: String) async throws {
        try await say(text, id)
        print(await hearDelivered(1) ? "delivered" : "cut")
    }

    func envelope(_ bytes: [UInt8]) async throws {
        try await say(bytes: bytes)
        print(await probe())
    }

    // MARK: Offers

    func offerOf(_ size: UInt64, _ name: String) async throws {
        let id = MessageID.make()
        try await offer(name, size: size, root: [UInt8](repeating: 1, count: 32), id)
        print(await end(of: id).map { "refused: \($0)" } ?? "cut")
    }

    /// Offers one after the other without waiting for anything, and counts what comes back.
    func offers(_ count: Int, size: UInt64) async throws {
        async let heard = hearDelivered(count)
        for number in 1...count {
            try await offer("file \(number)", size: size, root: [UInt8](repeating: 1, count: 32))
        }
        print(await heard ? "\(count) acknowledged" : "cut")
    }

    /// Files under names that want to be somewhere else, or to look like something else. Their content is small and right.
    func names() async throws {
        for name in Self.badNames {
            let file = SmallFile("what a peer sent\n")
            let id = MessageID.make()
            try await offer(name, size: UInt64(file.size), root: file.root(size: file.size), id)
            if await isAsked(for: id) {
                try await say(file.span(id))
                try await say(file.chunk(0, id))
            }
            let end = await end(of: id).map { "\($0)" } ?? "cut"
            print("\(name.unicodeScalars.map { $0.escaped(asASCII: true) }.joined()): \(end)")
        }
    }

    private static let badNames = [
        "../../.ssh/authorized_keys", "/etc/passwd", ".", "..", "C:\\autoexec.bat", "-rf", "~",
        "\u{1B}]0;owned\u{7}\u{1B}[2Jclear", "report\u{202E}fdp.exe", "a\u{0}b", "two\nlines", "  ",
        String(repeating: "n", count: 255),
    ]

    // MARK: Lies

    enum Lie: String {
        /// A size, and the root to it, of more or fewer chunks than the tree has.
        case larger, smaller
        /// The root of another size than is offered.
        case size
        /// A byte of a chunk that is not the one that was hashed; a chunk of another length; the next but one.
        case wrong, short, skipped
        /// A span of other hashes.
        case span
        /// Less than was asked for, and then nothing; a chunk behind the last one.
        case fewer, more
        /// Chunks of what was offered, before they are asked for; of what was never offered.
        case early, unasked
    }

    func lie(_ lie: Lie) async throws {
        let honest = SmallFile(chunks: 3)
        var sent = honest
        let id = MessageID.make()
        var (size, root) = (honest.size, honest.root(size: honest.size))
        switch lie {
        case .larger:
            size += Int64(WireLimits.chunk)
            root = honest.root(size: size)
        case .smaller:
            size -= Int64(WireLimits.chunk)
            root = honest.root(size: size)
        case .size: size += 1
        case .wrong: sent.chunks[1][100] ^= 1
        case .short: sent.chunks[1].removeLast()
        case .span: sent.chunks[1][100] ^= 1
        case .skipped, .fewer, .more, .early, .unasked: break
        }
        if lie == .unasked {
            try await say(honest.chunk(0, id))
            print(await probe())
            return
        }
        try await offer("lie.\(lie)", size: UInt64(size), root: root, id)
        if lie == .early {
            // The link may end before all of it is out.
            try? await say(honest.span(id))
            for index in 0..<3 { try? await say(honest.chunk(index, id)) }
            print(await probe())
            return
        }
        guard await isAsked(for: id) else {
            print("not asked for")
            return
        }
        try await say((lie == .span ? sent : honest).span(id))
        let order = lie == .skipped ? [0, 2] : lie == .fewer ? [0, 1] : [0, 1, 2]
        for index in order { try await say(sent.chunk(index, id)) }
        if lie == .more { try await say(.chunk(FileChunk(id: id, index: 3, data: [1]))) }
        if lie == .fewer {
            print(await probe())
            return
        }
        print(await end(of: id).map { "\($0)" } ?? "cut", await probe())
    }

    // MARK: Floods

    /// Texts as fast as they are taken.
    func flood(_ count: Int, bytes: Int) async throws {
        async let heard = hearDelivered(count)
        let text = String(repeating: "x", count: bytes)
        for _ in 0..<count { try await say(text) }
        print(await heard ? "\(count) acknowledged" : "cut")
    }

    /// The same for some seconds, without reading anything that comes back.
    func deaf(seconds: Int, bytes: Int) async throws {
        let text = String(repeating: "x", count: bytes)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { while true { try await say(text) } }
            group.addTask { try await Task.sleep(for: .seconds(seconds)) }
            try await group.next()
            group.cancelAll()
        }
        print("stopped")
    }

    /// Asks for files that were never offered, and reads no answer.
    func fetches(_ count: Int) async throws {
        do {
            for _ in 0..<count { try await say(.fetch(FileFetch(id: .make(), first: 0, count: 1))) }
            print("asked")
        } catch {
            print("cut")
        }
    }

    /// Speaks of a message or transfer between the victim and somebody else.
    func meddle(with id: MessageID) async throws {
        try await say(.delivered([id]))
        try await say(.read([id]))
        try await say(.fetch(FileFetch(id: id, first: 0, count: 1)))
        for reason in [FileEnd.Reason.complete, .declined, .cancelled, .gone] {
            try await say(.end(FileEnd(id: id, reason: reason)))
        }
        print(await end(of: id).map { "\($0)" } ?? "cut", await probe())
    }
}
