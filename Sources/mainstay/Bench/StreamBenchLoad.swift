/// What is asked for in a round of `mainstay bench streams`, and when: the same of both sides.
struct StreamBenchLoad: Sendable, Equatable {
    /// At once, each over a connection of its own.
    let streams: Int
    /// Of one answer.
    let tokens: Int
    /// Milliseconds between two tokens.
    let gap: Int
    /// All streams begin at once and all gaps are the same, so that every token comes with those of all other streams.
    let isInStep: Bool

    /// The model by name: Mainstay's provider has it, and the emulator takes any.
    static let model = "emulated"

    /// Of an answer that nothing holds up.
    var duration: Duration { .milliseconds(gap * tokens) }

    /// When each stream asks for the first time, from the round's beginning. Those that are not in step begin at even distances
    /// over the time of one answer, as if each had been under way for a while.
    var starts: [Duration] {
        (0..<streams).map { isInStep ? .zero : duration * $0 / streams }
    }

    /// How long an answer may take before it is given up: a machine that carries a quarter of the load is slow and loses nothing.
    var patience: Duration { duration * 4 + .seconds(60) }

    /// What is sent. The emulator's first token comes at once, so that its time is the provider's and ours alone. Gaps that are all
    /// the same would bring streams into step that began apart.
    var body: String {
        let words = "[[stamp]] [[words:\(tokens)]] [[slow:\(gap)ms]] [[first:0ms]] [[jitter:\(isInStep ? 0 : 30)]]"
        return #"{"model":"\#(Self.model)","stream":true,"messages":[{"role":"user","content":"\#(words)"}]}"#
    }
}
