/// An answer to one question, with everything decided that the script left open: pieces, ids, finish, tokens.
struct ResolvedAnswer: Sendable, Equatable {
    struct Call: Sendable, Equatable {
        let id: String
        let name: String
        var fragments: [String]

        var arguments: String { fragments.joined() }
    }

    private(set) var reasoning: [String]
    private(set) var text: [String]
    private(set) var refusal: [String]
    private(set) var calls: [Call]
    let finish: EmulatorFinish
    let usage: UsageFigures

    init(_ answer: EmulatorAnswer, to question: Question, of kind: EmulatorKind, using generator: inout SeededGenerator) {
        reasoning = answer.reasoning.drawn(using: &generator)
        text = answer.text.drawn(using: &generator)
        refusal = answer.refusal.drawn(using: &generator)
        calls = []
        for call in answer.toolCalls {
            let fragments = (call.arguments ?? .pieces(["{}"])).drawn(using: &generator)
            let id = call.id ?? Self.callID(kind, using: &generator)
            calls.append(Call(id: id, name: call.name, fragments: Self.fragments(fragments, answer.traps.arguments)))
        }
        let isCut = Self.cut(&reasoning, &text, &refusal, &calls, to: question.outputLimit)
        finish = isCut ? .length : answer.finish ?? (calls.isEmpty ? (refusal.isEmpty ? .stop : .refusal) : .toolCalls)
        let said = reasoning.count + text.count + refusal.count + calls.reduce(0) { $0 + max(1, $1.fragments.count) }
        usage = UsageFigures(answer.usage, characters: question.characters, said: said, thought: reasoning.count)
    }

    /// Pieces in all, as `after` of an ending counts them but for the first piece of each call.
    var pieceCount: Int { reasoning.count + text.count + refusal.count + calls.reduce(0) { $0 + $1.fragments.count } }

    /// Whether the last call's arguments are only begun: a limit fell inside of it.
    var endsInsideOfCall: Bool { finish == .length && !calls.isEmpty }

    private static func fragments(_ fragments: [String], _ trap: EmulatorToolTraps.Arguments) -> [String] {
        switch trap {
        case .pieces: fragments
        case .whole: [fragments.joined()]
        case .doubled: fragments + fragments
        }
    }

    private static func callID(_ kind: EmulatorKind, using generator: inout SeededGenerator) -> String {
        kind == .anthropic ? "toolu_01\(generator.letters(22))" : "call_\(generator.letters(24))"
    }

    /// Keeps as many pieces as the limit allows, a token each; true when that were not all.
    private static func cut(
        _ reasoning: inout [String], _ text: inout [String], _ refusal: inout [String], _ calls: inout [Call], to limit: Int?
    ) -> Bool {
        guard var left = limit else { return false }
        var isCut = false
        func keep(_ pieces: inout [String]) {
            if pieces.count > left {
                pieces.removeLast(pieces.count - left)
                isCut = true
            }
            left -= pieces.count
        }
        keep(&reasoning)
        keep(&text)
        keep(&refusal)
        for index in calls.indices {
            guard left > 0 else {
                calls.removeSubrange(index...)
                return true
            }
            keep(&calls[index].fragments)
        }
        return isCut
    }
}
