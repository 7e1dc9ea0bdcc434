import FoundationEssentials
import Identity
import SwiftProtobuf

// The only calls into SwiftProtobuf, and the checks that several messages share.

/// Decodes one envelope. None is empty, so no bytes at all are malformed rather than of an unknown kind.
func decode<M: SwiftProtobuf.Message>(_ bytes: [UInt8]) throws(WireError) -> M {
    guard !bytes.isEmpty, bytes.count <= WireLimits.envelope else { throw .undecodable }
    var options = BinaryDecodingOptions()
    // Nothing here nests deeper than five; unknown fields would only take memory.
    options.messageDepthLimit = 8
    options.discardUnknownFields = true
    do {
        return try M(serializedBytes: bytes, options: options)
    } catch {
        throw .undecodable
    }
}

func encode(_ message: some SwiftProtobuf.Message) throws(WireError) -> [UInt8] {
    let bytes: [UInt8]
    do {
        bytes = try message.serializedBytes()
    } catch {
        throw .undecodable
    }
    guard bytes.count <= WireLimits.envelope else { throw .tooLarge }
    return bytes
}

func handle(_ text: String, _ field: String) throws(WireError) -> Handle {
    do {
        return try Handle(text)
    } catch {
        throw .invalid(field)
    }
}

/// nil for the empty text.
func optionalHandle(_ text: String, _ field: String) throws(WireError) -> Handle? {
    text.isEmpty ? nil : try handle(text, field)
}

func identity(_ bytes: Data, _ field: String) throws(WireError) -> PublicIdentity {
    do {
        return try PublicIdentity(bytes: Array(bytes))
    } catch {
        throw .invalid(field)
    }
}

/// nil for no bytes.
func optionalIdentity(_ bytes: Data, _ field: String) throws(WireError) -> PublicIdentity? {
    bytes.isEmpty ? nil : try identity(bytes, field)
}

/// Exactly `count` bytes.
func fixed(_ bytes: Data, _ count: Int, _ field: String) throws(WireError) -> [UInt8] {
    guard bytes.count == count else { throw .invalid(field) }
    return Array(bytes)
}

/// At most `limit` bytes, none allowed.
func bounded(_ bytes: Data, _ limit: Int, _ field: String) throws(WireError) -> [UInt8] {
    guard bytes.count <= limit else { throw .invalid(field) }
    return Array(bytes)
}
