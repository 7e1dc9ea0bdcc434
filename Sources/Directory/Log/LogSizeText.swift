extension UInt64 {
    /// The size of a log in words.
    package var entries: String { self == 1 ? "1 entry" : "\(self) entries" }
}
