import Directory
import DirectoryServer
import Foundation
import GRDB
import Identity
import Transparency
import Wire

/// The log of a directory: how many registrations it takes, and what a large one costs to start.
///   p2pchat-bench log [entries]
enum LogBench {
    static func run(entries: Int) async throws -> Figures {
        var figures = Figures()
        let folder = FileManager.default.temporaryDirectory.path + "/p2pchat-log-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/directory.sqlite"
        let keys = try IdentityKeys.generate()
        let signer = try LogSigner(LogKeyFile.generate(), directory: keys)
        try fill(path, entries)

        var start = ContinuousClock.now
        let store = try SQLiteClaimStore(path: path)
        figures.add(["log.migration_s": seconds(since: start)])
        try store.close()
        start = .now
        let again = try SQLiteClaimStore(path: path)
        let log = try await DirectoryLog(
            store: again, signer: signer, lastSigned: LastSignedFile(folder: folder),
            rules: ClaimRules(operator: keys.publicIdentity, handlesPerIdentity: 3))
        figures.add(["log.start_s": seconds(since: start), "log.resident_MB": residentMegabytes()])

        // Each is read and its signature checked, as from a link.
        let new = try claims(20_000)
        start = .now
        // 1,000 are under way at any time, as from so many links.
        let largest = try await withThrowingTaskGroup(of: Int.self) { group in
            func add(_ index: Int) {
                let (handle, bytes) = new[index]
                group.addTask {
                    let entry = try LogEntry(bytes: bytes)
                    let receipt = try await log.append(NewEntry(entry, handle: handle))
                    return receipt.evidence.map.steps.count
                }
            }
            for index in 0..<1_000 { add(index) }
            var (begun, largest) = (1_000, 0)
            while let steps = try await group.next() {
                largest = max(largest, steps)
                if begun < new.count { add(begun) }
                begun += 1
            }
            return largest
        }
        figures.add(["log.registrations_per_s": Double(new.count) / seconds(since: start)])
        figures.add(["log.map_proof_bytes": Double(64 + largest * 33)])
        start = .now
        for (handle, _) in new.prefix(1_000) { _ = try await log.newest(Label(handle)) }
        figures.add(["log.proved_lookup_ms": seconds(since: start)])
        try await figures.add(publishing(log, folder + "/published"))
        try again.close()
        try figures.add(audit(100_000))
        return figures
    }

    /// The log as files: all of them, then what the next start compares, then what one more entry takes.
    private static func publishing(_ log: DirectoryLog, _ path: String) async throws -> [String: Double] {
        let folder = try PublishedFolder(making: path)
        var start = ContinuousClock.now
        try await LogPublisher(log: log, folder: folder) { _ in }.publish()
        var figures = ["log.publish_s": seconds(since: start)]
        start = .now
        let publisher = LogPublisher(log: log, folder: folder) { _ in }
        try await publisher.publish()
        figures["log.publish_compare_s"] = seconds(since: start)
        for (handle, bytes) in try claims(1, "later") {
            _ = try await log.append(NewEntry(LogEntry(bytes: bytes), handle: handle))
        }
        start = .now
        try await publisher.publish()
        figures["log.publish_one_ms"] = seconds(since: start) * 1_000
        return figures
    }

    /// A client's copy of a log of so many entries: each checked, and the map built. Without what it takes to fetch them.
    private static func audit(_ entries: Int) throws -> [String: Double] {
        let claims = try claims(entries)
        let before = residentMegabytes()
        var replica = LogReplica(
            of: try IdentityKeys.generate().publicIdentity, capacity: entries)
        let start = ContinuousClock.now
        for (_, bytes) in claims { replica.append(bytes) }
        _ = replica.mapRoot()
        return [
            "log.audit_s": seconds(since: start), "log.audit_MB": residentMegabytes() - before,
            "log.audit_faults": replica.fault == nil ? 0 : 1,
        ]
    }

    /// A file of a version before the log, with entries that have the form of claims and signatures that nobody checks at the start.
    private static func fill(_ path: String, _ entries: Int) throws {
        try SQLiteClaimStore(path: path).close()
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in
            try db.execute(sql: "DROP TABLE node")
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = '2 log'")
            let insert = try db.makeStatement(
                sql: "INSERT INTO entry (position, label, sequence, bytes) VALUES (?, ?, 0, ?)")
            for index in 0..<entries {
                let label = Label(try Handle("name\(index)"))
                var bytes = [UInt8](repeating: 0, count: 225)
                bytes.replaceSubrange(17..<49, with: label.bytes)
                try insert.execute(arguments: [index, Data(label.bytes), Data(bytes)])
            }
        }
        try queue.close()
    }

    private static func claims(_ count: Int, _ prefix: String = "new") throws -> [(Handle, [UInt8])] {
        try (0..<count).map { index in
            let handle = try Handle("\(prefix)\(index)")
            let entry = try LogEntry.make(
                .claim(recovery: .none), label: Label(handle), after: nil, time: 1,
                by: IdentityKeys.generate())
            return (handle, entry.bytes)
        }
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .seconds(1)
    }
}
