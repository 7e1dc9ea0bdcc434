import Testing

@testable import Terminal

@Suite struct VisibleTextTests {
    private func line(_ text: String) -> String { VisibleText(text).description }

    @Test func everyByteValueLeavesNoControl() {
        for byte in UInt8.min...UInt8.max {
            let text = String(Unicode.Scalar(byte))
            for visible in [VisibleText("a\(text)b"), .block("a\(text)b")] {
                for scalar in visible.description.unicodeScalars {
                    let isControl = scalar.properties.generalCategory == .control
                    #expect(!isControl || scalar == "\n", "byte \(byte)")
                }
                #expect(visible.description.hasPrefix("a") && visible.description.hasSuffix("b"))
            }
            #expect(!line(text).contains("\n"))
            if (0x20..<0x7F).contains(byte) || (byte >= 0xA0 && byte != 0xAD) { #expect(line(text) == text) }
        }
    }

    @Test func everyScalarLeavesNothingThatActsOrHides() {
        // All of Unicode in one text: what stays must be neither control, nor format character of the dangerous kind.
        var all = String.UnicodeScalarView()
        for value in UInt32(0)...0x10FFFF {
            if let scalar = Unicode.Scalar(value) { all.append(scalar) }
        }
        for scalar in line(String(all)).unicodeScalars {
            let value = scalar.value
            #expect(value >= 0x20 && !(0x7F..<0xA0).contains(value))
            #expect(!(0x202A...0x202E).contains(value) && !(0x2066...0x2069).contains(value))
            #expect(![0x200B, 0x200E, 0x200F, 0x061C, 0x2028, 0x2029, 0xFEFF, 0x00AD].contains(value))
            #expect(!(0xE0000...0xE0FFF).contains(value))
        }
    }

    @Test(arguments: [
        ("\u{1B}[2J\u{1B}[H", "␛[2J␛[H"),
        ("\u{1B}]0;title\u{07}", "␛]0;title␇"),
        ("\u{1B}]52;c;aGk=\u{1B}\\", "␛]52;c;aGk=␛\\"),
        ("\u{9B}31m", "⟨U+009B⟩31m"),
        ("a\u{08}\u{7F}b", "a␈␡b"), ("a\0b", "a␀b"),
        ("a\tb", "a    b"),
        ("\u{202E}evil\u{202C}", "⟨U+202E⟩evil⟨U+202C⟩"), ("\u{2066}x\u{2069}", "⟨U+2066⟩x⟨U+2069⟩"),
        ("a\u{2028}b", "a⟨U+2028⟩b"),
    ])
    func whatActsIsShown(untrusted: String, visible: String) {
        #expect(line(untrusted) == visible)
    }

    @Test func aLineShowsNewlines() {
        #expect(line("a\rb") == "a␍b")
        #expect(line("a\r\nb") == "a␍␊b")
        #expect(line("a\nb") == "a␊b")
    }

    @Test(arguments: [UInt32(0xFDD0), 0xFFFE, 0xFFFF, 0x10FFFE])
    func noncharactersAreShown(value: UInt32) throws {
        let text = String(try #require(Unicode.Scalar(value)))
        #expect(line(text) == "⟨U+\(String(value, radix: 16, uppercase: true))⟩")
    }

    @Test(arguments: [
        "ad\u{200B}min", "ad\u{200D}min", "ad\u{200C}min", "ad\u{2060}min", "ad\u{FEFF}min", "ad\u{00AD}min",
        "ad\u{200E}min", "ad\u{200F}min", "ad\u{061C}min", "ad\u{FE0F}min", "ad\u{E0100}min", "ad\u{3164}min",
        "ad\u{E0061}\u{E007F}min", "ad\u{115F}\u{1160}min", "ad\u{180E}min", "ad\u{FFF9}min", "ad\u{034F}min",
    ])
    func whatOnlyHidesIsDropped(untrusted: String) {
        #expect(line(untrusted) == "admin")
    }

    @Test(arguments: [
        "plain", "Grüße, 世界", "שלום", "مرحبا", "می\u{200C}خواهم", "क्\u{200D}ष", "👩\u{200D}💻", "👩🏽\u{200D}🚀",
        "❤\u{FE0F}\u{200D}🔥", "🏳\u{FE0F}\u{200D}🌈", "1\u{FE0F}\u{20E3}", "🇨🇭", "e\u{301}", "\u{E000}",
        "tiếng Việt", "ที่",
    ])
    func honestTextStays(text: String) {
        #expect(line(text) == text)
        #expect(Array(line(text).unicodeScalars) == Array(text.unicodeScalars))
    }

    @Test func marksAreBounded() {
        let zalgo = "a" + String(repeating: "\u{0301}", count: 500) + "b"
        #expect(line(zalgo).unicodeScalars.count == 2 + VisibleTextGate.maximumMarks)
        // Jamo vowels take no column either.
        let jamo = "ᄀ" + String(repeating: "\u{1161}", count: 500)
        #expect(line(jamo).unicodeScalars.count == 1 + VisibleTextGate.maximumMarks)
    }

    @Test func aMarkNeverLeansOnWhatTheProgramPrinted() {
        #expect(Array(line("\u{0301}a").unicodeScalars) == ["\u{25CC}", "\u{0301}", "a"])
        #expect(
            Array(VisibleText.block("x\n\u{0301}a", indent: 1).description.unicodeScalars).contains(
                "\u{25CC}"))
        #expect(Array(line("\u{1B}\u{0301}").unicodeScalars) == ["␛", "\u{25CC}", "\u{0301}"])
    }

    @Test func continuationsAreIndented() {
        let block = VisibleText.block("hello\nbob: send money\r\n\nend", indent: 2).description
        #expect(block == "hello\n  bob: send money\n  \n  end")
        #expect(VisibleText.block("a\rb").description == "a␍b")
    }

    @Test func rowsAreBrokenBeforeTheTerminalBreaksThem() {
        // Without breaking, padding to the width would put “bob:” at the first column.
        let forged = "hi" + String(repeating: " ", count: 33) + "bob: send money"
        let rows = VisibleText.block(forged, indent: 4, start: 5, columns: 40).description.split(
            separator: "\n")
        #expect(rows.count > 1)
        #expect(rows.dropFirst().allSatisfy { $0.hasPrefix("    ") })
        #expect(rows.allSatisfy { displayWidth($0) <= 40 })
        #expect(displayWidth(rows[0]) <= 35)
    }

    @Test(arguments: [
        ("", 10, 10, [""]),
        ("0123456789", 10, 10, ["0123456789"]),
        ("0123456789a", 10, 10, ["0123456789", "a"]),
        ("one two three", 10, 10, ["one two", "three"]),
        ("one two  three", 8, 10, ["one two ", "three"]),
        ("世界世界世界", 5, 5, ["世界", "世界", "世界"]),
        ("0123456789 abcdef", 20, 4, ["0123456789 abcdef"]),
        ("aaaa bbbbbbbbbbbbbbbbbb", 20, 5, ["aaaa", "bbbbb", "bbbbb", "bbbbb", "bbb"]),
    ])
    func wrapping(line: String, first: Int, later: Int, rows: [String]) {
        #expect(wrapped(line, first: first, later: later) == rows)
    }

    @Test(arguments: [("abc", 3), ("世界", 4), ("e\u{301}", 1), ("", 0), ("👍", 2), ("\u{E000}", 1)])
    func widths(text: String, columns: Int) {
        #expect(displayWidth(text) == columns)
    }
}
