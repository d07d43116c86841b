/// What is asked about a place; also what it is remembered under.
struct ExternalQuestion: Sendable, Hashable {
    let identity: ExternalIdentity
    /// Of the workspace.
    let slug: String
    /// The verified address that it may be linked by, should it be nobody's; nil where it may not.
    let email: String?
}

/// What was found out about places a moment ago, and the look-ups that are under way. A value: time comes in.
///
/// As of a token (``TokenCache``) a place counts from the start of its look-up, so that a change of role or membership holds
/// everywhere half a second after its commit, and a look-up that has been under way for longer is not joined.
struct ExternalPlaceCache<Instant: InstantProtocol, Flight: Sendable>: Sendable {
    enum Answer: Sendable {
        case known(ExternalPlace)
        case join(Flight)
        /// The caller looks it up.
        case lookUp
    }

    private enum State: Sendable {
        case known(ExternalPlace)
        case underWay(Flight)
        case failed
    }

    private struct Entry: Sendable {
        var state: State
        var since: Instant
    }

    private var entries: RecentMap<ExternalQuestion, Entry>
    private let lifetime: Instant.Duration

    init(lifetime: Instant.Duration, capacity: Int) {
        self.lifetime = lifetime
        entries = RecentMap(capacity: capacity)
    }

    var count: Int { entries.count }

    func find(_ question: ExternalQuestion, at now: Instant) -> Answer {
        guard let entry = entries.value(of: question), entry.since.duration(to: now) < lifetime else { return .lookUp }
        switch entry.state {
        case .known(let place): return .known(place)
        case .underWay(let flight): return .join(flight)
        case .failed: return .lookUp
        }
    }

    mutating func began(_ flight: Flight, for question: ExternalQuestion, at now: Instant) {
        set(question, Entry(state: .underWay(flight), since: now))
    }

    /// The look-up that began at `since` is over; without a place it failed. One that another has overtaken leaves no trace.
    mutating func ended(_ question: ExternalQuestion, since: Instant, place: ExternalPlace?) {
        guard entries.value(of: question)?.since == since else { return }
        set(question, Entry(state: place.map(State.known) ?? .failed, since: since))
    }

    private mutating func set(_ question: ExternalQuestion, _ entry: Entry) {
        entries.update(question, initial: entry) { $0 = entry }
    }
}
