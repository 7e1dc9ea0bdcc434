import FoundationEssentials

/// What lies at a directory for one contact of somebody whom strangers do not find. To the directory both are random bytes.
package struct SealedBlob: Hashable, Sendable {
    /// 32 bytes.
    package let tag: [UInt8]
    /// 1,064 bytes; empty: nothing is under the tag any more.
    package let blob: [UInt8]

    /// Throws ``WireError/invalid(_:)`` for other lengths.
    package init(tag: [UInt8], blob: [UInt8]) throws(WireError) {
        guard tag.count == WireLimits.sealedTag else { throw .invalid("sealed.tag") }
        guard blob.isEmpty || blob.count == WireLimits.sealedBlob else { throw .invalid("sealed.blob") }
        self.tag = tag
        self.blob = blob
    }
}

extension [SealedBlob] {
    init(_ message: P2pchat_V1_PutSealed) throws(WireError) {
        guard (1...WireLimits.sealedAtOnce).contains(message.presences.count),
            (1...WireLimits.lifetime).contains(message.lifetime)
        else { throw .invalid("put_sealed") }
        self = []
        for presence in message.presences {
            append(try SealedBlob(tag: [UInt8](presence.tag), blob: [UInt8](presence.blob)))
        }
    }

    var messages: [P2pchat_V1_SealedPresence] {
        map { sealed in
            var message = P2pchat_V1_SealedPresence()
            message.tag = Data(sealed.tag)
            message.blob = Data(sealed.blob)
            return message
        }
    }
}

/// 1 to 48 tags of 32 bytes.
func sealedTags(_ message: P2pchat_V1_FetchSealed) throws(WireError) -> [[UInt8]] {
    guard (1...WireLimits.sealedAtOnce).contains(message.tags.count) else { throw .invalid("fetch_sealed") }
    var tags: [[UInt8]] = []
    for tag in message.tags { tags.append(try fixed(tag, WireLimits.sealedTag, "fetch_sealed.tags")) }
    return tags
}

/// At most 48 blobs of 1,064 bytes, or none in a place.
func sealedBlobs(_ message: P2pchat_V1_SealedFetched) throws(WireError) -> [[UInt8]] {
    guard message.blobs.count <= WireLimits.sealedAtOnce,
        message.blobs.allSatisfy({ $0.isEmpty || $0.count == WireLimits.sealedBlob })
    else { throw .invalid("sealed_fetched.blobs") }
    return message.blobs.map { Array($0) }
}
