/// What a full screen shows, as a value: rows from the top, and where the cursor stands. Rows beyond the screen are not drawn,
/// rows that are missing are empty.
package struct Frame: Equatable, Sendable {
    package var rows: [Row]
    /// Where the next character that is typed appears; nil hides the cursor.
    package var cursor: Position?

    package init(rows: [Row] = [], cursor: Position? = nil) {
        self.rows = rows
        self.cursor = cursor
    }

    /// One row, from the left; what goes beyond the right edge is cut.
    package struct Row: Equatable, Sendable {
        package var spans: [Span]

        package init(_ spans: [Span] = []) { self.spans = spans }
    }

    package struct Position: Equatable, Sendable {
        /// From 0, at the top.
        package var row: Int
        /// From 0, at the left, in columns.
        package var column: Int

        package init(row: Int, column: Int) {
            self.row = row
            self.column = column
        }
    }
}

/// Text in one style, on one row. Text from elsewhere has passed ``VisibleText`` before.
package struct Span: Equatable, Sendable {
    package var text: String
    package var style: Style

    package init(_ text: String, _ style: Style = Style()) {
        self.text = text
        self.style = style
    }

    /// Columns that it takes.
    package var width: Int { displayWidth(text) }
}

/// How text looks. Every part of it may be missing on a terminal, so nothing is said by style alone.
package struct Style: Equatable, Hashable, Sendable {
    package var colour: Colour
    package var isBold: Bool
    package var isDim: Bool
    package var isUnderlined: Bool
    package var isReversed: Bool

    package init(
        _ colour: Colour = .plain, bold: Bool = false, dim: Bool = false, underline: Bool = false,
        reverse: Bool = false
    ) {
        self.colour = colour
        isBold = bold
        isDim = dim
        isUnderlined = underline
        isReversed = reverse
    }

    package static let plain = Style()
    package static let bold = Style(bold: true)
    package static let dim = Style(dim: true)
    package static let reverse = Style(reverse: true)
}

/// Foreground colours. Which they are on the screen, the ``Palette`` says.
package enum Colour: Equatable, Hashable, Sendable {
    /// The terminal's own.
    case plain
    case red, green, yellow, blue, magenta, cyan
    /// One of a few that are told apart easily, for a number that stays: the same number is the same colour.
    case one(of: Int)
}

/// For which background the colours are.
package enum Palette: Equatable, Sendable {
    /// As `COLORFGBG` says, else colours that can be read on light and dark ones; no colour where `NO_COLOR` is set.
    case automatic
    case dark, light
    case none
}

/// Columns and rows of a terminal.
package struct ScreenSize: Equatable, Sendable {
    package var columns: Int
    package var rows: Int

    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }
}
