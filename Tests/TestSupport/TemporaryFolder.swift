import Foundation

/// A folder for one test, removed with this value.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        path = NSTemporaryDirectory() + "p2pchat-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Names of what lies in it, in order.
    package func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    deinit {
        // A program that is just ending may remove its own files at the same time, which fails here.
        for _ in 0..<3 where (try? FileManager.default.removeItem(atPath: path)) != nil { return }
        print("left behind: \(path)")
    }
}
