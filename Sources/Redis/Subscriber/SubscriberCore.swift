import NIOCore

/// The shell of ``SubscriptionMachine`` on its event loop: sends, resumes callers, tells events, beats.
final class SubscriberCore: LinkOwner {
    private let link: Link
    private let eventLoop: any EventLoop
    private let patience: TimeAmount
    private let onEvent: @Sendable (RedisSubscriptionEvent) -> Void
    private var machine: SubscriptionMachine<SubscriptionWaiter>
    private var heart: Scheduled<Void>?
    private var isAnnounced = false
    private var isStopped = false
    /// Callers that wait; told when the subscriber stops.
    private var waiters: [ObjectIdentifier: (waiter: SubscriptionWaiter, deadline: Scheduled<Void>)] = [:]

    init(patience: TimeAmount, link: Link, eventLoop: any EventLoop, onEvent: @escaping @Sendable (RedisSubscriptionEvent) -> Void) {
        self.link = link
        self.eventLoop = eventLoop
        self.patience = patience
        self.onEvent = onEvent
        self.machine = SubscriptionMachine(patience: patience)
        link.attach(self)
    }

    // MARK: Orders

    func start() {
        guard !isStopped else { return }
        link.start()
    }

    func stop() {
        guard !isStopped else { return }
        isStopped = true
        heart?.cancel()
        link.stop()
        finish(waiters.values.map(\.waiter), .failure(RedisError(.connection, "the subscriber was shut down")))
    }

    /// Ends the caller's wait at its deadline.
    func watch(_ waiter: SubscriptionWaiter, limit: TimeLimit) {
        guard !waiter.isFinished else { return }
        let deadline = eventLoop.assumeIsolated().scheduleTask(deadline: limit.deadline) { [weak self] in
            guard let self else { return }
            let cause = link.isUp ? "" : link.lastFailure.map { ": no connection (\($0.message))" } ?? ": no connection"
            let error = RedisError(.timeout, "not confirmed within \(Duration(limit.duration))\(cause)", command: "SUBSCRIBE")
            guard waiter.finish(.failure(error)) else { return }
            left(waiter)
        }
        waiters[ObjectIdentifier(waiter)] = (waiter, deadline)
    }

    func subscribe(_ waiter: SubscriptionWaiter) {
        guard isAccepted(waiter) else { return }
        send(machine.subscribe(waiter.channel, waiter, now: .now()))
    }

    func unsubscribe(_ waiter: SubscriptionWaiter) {
        guard isAccepted(waiter) else { return }
        switch machine.unsubscribe(waiter.channel, waiter, now: .now()) {
        case .done(let waiters): finish(waiters, .success(()))
        case .send(let command): send(.send([command]))
        }
    }

    func left(_ waiter: SubscriptionWaiter) {
        forget(waiter)
        send(machine.left(waiter, channel: waiter.channel, now: .now()))
    }

    // MARK: LinkOwner

    var isLinkWanted: Bool { !isStopped }

    func linkUp(isWritable: Bool) {
        send(.send(machine.linkUp(now: .now())))
        scheduleBeat()
    }

    func linkDown(_ error: RedisError, wasUp: Bool) {
        heart?.cancel()
        heart = nil
        finish(machine.linkDown().done, .success(()))
        if isAnnounced { onEvent(.disconnected) }
        isAnnounced = false
    }

    func linkReplied(_ reply: RedisValue) {
        switch machine.received(reply) {
        case .none: break
        case .message(let channel, let payload): onEvent(.message(channel: channel, payload: payload))
        case .confirm(let waiters): finish(waiters, .success(()))
        case .fail(let waiters, let error): finish(waiters, .failure(error))
        case .announceLink:
            isAnnounced = true
            onEvent(.connected)
        case .breakLink(let error): link.failed(error)
        }
    }

    func linkReadCompleted() {}

    func linkWritabilityChanged(isWritable: Bool) {}

    // MARK: Parts

    private func scheduleBeat() {
        // Half the patience, so that a dead link is noticed within twice the patience.
        let pause = TimeAmount.nanoseconds(max(1_000_000, patience.nanoseconds / 2))
        heart = eventLoop.assumeIsolated().scheduleTask(in: pause) { [weak self] in self?.beat() }
    }

    private func beat() {
        scheduleBeat()
        switch machine.beat(now: .now()) {
        case .none: break
        case .ping: send(.send([RedisCommand("PING")]))
        case .breakLink: link.failed(RedisError(.connection, "the server has not answered the subscriber within \(Duration(patience))"))
        }
    }

    private func isAccepted(_ waiter: SubscriptionWaiter) -> Bool {
        guard !waiter.isFinished else { return false }
        guard !isStopped else {
            finish([waiter], .failure(RedisError(.connection, "the subscriber was shut down")))
            return false
        }
        return true
    }

    private func finish(_ finished: [SubscriptionWaiter], _ result: Result<Void, RedisError>) {
        for waiter in finished {
            forget(waiter)
            waiter.finish(result)
        }
    }

    private func forget(_ waiter: SubscriptionWaiter) {
        waiters.removeValue(forKey: ObjectIdentifier(waiter))?.deadline.cancel()
    }

    private func send(_ action: SubscriptionMachine<SubscriptionWaiter>.Action) {
        guard case .send(let commands) = action, !commands.isEmpty else { return }
        var bytes = ByteBufferAllocator().buffer(capacity: commands.count * 64)
        do {
            for command in commands { try CommandFormatter.append(command, to: &bytes) }
        } catch {
            return link.failed(error)
        }
        link.write(bytes)
    }
}
