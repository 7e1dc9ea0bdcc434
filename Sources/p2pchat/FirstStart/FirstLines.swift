import Glibc
import Terminal

/// The questions of a first start in lines, for terminals that show no full screen and for who wants none.
final class FirstLines: FirstInterface {
    let answers: AsyncStream<TypedAnswer>
    private let answersIn: AsyncStream<TypedAnswer>.Continuation

    init() {
        (answers, answersIn) = AsyncStream.makeStream()
        Output.note("Type back for the question before, quit to leave.")
    }

    /// Asks at once: nothing else happens in lines meanwhile.
    func present(_ start: FirstStart) {
        if let work = start.work { return Output.note(VisibleText(work).description) }
        let question = start.question
        if let remark = start.remark {
            Output.note(VisibleText.block((remark.isProblem ? "! " : "* ") + remark.text).description)
        }
        Output.note("\n" + VisibleText(question.heading).description)
        for paragraph in question.text { Output.note(VisibleText.block(paragraph, indent: 0).description) }
        if !question.words.isEmpty { Output.note("\n  " + question.words.joined(separator: "  ") + "\n") }
        let onEnter = question.onEnter.isEmpty ? "" : " (Enter: \(question.onEnter))"
        let prompt = VisibleText(question.prompt + onEnter).description + ": "
        answersIn.yield(question.isSecret ? askSecret(prompt) : ask(prompt))
    }

    func stop() { answersIn.finish() }

    private func ask(_ prompt: String) -> TypedAnswer {
        Output.prompt(prompt)
        return readLine().map { .line($0) } ?? .leave
    }

    private func askSecret(_ prompt: String) -> TypedAnswer {
        do {
            return .secret(
                try PassphrasePrompt.read(prompt: prompt) {
                    try TypedBytes(copying: UnsafeRawBufferPointer($0))
                })
        } catch TerminalError.tooLong {
            return .secret(nil)
        } catch {
            return .leave
        }
    }
}
