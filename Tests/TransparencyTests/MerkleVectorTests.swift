import Foundation
import Sodium
import TestSupport
import Testing
import Transparency

/// The published proofs of RFC 6962 logs, good and bad: each must fare as its `wantErr` says.
@Suite struct MerkleVectorTests {
    private struct Inclusion: Decodable {
        let leafIdx: UInt64
        let treeSize: UInt64
        let root: String
        let leafHash: String
        let proof: [String]?
        let desc: String
        let wantErr: Bool
    }

    private struct Consistency: Decodable {
        let size1: UInt64
        let size2: UInt64
        let root1: String
        let root2: String
        let proof: [String]?
        let desc: String
        let wantErr: Bool
    }

    @Test(.needsVectors) func inclusion() throws {
        let files = try Self.files("merkle/testdata/inclusion")
        #expect(files.count == 98)
        for file in files {
            let vector = try Vectors.json(Inclusion.self, file)
            let isRefused: Bool
            do {
                try LogProof.checkInclusion(
                    try Self.hashes(vector.proof ?? []), of: Self.hash(vector.leafHash), at: vector.leafIdx,
                    size: vector.treeSize, root: Self.hash(vector.root))
                isRefused = false
            } catch {
                isRefused = true
            }
            #expect(isRefused == vector.wantErr, "\(file): \(vector.desc)")
        }
    }

    @Test(.needsVectors) func consistency() throws {
        let files = try Self.files("merkle/testdata/consistency")
        #expect(files.count == 98)
        for file in files {
            let vector = try Vectors.json(Consistency.self, file)
            // Its roots are a text of 12 bytes, for which the type has no place. Equal sizes ask only whether both are the same.
            let isShort = file.hasSuffix("/sizes-are-equal-one-and-proof-is-empty.json")
            let isRefused: Bool
            do {
                let roots =
                    isShort
                    ? (NodeHash.leaf(Array(vector.root1.utf8)), NodeHash.leaf(Array(vector.root2.utf8)))
                    : (try Self.hash(vector.root1), try Self.hash(vector.root2))
                try LogProof.checkConsistency(
                    try Self.hashes(vector.proof ?? []), from: vector.size1, root: roots.0, to: vector.size2,
                    root: roots.1)
                isRefused = false
            } catch {
                isRefused = true
            }
            #expect(isRefused == vector.wantErr, "\(file): \(vector.desc)")
        }
    }

    private static func hashes(_ texts: [String]) throws -> [NodeHash] { try texts.map(hash) }

    private static func hash(_ text: String) throws -> NodeHash {
        guard let hash = Base64.decode(text).flatMap({ NodeHash($0) }) else { throw ProofRefused() }
        return hash
    }

    /// Paths of all files below a folder, seen from the vectors' folder.
    private static func files(_ folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: Vectors.folder + "/" + folder)
            .filter { $0.hasSuffix(".json") }.sorted().map { folder + "/" + $0 }
    }
}
