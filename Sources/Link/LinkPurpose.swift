/// What a port is for. It is part of the handshake's prologue, so that a link can only come about between two sides that
/// mean the same (docs/protocol.md, "Handshake").
package enum LinkPurpose: String, Sendable {
    case peer
    case directory
}
