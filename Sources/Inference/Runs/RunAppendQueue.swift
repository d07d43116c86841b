import Synchronization

/// Between the task that reads a provider and the task that appends to the log.
///
/// While an append is in flight, events gather and merge (``EventCoalescer``). Over ``bound`` bytes the reader is held back, so that a
/// log which is away slows the provider down instead of filling memory. One task offers, one takes.
final class RunAppendQueue: Sendable {
    private struct State {
        var events = EventCoalescer()
        var isFinished = false
        /// The log may be without what was appended.
        var isInDoubt = false
        /// When the oldest event that waits came.
        var since: ReceiptTime?
        /// The same of the events that were taken last.
        var takenSince: ReceiptTime?
        /// Behind the events that wait, and behind those that were taken last.
        var anchor: RunAnchor?
        var takenAnchor: RunAnchor?
        var fault: (any Error)?
    }

    /// Bytes that may wait: some seconds of a fast model.
    static let bound = 256 << 10

    private let state = Mutex(State())
    private let news = Doorbell()
    private let room = Doorbell()

    /// Adds events, which are taken together or later; returns when there is room for the next.
    ///
    /// - Parameters:
    ///   - anchor: Where their provider's answer stands behind them: it is taken with them.
    ///   - received: When they came, where that was not now.
    /// - Throws: The writer's error once it has failed, and `CancellationError`; the events are in the queue all the same.
    func offer(_ events: [RunEvent], anchor: RunAnchor? = nil, received: ReceiptTime? = nil) async throws {
        try state.withLock { state in
            if let fault = state.fault { throw fault }
            if state.since == nil { state.since = received ?? .now }
            for event in events { state.events.offer(event) }
            if let anchor { state.anchor = anchor }
        }
        news.ring()
        while try state.withLock({ state in
            if let fault = state.fault { throw fault }
            return state.events.weight > Self.bound
        }) {
            try Task.checkCancellation()
            await room.wait()
        }
    }

    /// No event will follow.
    func finish() {
        state.withLock { $0.isFinished = true }
        news.ring()
    }

    var isFinished: Bool { state.withLock(\.isFinished) }

    /// The log may have lost what was appended: the writer is to look, also when no event comes.
    func doubt() {
        state.withLock { $0.isInDoubt = true }
        news.ring()
    }

    /// The writer cannot go on: every later offer throws `error`.
    func fail(_ error: any Error) {
        state.withLock { $0.fault = error }
        room.ring()
    }

    /// When the oldest of the events that ``next()`` returned last was offered.
    var receivedAt: ReceiptTime? { state.withLock(\.takenSince) }

    /// Behind the events that ``next()`` returned last; nil where none of them has one.
    var anchor: RunAnchor? { state.withLock(\.takenAnchor) }

    /// The events that gathered since the last call; none where the log is only to be looked at. Nil after the last, or when the task is
    /// cancelled.
    func next() async -> [RunEvent]? {
        while true {
            let (events, isFinished, isInDoubt) = state.withLock { state in
                let events = state.events.take()
                // An append looks by itself.
                defer { state.isInDoubt = false }
                if !events.isEmpty {
                    state.takenSince = state.since
                    state.takenAnchor = state.anchor
                    state.anchor = nil
                    state.since = nil
                }
                return (events, state.isFinished, state.isInDoubt)
            }
            if !events.isEmpty {
                room.ring()
                return events
            }
            if isFinished || Task.isCancelled { return nil }
            if isInDoubt { return [] }
            await news.wait()
        }
    }
}
