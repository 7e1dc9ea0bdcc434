/// One line of visible text cut into rows of at most `first`, then `later` columns, between words where a row has a
/// space to cut at, else anywhere that parts no mark from its base. The space at a cut is dropped.
func wrapped(_ line: String, first: Int, later: Int) -> [String] {
    if line.utf8.count <= first, isPlain(line) { return [line] }
    let cells = cells(of: line)
    var rows: [String] = []
    var start = 0
    while true {
        let limit = rows.isEmpty ? first : later
        var end = start
        var width = 0
        while end < cells.count, end == start || width + cells[end].columns <= limit {
            width += cells[end].columns
            end += 1
        }
        if end == cells.count { return rows + [text(cells[start...])] }
        // A space at the row's start is no place to cut: the row would be empty.
        let space = (start + 1...end).last { cells[$0].isSpace }
        rows.append(text(cells[start..<(space ?? end)]))
        start = space.map { $0 + 1 } ?? end
    }
}

/// Printable ASCII alone, which most lines are: nothing in it is to be made visible, and each byte takes a column.
func isPlain(_ text: String) -> Bool {
    text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
}

/// What may not be cut: a scalar with columns, the ones without that lean on it, and what a ZWJ joins to it.
private struct Cell {
    var scalars: [Unicode.Scalar]
    var columns: Int

    var isSpace: Bool { scalars == [" "] }
}

private func cells(of line: String) -> [Cell] {
    var cells: [Cell] = []
    for scalar in line.unicodeScalars {
        let columns = displayWidth(of: scalar)
        let isJoined = columns == 0 || cells.last?.scalars.last?.value == 0x200D
        if isJoined, let last = cells.indices.last {
            cells[last].scalars.append(scalar)
            cells[last].columns += columns
        } else {
            cells.append(Cell(scalars: [scalar], columns: columns))
        }
    }
    return cells
}

private func text(_ cells: ArraySlice<Cell>) -> String {
    var view = String.UnicodeScalarView()
    for cell in cells { view.append(contentsOf: cell.scalars) }
    return String(view)
}
