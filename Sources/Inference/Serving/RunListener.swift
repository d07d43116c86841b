import Foundation
import Redis
import Synchronization

/// One client's view of a run: the shell of ``RunFeed``.
///
/// The hub reports announcements and ticks from its event loop; the client's own task takes what is there and reads the log when the
/// feed says so. One task calls ``next()``.
final class RunListener: Sendable {
    enum Delivery: Equatable {
        case entries([RunLogEntry])
        case gap(after: RunEventID?, next: RunEventID)
        /// Nothing happened for a while: time for a sign of life, and for a look at what PostgreSQL knows.
        case quiet
    }

    private struct State {
        var feed: RunFeed
        var idleTicks = 0
        var isQuiet = false
    }

    let run: UUID
    private let log: RunLog
    private let clock: any Clock<Duration>
    private let state: Mutex<State>
    private let bell = Doorbell()

    /// A log that cannot be read is read again after this.
    private static let readPause = Duration.seconds(1)

    init(run: UUID, after: RunEventID?, log: RunLog, clock: any Clock<Duration>, limits: RunFeed.Limits = .init()) {
        self.run = run
        self.log = log
        self.clock = clock
        state = Mutex(State(feed: RunFeed(after: after, limits: limits)))
    }

    /// What comes next; suspends until there is something.
    ///
    /// - Throws: `CancellationError` only. A log that is away is waited for, with ``Delivery/quiet`` in between.
    func next() async throws -> Delivery {
        while true {
            try Task.checkCancellation()
            let step = state.withLock { $0.feed.next() }
            switch step {
            case .deliver(let entries):
                state.withLock { $0.idleTicks = 0 }
                return .entries(entries)
            case .gap(let after, let next):
                return .gap(after: after, next: next)
            case .read(let after, let count):
                do {
                    let entries = try await log.read(run, after: after, count: count)
                    state.withLock { $0.feed.readReturned(entries) }
                } catch {
                    state.withLock { $0.feed.readFailed() }
                    try Task.checkCancellation()
                    try await clock.sleep(for: Self.readPause)
                    return .quiet
                }
            case .wait:
                if state.withLock({ state in
                    defer { state.isQuiet = false }
                    return state.isQuiet
                }) {
                    return .quiet
                }
                await bell.wait()
            }
        }
    }

    // MARK: Reports of the hub

    func announced(_ entries: [RunLogEntry]) {
        state.withLock { $0.feed.announced(entries) }
        bell.ring()
    }

    /// Announcements arrive from now on, perhaps again.
    func listening() {
        state.withLock { $0.feed.listening() }
        bell.ring()
    }

    /// A part of the heartbeat's interval has passed; after `limit` of them without a delivery the client is told.
    func ticked(limit: Int) {
        let isQuiet = state.withLock { state in
            state.idleTicks += 1
            guard state.idleTicks >= limit else { return false }
            state.idleTicks = 0
            state.isQuiet = true
            return true
        }
        if isQuiet { bell.ring() }
    }
}
