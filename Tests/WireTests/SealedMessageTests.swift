import Foundation
import Testing
import Wire

/// The bounds of what is left and fetched for contacts.
@Suite struct SealedMessageTests {
    private static let tag = [UInt8](repeating: 7, count: 32)
    private static let blob = [UInt8](repeating: 9, count: 1_064)

    private func request(_ number: UInt8, _ body: [UInt8]) throws -> DirectoryEnvelope {
        try DirectoryEnvelope(decoding: field(1, [8, 1] + longField(number, body)))
    }

    /// One whose number, 16 to 31, takes two bytes.
    private func longField(_ number: UInt8, _ body: [UInt8]) -> [UInt8] {
        [number << 3 | 0x82, number >> 4] + field(number, body).dropFirst()
    }

    @Test func asManyAsFitGoThroughAFrame() throws {
        let all = try (0..<48).map { try SealedBlob(tag: Self.tag, blob: $0 == 0 ? [] : Self.blob) }
        let messages: [DirectoryEnvelope] = [
            .request(DirectoryRequest(id: 1, body: .putSealed(all, lifetime: 7_200))),
            .request(DirectoryRequest(id: 2, body: .fetchSealed(all.map(\.tag)))),
            .response(DirectoryResponse(id: 1, body: .sealedKept)),
            .response(DirectoryResponse(id: 2, body: .sealedFetched(all.map(\.blob)))),
        ]
        for message in messages { #expect(try DirectoryEnvelope(decoding: message.encoded()) == message) }
    }

    @Test func otherLengthsNumbersAndTimesAreRefused() throws {
        let lifetime: [UInt8] = [16, 60]
        func presence(_ tag: [UInt8], _ blob: [UInt8]) -> [UInt8] { field(1, field(1, tag) + field(2, blob)) }
        let good = presence(Self.tag, Self.blob)
        #expect(throws: Never.self) { try request(16, good + lifetime) }
        let bad: [[UInt8]] = [
            lifetime, good, good + [16, 0], good + [16, 0xA1, 0x38],
            presence(Array(Self.tag.dropLast()), Self.blob) + lifetime,
            presence(Self.tag, Array(Self.blob.dropLast())) + lifetime,
            (0..<49).flatMap { _ in presence(Self.tag, []) } + lifetime,
        ]
        for body in bad { #expect(throws: WireError.self) { try request(16, body) } }
        #expect(throws: Never.self) { try request(17, field(1, Self.tag)) }
        for body in [[], field(1, [1]), (0..<49).flatMap { _ in field(1, Self.tag) }] as [[UInt8]] {
            #expect(throws: WireError.self) { try request(17, body) }
        }
        for body in [field(1, [1]), (0..<49).flatMap { _ in field(1, []) }] as [[UInt8]] {
            #expect(throws: WireError.invalid("sealed_fetched.blobs")) {
                try DirectoryEnvelope(decoding: field(2, [8, 1] + longField(17, body)))
            }
        }
    }

    /// Request 19.
    @Test func cosignaturesHaveALine() throws {
        for length in [1, 1_024] {
            let line = [UInt8](repeating: 0x61, count: length)
            #expect(
                try request(19, field(1, line))
                    == .request(
                        DirectoryRequest(id: 1, body: .cosign(line: String(decoding: line, as: UTF8.self)))))
        }
        for line in [[], [UInt8](repeating: 0x61, count: 1_025), [0xFF]] as [[UInt8]] {
            #expect(throws: WireError.self) { try request(19, field(1, line)) }
        }
    }
}
