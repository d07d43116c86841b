/// One conversation with the server on the connection's thread: sends what libpq has queued, reads results, and watches the
/// deadline and the caller's cancellation at every wait.
struct Exchange {
    enum Failure: Error, Equatable {
        /// The deadline passed.
        case expired
        /// The task was cancelled and the server did not stop in time.
        case cancelExpired
        case broken(String)
        /// A statement started a conversation that pipelines cannot hold.
        case unexpected(String)
    }

    /// After a cancel request a statement has this long to stop. A server that still answers needs milliseconds.
    static let cancelGrace: Duration = .seconds(2)

    private let wire: Wire
    private let interrupt: Interrupt
    private let signal: CancelSignal?
    private var deadline: ContinuousClock.Instant
    private var canceller: Canceller?
    private var isFlushed = false
    private var isBroken = false

    /// True once the caller's cancellation was passed on.
    private(set) var isCancelled = false

    init(wire: Wire, interrupt: Interrupt, signal: CancelSignal?, deadline: ContinuousClock.Instant) {
        self.wire = wire
        self.interrupt = interrupt
        self.signal = signal
        self.deadline = deadline
    }

    /// More was queued in libpq since the last wait.
    mutating func queuedMore() { isFlushed = false }

    /// The next result; `nil` where a statement's results end. Throws ``Failure``.
    mutating func next() throws -> WireResult? {
        while true {
            // A broken connection still has what arrived before it broke: often the server's reason.
            if isBroken || !wire.isBusy { return wire.nextResult() }
            try wait(forReading: true)
        }
    }

    /// Waits until libpq's buffers have room again (COPY sends more than they should hold).
    mutating func drain() throws {
        while true {
            noticeCancellation()
            // A copy that never has to wait must end at its deadline as well.
            guard isCancelled || .now < deadline else { throw Failure.expired }
            try flush()
            if isFlushed { return }
            try wait(forReading: true)
            if isBroken { throw Failure.broken(wire.lastMessage) }
        }
    }

    /// After a cancellation: waits until the request can no longer hit a later statement. False when that is not known in time.
    mutating func settle() -> Bool {
        guard isCancelled else { return true }
        guard let canceller else { return false }
        while !canceller.isFinished {
            guard interrupt.wait(socket: -1, forReading: false, forWriting: false, until: deadline) != .expired else { return false }
        }
        return true
    }

    private mutating func wait(forReading: Bool) throws {
        noticeCancellation()
        try flush()
        // A broken connection has nothing to wait for; and sending may have read what the caller waits for.
        if isBroken || (!wire.isBusy && isFlushed) { return }
        switch interrupt.wait(socket: wire.socket, forReading: forReading, forWriting: !isFlushed, until: deadline) {
        case .socket: if !wire.consumeInput() { isBroken = true }
        case .woken: break
        case .expired: throw isCancelled ? Failure.cancelExpired : Failure.expired
        }
    }

    private mutating func flush() throws {
        guard !isFlushed, !isBroken else { return }
        switch wire.flush() {
        case true?: isFlushed = true
        case false?: break
        case nil: isBroken = true
        }
    }

    private mutating func noticeCancellation() {
        guard !isCancelled, let signal, signal.isRaised else { return }
        isCancelled = true
        canceller = wire.cancelRequest().flatMap { Canceller($0, interrupt: interrupt) }
        deadline = min(deadline, .now + Self.cancelGrace)
    }
}
