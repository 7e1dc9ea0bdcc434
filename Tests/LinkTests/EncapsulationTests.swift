import Crypto
import Foundation
import Sodium
import TestSupport
import Testing

@testable import Link

/// ML-KEM-768 as the link uses it, against Wycheproof.
@Suite struct EncapsulationTests {
    private struct File: Decodable {
        struct Group: Decodable {
            let tests: [Row]
        }
        struct Row: Decodable {
            let tcId: Int
            let seed: String?
            let ek: String?
            let c: String?
            let K: String?
            let result: String
        }
        let numberOfTests: Int
        let testGroups: [Group]

        var rows: [Row] { testGroups.flatMap(\.tests) }
    }

    @Test(.needsVectors) func decapsulationRows() throws {
        let file = try Vectors.json(File.self, "wycheproof/mlkem_768_test.json")
        #expect(file.rows.count == 193)
        #expect(file.numberOfTests == 193)
        var valid = 0
        for row in file.rows {
            let seed = try [UInt8](hex: row.seed ?? "")
            let ciphertext = try [UInt8](hex: row.c ?? "")
            let secret: SecretBytes
            do {
                let key = try MLKEM768.PrivateKey(seedRepresentation: seed, publicKey: nil)
                if let ek = row.ek, row.result == "valid" {
                    #expect(Array(key.publicKey.rawRepresentation).hex == ek)
                }
                secret = try key.secret(from: ciphertext)
            } catch {
                #expect(row.result == "invalid", "row \(row.tcId) failed")
                continue
            }
            #expect(row.result == "valid", "row \(row.tcId) should fail")
            valid += 1
            #expect(secret.withBytes { Array($0) }.hex == row.K, "row \(row.tcId)")
        }
        #expect(valid > 0)
    }

    /// The invalid keys are refused before anything is computed with them. The valid rows need a fixed seed, which
    /// swift-crypto keeps internal: they are counted, not run.
    @Test(.needsVectors) func invalidEncapsulationKeys() throws {
        let file = try Vectors.json(File.self, "wycheproof/mlkem_768_encaps_test.json")
        #expect(file.rows.count == 265)
        let invalid = file.rows.filter { $0.result == "invalid" }
        #expect(invalid.count == 132)
        for row in invalid {
            let key = try [UInt8](hex: row.ek ?? "")
            #expect(throws: (any Error).self, "row \(row.tcId)") {
                _ = try Encapsulation(for: key).ciphertext
            }
        }
        for row in file.rows where row.result == "valid" {
            // Skipped: seeded encapsulation. That the key itself is taken can be seen without.
            let key = try [UInt8](hex: row.ek ?? "")
            #expect(throws: Never.self, "row \(row.tcId)") { _ = try Encapsulation(for: key).ciphertext }
        }
    }

    @Test func bothSidesAgree() throws {
        let key = try MLKEM768.PrivateKey()
        let encapsulation = try Encapsulation(for: Array(key.publicKey.rawRepresentation))
        #expect(encapsulation.ciphertext.count == 1088)
        let secret = try key.secret(from: encapsulation.ciphertext)
        let areEqual = secret.constantTimeEquals(encapsulation.sharedSecret)
        #expect(areEqual)
    }

    /// Implicit rejection: a changed ciphertext is no error here; the acts fail by it.
    @Test func aChangedCiphertextGivesAnotherSecret() throws {
        let key = try MLKEM768.PrivateKey()
        let encapsulation = try Encapsulation(for: Array(key.publicKey.rawRepresentation))
        var changed = encapsulation.ciphertext
        changed[500] ^= 1
        let areEqual = try key.secret(from: changed).constantTimeEquals(encapsulation.sharedSecret)
        #expect(!areEqual)
    }
}
