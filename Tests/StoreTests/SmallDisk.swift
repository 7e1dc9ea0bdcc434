import FoundationEssentials
import TestSupport

/// A file system of its own in memory, of a few megabytes at most. Only root may have one.
struct SmallDisk {
    let path: String

    /// Whether this process may mount; asked once.
    static let isPossible = Task { (try? await with(kilobytes: 64) { _ in }) != nil }

    /// Lends one that is gone afterwards, whatever `body` does.
    static func with(kilobytes: Int, _ body: (SmallDisk) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        try await mount(["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", folder.path])
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(SmallDisk(path: folder.path)))
        } catch {
            outcome = .failure(error)
        }
        // Lazily: a connection may be closed a moment later.
        try await run("/bin/umount", ["-l", folder.path])
        try outcome.get()
    }

    func makeReadOnly() async throws { try await Self.mount(["-o", "remount,ro", path]) }

    /// Fills what room there is.
    func fill() throws {
        // Ever smaller pieces, one file after the other, until not even the smallest fits.
        for (index, size) in [65_536, 4_096, 512].enumerated() {
            for number in 0... {
                let piece = URL(filePath: "\(path)/ballast-\(index)-\(number)")
                do {
                    try Data(repeating: 1, count: size).write(to: piece)
                } catch {
                    try? FileManager.default.removeItem(at: piece)
                    break
                }
            }
        }
    }

    func makeRoom() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: path) where name.hasPrefix("ballast")
        {
            try FileManager.default.removeItem(atPath: path + "/" + name)
        }
    }

    private static func mount(_ arguments: [String]) async throws { try await run("/bin/mount", arguments) }

    private static func run(_ program: String, _ arguments: [String]) async throws {
        let run = try await runProgram(program, arguments, environment: [:])
        guard run.status == 0 else { throw Refused(reason: run.errors) }
    }

    struct Refused: Error {
        let reason: String
    }
}
