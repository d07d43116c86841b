package import Logging
package import Metrics
import Synchronization
import Web

/// Notices access that looks like an attack, and does about it what the rules say.
///
/// It sits in the path of requests and takes next to nothing of it: where nobody is restricted and nothing was refused, it reads
/// one flag. What it notices goes into a bounded queue, from which ``WatchRecorder`` writes it down.
///
/// Each ingress watches for itself. That is enough for a burst; what is spread over several is noticed later, and a token that one
/// of them has locked is refused by all.
package final class AccessWatch<C: Clock>: Sendable where C.Duration == Duration {
    let queue: WatchQueue
    private let clock: C
    private let logger: Logger
    private let counters: [WatchSignal: Counter]
    private let book: Mutex<WatchBook<C.Instant>>
    /// What the book says, for those who must not wait for its lock. It changes under that lock.
    private let restricting = Atomic<Bool>(false)
    /// Requests that wait at this moment.
    private let delayed = Atomic<Int>(0)

    /// - Parameter metrics: the process's own when nil.
    package convenience init(rules: WatchRules = WatchRules(), clock: C, metrics: (any MetricsFactory)? = nil, logger: Logger) {
        self.init(rules: rules, clock: clock, metrics: metrics, logger: logger, capacity: WatchBounds.subjects, queue: WatchQueue())
    }

    init(rules: WatchRules, clock: C, metrics: (any MetricsFactory)?, logger: Logger, capacity: Int, queue: WatchQueue) {
        self.clock = clock
        self.logger = logger
        self.queue = queue
        book = Mutex(WatchBook(rules: rules, capacity: capacity))
        let factory = metrics ?? MetricsSystem.factory
        // All at once, so that a signal that never came is a zero and not an absence.
        let pairs = WatchSignal.allCases.map { signal in
            (signal, Counter(label: "mainstay_suspicious_access_total", dimensions: [("signal", signal.rawValue)], factory: factory))
        }
        counters = Dictionary(uniqueKeysWithValues: pairs)
    }

    // MARK: Noticing

    /// Something happened that a signal counts. Most requests never come here.
    ///
    /// - Parameters:
    ///   - thing: what is counted once however often it comes, as a hash; nil where each time counts.
    ///   - isSpared: no more than an alert comes of it, whatever the rule says.
    package func noted(_ signal: WatchSignal, of subject: WatchSubject, thing: UInt64? = nil, isSpared: Bool = false) {
        let now = clock.now
        let event = book.withLock { book in
            let event = book.noted(signal, of: subject, thing: thing, isSpared: isSpared, at: now)
            restricting.store(book.isRestricting, ordering: .relaxed)
            return event
        }
        guard let event else { return }
        counters[signal]?.increment()
        queue.add(event)
        logger.log(
            level: event.response >= .alert ? .warning : .notice, "Access looks suspicious",
            metadata: [
                "signal": "\(signal.rawValue)", "subject": "\(subject.name)", "entry": "\(subject.entry)", "response": "\(event.response.name)",
                "count": "\(event.rule.threshold)", "window": "\(event.rule.window)",
            ])
    }

    // MARK: Admitting

    /// Whether anybody is slowed or locked: the one thing that every request asks.
    package var isRestricting: Bool { restricting.load(ordering: .relaxed) }

    /// Lets a subject's request go on, at once or after a while.
    /// - Throws: a 429 problem for a subject that is locked, and where too many wait already.
    func admit(_ subject: WatchSubject) async throws {
        guard isRestricting else { return }
        let now = clock.now
        let restriction = book.withLock { book in
            let restriction = book.restriction(of: subject, at: now)
            restricting.store(book.isRestricting, ordering: .relaxed)
            return restriction
        }
        switch restriction {
        case nil: return
        case .locked(let left): throw Problem.abnormalUsage(retryAfter: left)
        case .slowed:
            let waiting = delayed.wrappingAdd(1, ordering: .relaxed).newValue
            defer { delayed.wrappingSubtract(1, ordering: .relaxed) }
            guard waiting <= WatchBounds.delayed else { throw Problem.abnormalUsage(retryAfter: WatchBounds.delay) }
            try await clock.sleep(for: WatchBounds.delay)
        }
    }
}
