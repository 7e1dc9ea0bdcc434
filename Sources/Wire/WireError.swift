/// Why bytes are no message, or why a value cannot become one.
///
/// Whoever receives malformed bytes cuts the link: an honest program cannot send them (protocol.md, "Messages").
package enum WireError: Error, Equatable, Sendable {
    /// The bytes are no protobuf message of the schema, or none at all.
    case undecodable
    /// A field breaks the rule that the schema states for it; names the field.
    case invalid(String)
    /// The encoded message would not fit into one frame.
    case tooLarge
}
