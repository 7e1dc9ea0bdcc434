// A peer without manners, for transcripts: it dials somebody who runs the program, over a real link, does one thing that no
// honest peer does, and says how that was taken.
import Foundation
import Wire

struct Usage: Error {}

func number<Number: FixedWidthInteger>(_ text: String) throws -> Number {
    guard let number = Number(text) else { throw Usage() }
    return number
}

func id(_ text: String) throws -> MessageID {
    guard let id = MessageID(text) else { throw Usage() }
    return id
}

func bytes(_ text: String) throws -> [UInt8] {
    try stride(from: 0, to: text.utf8.count, by: 2).map { offset in
        guard let byte = UInt8(text.dropFirst(offset).prefix(2), radix: 16) else { throw Usage() }
        return byte
    }
}

func act(_ peer: HostilePeer, _ words: [String]) async throws {
    switch (words.first, words.count) {
    case ("say", 2): print(await peer.probe(words[1]))
    case ("text", 3): try await peer.textUnder(id(words[1]), words[2])
    case ("envelope", 2): try await peer.envelope(bytes(words[1]))
    case ("offer", 3): try await peer.offerOf(number(words[1]), words[2])
    case ("offers", 3): try await peer.offers(number(words[1]), size: number(words[2]))
    case ("names", 1): try await peer.names()
    case ("lie", 2):
        guard let lie = HostilePeer.Lie(rawValue: words[1]) else { throw Usage() }
        try await peer.lie(lie)
    case ("flood", 3): try await peer.flood(number(words[1]), bytes: number(words[2]))
    case ("deaf", 3): try await peer.deaf(seconds: number(words[1]), bytes: number(words[2]))
    case ("fetches", 2): try await peer.fetches(number(words[1]))
    case ("meddle", 2): try await peer.meddle(with: id(words[1]))
    default: throw Usage()
    }
}

let words = Array(CommandLine.arguments.dropFirst())
do {
    guard words.count > 3 else { throw Usage() }
    let peer = try await HostilePeer.dial(words[1], words[2], home: words[0])
    try await act(peer, Array(words.dropFirst(3)))
    await peer.leave()
} catch is Usage {
    print(
        """
        usage: hostile-peer HOME HOST:PORT FINGERPRINT ACT
        say TEXT, text ID TEXT, envelope HEX, offer SIZE NAME, offers COUNT SIZE, names, lie LIE, flood COUNT BYTES,
        deaf SECONDS BYTES, fetches COUNT, meddle ID
        """)
    exit(64)
} catch {
    print("failed: \(error)")
    exit(1)
}
