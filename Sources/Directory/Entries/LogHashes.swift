package import Transparency

extension LogEntry {
    /// ``hash`` as the log and the map know it: the leaf, and the value of the label.
    package var nodeHash: NodeHash { .leaf(bytes) }
}

extension Label {
    /// As the map knows it.
    package var nodeHash: NodeHash? { NodeHash(bytes) }
}
