import Testing

@testable import Terminal

@Suite struct QRCodeTests {
    /// The drawing turned back into dark modules, quiet zone included.
    private func modules(of lines: [String], inkIsDark: Bool) -> [[Bool]] {
        lines.flatMap { line in
            let top = line.map { ("█▀".contains($0)) == inkIsDark }
            let bottom = line.map { ("█▄".contains($0)) == inkIsDark }
            return [top, bottom]
        }
    }

    @Test(arguments: [true, false])
    func drawsACodeThatReadersFind(onLight: Bool) throws {
        let lines = try QRCode.halfBlocks("P2P1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", onLightBackground: onLight)
        let width = try #require(lines.first).count
        #expect(lines.allSatisfy { $0.count == width })
        #expect(lines.count == (width + 1) / 2)
        let drawn = modules(of: lines, inkIsDark: onLight)
        for row in 0..<width {
            for column in 0..<width where min(row, column, width - 1 - row, width - 1 - column) < 4 {
                #expect(!drawn[row][column], "quiet zone at \(row), \(column)")
            }
        }
        let code = drawn[4..<(width - 4)].map { Array($0[4..<(width - 4)]) }
        #expect(code == (try QRCode.modules("P2P1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")))

        // ISO/IEC 18004: size 17 + 4 × version, three finder patterns, timing patterns, one module always dark.
        let size = code.count
        #expect((size - 17) % 4 == 0)
        for (top, left) in [(0, 0), (0, size - 7), (size - 7, 0)] {
            for row in 0..<7 {
                for column in 0..<7 {
                    let ring = max(abs(row - 3), abs(column - 3))
                    #expect(code[top + row][left + column] == (ring != 2))
                }
            }
        }
        for index in 8..<(size - 8) {
            #expect(code[6][index] == index.isMultiple(of: 2))
            #expect(code[index][6] == index.isMultiple(of: 2))
        }
        #expect(code[size - 8][8])
        // Format bits: after the mask 101010000010010 the first two say level M (00).
        #expect([code[8][0], code[8][1]] == [true, false])
    }

    @Test func refusesWhatCannotBeDrawn() {
        #expect(throws: QRCodeError.unusableText) { try QRCode.halfBlocks("") }
        #expect(throws: QRCodeError.unusableText) { try QRCode.halfBlocks("a\0b") }
        #expect(throws: QRCodeError.tooLong) { try QRCode.halfBlocks(String(repeating: "é", count: 1_200)) }
    }

    @Test func upperCaseIsSmaller() throws {
        let fingerprint = "p2p1" + String(repeating: "q9x8", count: 14)
        #expect(try QRCode.modules(fingerprint.uppercased()).count < QRCode.modules(fingerprint).count)
    }
}
