import Foundation
import Jobs
import Logging
import Redis
import ServiceLifecycle
import Synchronization

/// Raised once, when someone wants the run cancelled.
final class CancelWish: Sendable {
    private let raised = Mutex(false)
    private let bell = Doorbell()

    var isRaised: Bool { raised.withLock { $0 } }

    func raise() {
        raised.withLock { $0 = true }
        bell.ring()
    }

    /// Returns when the wish is raised or the task is cancelled. One task waits.
    func wait() async {
        while !isRaised, !Task.isCancelled { await bell.wait() }
    }
}

/// Brings cancellations to the runs of this worker.
///
/// The wish is a row in PostgreSQL; its announcement only makes it quick. A worker watches a run before it reads the row in the
/// statement that claims the run, so a wish is either read or announced to one who listens. An announcement that was missed (Redis was
/// away) is found by looking for the rows of all running runs: after each reconnect and every two seconds.
package final class RunControl: Service {
    private struct State {
        var watched: [UUID: (identity: RunIdentity, wish: CancelWish)] = [:]
    }

    private final class Core: Sendable {
        let state = Mutex(State())
        let look = Doorbell()

        func received(_ event: RedisSubscriptionEvent) {
            switch event {
            case .message(_, let payload):
                guard let run = UUID(uuidString: String(decoding: payload, as: UTF8.self)) else { return }
                state.withLock { $0.watched[run]?.wish }?.raise()
            case .connected:
                look.ring()
            case .disconnected:
                break
            }
        }
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
    func withWatch<R: Sendable>(_ identity: RunIdentity, _ body: (CancelWish) async throws -> R) async throws -> R {
        let wish = CancelWish()
        core.state.withLock { $0.watched[identity.run] = (identity, wish) }
        defer {
            core.state.withLock { state in
                // A run that was taken over by this very worker is watched by its newer attempt.
                if state.watched[identity.run]?.wish === wish { state.watched[identity.run] = nil }
            }
        }
        return try await body(wish)
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
                for (identity, wish) in watched where cancelled.contains(identity.run) { wish.raise() }
            } catch {
                logger.debug("cancelled runs could not be looked for", metadata: ["error": "\(error)"])
            }
        }
    }
}
