import Foundation
import Identity
import Testing
import Wire

@Suite struct PeerEnvelopeTests {
    let id = MessageID.make(at: Date(timeIntervalSince1970: 1_800_000_000.123))
    let sentAt = Date(timeIntervalSince1970: 1_800_000_000.123)

    @Test func everyKindComesBackAsItWasSent() throws {
        let identity = try IdentityKeys.generate().publicIdentity
        let kinds: [PeerEnvelope] = [
            .hello(Hello(handle: nil, directory: nil)),
            .hello(Hello(handle: try Handle("alice"), directory: identity)),
            .text(try TextMessage(id: id, sentAt: sentAt, text: "grüße \u{1b}[2J\u{202e} 👩‍👩‍👧\r\n\0")),
            .rotation([[1], [UInt8](repeating: 2, count: 1_024)]), .delivered([id]),
            .read([id, MessageID.make()]),
            .believedLog(
                BelievedLog(
                    directory: identity,
                    statements: Array(repeating: [UInt8](repeating: 3, count: 136), count: 64),
                    checkpoint: [UInt8](repeating: 4, count: 16_384))),
            .offer(
                OfferMessage(
                    id: id, sentAt: sentAt,
                    offer: try FileOffer(
                        name: "../ü\u{202e}.txt", size: .max, root: Array(repeating: 7, count: 32)))),
            .fetch(try FileFetch(id: id, first: 512, count: 256)),
            .span(
                try FileSpan(
                    id: id, first: 256, leaves: Array(repeating: 1, count: 256 * 32),
                    path: Array(repeating: 2, count: 64 * 32))),
            .chunk(try FileChunk(id: id, index: 3, data: [1, 2, 3])),
            .end(FileEnd(id: id, reason: .mismatch)),
        ]
        for kind in kinds { #expect(try PeerEnvelope(decoding: kind.encoded()) == kind) }
    }

    @Test func textKeepsItsVeryBytes() throws {
        // Equal as Swift strings, yet not the same bytes.
        let decomposed = "e\u{301}"
        let envelope = PeerEnvelope.text(try TextMessage(id: id, sentAt: sentAt, text: decomposed))
        guard case .text(let message) = try PeerEnvelope(decoding: envelope.encoded()) else {
            Issue.record("not a text")
            return
        }
        #expect(Array(message.text.utf8) == Array(decomposed.utf8))
        #expect(message.sentAt == sentAt)
    }

    @Test(arguments: [1, 63_999, 64_000]) func textOfAllowedSizeFitsIntoAFrame(size: Int) throws {
        let text = try TextMessage(id: id, sentAt: sentAt, text: String(repeating: "x", count: size))
        let bytes = try PeerEnvelope.text(text).encoded()
        #expect(bytes.count <= WireLimits.envelope)
        #expect(try PeerEnvelope(decoding: bytes) == .text(text))
    }

    @Test func textOfOtherSizesIsRefused() throws {
        #expect(throws: WireError.invalid("text")) { try TextMessage(id: id, sentAt: sentAt, text: "") }
        // 64,001 bytes in fewer characters: bytes count.
        let long = String(repeating: "ü", count: 32_000) + "x"
        #expect(throws: WireError.invalid("text")) { try TextMessage(id: id, sentAt: sentAt, text: long) }
        // The same from a peer that does not keep to it.
        #expect(throws: WireError.invalid("text")) {
            try PeerEnvelope(decoding: encodedText(id.bytes, 1, ""))
        }
        #expect(throws: WireError.invalid("text")) {
            try PeerEnvelope(decoding: encodedText(id.bytes, 1, long))
        }
    }

    @Test func aWholeChunkFillsTheLargestFrameAndFits() throws {
        let data = [UInt8](repeating: 0xAB, count: WireLimits.chunk)
        let chunk = PeerEnvelope.chunk(try FileChunk(id: id, index: WireLimits.chunks - 1, data: data))
        let bytes = try chunk.encoded()
        #expect(bytes.count <= WireLimits.envelope)
        #expect(try PeerEnvelope(decoding: bytes) == chunk)
    }

    @Test func fieldsOfFilesOutOfBoundsAreRefused() throws {
        let root = [UInt8](repeating: 0, count: 32)
        #expect(throws: WireError.invalid("offer.name")) { try FileOffer(name: "", size: 1, root: root) }
        #expect(throws: WireError.invalid("offer.name")) {
            try FileOffer(name: String(repeating: "n", count: 256), size: 1, root: root)
        }
        #expect(throws: WireError.invalid("offer.size")) { try FileOffer(name: "n", size: -1, root: root) }
        #expect(throws: WireError.invalid("offer.root")) { try FileOffer(name: "n", size: 1, root: [0]) }
        #expect(throws: WireError.invalid("fetch.first")) { try FileFetch(id: id, first: 1 << 48, count: 1) }
        #expect(throws: WireError.invalid("fetch.first")) { try FileFetch(id: id, first: -256, count: 1) }
        #expect(throws: WireError.invalid("fetch.count")) { try FileFetch(id: id, first: 0, count: 0) }
        #expect(throws: WireError.invalid("fetch.count")) { try FileFetch(id: id, first: 0, count: 257) }
        #expect(throws: WireError.invalid("fetch.count")) { try FileFetch(id: id, first: 511, count: 2) }
        #expect(throws: WireError.invalid("span.leaves")) {
            try FileSpan(id: id, first: 0, leaves: [], path: [])
        }
        #expect(throws: WireError.invalid("span.leaves")) {
            try FileSpan(id: id, first: 0, leaves: [1], path: [])
        }
        #expect(throws: WireError.invalid("span.path")) {
            try FileSpan(id: id, first: 0, leaves: root, path: Array(repeating: 0, count: 65 * 32))
        }
        #expect(throws: WireError.invalid("chunk.data")) { try FileChunk(id: id, index: 0, data: []) }
        #expect(throws: WireError.invalid("chunk.data")) {
            try FileChunk(id: id, index: 0, data: Array(repeating: 0, count: WireLimits.chunk + 1))
        }
        #expect(throws: WireError.invalid("chunk.index")) {
            try FileChunk(id: id, index: WireLimits.chunks, data: [0])
        }
    }

    @Test func malformedFieldsAreRefused() throws {
        #expect(throws: WireError.invalid("message id")) {
            try PeerEnvelope(decoding: encodedText(Array(repeating: 0, count: 16), 1, "x"))
        }
        #expect(throws: WireError.invalid("message id")) {
            try PeerEnvelope(decoding: encodedText(Array(id.bytes.dropLast()), 1, "x"))
        }
        #expect(throws: WireError.invalid("text.sent_at")) {
            try PeerEnvelope(decoding: encodedText(id.bytes, 1 << 48, "x"))
        }
        // A text that is not UTF-8: field 2, in it id, time, and two bytes that no UTF-8 has.
        let bad: [UInt8] = field(2, field(1, id.bytes) + [0x10, 1] + field(3, [0xc3, 0x28]))
        #expect(throws: WireError.undecodable) { try PeerEnvelope(decoding: bad) }
        #expect(throws: WireError.invalid("hello.handle")) {
            try PeerEnvelope(decoding: field(1, field(1, Array("Al".utf8))))
        }
        #expect(throws: WireError.invalid("hello.directory")) {
            try PeerEnvelope(decoding: field(1, field(2, [1, 2, 3])))
        }
    }

    @Test func receiptsAreBounded() throws {
        let ids = (0..<1_001).map { _ in id }
        #expect(throws: WireError.invalid("receipt.ids")) { try PeerEnvelope.delivered([]).encoded() }
        #expect(throws: WireError.invalid("receipt.ids")) { try PeerEnvelope.read(ids).encoded() }
        let allowed = PeerEnvelope.delivered(Array(ids.dropLast()))
        #expect(try PeerEnvelope(decoding: allowed.encoded()) == allowed)
        let tooMany = field(3, ids.flatMap { field(1, $0.bytes) })
        #expect(throws: WireError.invalid("receipt.ids")) { try PeerEnvelope(decoding: tooMany) }
        #expect(throws: WireError.invalid("receipt.ids")) { try PeerEnvelope(decoding: field(4, [])) }
    }

    @Test func rotationsAreBounded() throws {
        let most = PeerEnvelope.rotation(Array(repeating: [UInt8](repeating: 1, count: 321), count: 64))
        #expect(try PeerEnvelope(decoding: most.encoded()) == most)
        let refused: [[[UInt8]]] = [
            [], [[]], [[UInt8](repeating: 1, count: 1_025)], Array(repeating: [1], count: 65),
        ]
        for entries in refused {
            #expect(throws: WireError.invalid("rotation.entries")) {
                try PeerEnvelope(decoding: field(10, entries.flatMap { field(1, $0) }))
            }
        }
    }

    @Test func believedLogsAreBounded() throws {
        let directory = field(1, try IdentityKeys.generate().publicIdentity.bytes)
        let statement = field(2, [UInt8](repeating: 1, count: 136))
        let checkpoint = field(3, [1])
        #expect(throws: Never.self) {
            try PeerEnvelope(decoding: field(11, directory + statement + checkpoint))
        }
        let refused: [(String, [UInt8])] = [
            ("directory", statement + checkpoint),
            ("directory", field(1, [UInt8](repeating: 0, count: 32)) + statement + checkpoint),
            ("statements", directory + checkpoint),
            ("statements", directory + field(2, [UInt8](repeating: 1, count: 135)) + checkpoint),
            ("statements", directory + Array(repeating: statement, count: 65).flatMap(\.self) + checkpoint),
            ("checkpoint", directory + statement),
            ("checkpoint", directory + statement + field(3, [UInt8](repeating: 1, count: 16_385))),
        ]
        for (name, bytes) in refused {
            #expect(throws: WireError.invalid("believed_log.\(name)")) {
                try PeerEnvelope(decoding: field(11, bytes))
            }
        }
    }

    @Test func unknownKindsAreIgnoredAndNothingIsMalformed() throws {
        #expect(try PeerEnvelope(decoding: field(15, [1, 2, 3])) == .unknown)
        #expect(throws: WireError.undecodable) { try PeerEnvelope(decoding: []) }
        #expect(throws: WireError.invalid("body")) { try PeerEnvelope.unknown.encoded() }
        // Unknown fields beside a known one do not hide it.
        let hello = try PeerEnvelope.hello(Hello(handle: nil, directory: nil)).encoded()
        #expect(
            try PeerEnvelope(decoding: hello + field(15, [1])) == .hello(Hello(handle: nil, directory: nil)))
    }

    @Test func moreThanAFrameHoldsIsRefused() {
        #expect(throws: WireError.undecodable) {
            try PeerEnvelope(decoding: field(15, Array(repeating: 0, count: WireLimits.envelope)))
        }
    }

    /// An encoded text message that keeps to no rule.
    private func encodedText(_ id: [UInt8], _ time: UInt64, _ text: String) -> [UInt8] {
        field(2, field(1, id) + [0x10] + varint(time) + field(3, Array(text.utf8)))
    }
}

/// A field of bytes in protobuf's encoding, so that a test can say what no encoder of this program says.
func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2] + varint(UInt64(bytes.count)) + bytes
}

func varint(_ number: UInt64) -> [UInt8] {
    var (rest, bytes) = (number, [UInt8]())
    while rest >= 0x80 {
        bytes.append(UInt8(rest & 0x7f) | 0x80)
        rest >>= 7
    }
    return bytes + [UInt8(rest)]
}
