import FoundationEssentials
package import Identity
import SwiftProtobuf

/// What a directory tells a watcher without being asked each time.
package enum DirectoryEvent: Equatable, Sendable {
    /// A discoverable one came, or its record or handle changed.
    case came(ServedPresence)
    case left(PublicIdentity)
    /// Events were dropped because the watcher was too slow: to be listed anew.
    case missed
    /// Another link of this identity has published; the directory closes this one.
    case superseded
    /// To a witness: there is a checkpoint that it has not cosigned.
    case signed
    /// An event that this version does not know: to be ignored.
    case unknown
}

/// What one frame between a client and a directory carries (p2pchat.proto).
package enum DirectoryEnvelope: Equatable, Sendable {
    case request(DirectoryRequest)
    case response(DirectoryResponse)
    case event(DirectoryEvent)
    /// A kind that this version does not know: to be ignored.
    case unknown

    /// Throws ``WireError`` for bytes that no honest program sends; the link is to be cut then.
    package init(decoding bytes: [UInt8]) throws(WireError) {
        let message: P2pchat_V1_DirectoryEnvelope = try decode(bytes)
        switch message.body {
        case .request(let request)?: self = .request(try DirectoryRequest(request))
        case .response(let response)?: self = .response(try DirectoryResponse(response))
        case .event(let event)?: self = .event(try DirectoryEvent(event))
        case nil: self = .unknown
        }
    }

    /// At most 65,276 bytes. Throws ``WireError/tooLarge`` above that, and for a body that is unknown.
    package func encoded() throws(WireError) -> [UInt8] {
        var message = P2pchat_V1_DirectoryEnvelope()
        switch self {
        case .request(let request): message.request = try request.message()
        case .response(let response): message.response = try response.message()
        case .event(let event): message.event = try event.message()
        case .unknown: throw .invalid("body")
        }
        return try encode(message)
    }
}

extension DirectoryEvent {
    init(_ message: P2pchat_V1_DirectoryEvent) throws(WireError) {
        switch message.body {
        case .came(let presence)?: self = .came(try ServedPresence(presence))
        case .left(let bytes)?: self = .left(try identity(bytes, "event.left"))
        case .missed?: self = .missed
        case .superseded?: self = .superseded
        case .signed?: self = .signed
        case nil: self = .unknown
        }
    }

    func message() throws(WireError) -> P2pchat_V1_DirectoryEvent {
        var message = P2pchat_V1_DirectoryEvent()
        switch self {
        case .came(let presence): message.came = presence.message
        case .left(let identity): message.left = Data(identity.bytes)
        case .missed: message.missed = .init()
        case .superseded: message.superseded = .init()
        case .signed: message.signed = .init()
        case .unknown: throw .invalid("event.body")
        }
        return message
    }
}
