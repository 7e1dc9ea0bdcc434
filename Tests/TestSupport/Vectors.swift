package import Foundation
package import Testing

/// The published test vectors, which are read where they lie and never copied into the project:
/// `P2PCHAT_VECTORS` names their folder, else it is `../shared/vectors` seen from the package.
package enum Vectors {
    package static let folder: String =
        ProcessInfo.processInfo.environment["P2PCHAT_VECTORS"] ?? PackageFolder.root + "/../shared/vectors"

    /// Whether the folder is there.
    package static var arePresent: Bool {
        FileManager.default.fileExists(atPath: folder + "/README.md")
    }

    /// Whether a missing folder is a failure: `P2PCHAT_REQUIRE_VECTORS=1`.
    package static var areRequired: Bool {
        ProcessInfo.processInfo.environment["P2PCHAT_REQUIRE_VECTORS"] == "1"
    }

    /// A file's bytes.
    /// - Parameter path: seen from the folder, such as `wycheproof/x25519_test.json`.
    package static func data(_ path: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: folder + "/" + path))
    }

    /// A file's text.
    package static func text(_ path: String) throws -> String {
        String(decoding: try data(path), as: UTF8.self)
    }

    /// A JSON file's value.
    package static func json<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
        try JSONDecoder().decode(type, from: data(path))
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips a test, with the reason, where the vectors are missing; under `P2PCHAT_REQUIRE_VECTORS=1` it
    /// runs, and fails for want of its file.
    package static var needsVectors: Self {
        .enabled(
            if: Vectors.arePresent || Vectors.areRequired,
            "no published vectors at \(Vectors.folder); name their folder in P2PCHAT_VECTORS")
    }
}
