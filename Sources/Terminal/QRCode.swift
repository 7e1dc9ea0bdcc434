import CQREncode
import Glibc

package enum QRCodeError: Error, Equatable, Sendable {
    /// Empty, or with a NUL inside.
    case unusableText
    /// More than a QR code holds: at most 2,331 bytes, fewer for mixed text.
    case tooLong
    case outOfMemory
}

/// QR codes drawn with half-block characters, two rows of modules to a line of text.
package enum QRCode {
    /// Error correction level M (15 % may be unreadable), with the quiet zone of four modules that readers need
    /// (ISO/IEC 18004 §9.1). Text of digits, or of upper case and digits alone, makes a smaller code.
    ///
    /// Light modules are drawn in the text's colour: right for a terminal with a dark background. For a light one ask
    /// for `onLightBackground`; most readers take either.
    package static func halfBlocks(
        _ text: String, onLightBackground: Bool = false
    ) throws(QRCodeError) -> [String] {
        let modules = try modules(text)
        let quiet = 4
        let width = modules.count + 2 * quiet
        func isInked(_ row: Int, _ column: Int) -> Bool {
            let (row, column) = (row - quiet, column - quiet)
            let isDark =
                modules.indices.contains(row) && modules.indices.contains(column) && modules[row][column]
            return isDark == onLightBackground
        }
        return stride(from: 0, to: width, by: 2).map { row in
            String(
                (0..<width).map { column -> Character in
                    // The size is odd: the row below the last belongs to nobody, and stays without ink.
                    switch (isInked(row, column), row + 1 < width && isInked(row + 1, column)) {
                    case (true, true): "█"
                    case (true, false): "▀"
                    case (false, true): "▄"
                    case (false, false): " "
                    }
                })
        }
    }

    /// Whether a line of text is a row of such a code, or one of its margin.
    package static func isRow(_ line: String) -> Bool {
        line.contains { "█▀▄".contains($0) } && line.allSatisfy { " █▀▄".contains($0) }
    }

    /// The code itself, row by row; true is dark.
    static func modules(_ text: String) throws(QRCodeError) -> [[Bool]] {
        guard !text.isEmpty, !text.utf8.contains(0) else { throw .unusableText }
        guard let code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1) else {
            throw errno == ERANGE ? .tooLong : .outOfMemory
        }
        defer { QRcode_free(code) }
        let size = Int(code.pointee.width)
        guard let data = code.pointee.data else { throw .outOfMemory }
        // The lowest bit of each byte is the colour; the others say what the module is for.
        return (0..<size).map { row in (0..<size).map { data[row * size + $0] & 1 == 1 } }
    }
}
