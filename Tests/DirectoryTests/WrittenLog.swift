import Directory
import DirectoryServer
import Foundation
import Identity
import Sodium
import TestSupport
import Testing
import Transparency

/// A log that processes of `log-writer` write, one after the other, each of which may come to any end; and what has to hold of it all the same.
final class WrittenLog {
    private struct Kept {
        let position: UInt64
        let hash: [UInt8]
        let checkpoint: [UInt8]

        /// Of a line of log-writer's that is whole.
        init?(_ line: Substring) {
            let words = line.split(separator: " ")
            guard words.count == 4, words[0] == "kept", let position = UInt64(words[1]),
                let hash = Data(base64Encoded: String(words[2])),
                let checkpoint = Data(base64Encoded: String(words[3]))
            else { return nil }
            (self.position, self.hash, self.checkpoint) = (position, [UInt8](hash), [UInt8](checkpoint))
        }
    }

    let folder: TemporaryFolder
    private let directory: IdentityKeys
    private let signer: LogSigner
    private var hashes: [UInt64: [UInt8]] = [:]
    private var checkpoints: [UInt64: Checkpoint] = [:]

    init() throws {
        folder = try TemporaryFolder()
        let seed = (0..<32).map { _ in UInt8.random(in: 0...255) }
        try Data(seed).write(to: URL(fileURLWithPath: folder.path + "/identity.seed"))
        directory = try IdentityKeys(seed: SecretBytes(copying: seed))
        let logKey = try LogKeyFile.generate()
        try logKey.create(folder.path + "/" + LogKeyFile.name)
        signer = try LogSigner(logKey, directory: directory)
    }

    /// How many entries were acknowledged so far.
    var acknowledged: Int { hashes.count }

    /// Takes in what a process said, and holds it against what others said before.
    func take(output: String) throws {
        let whole = try String(contentsOfFile: output, encoding: .utf8)
        for kept in whole.split(separator: "\n").compactMap({ Kept($0) }) {
            let other = hashes.updateValue(kept.hash, forKey: kept.position)
            #expect(other == nil, "\(kept.position) given away twice")
            let checkpoint = try checkpoint(kept.checkpoint)
            #expect(checkpoint.size > kept.position)
            let former = checkpoints.updateValue(checkpoint, forKey: checkpoint.size)
            #expect(former == nil || former == checkpoint, "two of size \(checkpoint.size)")
        }
    }

    /// Opens the log again: everything that was acknowledged is there, and every checkpoint is of it.
    func check() async throws {
        let log = try await DirectoryLog(
            store: SQLiteClaimStore(path: folder.path + "/directory.sqlite"), signer: signer,
            lastSigned: LastSignedFile(folder: folder.path),
            rules: ClaimRules(operator: directory.publicIdentity, handlesPerIdentity: 3))
        var stored: [[UInt8]] = []
        while case let page = try await log.entries(from: UInt64(stored.count)), !page.isEmpty {
            stored += page
        }
        for (position, hash) in hashes {
            try #require(position < stored.count, "\(position) was acknowledged and is lost")
            #expect(SHA256.hash([0], stored[Int(position)]) == hash)
        }
        let newest = try await checkpoint(log.checkpoint(from: 0).checkpoint)
        for former in checkpoints.values where former.size < newest.size {
            let proof = try await log.checkpoint(from: former.size).consistency
            try LogProof.checkConsistency(
                proof, from: former.size, root: former.root, to: newest.size, root: newest.root)
        }
    }

    private func checkpoint(_ note: [UInt8]) throws -> Checkpoint {
        try SignedCheckpoint(note: SignedNote(bytes: note), by: signer.keys).checkpoint
    }
}
