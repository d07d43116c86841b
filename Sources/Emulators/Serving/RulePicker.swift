import Synchronization

/// Chooses the answer to each question and counts how often each rule has answered.
final class RulePicker: Sendable {
    private let rules: [EmulatorRule]
    /// By the rules' places.
    private let uses: Mutex<[Int]>

    init(_ script: EmulatorScript) {
        rules = script.rules
        uses = Mutex(Array(repeating: 0, count: script.rules.count))
    }

    /// The answer of the first rule that fits and is not used up, else the built-in one.
    func answer(to question: Question) -> EmulatorAnswer {
        let chosen: Int? = uses.withLock { uses in
            let chosen = rules.indices.first { uses[$0] < rules[$0].times ?? .max && rules[$0].fits(question) }
            if let chosen { uses[chosen] += 1 }
            return chosen
        }
        return chosen.map { rules[$0].answer } ?? BuiltInAnswer.answer(to: question)
    }
}
