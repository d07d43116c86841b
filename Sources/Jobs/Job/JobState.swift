/// The life of a job, as one worker sees it. A value: the executor reports what happened and performs the action
/// that it gets back.
///
///                        fails, attempts left            promoted when due
///     queued ──▶ running ───────────────▶ retrying ─────────────────────▶ queued
///       │          │  │
///       │          │  └── fails for good, or for the last time ─▶ dead
///       │          └── commits ─▶ done
///       └── an outcome is found ─▶ as the outcome says
///
///     running ── store away ─▶ running (the same attempt, later)     running ── drained ─▶ queued (the same attempt)
///     running ── worker declared dead ─▶ abandoned (the job is another worker's)
///     running ── of another release ─▶ retrying (the same attempt); after a day of this ─▶ dead
///
/// `done`, `dead` and `cancelled` are final and have one row. Everything before them may happen again.
struct JobState: Equatable, Sendable {
    enum Phase: Equatable, Sendable {
        case queued
        case running
        case retrying
        case done
        case dead
        case cancelled
        /// Another worker owns the job now. This one must not write anything of it, anywhere.
        case abandoned
    }

    /// How one attempt ended.
    enum Ending: Equatable, Sendable {
        case committed
        /// The outcome was already there: another delivery of the same job was faster.
        case alreadyFinished(OutcomeState)
        /// The handler failed; `permanent` when no further attempt can help.
        case failed(permanent: Bool)
        /// A store is away or a commit's fate is unknown: not the job's fault, and no attempt is counted.
        case storeUnavailable
        /// Only a worker of another release knows the job; `refused` is how long it has been refused for that in a row.
        case ofOtherRelease(refused: Duration)
        /// The fence refused the commit.
        case fenced
        /// The worker is leaving and the attempt was not finished.
        case drained
    }

    enum Action: Equatable, Sendable {
        case acknowledge
        case retry(after: Duration, nextAttempt: Int)
        case bury
        case tryAgainInPlace
        case handBack
        case abandon
    }

    private(set) var phase: Phase
    private(set) var attempt: Int

    init(attempt: Int) {
        self.phase = .queued
        self.attempt = attempt
    }

    mutating func begin() {
        precondition(phase == .queued || phase == .running, "a job is begun by the executor that holds it")
        phase = .running
    }

    /// What to do after an attempt ended.
    mutating func attemptEnded(_ ending: Ending, policy: RetryPolicy, using generator: inout some RandomNumberGenerator) -> Action {
        switch ending {
        case .committed:
            phase = .done
            return .acknowledge
        case .alreadyFinished(let state):
            phase = state == .done ? .done : state == .dead ? .dead : .cancelled
            return .acknowledge
        case .failed(let permanent):
            guard !permanent, let delay = policy.delay(afterAttempt: attempt, using: &generator) else {
                phase = .dead
                return .bury
            }
            phase = .retrying
            return .retry(after: delay, nextAttempt: attempt + 1)
        case .storeUnavailable:
            return .tryAgainInPlace
        case .ofOtherRelease(let refused):
            guard refused < OtherRelease.patience else {
                phase = .dead
                return .bury
            }
            phase = .retrying
            return .retry(after: OtherRelease.delay(using: &generator), nextAttempt: attempt)
        case .fenced:
            phase = .abandoned
            return .abandon
        case .drained:
            phase = .queued
            return .handBack
        }
    }
}
