import NIOCore

/// The life of one link to a server: connect, greet, carry, break, pause, connect again. A value without I/O.
///
/// ```
///            start                 opened               greeted
///   idle ───────────▶ opening ───────────────▶ greeting ─────────▶ up
///    ▲ │                 │                        │                 │
///    │ │ start, too soon │ failed, overdue        │ refused         │ closed, broken
///    │ ▼                 ▼                        ▼                 ▼
///    │ pausing ◀──────────────────── lost, wanted ──────────────────┤
///    │    └── pauseOver ──▶ opening                                 │
///    └──────────────────────────── lost, not wanted ────────────────┘
///   any ── stop ──▶ stopped
/// ```
///
/// Each attempt has a number. Timers and connection attempts carry it, so that a late one is recognised and ignored.
struct LinkMachine: Equatable {
    enum State: Equatable {
        /// No socket and nobody who wants one. `notBefore` keeps a caller that fails at once from reconnecting in a tight loop.
        case idle(notBefore: NIODeadline?)
        /// The socket is being opened; can go to `greeting`, `pausing`, `idle`.
        case opening(attempt: Int)
        /// The socket is open and the login is on its way; can go to `up`, `pausing`, `idle`.
        case greeting(attempt: Int)
        /// Commands may be sent; can go to `pausing`, `idle`.
        case up(attempt: Int, since: NIODeadline)
        /// A timer runs; can go to `opening`.
        case pausing(attempt: Int)
        /// Final.
        case stopped
    }

    private(set) var state: State = .idle(notBefore: nil)
    /// Failures in a row; a link that stayed up longer than the backoff's cap ends the row.
    private(set) var failures = 0
    private var attempt = 0
    private let backoff: RedisBackoff

    init(backoff: RedisBackoff) {
        self.backoff = backoff
    }

    var isUp: Bool {
        if case .up = state { true } else { false }
    }

    // MARK: Events

    enum StartAction: Equatable {
        case none
        case open(attempt: Int)
        case pause(attempt: Int, TimeAmount)
    }

    /// Someone wants the link.
    mutating func start(now: NIODeadline) -> StartAction {
        guard case .idle(let notBefore) = state else { return .none }
        if let notBefore, notBefore > now {
            attempt += 1
            state = .pausing(attempt: attempt)
            return .pause(attempt: attempt, notBefore - now)
        }
        return open()
    }

    enum OpenedAction: Equatable {
        case greet
        /// The socket came too late: close it.
        case discard
    }

    /// The socket of an attempt is open.
    mutating func opened(attempt: Int) -> OpenedAction {
        guard state == .opening(attempt: attempt) else { return .discard }
        state = .greeting(attempt: attempt)
        return .greet
    }

    enum GreetedAction: Equatable {
        case none
        case announceUp
    }

    /// The server took the login and is ready for commands.
    mutating func greeted(now: NIODeadline) -> GreetedAction {
        guard case .greeting(let attempt) = state else { return .none }
        state = .up(attempt: attempt, since: now)
        return .announceUp
    }

    enum OverdueAction: Equatable {
        case none
        /// The attempt took too long: close what there is of it and report it lost.
        case abandon
    }

    /// The time for an attempt to connect is over.
    func overdue(attempt: Int) -> OverdueAction {
        switch state {
        case .opening(attempt), .greeting(attempt): .abandon
        default: .none
        }
    }

    enum LostAction: Equatable {
        case none
        /// Nobody wants the link now.
        case rest(wasUp: Bool)
        case pause(attempt: Int, TimeAmount, wasUp: Bool)
    }

    /// The attempt failed, or the link broke or was given up. `isFault` is false if we closed a sound link on purpose: no pause is due.
    mutating func lost(
        attempt lostAttempt: Int, isWanted: Bool, isFault: Bool, now: NIODeadline, jitter: Double
    ) -> LostAction {
        let wasUp: Bool
        switch state {
        case .opening(lostAttempt), .greeting(lostAttempt):
            wasUp = false
        case .up(lostAttempt, let since):
            wasUp = true
            if now - since >= TimeAmount(backoff.cap) { failures = 0 }
        default:
            return .none
        }
        failures = isFault ? failures + 1 : 0
        let pause = TimeAmount(backoff.pause(failures: failures, jitter: jitter))
        guard isWanted else {
            state = .idle(notBefore: now + pause)
            return .rest(wasUp: wasUp)
        }
        attempt += 1
        state = .pausing(attempt: attempt)
        return .pause(attempt: attempt, pause, wasUp: wasUp)
    }

    enum PauseOverAction: Equatable {
        case none
        case open(attempt: Int)
    }

    /// The timer of a pause fired.
    mutating func pauseOver(attempt: Int) -> PauseOverAction {
        guard state == .pausing(attempt: attempt), case .open(let next) = open() else { return .none }
        return .open(attempt: next)
    }

    enum StopAction: Equatable {
        case none
        /// Close the socket if there is one.
        case close(wasUp: Bool)
    }

    mutating func stop() -> StopAction {
        guard state != .stopped else { return .none }
        let wasUp = isUp
        state = .stopped
        return .close(wasUp: wasUp)
    }

    private mutating func open() -> StartAction {
        attempt += 1
        state = .opening(attempt: attempt)
        return .open(attempt: attempt)
    }
}
