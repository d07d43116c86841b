/// What is asked for in a round of `mainstay bench streams`, and when: the same of both sides.
struct StreamBenchLoad: Sendable, Equatable {
    /// At once, each over a connection of its own.
    let streams: Int
    /// Of one answer.
    let tokens: Int
    /// Milliseconds between two tokens.
    let gap: Int

    /// The model by name: Mainstay's provider has it, and the emulator takes any.
    static let model = "emulated"
    /// Milliseconds that an answer may be planned to take: a run is ended after 15 minutes, and is slower than its plan.
    static let longestAnswer = 600_000
    /// So many find their way to each of two workers, and open what they keep open.
    private static let warmingAnswers = 64

    /// Of an answer that nothing holds up.
    var duration: Duration { .milliseconds(gap * tokens) }

    /// When each stream asks for the first time, from the round's beginning: at even distances over the time of one answer, as if each
    /// had been under way for a while.
    var starts: [Duration] {
        (0..<streams).map { duration * $0 / streams }
    }

    /// How long an answer may take before it is given up: a machine that carries a quarter of the load is slow and loses nothing.
    var patience: Duration { duration * 4 + .seconds(60) }

    /// What is asked before anything counts, and how many answers of each stream. They are short where a stream needs several: one
    /// alone would take minutes.
    var warmUp: (load: StreamBenchLoad, answers: Int) {
        let answers = max(1, (Self.warmingAnswers + streams - 1) / streams)
        return (StreamBenchLoad(streams: streams, tokens: answers > 1 ? min(tokens, 8) : tokens, gap: gap), answers)
    }

    /// What is sent. The emulator's first token comes at once, so that its time is the provider's and ours alone. It draws the gaps by
    /// itself: even ones would bring streams into step that began apart.
    var body: String {
        let words = "[[stamp]] [[words:\(tokens)]] [[slow:\(gap)ms]] [[first:0ms]]"
        return #"{"model":"\#(Self.model)","stream":true,"messages":[{"role":"user","content":"\#(words)"}]}"#
    }
}
