extension BinaryInteger {
    /// As "1 minute" or "2 minutes", of what has a regular plural.
    func of(_ noun: String) -> String { self == 1 ? "1 \(noun)" : "\(self) \(noun)s" }
}
