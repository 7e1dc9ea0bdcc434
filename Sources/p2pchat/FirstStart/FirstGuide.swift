import Sodium

/// Where the questions of a first start are asked.
protocol FirstInterface: Sendable {
    /// What the user does; ends when nothing more will come. For one consumer.
    var answers: AsyncStream<TypedAnswer> { get }
    /// Shows how things stand, and lets the user answer unless something is being done.
    func present(_ start: FirstStart) async
    func stop()
}

/// What the user gives for an answer.
enum TypedAnswer: Sendable {
    case line(String)
    /// Nil: it was too long.
    case secret(TypedBytes?)
    case back, leave
}

/// Leads through a first start: questions go to the interface, answers to the path, deeds are done beside both.
struct FirstGuide: Sendable {
    let interface: any FirstInterface
    let deeds: FirstDeeds

    private enum Happening: Sendable {
        case answer(TypedAnswer)
        case outcome(Int, FirstStart.Outcome)
    }

    /// - Returns: The path at its end.
    func run(_ first: FirstStart) async -> FirstStart {
        var start = first
        let (happenings, happeningsIn) = AsyncStream<Happening>.makeStream()
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await answer in interface.answers { happeningsIn.yield(.answer(answer)) }
                happeningsIn.yield(.answer(.leave))
            }
            var secrets = TypedSecrets()
            // A deed that was given up may still end.
            var begun = 0
            await interface.present(start)
            for await happening in happenings {
                let deed: FirstStart.Deed?
                switch happening {
                case .answer(let answer): deed = start.take(secrets.judge(answer, at: start.step))
                case .outcome(begun, let outcome): deed = start.finish(outcome)
                case .outcome: continue
                }
                guard start.end == nil else { break }
                if let deed {
                    begun += 1
                    group.addTask { [begun, secret = secrets.last] in
                        happeningsIn.yield(.outcome(begun, await deeds.perform(deed, secret)))
                    }
                }
                await interface.present(start)
            }
            interface.stop()
            group.cancelAll()
        }
        return start
    }
}

/// The secrets that were typed, of which the path learns only what it needs.
private struct TypedSecrets {
    private(set) var last: TypedBytes?

    mutating func judge(_ answer: TypedAnswer, at step: FirstStart.Step) -> FirstStart.Answer {
        switch answer {
        case .line(let text): return .line(text)
        case .back: return .back
        case .leave: return .leave
        case .secret(nil): return .secret(.tooLong)
        case .secret(let typed?):
            if step == .passphraseAgain {
                return .secret(last?.bytes.constantTimeEquals(typed.bytes) == true ? .given : .differs)
            }
            last = typed
            return .secret(typed.bytes.count == 0 ? .empty : .given)
        }
    }
}
