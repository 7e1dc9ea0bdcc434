import Directory
import DirectoryServer
import Foundation
import Identity
import Testing
import Transparency
import Wire

/// What a client is told of the log over its link.
@Suite struct LogServiceTests {
    let keys: IdentityKeys

    init() throws {
        keys = try IdentityKeys.generate()
    }

    func claim(_ name: String, _ world: World) throws -> (entry: LogEntry, handle: Handle) {
        let handle = try Handle(name)
        let entry = try LogEntry.make(
            .claim(recovery: .none), label: Label(handle), after: nil,
            time: UInt64(world.time.now.timeIntervalSince1970), by: keys)
        return (entry, handle)
    }

    @Test func registrationIsAnsweredWithItsProof() async throws {
        let world = try await World()
        let raw = try world.raw(keys)
        let (entry, handle) = try claim("alice", world)
        guard case .logKeys(let statements) = try await raw.answer(.log(.keys)),
            let statement = LogKeyStatement(
                bytes: try #require(statements.last), by: world.keys.publicIdentity),
            case .appended(let told) = try await raw.answer(.append(entry: entry.bytes, handle: handle)),
            case .newest(let newest, let evidence) = try await raw.answer(.newest(label: entry.label.bytes)),
            case .confirmed(let claim, let confirmed) = try await raw.answer(
                .confirm(handle, keys.publicIdentity))
        else {
            Issue.record("an answer of another kind")
            return
        }
        let inclusion = try #require(told)
        let signed = try SignedCheckpoint(
            note: SignedNote(bytes: inclusion.evidence.checkpoint), by: statement.keys)
        #expect(signed.checkpoint.size == 1)
        #expect(signed.renewed == UInt64(world.time.now.timeIntervalSince1970))
        try LogProof.checkInclusion(
            inclusion.path, of: entry.nodeHash, at: inclusion.position, size: 1, root: signed.checkpoint.root)
        let label = try #require(entry.label.nodeHash)
        for evidence in [inclusion.evidence, try #require(evidence), try #require(confirmed)] {
            #expect(
                try evidence.map.value(of: label, root: signed.checkpoint.mapRoot) == entry.nodeHash)
        }
        #expect(newest == entry.bytes)
        #expect(claim == entry.bytes)
        #expect(try await raw.answer(.log(.entries(first: 0))) == .entries([entry.bytes]))
        #expect(
            try await raw.answer(.log(.nodes(level: 0, first: 0, count: 9))) == .nodes([entry.nodeHash]))
    }

    @Test func absenceIsProved() async throws {
        let world = try await World()
        let raw = try world.raw(keys)
        let label = Label(try Handle("nobody"))
        guard case .newest(nil, let evidence) = try await raw.answer(.newest(label: label.bytes)) else {
            Issue.record("an entry of nobody")
            return
        }
        let map = try #require(evidence).map
        #expect(try map.value(of: #require(label.nodeHash), root: .emptyMap) == nil)
    }

    @Test func pagesAreLimited() async throws {
        var options = ServiceOptions()
        options.limits.pagesPerIdentity = Rate(4, per: .seconds(60))
        let world = try await World(options: options)
        let raw = try world.raw(keys)
        let pages: [LogQuery] = [
            .entries(first: 0), .nodes(level: 0, first: 0, count: 1), .checkpoint(from: 0), .keys,
            .entries(first: 0),
        ]
        for (index, query) in pages.enumerated() {
            let isRefused =
                if case .failure(.rateLimited) = try await raw.answer(.log(query)) { true } else { false }
            #expect(isRefused == (index == 4))
        }
    }

    @Test func whatCannotBeSignedIsUnavailable() async throws {
        let lastSigned = HeldLastSigned()
        let world = try await World(lastSigned: lastSigned)
        let raw = try world.raw(keys)
        lastSigned.fail(true)
        let (entry, handle) = try claim("alice", world)
        #expect(
            try await raw.answer(.append(entry: entry.bytes, handle: handle)) == .failure(.unavailable))
        #expect(try await raw.answer(.newest(label: entry.label.bytes)) == .failure(.unavailable))
        lastSigned.fail(false)
        guard case .newest(let newest, _) = try await raw.answer(.newest(label: entry.label.bytes)) else {
            Issue.record("no newest entry")
            return
        }
        #expect(newest == entry.bytes)
    }
}
