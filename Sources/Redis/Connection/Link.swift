import Logging
import NIOCore

/// What a link tells whoever uses it. All calls come on the link's event loop.
protocol LinkOwner: AnyObject {
    /// Whether the link should be there now; asked when it was lost.
    var isLinkWanted: Bool { get }
    func linkUp(isWritable: Bool)
    /// The link is gone, or an attempt to make one failed (`wasUp` false).
    func linkDown(_ error: RedisError, wasUp: Bool)
    func linkReplied(_ reply: RedisValue)
    func linkReadCompleted()
    func linkWritabilityChanged(isWritable: Bool)
}

/// The shell of ``LinkMachine``: opens and closes channels, sends the greeting, keeps the timers. Confined to its event loop.
final class Link {
    private let eventLoop: any EventLoop
    private let configuration: RedisConfiguration
    private let connector: Connector
    private let logger: Logger
    private let stopped: EventLoopPromise<Void>
    /// Held until the link is stopped; every user of a link stops it, at the latest when its own facade goes.
    private var owner: (any LinkOwner)?

    private var machine: LinkMachine
    private var greeting: Greeting
    private var channel: (any Channel)?
    private var handler: ReplyHandler?
    /// The attempt that `channel` or the opening belongs to.
    private var attempt = 0
    private var timer: Scheduled<Void>?
    /// Why there is no link; part of the error of those who waited for one in vain.
    private(set) var lastFailure: RedisError?

    /// Must be called on `eventLoop`. `place` says where to connect, anew for each attempt; nil is the configured address.
    init(
        configuration: RedisConfiguration, place: (@Sendable () -> RedisConfiguration.Address)? = nil, eventLoop: any EventLoop, logger: Logger,
        stopped: EventLoopPromise<Void>
    ) {
        self.eventLoop = eventLoop
        self.configuration = configuration
        self.connector = Connector(configuration: configuration, place: place, eventLoop: eventLoop)
        self.logger = logger
        self.stopped = stopped
        self.machine = LinkMachine(backoff: configuration.backoff)
        self.greeting = Greeting(configuration)
    }

    func attach(_ owner: any LinkOwner) {
        self.owner = owner
    }

    var isUp: Bool { machine.isUp }

    // MARK: Orders of the owner

    /// Connects if there is no link and none on its way.
    func start() {
        switch machine.start(now: .now()) {
        case .none: break
        case .open(let attempt): open(attempt)
        case .pause(let attempt, let pause): schedulePauseEnd(attempt, pause)
        }
    }

    func write(_ bytes: ByteBuffer) {
        channel?.writeAndFlush(bytes, promise: nil)
    }

    /// Closes the connection, for good reason of the owner's: it stalls, it is out of step.
    func failed(_ error: RedisError) {
        lose(error, isFault: true)
    }

    /// Closes a sound connection that cannot be used on; the next one is made without a pause.
    func reset(_ error: RedisError) {
        lose(error, isFault: false)
    }

    func stop() {
        guard case .close(let wasUp) = machine.stop() else { return }
        timer?.cancel()
        let channel = self.channel
        dropChannel()
        if wasUp { owner?.linkDown(RedisError(.connection, "the client was shut down"), wasUp: true) }
        owner = nil
        guard let channel else { return stopped.succeed() }
        let stopped = self.stopped
        channel.closeFuture.whenComplete { _ in stopped.succeed() }
    }

    // MARK: Events of the channel

    func replied(_ reply: RedisValue) {
        guard !machine.isUp else {
            owner?.linkReplied(reply)
            return
        }
        switch greeting.received(reply) {
        case .wait: break
        case .refused(let error): failed(error)
        case .ready:
            guard machine.greeted(now: .now()) == .announceUp else { return }
            timer?.cancel()
            lastFailure = nil
            logger.info("connected to Redis", metadata: ["redis": "\(configuration)"])
            owner?.linkUp(isWritable: channel?.isWritable ?? false)
        }
    }

    func readCompleted() {
        if machine.isUp { owner?.linkReadCompleted() }
    }

    func writabilityChanged(isWritable: Bool) {
        if machine.isUp { owner?.linkWritabilityChanged(isWritable: isWritable) }
    }

    // MARK: Attempts

    private func open(_ attempt: Int) {
        self.attempt = attempt
        greeting = Greeting(configuration)
        timer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(configuration.connectTimeout)) { [self] in
            guard machine.overdue(attempt: attempt) == .abandon else { return }
            lose(RedisError(.timeout, "no connection within \(configuration.connectTimeout)"), isFault: true)
        }
        connector.open().assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(let channel): opened(channel, attempt)
            case .failure(let error):
                guard attempt == self.attempt else { return }
                lose(error as? RedisError ?? RedisError(.connection, "cannot connect: \(error)"), isFault: true)
            }
        }
    }

    private func opened(_ channel: any Channel, _ attempt: Int) {
        let handler = try? channel.pipeline.syncOperations.handler(type: ReplyHandler.self)
        guard machine.opened(attempt: attempt) == .greet else { return channel.close(promise: nil) }
        guard let handler, channel.isActive else {
            channel.close(promise: nil)
            return lose(RedisError(.connection, "the connection closed while it was made"), isFault: true)
        }
        handler.attach(self)
        self.channel = channel
        self.handler = handler
        var bytes = channel.allocator.buffer(capacity: 256)
        do {
            for command in greeting.commands { try CommandFormatter.append(command, to: &bytes) }
        } catch {
            return failed(error)
        }
        channel.writeAndFlush(bytes, promise: nil)
    }

    private func lose(_ error: RedisError, isFault: Bool) {
        let wanted = owner?.isLinkWanted ?? false
        let action = machine.lost(attempt: attempt, isWanted: wanted, isFault: isFault, now: .now(), jitter: .random(in: 0...1))
        guard action != .none else { return }
        timer?.cancel()
        dropChannel()
        lastFailure = error
        switch action {
        case .none: break
        case .rest(let wasUp):
            report(error, wasUp: wasUp, isFault: isFault)
            owner?.linkDown(error, wasUp: wasUp)
        case .pause(let attempt, let pause, let wasUp):
            report(error, wasUp: wasUp, isFault: isFault)
            schedulePauseEnd(attempt, pause)
            owner?.linkDown(error, wasUp: wasUp)
        }
    }

    private func schedulePauseEnd(_ attempt: Int, _ pause: TimeAmount) {
        timer = eventLoop.assumeIsolated().scheduleTask(in: pause) { [self] in
            if case .open(let next) = machine.pauseOver(attempt: attempt) { open(next) }
        }
    }

    private func dropChannel() {
        handler?.detach()
        handler = nil
        channel?.close(promise: nil)
        channel = nil
    }

    /// One line for the first failure and then at 2, 4, 8, … in a row: a server that is away for an hour must not fill the log.
    private func report(_ error: RedisError, wasUp: Bool, isFault: Bool) {
        let isLoud = isFault && (wasUp || machine.failures.nonzeroBitCount == 1)
        logger.log(
            level: isLoud ? .warning : .debug, wasUp ? "lost the connection to Redis" : "no connection to Redis",
            metadata: ["redis": "\(configuration)", "failures": "\(machine.failures)", "error": "\(error)"])
    }
}
