import Terminal

/// A first start as a screen: what is made so far, the question, and the answer being typed below.
enum FirstView {
    static func frame(_ start: FirstStart, _ input: InputLine, _ size: ScreenSize) -> Frame {
        let question = start.question
        let columns = size.columns
        let input = InputView(
            input, prompt: start.deed == nil ? question.prompt + ": " : "", mostPrompt: columns,
            columns: columns, mostRows: max(1, size.rows / 3))
        let height = max(0, size.rows - input.rows.count - 1)

        var rows = head(start, columns)
        var body = body(question, columns)
        body += remark(start, columns)
        // Where there is little room, what is asked goes before what was answered.
        rows = Array(rows.prefix(max(0, height - body.count)))
        rows += [Frame.Row](repeating: Frame.Row(), count: max(0, height - rows.count - body.count))
        rows += body.suffix(height)
        rows.append(Frame.Row([Span(fit(" " + keys(start, question, columns), columns), .reverse)]))
        rows += input.rows
        let cursor = Frame.Position(row: height + 1 + input.cursor.row, column: input.cursor.column)
        return Frame(rows: rows, cursor: start.deed == nil ? cursor : nil)
    }

    private static func head(_ start: FirstStart, _ columns: Int) -> [Frame.Row] {
        var rows = [Frame.Row([Span("p2pchat, first start", .dim)])]
        rows += start.facts.map { name, value in
            Frame.Row([Span("✓ ", Style(.green)), Span("\(name) ", .dim), Span(fitted(value, columns - 12))])
        }
        return rows
    }

    private static func body(_ question: FirstQuestion, _ columns: Int) -> [Frame.Row] {
        var rows = wrapped(question.heading, .bold, columns)
        for paragraph in question.text { rows += wrapped(paragraph, .plain, columns) }
        guard !question.words.isEmpty else { return rows }
        rows.append(Frame.Row())
        let width = 2 + (question.words.map { displayWidth($0) }.max() ?? 0)
        let perRow = max(1, (columns - 2) / width)
        for first in stride(from: 0, to: question.words.count, by: perRow) {
            let words = question.words[first..<min(first + perRow, question.words.count)]
            rows.append(Frame.Row([Span("  " + words.map { fit($0, width) }.joined(), .bold)]))
        }
        return rows
    }

    private static func remark(_ start: FirstStart, _ columns: Int) -> [Frame.Row] {
        if let work = start.work { return [Frame.Row()] + wrapped(work, .plain, columns) }
        guard let remark = start.remark else { return [] }
        let style = remark.isProblem ? Style(.red, bold: true) : .bold
        return [Frame.Row()] + wrapped((remark.isProblem ? "! " : "* ") + remark.text, style, columns)
    }

    private static func keys(_ start: FirstStart, _ question: FirstQuestion, _ columns: Int) -> String {
        if let deed = start.deed { return deed.isReadOnly ? "Esc: back · Ctrl-D: leave" : "a moment, please" }
        let onEnter = question.onEnter.isEmpty ? "" : "Enter: \(question.onEnter) · "
        return onEnter + "Esc: back · Ctrl-D: leave"
    }

    private static func wrapped(_ text: String, _ style: Style, _ columns: Int) -> [Frame.Row] {
        VisibleText.block(text, indent: 0, columns: columns).description
            .split(separator: "\n", omittingEmptySubsequences: false)
            .map { Frame.Row([Span(String($0), style)]) }
    }
}
