import Testing

@testable import Files

@Suite struct FileNameTests {
    @Test(arguments: [
        ("report.pdf", "report.pdf"),
        ("../../.ssh/authorized_keys", "authorized_keys"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("..", "file"), (".", "file"), ("", "file"), ("...", "file"), ("/", "file"), ("a/", "file"),
        ("/..", "file"),
        (".bashrc", "bashrc"), ("-rf", "rf"), ("--help.txt", "help.txt"), (" . - x", "x"),
        ("a\u{0}b.txt", "ab.txt"), ("a\nb\r\t\u{1B}[31m.txt", "ab[31m.txt"), ("\u{85}\u{9B}x", "x"),
        ("a\u{202E}txt.exe", "atxt.exe"), ("\u{2066}a\u{2069}.txt", "a.txt"),
        ("\u{FEFF}a\u{200B}.txt", "a.txt"),
        ("a\u{AD}b\u{2028}c\u{2029}d", "abcd"), ("\u{E000}x\u{FFFF}", "x"), ("\u{115F}\u{3164}", "file"),
        ("a\u{A0}b\u{3000}c", "a b c"), ("name.txt   ", "name.txt"), ("name.", "name"), ("name. . .", "name"),
        ("CON", "CON"), ("a:b*c?.txt", "a:b*c?.txt"),
        ("\u{E9}t\u{E9} \u{65E5}\u{672C}.txt", "\u{E9}t\u{E9} \u{65E5}\u{672C}.txt"),
        (".\u{200B}.", "file"), ("\u{200B}.hidden", "hidden"),
    ])
    func cleaned(proposed: String, name: String) {
        #expect(FileName.clean(proposed) == name)
    }

    @Test func longNamesAreCutBetweenCharactersAndKeepTheirExtension() {
        let emoji = "\u{1F468}\u{1F3FD}"
        for name in [
            String(repeating: "n", count: 251) + ".txt", String(repeating: emoji, count: 31) + ".jpeg",
            String(repeating: "\u{1F600}", count: 63), "a" + String(repeating: "\u{301}", count: 127),
            "." + String(repeating: "x", count: 254), "a." + String(repeating: "x", count: 253),
        ] {
            let clean = FileName.clean(name)
            #expect((1...200).contains(clean.utf8.count))
            #expect(FileName.clean(clean) == clean)
        }
        #expect(
            FileName.clean(String(repeating: "n", count: 251) + ".txt") == String(repeating: "n", count: 196)
                + ".txt")
        let cut = FileName.clean(String(repeating: emoji, count: 31) + ".jpeg")
        #expect(cut == String(repeating: emoji, count: 24) + ".jpeg")
    }

    @Test func numbered() {
        #expect(FileName.numbered("a.txt", 2) == "a (2).txt")
        #expect(FileName.numbered("a", 10) == "a (10)")
        #expect(FileName.numbered("a.tar.gz", 2) == "a.tar (2).gz")
        let long = FileName.clean(String(repeating: "n", count: 255))
        #expect(FileName.numbered(long, 12).utf8.count <= 200)
        #expect(FileName.numbered(long, 12).hasSuffix(" (12)"))
    }

    /// Whatever comes out is one harmless component.
    @Test func anyScalarsAtAll() {
        var generator = Numbers(seed: 5)
        for _ in 0..<3000 {
            var name = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...40, using: &generator) {
                let range: ClosedRange<UInt32> = Bool.random(using: &generator) ? 0...0x7F : 0...0x10FFFF
                if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)) {
                    name.append(scalar)
                }
            }
            let clean = FileName.clean(String(name))
            #expect((1...200).contains(clean.utf8.count))
            #expect(clean != "." && clean != ".." && !clean.hasPrefix(".") && !clean.hasPrefix("-"))
            #expect(
                clean.unicodeScalars.allSatisfy {
                    $0 != "/" && $0 != "\\" && $0.value >= 32 && $0.value != 127
                })
            #expect(FileName.clean(clean) == clean)
        }
    }
}
