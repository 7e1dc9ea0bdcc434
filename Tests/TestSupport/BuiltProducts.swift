package import Foundation

/// Where `swift test` puts what it builds: beside the test bundle, which on Linux is the running program.
package enum BuiltProducts {
    package static let directory: URL =
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

    /// The path of an executable of this package that the calling test target depends on.
    package static func executable(_ name: String) throws -> String {
        let path = directory.appending(path: name).path
        guard FileManager.default.isExecutableFile(atPath: path) else { throw ProductMissing(path: path) }
        return path
    }

    package struct ProductMissing: Error, CustomStringConvertible {
        package let path: String
        package var description: String { "not built: \(path)" }
    }
}
