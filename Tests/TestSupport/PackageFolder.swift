/// Where the project's own files are, seen from this source file.
package enum PackageFolder {
    /// The folder that holds Package.swift.
    package static let root: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(3).joined(separator: "/")
    }()

    /// Keys/fixtures: sealed files of every format version ever written.
    package static var keyFixtures: String { root + "/Keys/fixtures" }
}
