import Logging
import NIOCore
import Synchronization

/// One connection that carries commands: the part that callers on any thread see. What it decides is in ``PipelineMachine`` and
/// ``LinkMachine``, what it does on its event loop in ``CommandConnectionCore``.
final class CommandConnection: Sendable {
    /// What sets a shared connection and a blocking one apart.
    struct Policy: Sendable {
        var maximumCommands: Int
        var maximumBytes: Int
        /// A caller that leaves takes the socket with it, since its command may hold the socket for long.
        var isLeavingFatal: Bool
        /// The connection is made for the first command, and after a loss for the next, rather than kept.
        var connectsOnDemand: Bool
    }

    let eventLoop: any EventLoop
    private let mailbox: Mailbox
    private let policy: Policy
    private let core: NIOLoopBoundBox<CommandConnectionCore?>
    private let isUpFlag: UpFlag
    private let stopped: EventLoopPromise<Void>

    init(configuration: RedisConfiguration, policy: Policy, eventLoop: any EventLoop, logger: Logger) {
        self.eventLoop = eventLoop
        self.policy = policy
        let mailbox = Mailbox(maximumCommands: policy.maximumCommands, maximumBytes: policy.maximumBytes)
        let flag = UpFlag()
        let stopped = eventLoop.makePromise(of: Void.self)
        let core = NIOLoopBoundBox.makeEmptyBox(valueType: CommandConnectionCore.self, eventLoop: eventLoop)
        self.mailbox = mailbox
        self.isUpFlag = flag
        self.stopped = stopped
        self.core = core
        // Runs before whatever else this object asks of the loop, which is first in, first out.
        eventLoop.execute {
            let link = Link(configuration: configuration, eventLoop: eventLoop, logger: logger, stopped: stopped)
            core.value = CommandConnectionCore(
                configuration: configuration, policy: policy, mailbox: mailbox, isUpFlag: flag, link: link, eventLoop: eventLoop)
        }
    }

    deinit {
        eventLoop.execute { [core] in core.value?.stop() }
    }

    /// Whether commands go out at once. A moment old, as every such answer.
    var isUp: Bool { isUpFlag.value.load(ordering: .relaxed) }

    /// Commands waiting for replies.
    var outstanding: Int { mailbox.outstanding }

    /// Keeps a connection from now on.
    func start() {
        eventLoop.execute { [core] in core.value?.start() }
    }

    /// Closes the connection; callers fail. Returns when the socket is closed.
    func stop() async {
        eventLoop.execute { [core] in core.value?.stop() }
        // Succeeds in every case: `stopped` is never failed.
        try? await stopped.futureResult.get()
    }

    /// Closes the connection once every command that was written there has its reply, or the link breaks. Those not yet written fail
    /// as unsent, told the reason, and so does every one that comes from now on.
    func retire(_ reason: String) {
        eventLoop.execute { [core] in core.value?.retire(reason) }
        // Whoever retires it lets go of it, and it would end with its last owner.
        stopped.futureResult.whenComplete { [self] _ in withExtendedLifetime(self) {} }
    }

    /// Sends a request and waits for its replies until its deadline. Throws ``RedisError``.
    func perform(_ request: CommandRequest) async throws -> Reply {
        try mailbox.reserve(request)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard request.begin(continuation) else { return }
                switch mailbox.put(request) {
                case .first: eventLoop.execute { [core] in core.value?.collect() }
                case .joined: break
                case .closed: refuse(request)
                }
            }
        } onCancel: {
            leave(request)
        }
    }

    private func refuse(_ request: CommandRequest) {
        guard let departure = request.detach() else { return }
        mailbox.release(request)
        departure.continuation?.resume(throwing: RedisError(.connection, "the client was shut down", command: request.label))
    }

    private func leave(_ request: CommandRequest) {
        guard !policy.isLeavingFatal else {
            // On the loop, so that the socket is gone before the caller goes on and sends its next command.
            return eventLoop.execute { [core] in core.value?.leave(request) }
        }
        guard let departure = request.detach() else { return }
        // Once sent, the slot holds the room until its reply has come.
        if !departure.wasSent { mailbox.release(request) }
        departure.continuation?.resume(throwing: request.cancelled(mayHaveExecuted: departure.wasSent))
    }
}

/// Set on the event loop, read anywhere. An object of its own because an atomic cannot be captured.
final class UpFlag: Sendable {
    let value = Atomic<Bool>(false)
}
