import Foundation
import TestSupport
import Testing

/// A log whose process is killed (kill -9) at random points while it takes claims in as fast as it can.
@Suite struct KillTests {
    /// With P2PCHAT_KILLS as many as that says; `make soak` has 300.
    private static let rounds = ProcessInfo.processInfo.environment["P2PCHAT_KILLS"].flatMap { Int($0) } ?? 6

    @Test func whatWasAcknowledgedIsKeptAndNothingIsSignedTwice() async throws {
        let log = try WrittenLog()
        for round in 0..<Self.rounds { try log.take(output: try await kill(log.folder.path, round)) }
        #expect(log.acknowledged > Self.rounds)
        try await log.check()
    }

    /// One process's life: killed while it starts, or at some time after a number of acknowledgements. Where it said what it acknowledged.
    private func kill(_ folder: String, _ round: Int) async throws -> String {
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
        return path
    }

    private func lineCount(_ path: String) throws -> Int {
        try Data(contentsOf: URL(fileURLWithPath: path)).count { $0 == UInt8(ascii: "\n") }
    }
}
