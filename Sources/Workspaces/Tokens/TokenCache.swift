import Web

/// What was found out about tokens a moment ago, and the look-ups that are under way. A value: time comes in.
///
/// A verdict counts from the start of its look-up, for the row was read after that: with a time to live of half a
/// second, a revocation holds everywhere half a second after its commit. For the same reason a look-up that has been
/// under way for longer is not joined.
struct TokenCache<Instant: InstantProtocol, Flight> {
    private struct Entry {
        let verdict: TokenVerdict
        let since: Instant
    }

    private var entries: [[UInt8]: Entry] = [:]
    private var flights: [[UInt8]: (flight: Flight, since: Instant)] = [:]
    private let lifetime: Instant.Duration
    private let capacity: Int

    init(lifetime: Instant.Duration, capacity: Int) {
        self.lifetime = lifetime
        self.capacity = capacity
    }

    enum Answer {
        case known(TokenVerdict)
        case underWay(Flight)
        case lookUp
    }

    func find(_ hash: [UInt8], now: Instant) -> Answer {
        if let entry = entries[hash], isFresh(entry.since, now) { return .known(entry.verdict) }
        if let (flight, since) = flights[hash], isFresh(since, now) { return .underWay(flight) }
        return .lookUp
    }

    mutating func began(_ flight: Flight, for hash: [UInt8], at now: Instant) {
        flights[hash] = (flight, now)
    }

    /// The look-up that began at `since` is over; without a verdict it failed.
    mutating func ended(_ hash: [UInt8], since: Instant, verdict: TokenVerdict?, now: Instant) {
        if flights[hash]?.since == since { flights[hash] = nil }
        guard let verdict, isFresh(since, now) else { return }
        if let entry = entries[hash], entry.since > since { return }
        if entries.count >= capacity, entries[hash] == nil { makeRoom(now) }
        entries[hash] = Entry(verdict: verdict, since: since)
    }

    var count: Int { entries.count }

    private func isFresh(_ since: Instant, _ now: Instant) -> Bool {
        since.duration(to: now) < lifetime
    }

    /// Whoever floods the cache with well-formed tokens pushes out others for half a second at most.
    private mutating func makeRoom(_ now: Instant) {
        entries = entries.filter { isFresh($0.value.since, now) }
        if entries.count >= capacity, let any = entries.keys.first { entries[any] = nil }
    }
}
