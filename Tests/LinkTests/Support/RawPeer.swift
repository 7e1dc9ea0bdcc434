import Identity
import Sodium

@testable import Link

/// A peer that keeps to the handshake and then does as the test says: any plaintext, any tag, any length.
struct RawPeer: ~Copyable {
    var push: SecretStreamPush
    var pull: SecretStreamPull
    let keys: SessionKeys

    /// Plays the initiator against a responder up to its `ready`, both headers included.
    static func initiator(
        against responder: Side, _ local: LocalSide, responder identity: PublicIdentity
    ) throws -> RawPeer {
        let context = ExchangeContext(purpose: local.purpose, responder: identity, renewing: nil)
        let exchange = try InitiatorExchange(context, static: local.secretKey(), material: local.material)
        responder.receive(exchange.first)
        let finished = try exchange.readSecond(responder.flush()).writeThird(local.identity)
        let third = finished.third
        let keys = finished.takeKeys()
        let push = try SecretStreamPush(key: keys.initiatorToResponder, header: local.material.streamHeader())
        responder.receive(third + push.header)
        let answer = responder.flush()
        let pull = try SecretStreamPull(
            key: keys.responderToInitiator, header: Array(answer.prefix(Act.headerSize)))
        var peer = RawPeer(push: push, pull: pull, keys: keys)
        _ = try peer.open(Array(answer.dropFirst(Act.headerSize)))
        return peer
    }

    /// Plays the responder against an initiator, up to and without the first frame.
    static func responder(against initiator: Side, _ local: LocalSide) throws -> RawPeer {
        let context = ExchangeContext(purpose: local.purpose, responder: local.identity, renewing: nil)
        let exchange = try ResponderExchange(
            answering: initiator.flush(), context, static: local.secretKey(), material: local.material)
        initiator.receive(exchange.second)
        let answer = initiator.flush()
        let keys = try exchange.readThird(Array(answer.prefix(Act.thirdSize))).takeKeys()
        let push = try SecretStreamPush(key: keys.responderToInitiator, header: local.material.streamHeader())
        let pull = try SecretStreamPull(
            key: keys.initiatorToResponder, header: Array(answer.dropFirst(Act.thirdSize)))
        initiator.receive(push.header)
        return RawPeer(push: push, pull: pull, keys: keys)
    }

    init(push: consuming SecretStreamPush, pull: consuming SecretStreamPull, keys: consuming SessionKeys) {
        self.push = push
        self.pull = pull
        self.keys = keys
    }

    /// A frame of a kind and content, in the smallest size, or in `size`.
    mutating func frame(
        _ kind: UInt8, _ content: [UInt8] = [], tag: SecretStreamTag = .message, size: Int? = nil,
        claiming count: Int? = nil
    ) throws -> [UInt8] {
        let size = size ?? Frame.size(forContent: content.count) ?? 65280
        let count = count ?? content.count
        let prefix = [kind, UInt8(count >> 16 & 0xff), UInt8(count >> 8 & 0xff), UInt8(count & 0xff)]
        let padding = [UInt8](repeating: 0, count: max(0, size - prefix.count - content.count))
        return try seal(prefix + content + padding, tag: tag)
    }

    mutating func frame(
        _ kind: Frame.Kind, _ content: [UInt8] = [], tag: SecretStreamTag = .message
    ) throws -> [UInt8] {
        try frame(kind.rawValue, content, tag: tag)
    }

    mutating func seal(_ plaintext: [UInt8], tag: SecretStreamTag) throws -> [UInt8] {
        let length = plaintext.count + SecretStream.overhead
        let ad = [UInt8(length >> 8), UInt8(length & 0xff)]
        var ciphertext = [UInt8](repeating: 0, count: length)
        try plaintext.withUnsafeBytes { plaintext in
            try ciphertext.withUnsafeMutableBytes { ciphertext in
                try ad.withUnsafeBytes { try push.push(plaintext, into: ciphertext, ad: $0, tag: tag) }
            }
        }
        return ad + ciphertext
    }

    struct Opened: Equatable {
        var kind: UInt8
        var content: [UInt8]
        var tag: SecretStreamTag
        var size: Int
    }

    /// All frames in some bytes.
    mutating func open(_ bytes: [UInt8]) throws -> [Opened] {
        var frames: [Opened] = []
        var rest = bytes[...]
        while rest.count >= 2 {
            let ad = Array(rest.prefix(2))
            let length = Int(ad[0]) << 8 | Int(ad[1])
            let ciphertext = Array(rest.dropFirst(2).prefix(length))
            var plaintext = [UInt8](repeating: 0, count: max(0, length - SecretStream.overhead))
            let tag = try ciphertext.withUnsafeBytes { ciphertext in
                try plaintext.withUnsafeMutableBytes { plaintext in
                    try ad.withUnsafeBytes { try pull.pull(ciphertext, into: plaintext, ad: $0) }
                }
            }
            let count = Int(plaintext[1]) << 16 | Int(plaintext[2]) << 8 | Int(plaintext[3])
            frames.append(
                Opened(
                    kind: plaintext[0], content: Array(plaintext[4..<4 + count]), tag: tag,
                    size: plaintext.count))
            rest = rest.dropFirst(2 + length)
        }
        return frames
    }
}
