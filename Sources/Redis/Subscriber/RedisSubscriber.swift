import Logging
import NIOCore
public import ServiceLifecycle
import Synchronization

/// What a subscriber tells. Between `disconnected` and the next `connected` messages may have been published and missed: publish and
/// subscribe keeps nothing for those who are away.
public enum RedisSubscriptionEvent: Sendable, Equatable {
    case message(channel: String, payload: [UInt8])
    /// The connection is up and all channels asked for so far are subscribed, also after each reconnect.
    case connected
    case disconnected
}

/// Subscribes to channels on a connection of its own, which comes back by itself with all its channels.
///
/// Channels form a set: one that two callers subscribe to is subscribed once, and the first `unsubscribe` ends it.
public final class RedisSubscriber: Sendable, Service {
    private let eventLoop: any EventLoop
    private let timeout: Duration
    private let core: NIOLoopBoundBox<SubscriberCore?>
    private let stopped: EventLoopPromise<Void>
    private let hasRun = Atomic<Bool>(false)

    /// - Parameter place: where to connect, asked for each attempt; nil for the configured address.
    init(
        configuration: RedisConfiguration, eventLoop: any EventLoop, logger: Logger,
        place: (@Sendable () -> RedisConfiguration.Address)? = nil, onEvent: @escaping @Sendable (RedisSubscriptionEvent) -> Void
    ) {
        self.eventLoop = eventLoop
        self.timeout = configuration.commandTimeout
        let stopped = eventLoop.makePromise(of: Void.self)
        let core = NIOLoopBoundBox.makeEmptyBox(valueType: SubscriberCore.self, eventLoop: eventLoop)
        self.stopped = stopped
        self.core = core
        eventLoop.execute {
            let link = Link(configuration: configuration, place: place, eventLoop: eventLoop, logger: logger, stopped: stopped)
            core.value = SubscriberCore(
                patience: TimeAmount(configuration.commandTimeout), link: link, eventLoop: eventLoop, onEvent: onEvent)
        }
    }

    deinit {
        eventLoop.execute { [core] in core.value?.stop() }
    }

    /// Keeps the connection until graceful shutdown or cancellation; then closes it and returns. Throws `.configuration` if it is
    /// called a second time.
    public func run() async throws {
        guard !hasRun.exchange(true, ordering: .relaxed) else {
            throw RedisError(.configuration, "run() was called twice; a subscriber runs once")
        }
        eventLoop.execute { [core] in core.value?.start() }
        // Returns on graceful shutdown and throws on cancellation: both end the subscriber.
        try? await gracefulShutdown()
        eventLoop.execute { [core] in core.value?.stop() }
        // Succeeds in every case: `stopped` is never failed.
        try? await stopped.futureResult.get()
    }

    /// Subscribes to a channel; returns when the server has confirmed it, waiting for a connection if there is none. Throws `.timeout`
    /// after ``RedisConfiguration/commandTimeout`` and `.cancelled`; the channel is then not subscribed on this call's account.
    public func subscribe(_ channel: String) async throws {
        try await perform(channel) { core, waiter in core.subscribe(waiter) }
    }

    /// Ends a subscription; returns when the server has confirmed it, or at once without a connection. Throws as ``subscribe(_:)``;
    /// the channel is unwanted from the call on, even if it throws.
    public func unsubscribe(_ channel: String) async throws {
        try await perform(channel) { core, waiter in core.unsubscribe(waiter) }
    }

    private func perform(_ channel: String, _ order: @escaping @Sendable (SubscriberCore, SubscriptionWaiter) -> Void) async throws {
        let waiter = SubscriptionWaiter(channel: channel)
        let limit = TimeLimit(timeout)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard waiter.begin(continuation) else { return }
                eventLoop.execute { [core] in
                    guard let core = core.value else { return }
                    core.watch(waiter, limit: limit)
                    order(core, waiter)
                }
            }
        } onCancel: {
            guard waiter.finish(.failure(RedisError(.cancelled, "the calling task was cancelled"))) else { return }
            eventLoop.execute { [core] in core.value?.left(waiter) }
        }
    }
}
