import FoundationEssentials
import Identity

/// How contacts and settings stand inside a sealed row: JSON with texts that are parsed again on the way in, so that what was
/// valid once and is not any more is an error, never a guess.
struct StoredContact: Codable {
    struct StoredHandle: Codable {
        let directory: String
        let handle: String
    }

    let identity: String
    let handles: [StoredHandle]
    let isVerified: Bool
    let replacement: String?
    let since: Date
    // Not in rows of the first version.
    let nickname: String?
    let standing: Standing?
    let isMuted: Bool?
    let former: [String]?
    let isRevoked: Bool?
    let isUntold: Bool?

    init(_ contact: Contact) {
        identity = contact.identity.fingerprint
        handles = contact.handles.map {
            StoredHandle(directory: $0.directory.fingerprint, handle: $0.handle.text)
        }
        isVerified = contact.isVerified
        replacement = contact.replacement?.fingerprint
        since = contact.since
        nickname = contact.nickname
        standing = contact.standing
        isMuted = contact.isMuted
        former = contact.former.isEmpty ? nil : contact.former.map(\.fingerprint)
        isRevoked = contact.isRevoked ? true : nil
        isUntold = contact.isUntold ? true : nil
    }

    func contact() throws -> Contact {
        try StoredForm.checked {
            Contact(
                identity: try PublicIdentity(fingerprint: identity),
                handles: try handles.map {
                    KnownHandle(
                        directory: try PublicIdentity(fingerprint: $0.directory),
                        handle: try Handle($0.handle))
                },
                isVerified: isVerified,
                replacement: try replacement.map { try PublicIdentity(fingerprint: $0) },
                since: since, nickname: nickname, standing: standing ?? .accepted, isMuted: isMuted ?? false,
                former: try (former ?? []).map { try PublicIdentity(fingerprint: $0) },
                isRevoked: isRevoked ?? false, isUntold: isUntold ?? false)
        }
    }

    static func read(_ content: [UInt8]) throws -> StoredContact {
        try StoredForm.checked { try JSONDecoder().decode(StoredContact.self, from: Data(content)) }
    }
}

struct StoredSettings: Codable {
    let directory: String?
    let handle: String?
    let listen: String?
    let advertise: String?
    let isDiscoverable: Bool
    // Absent in what older versions wrote.
    let sendsRead: Bool?
    let goesWithoutDirectory: Bool?
    let rotations: [Data]?

    init(_ settings: HomeSettings) {
        directory = settings.directory?.description
        handle = settings.handle?.text
        listen = settings.listen?.description
        advertise = settings.advertise?.description
        isDiscoverable = settings.isDiscoverable
        sendsRead = settings.sendsRead
        goesWithoutDirectory = settings.goesWithoutDirectory
        rotations = settings.rotations.isEmpty ? nil : settings.rotations.map { Data($0) }
    }

    func settings() throws -> HomeSettings {
        try StoredForm.checked {
            HomeSettings(
                directory: try directory.map { try DirectoryReference($0) },
                handle: try handle.map { try Handle($0) },
                listen: try listen.map { try Endpoint($0) },
                advertise: try advertise.map { try Endpoint($0) },
                isDiscoverable: isDiscoverable, sendsRead: sendsRead ?? true,
                goesWithoutDirectory: goesWithoutDirectory ?? false,
                rotations: (rotations ?? []).map { Array($0) })
        }
    }

    static func read(_ content: [UInt8]) throws -> StoredSettings {
        try StoredForm.checked { try JSONDecoder().decode(StoredSettings.self, from: Data(content)) }
    }
}

enum StoredForm {
    static let unknown = StoreError.unreadable(reason: "a row holds what this version cannot read")

    /// What cannot be read although it opened under the key was written by another version.
    static func checked<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch {
            throw unknown
        }
    }
}
