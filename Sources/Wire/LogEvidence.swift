import FoundationEssentials
package import Transparency

/// What a log says of one label: a checkpoint, not read yet, and the map's proof under it, not checked yet.
package struct LogEvidence: Equatable, Sendable {
    /// A signed note, 1 to 16,384 bytes.
    package let checkpoint: [UInt8]
    package let map: MapProof

    package init(checkpoint: [UInt8], map: MapProof) {
        self.checkpoint = checkpoint
        self.map = map
    }
}

/// A page of what a log has, asked for by where it begins.
package enum LogQuery: Hashable, Sendable {
    /// The newest checkpoint, and that the log of `from` entries is the beginning of that of `to`. With 0 for `from` without that, with 0
    /// for `to` of the newest one.
    case checkpoint(from: UInt64, to: UInt64 = 0)
    /// At most `count` of them, or as many as fit into a message where it is 0.
    case entries(first: UInt64, count: Int = 0)
    /// The entries of one label, 32 bytes, from a sequence on; at most 64.
    case history(label: [UInt8], first: UInt64)
    /// Whole subtrees of 2^level leaves; 1 to 1,024 of them, the level below 64.
    case nodes(level: Int, first: UInt64, count: Int)
    case keys
}

extension LogEvidence {
    init(_ message: P2pchat_V1_LogEvidence) throws(WireError) {
        checkpoint = try note(message.checkpoint, "evidence.checkpoint")
        map = try MapProof(message.map)
    }

    var message: P2pchat_V1_LogEvidence {
        var message = P2pchat_V1_LogEvidence()
        message.checkpoint = Data(checkpoint)
        message.map = map.message
        return message
    }
}

extension MapProof {
    init(_ message: P2pchat_V1_MapProof) throws(WireError) {
        let siblings = try hashes(message.siblings, WireLimits.mapSteps, "map.siblings")
        guard siblings.count == message.depths.count else { throw .invalid("map.depths") }
        if message.label.isEmpty {
            guard message.value.isEmpty, siblings.isEmpty else { throw .invalid("map.value") }
            self.init(end: nil, steps: [])
            return
        }
        self.init(
            end: End(
                label: try hash(message.label, "map.label"), value: try hash(message.value, "map.value")),
            steps: zip(message.depths, siblings).map { Step(depth: $0, sibling: $1) })
    }

    var message: P2pchat_V1_MapProof {
        var message = P2pchat_V1_MapProof()
        guard let end else { return message }
        message.label = Data(end.label.bytes)
        message.value = Data(end.value.bytes)
        message.depths = Data(steps.map(\.depth))
        message.siblings = data(steps.map(\.sibling))
        return message
    }
}

extension LogQuery {
    init(_ message: P2pchat_V1_ReadNodes) throws(WireError) {
        guard message.level < 64 else { throw .invalid("nodes.level") }
        guard (1...UInt32(WireLimits.nodePage)).contains(message.count) else { throw .invalid("nodes.count") }
        self = .nodes(level: Int(message.level), first: message.first, count: Int(message.count))
    }
}

/// A signed note, whatever it says.
func note(_ bytes: Data, _ field: String) throws(WireError) -> [UInt8] {
    guard !bytes.isEmpty else { throw .invalid(field) }
    return try bounded(bytes, WireLimits.note, field)
}

func hash(_ bytes: Data, _ field: String) throws(WireError) -> NodeHash {
    guard let hash = NodeHash(bytes) else { throw .invalid(field) }
    return hash
}

/// Hashes one after the other, at most `limit`.
func hashes(_ bytes: Data, _ limit: Int, _ field: String) throws(WireError) -> [NodeHash] {
    guard bytes.count % NodeHash.byteCount == 0, bytes.count / NodeHash.byteCount <= limit else {
        throw .invalid(field)
    }
    let all = Array(bytes)
    return stride(from: 0, to: all.count, by: NodeHash.byteCount).compactMap {
        NodeHash(all[$0..<$0 + NodeHash.byteCount])
    }
}

func data(_ hashes: [NodeHash]) -> Data {
    Data(hashes.flatMap(\.bytes))
}
