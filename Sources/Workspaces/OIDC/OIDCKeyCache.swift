/// An issuer's keys, and when they are asked for again. A value: time comes in, and what to do goes out.
///
/// ```
///            fetched                 lifetime over             staleness over
///   none ──────────────▶ fresh ──────────────────▶ stale ──────────────────────▶ none
///                          ▲                         │
///                          └──────── fetched ────────┘
/// ```
///
/// | keys | last fetch | whoever needs keys |
/// |---|---|---|
/// | fresh | any | has them |
/// | stale | went well | waits for new ones |
/// | stale | failed | has the stale ones; beside that one fetch is tried every 10 s |
/// | none | failed within 10 s | is told to come again |
/// | none | otherwise | waits for them |
///
/// Whoever needs a key that is not among them waits for a fetch as well, but one begins no sooner than 10 s after the last: an
/// invented id must not turn each request into one to the issuer. There is never more than one fetch under way.
///
/// Stale keys serve for six hours: an issuer that is away makes no tokens, so they are for those that it made before, which seldom
/// last longer.
struct OIDCKeyCache<Instant: InstantProtocol, Flight: Sendable>: Sendable where Instant.Duration == Duration {
    enum Answer: Sendable {
        case serve(OIDCHeldKeys)
        /// Has what there is; and the caller begins a fetch that nobody waits for.
        case serveAndBegin(OIDCHeldKeys)
        case join(Flight)
        /// The caller begins a fetch and waits for it.
        case begin
        /// There are no newer keys than those that were asked about.
        case settled
        case missing(retryAfter: Duration)
    }

    private struct Entry: Sendable {
        let keys: OIDCHeldKeys
        let freshUntil: Instant
        let staleUntil: Instant
    }

    /// Between the beginnings of two fetches.
    static var pause: Duration { .seconds(10) }
    static var staleness: Duration { .seconds(6 * 3600) }

    private var entry: Entry?
    private var generation = 0
    private var flight: Flight?
    private var begun: Instant?
    private var lastFailed = false

    init() {}

    // MARK: Asking

    /// For whoever needs keys.
    func current(at now: Instant) -> Answer {
        if let entry, now < entry.freshUntil { return .serve(entry.keys) }
        if lastFailed, let stale = stale(at: now) {
            return flight == nil && left(at: now) == nil ? .serveAndBegin(stale) : .serve(stale)
        }
        if let flight { return .join(flight) }
        if lastFailed, let left = left(at: now) { return .missing(retryAfter: left) }
        return .begin
    }

    /// For whoever misses one among the keys of that generation.
    func newer(than generation: Int, at now: Instant) -> Answer {
        if let entry, entry.keys.generation != generation { return .serve(entry.keys) }
        if let flight { return .join(flight) }
        if let left = left(at: now) { return lastFailed ? .missing(retryAfter: left) : .settled }
        return .begin
    }

    /// What serves whoever waited for a fetch that failed.
    func stale(at now: Instant) -> OIDCHeldKeys? {
        guard let entry, now < entry.staleUntil else { return nil }
        return entry.keys
    }

    /// Until the next fetch may begin; nil when it may at once.
    func left(at now: Instant) -> Duration? {
        guard let begun else { return nil }
        let passed = begun.duration(to: now)
        return passed < Self.pause ? Self.pause - passed : nil
    }

    // MARK: Fetching

    mutating func began(_ flight: Flight, at now: Instant) {
        self.flight = flight
        begun = now
    }

    /// The fetch that began at `since` brought these. They count from there on, for the issuer wrote them after that.
    mutating func succeeded(
        _ set: OIDCKeySet, of discovery: OIDCDiscovery, for lifetime: Duration, since: Instant
    ) -> OIDCHeldKeys {
        generation += 1
        let keys = OIDCHeldKeys(set: set, discovery: discovery, generation: generation)
        let freshUntil = since.advanced(by: lifetime)
        entry = Entry(keys: keys, freshUntil: freshUntil, staleUntil: freshUntil.advanced(by: Self.staleness))
        flight = nil
        lastFailed = false
        return keys
    }

    mutating func failed() {
        flight = nil
        lastFailed = true
    }
}
