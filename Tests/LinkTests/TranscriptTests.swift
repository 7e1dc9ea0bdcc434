import Foundation
import Identity
import TestSupport
import Testing

@testable import Link

/// One row of refused.json: what a side must refuse behind so many flights of the transcript.
struct RefusedFlight: Codable, Sendable, CustomTestStringConvertible {
    var name: String
    /// Flights of transcript.json that come before it.
    var after: Int
    /// Who reads it.
    var to: String
    var violation: String
    var hex: String

    var testDescription: String { name }

    init(_ name: String, _ after: Int, _ to: String, _ violation: Violation, _ bytes: some Sequence<UInt8>) {
        self.name = name
        self.after = after
        self.to = to
        self.violation = "\(violation)"
        hex = Array(bytes).hex
    }

    static func read() throws -> [RefusedFlight] {
        try JSONDecoder().decode(
            [RefusedFlight].self,
            from: Data(contentsOf: URL(fileURLWithPath: Transcript.folder + "/refused.json")))
    }
}

/// The project's own vectors: what a second implementation is checked against.
@Suite struct TranscriptTests {
    @Test func theTranscriptIsReproduced() throws {
        let transcript = try Transcript.read()
        let played = try transcript.play()
        #expect(played.count == transcript.flights.count)
        for (played, expected) in zip(played, transcript.flights) {
            #expect(played.from == expected.from)
            #expect(played.hex == expected.hex, "\(expected.name)")
        }
        #expect(transcript.flights.prefix(3).map { $0.hex.count / 2 } == [1233, 1200, 600])
    }

    @Test func theAgreementIsReproduced() throws {
        let transcript = try Transcript.read()
        let agreement = try transcript.openingAgreement()
        #expect(agreement.psk == transcript.agreements[0].psk)
        #expect(agreement.hash == transcript.agreements[0].hash)
        #expect(agreement.keyI2R == transcript.agreements[0].keyI2R)
        #expect(agreement.keyR2I == transcript.agreements[0].keyR2I)
    }

    @Test func theIdentitiesAreReproduced() throws {
        let transcript = try Transcript.read()
        let initiator = try transcript.local(transcript.initiator).identity
        let responder = try transcript.local(transcript.responder).identity
        #expect(initiator.bytes.hex == transcript.initiator.identity)
        #expect(initiator.fingerprint == transcript.initiator.fingerprint)
        #expect(responder.fingerprint == transcript.responder.fingerprint)
        #expect(SafetyNumber.between(responder, initiator).grouped == transcript.safetyNumber)
    }

    @Test(arguments: try RefusedFlight.read()) func itIsRefused(row: RefusedFlight) throws {
        let transcript = try Transcript.read()
        let clock = TestClock()
        let side: Side
        if row.to == "responder" {
            side = Side(answering: try transcript.local(transcript.responder), clock)
        } else {
            let responder = try transcript.local(transcript.responder).identity
            side = Side(dialling: responder, try transcript.local(transcript.initiator), clock)
        }
        _ = side.flush()
        for flight in transcript.flights.prefix(row.after) where flight.from != row.to {
            side.receive(try [UInt8](hex: flight.hex))
            _ = side.flush()
        }
        try #require(side.end == nil)
        let written = side.written
        side.receive(try [UInt8](hex: row.hex))
        guard case .violation(let violation) = side.end else {
            Issue.record("not refused")
            return
        }
        #expect("\(violation)" == row.violation)
        #expect(side.flush().isEmpty && side.written == written)
    }

    /// Not a test: makes the files anew.
    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["P2PCHAT_WRITE_VECTORS"] == "1",
            "only to make the files anew"))
    func write() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let transcript = try TranscriptMaker.transcript()
        try encoder.encode(transcript).write(to: URL(fileURLWithPath: Transcript.folder + "/transcript.json"))
        try encoder.encode(TranscriptMaker.refused(transcript))
            .write(to: URL(fileURLWithPath: Transcript.folder + "/refused.json"))
    }
}
