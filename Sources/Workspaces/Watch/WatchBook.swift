/// Something that a rule was broken by.
struct WatchEvent: Sendable, Hashable {
    let signal: WatchSignal
    let subject: WatchSubject
    let rule: WatchRule
    /// The rule's own, or less for whom is spared.
    let response: WatchResponse
}

/// What a subject has to put up with.
enum WatchRestriction: Sendable, Hashable {
    case slowed
    /// Until the time is over.
    case locked(left: Duration)
}

/// What the watch keeps to.
enum WatchBounds {
    /// Subjects of a signal. With 40 things each, which only id walking remembers, that is 2.6 MB.
    static let subjects = 4096

    /// How long a token is locked here. It is locked everywhere by its row, which an operator may open again; this bridges the time
    /// until that row is written, with room for a database that is away for a moment.
    static let tokenHold = Duration.seconds(30)

    /// What a request of somebody who is slowed waits.
    static let delay = Duration.seconds(1)

    /// Requests that wait so at once. One more is refused instead: whoever is slowed is not to fill the server with waiting.
    static let delayed = 256

    /// Events that wait to be written.
    static let events = 1000

    /// Characters of a source's name.
    static let name = 64
}

/// What is counted of whom, and who is slowed or locked. A value: time comes in.
///
/// ```
///   noted ──below the threshold──▶ nothing
///     └──threshold──▶ event ─┬ log, alert
///                            ├ slow ─▶ slowed for the rule's period
///                            └ lock ─▶ locked:  a source for the period; a token for half a minute, and by its row from then on
/// ```
///
/// Bounded: of each signal, and of restrictions, a fixed number of subjects is remembered, and the one that was heard of longest ago
/// is forgotten first.
struct WatchBook<Instant: InstantProtocol>: Sendable where Instant.Duration == Duration {
    private struct Restriction: Sendable {
        var slowedUntil: Instant
        var lockedUntil: Instant
    }

    private let rules: WatchRules
    private let capacity: Int
    private var counts: [WatchSignal: RecentMap<WatchSubject, SlidingCount<Instant>>] = [:]
    private var restrictions: RecentMap<WatchSubject, Restriction>
    /// When the last restriction is over; nil when there is none.
    private var restrictedUntil: Instant?
    /// What makes things distinct that are told apart by nothing.
    private var serial: UInt64 = 0

    init(rules: WatchRules, capacity: Int = WatchBounds.subjects) {
        self.rules = rules
        self.capacity = capacity
        restrictions = RecentMap(capacity: capacity)
    }

    /// - Parameters:
    ///   - thing: what is counted once however often it comes; nil where each time counts.
    ///   - isSpared: no more than an alert.
    /// - Returns: what there is to tell.
    mutating func noted(_ signal: WatchSignal, of subject: WatchSubject, thing: UInt64?, isSpared: Bool, at now: Instant) -> WatchEvent? {
        let rule = rules[signal]
        serial &+= 1
        let thing = thing ?? serial
        let capacity = capacity
        let isRaised = counts[signal, default: RecentMap(capacity: capacity)].update(subject, initial: SlidingCount()) { count in
            count.count(thing, at: now, under: rule)
        }
        guard isRaised else { return nil }
        let response = isSpared || subject == .unknown ? min(rule.response, .alert) : rule.response
        if response >= .slow { restrict(subject, isLock: response == .lock, for: rule.period, at: now) }
        return WatchEvent(signal: signal, subject: subject, rule: rule, response: response)
    }

    /// Whether anybody is restricted, as far as is known: false is certain.
    var isRestricting: Bool { restrictedUntil != nil }

    mutating func restriction(of subject: WatchSubject, at now: Instant) -> WatchRestriction? {
        guard let restrictedUntil else { return nil }
        guard now < restrictedUntil else {
            restrictions.removeAll()
            self.restrictedUntil = nil
            return nil
        }
        guard let found = restrictions.value(of: subject) else { return nil }
        if now < found.lockedUntil { return .locked(left: now.duration(to: found.lockedUntil)) }
        return now < found.slowedUntil ? .slowed : nil
    }

    /// What is there is made no shorter.
    private mutating func restrict(_ subject: WatchSubject, isLock: Bool, for period: Duration, at now: Instant) {
        var period = period
        // Its row takes over.
        if isLock, subject.storedToken != nil { period = min(period, WatchBounds.tokenHold) }
        let until = now.advanced(by: period)
        restrictions.update(subject, initial: Restriction(slowedUntil: now, lockedUntil: now)) { found in
            if isLock { found.lockedUntil = max(found.lockedUntil, until) } else { found.slowedUntil = max(found.slowedUntil, until) }
        }
        restrictedUntil = restrictedUntil.map { max($0, until) } ?? until
    }
}
