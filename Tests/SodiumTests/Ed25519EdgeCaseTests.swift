import Sodium
import TestSupport
import Testing

/// 914 signatures on which libraries disagree (C2SP CCTV). Which of them are valid is decided by libsodium
/// alone, everywhere (protocol.md §2), so the set that it accepts is pinned.
@Suite(.needsVectors)
struct Ed25519EdgeCaseTests {
    private struct Row: Decodable {
        let number: Int
        let key: String
        let sig: String
        let msg: String
    }

    @Test func acceptedSetIsPinned() throws {
        let rows = try Vectors.json([Row].self, "cctv/ed25519vectors.json")
        #expect(rows.count == 914)
        let accepted = try rows.filter { row in
            try Ed25519.verify([UInt8](hex: row.sig), Array(row.msg.utf8), publicKey: [UInt8](hex: row.key))
        }
        #expect(accepted.map(\.number) == pinned)
        #expect(pinned.count == 43)
    }

    private let pinned = [
        7, 29, 50, 117, 139, 161, 182, 249, 305, 411, 425, 438, 465, 473, 481, 489, 497, 511, 525, 538, 565,
        573,
        581, 589, 597, 611, 625, 638, 665, 673, 681, 689, 697, 711, 725, 738, 765, 773, 781, 789, 797, 832,
        899,
    ]
}
