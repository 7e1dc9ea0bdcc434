import Foundation

/// limit.c: what the machine can do at all. Read where it lies: in the folder that `P2PCHAT_BENCH_FOLDER` names, or in
/// `../shared/bench`.
struct LimitProgram {
    struct Failed: Error {}

    private let path: String

    static func build() throws -> LimitProgram {
        let folder = ProcessInfo.processInfo.environment["P2PCHAT_BENCH_FOLDER"] ?? "../shared/bench"
        let path = NSTemporaryDirectory() + "p2pchat-limit-\(getpid())"
        try run("/usr/bin/cc", ["-O2", "-o", path, folder + "/limit.c", "-lsodium", "-lpthread"])
        return LimitProgram(path: path)
    }

    func run(mebibytes: Int) throws -> [String: Double] {
        var figures: [String: Double] = [:]
        for line in try Self.run(path, ["\(mebibytes)"]).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, let value = Double(words[1]) { figures[String(words[0])] = value }
        }
        return figures
    }

    @discardableResult
    private static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed() }
        return String(decoding: text, as: UTF8.self)
    }
}
