import Directory
import DirectoryServer
import Foundation
import Identity
import Sodium
import Transparency
import Wire

// A directory's log in a process that may be killed at any moment: takes claims in as fast as it can, and tells of each.
//   log-writer FOLDER PREFIX COUNT
// Lines: "ready" or "not opened", then for every claim that was acknowledged "kept POSITION HASH CHECKPOINT" (base64), for every other "failed".
// Handles begin with PREFIX. The keys are in FOLDER (identity.seed, log.key), made by whoever starts this.

let words = CommandLine.arguments.dropFirst()
guard words.count == 3, let folder = words.first, let count = words.last.flatMap({ Int($0) }) else {
    fatalError("log-writer FOLDER PREFIX COUNT")
}
let prefix = words[words.startIndex + 1]

let seed = try Data(contentsOf: URL(fileURLWithPath: folder + "/identity.seed"))
let directory = try IdentityKeys(seed: SecretBytes(copying: Array(seed)))
guard let logKey = try LogKeyFile.read(folder: folder) else { fatalError("no log.key") }
let log: DirectoryLog
do {
    log = try await DirectoryLog(
        store: SQLiteClaimStore(path: folder + "/directory.sqlite"),
        signer: LogSigner(logKey, directory: directory),
        lastSigned: LastSignedFile(folder: folder),
        rules: ClaimRules(operator: directory.publicIdentity, handlesPerIdentity: 3))
} catch {
    try tell("not opened")
    exit(1)
}
try tell("ready")

try await withThrowingTaskGroup(of: Void.self) { group in
    for worker in 0..<16 {
        group.addTask {
            for number in 0..<count {
                let handle = try Handle("\(prefix)-\(worker)-\(number)")
                let entry = try LogEntry.make(
                    .claim(recovery: .none), label: Label(handle), after: nil, time: 1,
                    by: IdentityKeys.generate())
                guard let receipt = try? await log.append(NewEntry(entry, handle: handle)) else {
                    try tell("failed")
                    continue
                }
                let checkpoint = Data(receipt.evidence.checkpoint).base64EncodedString()
                let hash = Data(entry.hash).base64EncodedString()
                try tell("kept \(receipt.position) \(hash) \(checkpoint)")
            }
        }
    }
    try await group.waitForAll()
}

/// One write a line: of a killed process's last line there is all or nothing, or it has no end.
func tell(_ line: String) throws {
    try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
}
