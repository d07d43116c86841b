/// What was found out a moment ago. A value: time comes in.
///
/// An answer counts from the start of its look-up, for the row was read after that: with a lifetime of half a second, a change holds
/// everywhere half a second after its commit.
struct RecentAnswers<Key: Hashable & Sendable, Answer: Sendable>: Sendable {
    private struct Entry: Sendable {
        let answer: Answer
        let since: ContinuousClock.Instant
    }

    private var entries: [Key: Entry] = [:]
    private let lifetime: Duration
    private let capacity: Int

    /// - Parameter capacity: Answers that are kept; whoever asks for more pushes out others, and costs them a look-up.
    init(lifetime: Duration, capacity: Int = 4_096) {
        self.lifetime = lifetime
        self.capacity = max(1, capacity)
    }

    var count: Int { entries.count }

    /// The answer that is still good; nil when it has to be looked up.
    func find(_ key: Key, now: ContinuousClock.Instant) -> Answer? {
        guard let entry = entries[key], isFresh(entry.since, now) else { return nil }
        return entry.answer
    }

    /// Keeps what a look-up that began at `since` has found.
    mutating func keep(_ answer: Answer, for key: Key, since: ContinuousClock.Instant, now: ContinuousClock.Instant) {
        guard isFresh(since, now) else { return }
        if let entry = entries[key], entry.since > since { return }
        if entries.count >= capacity, entries[key] == nil { makeRoom(now) }
        entries[key] = Entry(answer: answer, since: since)
    }

    /// This process has changed it itself.
    mutating func forget(_ key: Key) {
        entries[key] = nil
    }

    private func isFresh(_ since: ContinuousClock.Instant, _ now: ContinuousClock.Instant) -> Bool { since.duration(to: now) < lifetime }

    private mutating func makeRoom(_ now: ContinuousClock.Instant) {
        entries = entries.filter { isFresh($0.value.since, now) }
        if entries.count >= capacity, let any = entries.keys.first { entries[any] = nil }
    }
}
