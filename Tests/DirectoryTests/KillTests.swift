import Directory
import DirectoryServer
import Foundation
import Identity
import Sodium
import TestSupport
import Testing
import Transparency

/// A log whose process is killed (kill -9) at random points while it takes claims in as fast as it can.
@Suite struct KillTests {
    /// With P2PCHAT_KILLS as many as that says; `make soak` has 300.
    private static let rounds = ProcessInfo.processInfo.environment["P2PCHAT_KILLS"].flatMap { Int($0) } ?? 6

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

    @Test func whatWasAcknowledgedIsKeptAndNothingIsSignedTwice() async throws {
        let folder = try TemporaryFolder()
        let seed = (0..<32).map { _ in UInt8.random(in: 0...255) }
        try Data(seed).write(to: URL(fileURLWithPath: folder.path + "/identity.seed"))
        let directory = try IdentityKeys(seed: SecretBytes(copying: seed))
        let logKey = try LogKeyFile.generate()
        try logKey.create(folder.path + "/" + LogKeyFile.name)
        let signer = try LogSigner(logKey, directory: directory)

        var hashes: [UInt64: [UInt8]] = [:]
        var checkpoints: [UInt64: Checkpoint] = [:]
        for round in 0..<Self.rounds {
            for kept in try await killed(folder.path, round) {
                let other = hashes.updateValue(kept.hash, forKey: kept.position)
                #expect(other == nil, "\(kept.position) given away twice")
                let checkpoint = try checkpoint(kept.checkpoint, signer)
                #expect(checkpoint.size > kept.position)
                let former = checkpoints.updateValue(checkpoint, forKey: checkpoint.size)
                #expect(former == nil || former == checkpoint, "two of size \(checkpoint.size)")
            }
        }
        #expect(hashes.count > Self.rounds)

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
        let newest = try await checkpoint(log.checkpoint(from: 0).checkpoint, signer)
        for former in checkpoints.values where former.size < newest.size {
            let proof = try await log.checkpoint(from: former.size).consistency
            try LogProof.checkConsistency(
                proof, from: former.size, root: former.root, to: newest.size, root: newest.root)
        }
    }

    private func checkpoint(_ note: [UInt8], _ signer: LogSigner) throws -> Checkpoint {
        try SignedCheckpoint(note: SignedNote(bytes: note), by: signer.keys).checkpoint
    }

    /// One process's life: killed while it starts, or at some time after a number of acknowledgements. What it acknowledged.
    private func killed(_ folder: String, _ round: Int) async throws -> [Kept] {
        let path = folder + "/output-\(round)"
        try Data().write(to: URL(fileURLWithPath: path))
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        let errors = try FileHandle(forWritingTo: URL(fileURLWithPath: "/dev/null"))
        let child = try ChildProcess(
            try BuiltProducts.executable("log-writer"), [folder, "round\(round)", "100000"], environment: [:],
            input: errors.fileDescriptor, output: output.fileDescriptor, errors: errors.fileDescriptor)
        if round % 4 != 0 {
            let lines = Int.random(in: 0...200)
            try await waitUntil("\(lines) acknowledgements") {
                try lineCount(path) > lines || child.status != nil
            }
            #expect(child.status == nil, "ended by itself")
        }
        // Any moment will do: which one is what chance has to choose.
        try await Task.sleep(for: .microseconds(Int.random(in: 0...30_000)))
        child.signal(SIGKILL)
        #expect(await child.wait() == 128 + SIGKILL)
        let whole = try String(contentsOfFile: path, encoding: .utf8)
        return whole.split(separator: "\n").compactMap { Kept($0) }
    }

    private func lineCount(_ path: String) throws -> Int {
        try Data(contentsOf: URL(fileURLWithPath: path)).count { $0 == UInt8(ascii: "\n") }
    }
}
