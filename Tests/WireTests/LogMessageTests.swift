import Foundation
import Testing
import Transparency
import Wire

/// The bounds of what is asked and said of a log.
@Suite struct LogMessageTests {
    static let hash = [UInt8](repeating: 5, count: 32)

    func response(_ number: UInt8, _ body: [UInt8]) throws -> DirectoryEnvelope {
        try DirectoryEnvelope(decoding: field(2, [8, 1] + field(number, body)))
    }

    func request(_ number: UInt8, _ body: [UInt8]) throws -> DirectoryEnvelope {
        try DirectoryEnvelope(decoding: field(1, [8, 1] + field(number, body)))
    }

    @Test func pagesOfHashesAreBounded() {
        for body in [[8, 64, 24, 1], [24, 0], [24, 0x81, 8]] as [[UInt8]] {
            #expect(throws: WireError.self) { try request(13, body) }
        }
        #expect(throws: WireError.invalid("nodes.hashes")) { try response(14, field(1, [1])) }
        #expect(throws: WireError.invalid("nodes.hashes")) {
            try response(14, field(1, [UInt8](repeating: 1, count: 1_025 * 32)))
        }
    }

    @Test func pagesOfEntriesAreBounded() {
        #expect(throws: WireError.self) { try response(13, field(1, [])) }
        #expect(throws: WireError.self) { try response(13, field(1, [UInt8](repeating: 1, count: 1_025))) }
        #expect(throws: WireError.self) { try response(13, (0..<513).flatMap { _ in field(1, [1]) }) }
    }

    @Test func checkpointsAreBounded() {
        #expect(throws: WireError.invalid("checkpoint.checkpoint")) { try response(12, []) }
        #expect(throws: WireError.self) { try response(12, field(1, [UInt8](repeating: 65, count: 16_385))) }
        let path = [UInt8](repeating: 1, count: 65 * 32)
        #expect(throws: WireError.self) { try response(12, field(1, [65]) + field(2, path)) }
    }

    @Test func statementsHaveTheirLength() {
        #expect(throws: WireError.self) { try response(15, []) }
        #expect(throws: WireError.self) { try response(15, field(1, [UInt8](repeating: 1, count: 135))) }
    }

    @Test func mapProofsHaveOneSiblingAStep() {
        func newest(_ map: [UInt8]) throws -> DirectoryEnvelope {
            try response(4, field(2, field(1, [65]) + field(2, map)))
        }
        let leaf = field(1, Self.hash) + field(2, Self.hash)
        let bad: [[UInt8]] = [
            leaf + field(3, [1]), leaf + field(4, Self.hash), field(1, Self.hash), field(2, Self.hash),
            field(1, [1]) + field(2, Self.hash), field(3, [1]) + field(4, Self.hash),
            leaf + field(3, [UInt8](repeating: 1, count: 257))
                + field(4, [UInt8](repeating: 1, count: 257 * 32)),
        ]
        for map in bad { #expect(throws: WireError.self) { try newest(map) } }
        #expect(throws: Never.self) { try newest(leaf + field(3, [1]) + field(4, Self.hash)) }
        // Without a checkpoint there is nothing to prove under.
        #expect(throws: WireError.self) { try response(4, field(2, field(2, leaf))) }
    }
}
