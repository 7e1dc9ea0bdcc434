/// What may have been meant by a word that is none of those there are.
enum Suggestion {
    /// As `/to or /two`; nil where nothing is near.
    static func text(for typed: String, among words: [String], prefix: String = "") -> String? {
        guard !typed.isEmpty else { return nil }
        // Two of three letters are no typing error.
        let farthest = typed.count > 3 ? 2 : 1
        let near = words.filter { $0.hasPrefix(typed) || distance($0, typed) <= farthest }
        return near.isEmpty ? nil : near.map { prefix + $0 }.joined(separator: " or ")
    }

    /// Levenshtein's distance.
    private static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a)
        let b = Array(b)
        // Whatever is pasted behind a slash is far from every name.
        guard b.count <= a.count + 2 else { return .max }
        var row = Array(0...b.count)
        for (i, left) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, right) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (left == right ? 0 : 1))
                diagonal = above
            }
        }
        return row[b.count]
    }
}
