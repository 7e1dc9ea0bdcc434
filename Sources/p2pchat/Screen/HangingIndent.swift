/// Where the rows of a line go on that does not fit: below its last column, as in a list of names and what they mean.
enum HangingIndent {
    /// - Returns: Columns; `usual` where the line is no row of such a list, or too little would be left of the row.
    static func columns(of line: String, usual: Int, width: Int?) -> Int {
        guard line.hasPrefix("  "), let width else { return usual }
        // The last gap of two spaces and more: what stands behind it is the text.
        var indent = usual
        var column = 0
        var spaces = 0
        for scalar in line.unicodeScalars {
            if scalar == " " {
                spaces += 1
            } else {
                if spaces >= 2, column > spaces { indent = column }
                spaces = 0
            }
            column += 1
        }
        return indent <= width / 2 ? indent : usual
    }
}
