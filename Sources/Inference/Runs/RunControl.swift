import Foundation
import Jobs
import Logging
import Redis
import ServiceLifecycle
import Synchronization

/// Brings cancellations, and results of tool calls, to the runs of this worker.
///
/// The wish is a row in PostgreSQL; its announcement only makes it quick. A worker watches a run before it reads the row in the
/// statement that claims the run, so a wish is either read or announced to one who listens. An announcement that was missed (Redis was
/// away) is found by looking for the rows of all running runs: after each reconnect and every two seconds. Results are found the same
/// way, for runs that wait for some. A run is also told that the log is back that was away: it may have come back empty.
package final class RunControl: Service {
    private struct State {
        var watched: [UUID: (identity: RunIdentity, signals: RunSignals)] = [:]
    }

    private final class Core: Sendable {
        let state = Mutex(State())
        let look = Doorbell()

        func received(_ event: RedisSubscriptionEvent) {
            switch event {
            case .message(_, let payload):
                switch RunNotice(payload) {
                case .cancellation(let run)?: signals(of: run)?.cancel.raise()
                case .results(let run)?: signals(of: run)?.results.ring()
                case nil: break
                }
            case .connected:
                look.ring()
                for watched in state.withLock({ Array($0.watched.values) }) { watched.signals.logReturned() }
            case .disconnected:
                break
            }
        }

        private func signals(of run: UUID) -> RunSignals? { state.withLock { $0.watched[run]?.signals } }
    }

    private let core = Core()
    private let subscriber: RedisSubscriber
    private let channel: String
    private let store: RunStore
    private let clock: any Clock<Duration>
    private let logger: Logger

    /// How long a cancellation takes whose announcement was lost.
    private static let interval = Duration.seconds(2)

    init(log: RunLog, store: RunStore, clock: any Clock<Duration> = ContinuousClock(), logger: Logger) {
        let core = core
        subscriber = log.redis.subscriber { core.received($0) }
        channel = RunLogKeys.control(prefix: log.policy.prefix)
        self.store = store
        self.clock = clock
        self.logger = logger
    }

    /// Listens until graceful shutdown or cancellation.
    package func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.subscriber.run() }
                group.addTask { await self.subscribe() }
                group.addTask { await self.lookAround() }
                group.addTask {
                    while !Task.isCancelled {
                        try? await self.clock.sleep(for: Self.interval)
                        self.core.look.ring()
                    }
                }
                while let _ = try await group.next() {}
            }
        }
    }

    /// Watches a run while `body` runs. Made before the run's row is read.
    func withWatch<R: Sendable>(_ identity: RunIdentity, _ body: (RunSignals) async throws -> R) async throws -> R {
        let signals = RunSignals()
        core.state.withLock { $0.watched[identity.run] = (identity, signals) }
        defer {
            core.state.withLock { state in
                // A run that was taken over by this very worker is watched by its newer attempt.
                if state.watched[identity.run]?.signals === signals { state.watched[identity.run] = nil }
            }
        }
        return try await body(signals)
    }

    private func subscribe() async {
        while !Task.isCancelled {
            do {
                try await subscriber.subscribe(channel)
                core.look.ring()
                return
            } catch {
                logger.warning("cancellations are not announced yet", metadata: ["channel": "\(channel)", "error": "\(error)"])
                try? await clock.sleep(for: .seconds(1))
            }
        }
    }

    private func lookAround() async {
        while !Task.isCancelled {
            await core.look.wait()
            let watched = core.state.withLock { Array($0.watched.values) }
            guard !watched.isEmpty, !Task.isCancelled else { continue }
            do {
                let cancelled = try await store.cancelled(watched.map(\.identity))
                for (identity, signals) in watched where cancelled.contains(identity.run) { signals.cancel.raise() }
                let paused = watched.filter(\.signals.isPaused)
                guard !paused.isEmpty else { continue }
                let answered = try await store.answered(paused.map(\.identity))
                for (identity, signals) in paused where answered.contains(identity.run) { signals.results.ring() }
            } catch {
                logger.debug("cancelled and answered runs could not be looked for", metadata: ["error": "\(error)"])
            }
        }
    }
}
