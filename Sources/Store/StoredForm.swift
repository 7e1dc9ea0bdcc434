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

    init(_ contact: Contact) {
        identity = contact.identity.fingerprint
        handles = contact.handles.map {
            StoredHandle(directory: $0.directory.fingerprint, handle: $0.handle.text)
        }
        isVerified = contact.isVerified
        replacement = contact.replacement?.fingerprint
        since = contact.since
    }

    func contact() throws -> Contact {
        Contact(
            identity: try PublicIdentity(fingerprint: identity),
            handles: try handles.map {
                KnownHandle(
                    directory: try PublicIdentity(fingerprint: $0.directory), handle: try Handle($0.handle))
            },
            isVerified: isVerified,
            replacement: try replacement.map { try PublicIdentity(fingerprint: $0) },
            since: since)
    }
}

struct StoredSettings: Codable {
    let directory: String?
    let handle: String?
    let listen: String?
    let advertise: String?
    let isDiscoverable: Bool

    init(_ settings: HomeSettings) {
        directory = settings.directory?.description
        handle = settings.handle?.text
        listen = settings.listen?.description
        advertise = settings.advertise?.description
        isDiscoverable = settings.isDiscoverable
    }

    func settings() throws -> HomeSettings {
        HomeSettings(
            directory: try directory.map { try DirectoryReference($0) },
            handle: try handle.map { try Handle($0) },
            listen: try listen.map { try Endpoint($0) },
            advertise: try advertise.map { try Endpoint($0) },
            isDiscoverable: isDiscoverable)
    }
}
