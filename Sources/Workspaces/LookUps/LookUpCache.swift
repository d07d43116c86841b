/// What was found out a moment ago, and the look-ups that are under way. A value: time comes in.
///
/// An answer counts from the start of its look-up, for the rows were read after that: with a time to live of half a second a change of
/// them holds everywhere half a second after its commit. For the same reason a look-up that has been under way for longer is not
/// joined. Whoever floods it with questions pushes out others' answers, and makes them be looked up again.
struct LookUpCache<Question: Hashable & Sendable, Answer: Sendable, Instant: InstantProtocol, Flight: Sendable>: Sendable {
    enum Finding: Sendable {
        case known(Answer)
        case join(Flight)
        /// The caller looks it up.
        case lookUp
    }

    private enum State: Sendable {
        case known(Answer)
        case underWay(Flight)
        case failed
    }

    private struct Entry: Sendable {
        var state: State
        var since: Instant
    }

    private var entries: RecentMap<Question, Entry>
    private let lifetime: Instant.Duration

    /// - Parameter capacity: answers and look-ups together; the one that was touched longest ago goes for a new one.
    init(lifetime: Instant.Duration, capacity: Int) {
        self.lifetime = lifetime
        entries = RecentMap(capacity: capacity)
    }

    var count: Int { entries.count }

    func find(_ question: Question, at now: Instant) -> Finding {
        guard let entry = entries.value(of: question), entry.since.duration(to: now) < lifetime else { return .lookUp }
        switch entry.state {
        case .known(let answer): return .known(answer)
        case .underWay(let flight): return .join(flight)
        case .failed: return .lookUp
        }
    }

    mutating func began(_ flight: Flight, for question: Question, at now: Instant) {
        set(question, Entry(state: .underWay(flight), since: now))
    }

    /// The look-up that began at `since` is over; without an answer it failed. One that another has overtaken leaves no trace.
    mutating func ended(_ question: Question, since: Instant, answer: Answer?) {
        guard entries.value(of: question)?.since == since else { return }
        set(question, Entry(state: answer.map(State.known) ?? .failed, since: since))
    }

    /// The answer is believed no longer, nor what a look-up under way brings.
    mutating func forget(_ question: Question, at now: Instant) {
        guard entries.value(of: question) != nil else { return }
        set(question, Entry(state: .failed, since: now))
    }

    private mutating func set(_ question: Question, _ entry: Entry) {
        entries.update(question, initial: entry) { $0 = entry }
    }
}
