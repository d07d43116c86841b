import Foundation
import Jobs
import Logging
import Redis
import ServiceLifecycle
import Synchronization

/// Serves all clients of an ingress from one subscribing connection.
///
/// A channel is subscribed while at least one client follows its run. Subscribing and unsubscribing are ordered by one loop (``run()``),
/// because the last client of a run may leave in the moment in which its next one comes. A client begins to read its log only after
/// the subscription stands, so nothing falls between the two.
///
/// ```
///  absent ── client comes ──▶ wanted ── confirmed ──▶ subscribed ── last client leaves ──▶ unwanted ── confirmed ──▶ absent
///                               ▲ │ fails: again later                                        │
///                               └─┴──────────────── client comes ─────────────────────────────┘
/// ```
final class RunEventHub: Service {
    private struct Channel {
        var listeners: [Int: RunListener] = [:]
        var isSubscribed = false
    }

    private struct State {
        var channels: [String: Channel] = [:]
        /// Channels whose subscription may not be what their listeners want.
        var unsettled: Set<String> = []
        var nextListener = 0
    }

    /// What the subscriber's callback reaches: it is made before the subscriber, which the hub holds.
    private final class Core: Sendable {
        let state = Mutex(State())
        let work = Doorbell()

        func received(_ event: RedisSubscriptionEvent) {
            switch event {
            case .message(let channel, let payload):
                let listeners = state.withLock { Array($0.channels[channel]?.listeners.values ?? [:].values) }
                guard !listeners.isEmpty else { return }
                let entries = RunAnnouncement.entries(payload)
                for listener in listeners { listener.announced(entries) }
            case .connected:
                // Whatever was announced while the connection was away is in the logs.
                for listener in state.withLock({ $0.channels.values.filter(\.isSubscribed).flatMap(\.listeners.values) }) { listener.listening() }
            case .disconnected:
                break
            }
        }
    }

    private let log: RunLog
    private let core: Core
    private let subscriber: RedisSubscriber
    private let clock: any Clock<Duration>
    private let heartbeat: Duration
    private let logger: Logger

    /// The heartbeat is looked at in this many parts.
    private static let ticks = 3
    /// A subscription that failed is tried again after this.
    private static let retryPause = Duration.milliseconds(250)

    /// - Parameter heartbeat: A client that got nothing for so long is told (``RunListener/Delivery/quiet``).
    init(log: RunLog, heartbeat: Duration, clock: any Clock<Duration> = ContinuousClock(), logger: Logger) {
        let core = Core()
        self.log = log
        self.core = core
        self.clock = clock
        self.heartbeat = heartbeat
        self.logger = logger
        subscriber = log.redis.subscriber { core.received($0) }
    }

    /// Keeps the connection and the subscriptions until graceful shutdown or cancellation.
    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.subscriber.run() }
                group.addTask { await self.settle() }
                group.addTask { await self.tick() }
                try await group.next()
                group.cancelAll()
            }
        }
    }

    /// Follows a run while `body` runs.
    ///
    /// - Parameter after: The last event that the client has; nil for none.
    func withListener<R: Sendable>(run: UUID, after: RunEventID?, _ body: (RunListener) async throws -> R) async throws -> R {
        let follower = follow(run: run, after: after)
        defer { withExtendedLifetime(follower) {} }
        return try await body(follower.listener)
    }

    /// Follows a run for as long as the follower is held: for an answer that begins to listen before it has a body.
    func follow(run: UUID, after: RunEventID?) -> RunFollower {
        let listener = RunListener(run: run, after: after, log: log, clock: clock)
        let channel = log.keys(run).channel
        let id = core.state.withLock { state in
            state.nextListener += 1
            state.channels[channel, default: Channel()].listeners[state.nextListener] = listener
            if state.channels[channel]?.isSubscribed == true {
                listener.listening()
            } else {
                state.unsettled.insert(channel)
            }
            return state.nextListener
        }
        core.work.ring()
        return RunFollower(listener: listener) { [core] in
            core.state.withLock { state in
                state.channels[channel]?.listeners[id] = nil
                if state.channels[channel]?.listeners.isEmpty == true { state.unsettled.insert(channel) }
            }
            core.work.ring()
        }
    }

    /// Channels that are subscribed and clients that follow them, for metrics and tests.
    var statistics: (channels: Int, listeners: Int) {
        core.state.withLock { state in
            (state.channels.values.count(where: \.isSubscribed), state.channels.values.reduce(0) { $0 + $1.listeners.count })
        }
    }

    // MARK: Subscriptions

    private func settle() async {
        while !Task.isCancelled {
            await core.work.wait()
            let channels = core.state.withLock { state in
                defer { state.unsettled = [] }
                return state.unsettled
            }
            let failed = await withTaskGroup(of: String?.self) { group in
                for channel in channels { group.addTask { await self.settle(channel) ? nil : channel } }
                return await group.compactMap { $0 }.reduce(into: Set<String>()) { $0.insert($1) }
            }
            guard !failed.isEmpty, !Task.isCancelled else { continue }
            core.state.withLock { $0.unsettled.formUnion(failed) }
            try? await clock.sleep(for: Self.retryPause)
            core.work.ring()
        }
    }

    /// Makes a channel's subscription what its listeners want; false when it has to be tried again.
    private func settle(_ channel: String) async -> Bool {
        let (isWanted, isSubscribed) = core.state.withLock { state in
            (state.channels[channel]?.listeners.isEmpty == false, state.channels[channel]?.isSubscribed ?? false)
        }
        do {
            switch (isWanted, isSubscribed) {
            case (true, false):
                try await subscriber.subscribe(channel)
                let listeners = core.state.withLock { state in
                    state.channels[channel]?.isSubscribed = true
                    // They may all have left meanwhile: then the channel is settled once more.
                    if state.channels[channel]?.listeners.isEmpty ?? true { state.unsettled.insert(channel) }
                    return Array(state.channels[channel]?.listeners.values ?? [:].values)
                }
                for listener in listeners { listener.listening() }
                core.work.ring()
            case (false, true):
                // From here on a client that comes waits for a subscription of its own.
                core.state.withLock { $0.channels[channel]?.isSubscribed = false }
                try await subscriber.unsubscribe(channel)
                forget(channel)
            case (false, false):
                forget(channel)
            case (true, true):
                break
            }
            return true
        } catch {
            logger.warning("a run's channel could not be settled", metadata: ["channel": "\(channel)", "error": "\(error)"])
            return false
        }
    }

    private func forget(_ channel: String) {
        core.state.withLock { state in
            if state.channels[channel]?.listeners.isEmpty ?? false { state.channels[channel] = nil }
        }
    }

    private func tick() async {
        while !Task.isCancelled {
            do {
                try await clock.sleep(for: heartbeat / Self.ticks)
            } catch {
                return
            }
            let listeners = core.state.withLock { $0.channels.values.flatMap(\.listeners.values) }
            for listener in listeners { listener.ticked(limit: Self.ticks) }
        }
    }
}
