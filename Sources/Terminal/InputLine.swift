/// The line being typed, for drawing it.
package struct InputLine: Equatable, Sendable {
    /// All of it. May hold newlines (a paste, Alt-Enter) and, pasted, any control.
    package var text: String
    /// Where the next character goes, in Unicode scalars of `text`.
    package var cursor: Int
    /// What readline shows before it now: usually nothing, ``(reverse-i-search)`x': `` while it searches,
    /// `(arg: 4) ` while a number is typed.
    package var prompt: String
    /// While ``FullScreen/ask(_:)`` is under way: that question, to which `text` is the answer.
    package var question: String?

    package init(text: String = "", cursor: Int = 0, prompt: String = "", question: String? = nil) {
        self.text = text
        self.cursor = cursor
        self.prompt = prompt
        self.question = question
    }

    /// From readline's bytes; what is no UTF-8 is repaired.
    init(bytes: UnsafeBufferPointer<UInt8>, point: Int, prompt: String, question: String?) {
        let before = String(decoding: bytes[..<min(max(point, 0), bytes.count)], as: UTF8.self)
        self.init(
            text: String(decoding: bytes, as: UTF8.self), cursor: before.unicodeScalars.count, prompt: prompt,
            question: question)
    }
}
