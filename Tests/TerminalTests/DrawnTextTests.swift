import Testing

@testable import Terminal

@Suite struct DrawnTextTests {
    private func text(_ row: [Span], columns: Int) -> [String] {
        cut(Frame.Row(row), columns: columns).map(\.text)
    }

    @Test func aRowIsCutAtTheRightEdge() {
        #expect(text([Span("abc"), Span("def")], columns: 10) == ["abc", "def"])
        #expect(text([Span("abc"), Span("def")], columns: 4) == ["abc", "d"])
        #expect(text([Span("abc"), Span("def")], columns: 3) == ["abc"])
        #expect(text([Span("abc")], columns: 0) == [])
    }

    @Test func aWideCharacterThatDoesNotFitIsLeftOutWithAllAfterIt() {
        #expect(text([Span("a世"), Span("b")], columns: 2) == ["a"])
        #expect(text([Span("a世"), Span("b")], columns: 3) == ["a世"])
    }

    @Test func aMarkBelongsToTheCharacterBeforeIt() {
        // The first has none, and the ones after the edge have none that is shown.
        #expect(text([Span("\u{301}e\u{301}")], columns: 5) == ["e\u{301}"])
        #expect(text([Span("e"), Span("\u{301}x", .bold)], columns: 5) == ["e\u{301}", "x"])
        #expect(text([Span("ae\u{301}")], columns: 1) == ["a"])
        #expect(text([Span("ae\u{301}")], columns: 2) == ["ae\u{301}"])
        let many = String(repeating: "\u{301}", count: 9)
        #expect(text([Span("e\(many)x")], columns: 5)[0].unicodeScalars.count == 6)
    }

    @Test func nothingInvisibleOrActingIsDrawn() {
        #expect(text([Span("a\u{1B}[2J\u{7F}\u{9B}b\n\tc")], columns: 20) == ["a[2Jbc"])
        #expect(text([Span("a\u{200D}b\u{FE0F}c\u{202E}d\u{2066}e\u{200B}")], columns: 20) == ["abcde"])
        #expect(text([Span("\u{378}")], columns: 20) == ["\u{FFFD}"])
        #expect(text([Span("👍\u{1F3FD}|")], columns: 20) == ["👍  |"])
    }

    @Test func whatIsDrawnTakesTheColumnsThatWereCounted() {
        for text in [
            "e\u{301}x", "👩\u{200D}👩\u{200D}👧", "❤\u{FE0F}", "👍🏽", "\u{AD}a", "한글", "\u{1112}\u{1161}\u{11AB}",
            "\u{378}",
        ] {
            let drawn = cut(Frame.Row([Span(text)]), columns: 80).map(\.width).reduce(0, +)
            #expect(drawn == displayWidth(text), "\(text)")
        }
    }

    @Test func onlyRowsThatDifferAreDrawn() {
        let rows = ["a", "b", "c"].map { Frame.Row([Span($0)]) }
        var changed = rows
        changed[1] = Frame.Row([Span("b", .bold)])
        #expect(changedRows(from: rows, to: rows, rows: 5) == [])
        #expect(changedRows(from: rows, to: changed, rows: 5) == [1])
        #expect(changedRows(from: rows, to: Array(rows.prefix(1)), rows: 5) == [1, 2])
        #expect(changedRows(from: [], to: rows, rows: 2) == [0, 1])
    }
}

@Suite struct DrawingPaceTests {
    private let start = ContinuousClock.now

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    @Test func redrawsWaitForEachOther() {
        var pace = DrawingPace()
        #expect(pace.delay(at: at(0), inputWaits: false) == nil)
        pace.redrawRequested()
        #expect(pace.delay(at: at(0), inputWaits: false) == .zero)
        pace.drawn(at: at(0))
        #expect(pace.delay(at: at(1), inputWaits: false) == nil)
        pace.redrawRequested()
        #expect(pace.delay(at: at(1), inputWaits: false) == .milliseconds(15))
        #expect(pace.delay(at: at(20), inputWaits: false) == .zero)
    }

    /// A page that a key asks for is drawn at once, and the next thing that others change waits.
    @Test func whatAKeyAsksForDoesNotWaitForTheKeysOwnDrawing() {
        var pace = DrawingPace()
        pace.keyCame(at: at(0))
        pace.drawn(at: at(0))
        pace.redrawRequested()
        #expect(pace.delay(at: at(1), inputWaits: false) == .zero)
        pace.drawn(at: at(1))
        pace.redrawRequested()
        #expect(pace.delay(at: at(2), inputWaits: false) == .milliseconds(15))
    }

    @Test func aKeyDoesNotWaitButForKeysThatWait() {
        var pace = DrawingPace()
        pace.drawn(at: at(0))
        pace.keyCame(at: at(1))
        #expect(pace.delay(at: at(1), inputWaits: false) == .zero)
        #expect(pace.delay(at: at(1), inputWaits: true) == .milliseconds(15))
        pace.keyCame(at: at(17))
        #expect(pace.delay(at: at(17), inputWaits: true) == .zero)
    }
}
