import FoundationEssentials
import Identity
import Sodium
import TestSupport
import Wire

@testable import Store

/// A home of one test with some people.
struct StoreHome {
    let folder: TemporaryFolder
    let keys: IdentityKeys
    let alice: PublicIdentity
    let bob: PublicIdentity

    var path: String { folder.path + "/home.sqlite" }

    init() throws {
        folder = try TemporaryFolder()
        keys = try StoreHome.keys(1)
        alice = try StoreHome.keys(2).publicIdentity
        bob = try StoreHome.keys(3).publicIdentity
    }

    static func keys(_ number: UInt8) throws -> IdentityKeys {
        try IdentityKeys(seed: SecretBytes(copying: [UInt8](repeating: number, count: 32)))
    }

    func open() throws -> HomeStore { try HomeStore(path: path, keys: keys) }

    /// The bytes of the database, its log and the log's index, as far as they are there.
    func files() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try folder.names() {
            files[name] = try Data(contentsOf: URL(filePath: folder.path + "/" + name))
        }
        return files
    }
}

/// A time with whole milliseconds.
func time(_ seconds: Double) -> Date { Date(timeIntervalSince1970: 1_700_000_000 + seconds) }

/// A message whose id says its number.
func message(_ number: Int, _ text: String? = nil) throws -> NewMessage {
    NewMessage(
        id: try messageID(number), sentAt: time(Double(number)), content: .text(text ?? "message \(number)"))
}

func messageID(_ number: Int) throws -> MessageID {
    var bytes = [UInt8](repeating: 0, count: 16)
    bytes[6] = 0x70
    bytes[8] = 0x80
    withUnsafeBytes(of: UInt32(number).bigEndian) { bytes.replaceSubrange(12..., with: $0) }
    return try MessageID(bytes: bytes)
}

extension StoredMessage {
    var text: String {
        switch content {
        case .text(let text): text
        case .file(let offer): offer.name
        }
    }
}
