import Foundation
import Identity
import Testing
import Transparency
import Wire

@Suite struct DirectoryMessageTests {
    static let identity = try? IdentityKeys.generate().publicIdentity
    static let claim = [UInt8](repeating: 7, count: 225)

    static func examples() throws -> [DirectoryEnvelope] {
        let identity = try #require(identity)
        let alice = try Handle("alice")
        let address = try NetworkAddress(Endpoint("192.0.2.7:4000"))
        let six = try NetworkAddress(Endpoint("[2001:db8::1]:65535"))
        let record = try SignedRecord(bytes: [1, 2], signature: Array(repeating: 3, count: 64))
        let named = ServedPresence(record: record, named: (alice, claim))
        let plain = ServedPresence(record: record, named: nil)
        let requests: [DirectoryRequest.Body] = [
            .observe, .newest(label: Array(repeating: 1, count: 32)), .append(entry: claim, handle: alice),
            .publish(record, handle: alice), .publish(record, handle: nil, giveWay: true), .unregister,
            .lookup(.handle(alice)), .lookup(.identity(identity)), .lookup(.address(address)),
            .lookup(.address(six)), .list(after: nil), .list(after: identity), .watch,
            .confirm(alice, identity), .log(.checkpoint(from: 0)), .log(.checkpoint(from: 3, to: .max)),
            .log(.entries(first: 7)), .log(.entries(first: 7, count: 70)),
            .log(.nodes(level: 63, first: .max, count: 1_024)), .log(.keys),
            .log(.history(label: Array(repeating: 1, count: 32), first: .max)),
            .witness, .cosign(line: String(repeating: "x", count: 1_024)),
        ]
        let responses: [DirectoryResponse.Body] = [
            .observed(address.ip), .newest(entry: claim), .newest(entry: nil), .appended(),
            .published(.init(inForce: false, lifetime: 0, addresses: allResults(address))),
            .published(.init(inForce: true, lifetime: 7_200, addresses: [])), .unregistered,
            .lookedUp(nil), .lookedUp(named), .listed([], more: false), .listed([named, plain], more: true),
            .watching, .confirmed(claim: nil), .confirmed(claim: claim),
            .newest(entry: claim, log: evidence()), .newest(entry: nil, log: evidence(isEmpty: true)),
            .confirmed(claim: nil, log: evidence()),
            .appended(.init(position: .max, path: [.emptyLog, .emptyMap], evidence: evidence())),
            .checkpoint([1], consistency: []), .checkpoint([1], consistency: [.emptyLog]), .entries([]),
            .entries([claim, [1]]), .nodes([.emptyLog, .emptyMap]),
            .logKeys([[UInt8](repeating: 9, count: 136)]),
            .failure(.unsupported), .failure(.invalid), .failure(.wrongTime(directory: -5)),
            .failure(.outOfSequence(newest: .max)), .failure(.handleTaken), .failure(.notClaimed),
            .failure(.tooManyHandles), .failure(.rateLimited(retryAfter: 9)), .failure(.full),
            .failure(.unavailable), .failure(.presentElsewhere), .failure(.notAWitness), .failure(.unknown),
            .witnessing, .cosigned,
        ]
        let events: [DirectoryEvent] = [
            .came(named), .came(plain), .left(identity), .missed, .superseded, .signed,
        ]
        return requests.enumerated().map { .request(.init(id: UInt64($0.offset) + 1, body: $0.element)) }
            + responses.map { .response(.init(id: .max, body: $0)) } + events.map { .event($0) }
    }

    static func evidence(isEmpty: Bool = false) -> LogEvidence {
        let end = MapProof.End(label: .emptyLog, value: .emptyMap)
        let steps = [9, 0].map { MapProof.Step(depth: $0, sibling: .emptyMap) }
        return LogEvidence(
            checkpoint: Array("a note".utf8),
            map: isEmpty ? MapProof(end: nil, steps: []) : MapProof(end: end, steps: steps))
    }

    static func allResults(_ address: NetworkAddress) -> [DialledAddress] {
        let results: [Reachability] = [
            .reachable, .refused, .timedOut, .wrongIdentity, .otherAddress, .dialledTooOften, .unroutable,
            .unknown,
        ]
        return results.map { DialledAddress(address: address, reachability: $0) }
    }

    @Test func everyMessageComesBackAsItWasSent() throws {
        for example in try Self.examples() {
            #expect(try DirectoryEnvelope(decoding: example.encoded()) == example)
        }
    }

    @Test func noAlteredOrTruncatedMessageTraps() throws {
        for example in try Self.examples() {
            let bytes = try example.encoded()
            for count in 0..<bytes.count { _ = try? DirectoryEnvelope(decoding: Array(bytes.prefix(count))) }
            for index in bytes.indices {
                for bit in 0..<8 {
                    var altered = bytes
                    altered[index] ^= 1 << UInt8(bit)
                    _ = try? DirectoryEnvelope(decoding: altered)
                    _ = try? PeerEnvelope(decoding: altered)
                }
            }
        }
    }

    @Test func unknownKindsAreKeptApartFromMalformedOnes() throws {
        #expect(try DirectoryEnvelope(decoding: field(15, [1])) == .unknown)
        #expect(try DirectoryEnvelope(decoding: field(1, [8, 5])) == .request(.init(id: 5, body: .unknown)))
        #expect(try DirectoryEnvelope(decoding: field(2, [8, 5])) == .response(.init(id: 5, body: .unknown)))
        #expect(try DirectoryEnvelope(decoding: field(3, field(15, []))) == .event(.unknown))
        #expect(throws: WireError.undecodable) { try DirectoryEnvelope(decoding: []) }
        #expect(throws: WireError.invalid("request.id")) {
            try DirectoryEnvelope(decoding: field(1, field(2, [])))
        }
    }

    @Test func fieldsThatBreakTheirRulesAreRefused() throws {
        func refuse(_ rule: String, _ body: [UInt8]) {
            #expect(throws: WireError.invalid(rule)) {
                try DirectoryEnvelope(decoding: field(1, [8, 1] + body))
            }
        }
        refuse("newest.label", field(3, field(1, [1])))
        refuse("append.entry", field(4, field(2, Array("alice".utf8))))
        refuse("append.entry", field(4, field(1, Array(repeating: 0, count: 1_025))))
        refuse("append.handle", field(4, field(1, [1])))
        refuse("record", field(5, field(2, Array(repeating: 0, count: 64))))
        refuse("signature", field(5, field(1, [1]) + field(2, Array(repeating: 0, count: 63))))
        refuse("lookup.query", field(7, []))
        refuse("lookup.handle", field(7, field(1, Array("p2p1x".utf8))))
        refuse("lookup.identity", field(7, field(2, Array(repeating: 0, count: 32))))
        refuse("list.after", field(8, field(1, [1])))
        refuse("confirm.identity", field(10, field(1, Array("alice".utf8))))
        refuse("ip", field(7, field(3, field(1, [1, 2, 3]) + [0x10, 1])))
        refuse("address", field(7, field(3, field(1, [1, 2, 3, 4]) + [0x10, 0])))
        refuse("address.port", field(7, field(3, field(1, [1, 2, 3, 4]) + [0x10] + varint(65_536))))
    }

    @Test func pagesAreBoundedAndNeverEndless() throws {
        let record = try SignedRecord(bytes: [1], signature: Array(repeating: 3, count: 64))
        let page = (0...WireLimits.page).map { _ in ServedPresence(record: record, named: nil) }
        for body in [DirectoryResponse.Body.listed(page, more: false), .listed([], more: true)] {
            let bytes = try DirectoryEnvelope.response(.init(id: 1, body: body)).encoded()
            #expect(throws: WireError.invalid("listed.presences")) { try DirectoryEnvelope(decoding: bytes) }
        }
    }

    @Test func whatDoesNotFitIntoAFrameIsNotEncoded() throws {
        let record = try SignedRecord(
            bytes: Array(repeating: 1, count: 1_024), signature: Array(repeating: 3, count: 64))
        let page = (0..<100).map { _ in ServedPresence(record: record, named: nil) }
        #expect(throws: WireError.tooLarge) {
            try DirectoryEnvelope.response(.init(id: 1, body: .listed(page, more: false))).encoded()
        }
    }

    @Test func recordsKeepToTheirBounds() throws {
        let identity = try #require(Self.identity)
        let addresses = try (1...9).map { try NetworkAddress(Endpoint("192.0.2.7:\($0)")) }
        func fields(
            _ addresses: [NetworkAddress] = [], sequence: UInt64 = 1, lifetime: UInt32 = 1
        ) throws -> PresenceFields {
            try PresenceFields(
                identity: identity, directory: identity, addresses: addresses, discoverable: true,
                sequence: sequence, lifetime: lifetime)
        }
        let largest = try fields(Array(addresses.prefix(8)), sequence: UInt64(Int64.max), lifetime: 7_200)
        #expect(try PresenceFields(decoding: largest.encoded()) == largest)
        #expect(try largest.encoded().count <= WireLimits.record)
        #expect(throws: WireError.invalid("record.addresses")) { try fields(addresses) }
        #expect(throws: WireError.invalid("record.addresses")) { try fields([addresses[0], addresses[0]]) }
        #expect(throws: WireError.invalid("record.sequence")) { try fields(sequence: 1 << 63) }
        #expect(throws: WireError.invalid("record.lifetime")) { try fields(lifetime: 0) }
        #expect(throws: WireError.invalid("record.lifetime")) { try fields(lifetime: 7_201) }
    }
}

@Suite struct AddressTests {
    @Test(arguments: [
        ("1.2.3.4", "1.2.3.4"), ("::ffff:1.2.3.4", "1.2.3.4"), ("2001:DB8:0::1", "2001:db8::1"),
        ("::1", "::1"),
    ]) func oneAddressHasOneForm(text: String, form: String) {
        #expect(IPAddress(text)?.description == form)
    }

    @Test(arguments: ["", "localhost", "1.2.3", "fe80::1%eth0", "[::1]", "01.2.3.4"])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func nothingHidesBehindAZeroByte() {
        #expect(IPAddress("1.2.3.4\0.5") == nil)
    }

    @Test func mappedAddressesAreRefusedOnTheWire() {
        let mapped = Array(repeating: UInt8(0), count: 10) + [0xff, 0xff, 1, 2, 3, 4]
        #expect(throws: WireError.invalid("ip")) { try IPAddress(bytes: mapped) }
    }

    @Test func nobodyDialsNowhere() {
        for text in ["0.0.0.0:1", "[::]:1", "1.2.3.4:0", "localhost:1"] {
            #expect(throws: WireError.self) { try NetworkAddress(Endpoint(text)) }
        }
    }

    @Test func limitsAreCountedByWhatOneCustomerGets() {
        #expect(IPAddress("1.2.3.4")?.limitPrefix == [1, 2, 3, 4])
        #expect(IPAddress("2001:db8:1:2::1")?.limitPrefix == IPAddress("2001:db8:1:2:ffff::9")?.limitPrefix)
        #expect(IPAddress("2001:db8:1:2::1")?.limitPrefix != IPAddress("2001:db8:1:3::1")?.limitPrefix)
    }
}
