import Foundation
import TestSupport
import Testing

/// A log on a disk on which syncing fails now and then, or on which only a part of what is written finds room.
@Suite struct FaultyDiskTests {
    /// strace makes every so many of these calls of the process fail.
    @Test(
        .enabled(if: canTrace, "strace is not there, or may not trace"), .timeLimit(.minutes(5)),
        arguments: [
            "fsync,fdatasync:error=EIO:when=4+7", "fsync,fdatasync:error=EIO:when=5+3",
            "pwrite64:error=ENOSPC:when=60+97", "pwrite64:error=EIO:when=50+61", "rename:error=EIO:when=3+4",
        ])
    func callsThatFail(fault: String) async throws {
        let calls = String(fault.prefix { $0 != ":" })
        try await run(
            "exec strace -f -qq -o /dev/null -e trace=\(calls) -e inject=\(fault) \"$@\" | cat >\"$OUTPUT\"")
    }

    /// A limit of the size of files: the write that goes beyond is short, and the next one fails. The file that meets it first is the store's.
    @Test(.timeLimit(.minutes(5)), arguments: [2_500, 4_000, 6_000])
    func writesThatAreShort(blocks: Int) async throws {
        try await run("(trap '' XFSZ; ulimit -f \(blocks); exec \"$@\") | cat >\"$OUTPUT\"")
    }

    /// Three processes with the fault between two without: the first makes the store, the last goes on from what the others left.
    private func run(_ shell: String) async throws {
        let log = try WrittenLog()
        let calm = "exec \"$@\" >\"$OUTPUT\""
        try log.take(output: try await write(log.folder.path, 0, calm))
        var failures = 0
        for round in 1...3 {
            let path = try await write(log.folder.path, round, shell)
            failures += try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count {
                $0 == "failed" || $0 == "not opened"
            }
            try log.take(output: path)
        }
        #expect(failures > 0, "nothing failed")
        let before = log.acknowledged
        try log.take(output: try await write(log.folder.path, 4, calm))
        #expect(log.acknowledged == before + 16 * Self.claims)
        try await log.check()
    }

    /// Where the process said what it acknowledged. It may end as it likes.
    private func write(_ folder: String, _ round: Int, _ shell: String) async throws -> String {
        let path = folder + "/output-\(round)"
        let nothing = try FileHandle(forUpdating: URL(fileURLWithPath: "/dev/null"))
        let child = try ChildProcess(
            "/bin/sh",
            [
                "-c", shell, "sh", try BuiltProducts.executable("log-writer"), folder, "round\(round)",
                "\(Self.claims)",
            ],
            environment: ["OUTPUT": path, "PATH": "/usr/bin:/bin"],
            input: nothing.fileDescriptor, output: nothing.fileDescriptor, errors: nothing.fileDescriptor)
        _ = await child.wait()
        return path
    }

    /// Of each of the process' 16 workers.
    private static let claims = 12

    private static let canTrace: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/strace")
        process.arguments = ["-qq", "-o", "/dev/null", "/bin/true"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()
}
