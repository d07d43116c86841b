import NIOCore
import Synchronization

/// The shell of ``PipelineMachine`` on its event loop: collects requests, writes them, hands replies out, keeps the one timer that
/// all deadlines share.
final class CommandConnectionCore: LinkOwner {
    private let configuration: RedisConfiguration
    private let policy: CommandConnection.Policy
    private let mailbox: Mailbox
    private let isUpFlag: UpFlag
    private let link: Link
    private let eventLoop: any EventLoop

    private var machine: PipelineMachine<CommandRequest>
    private var collected: [CommandRequest] = []
    private var timer: (at: NIODeadline, task: Scheduled<Void>)?
    private var lastSweep: NIODeadline = .uptimeNanoseconds(0)
    /// Whether someone keeps the connection; always for shared ones, never for those on demand.
    private var isKept = false
    /// Why it takes nothing more and ends with the last reply that is due; nil while it serves.
    private var retirement: String?

    /// One write joins requests up to this size: enough for one system call to be worth it, little to copy.
    private static let bytesPerWrite = 256 * 1_024
    /// The timer looks at every request. In an outage under load each has a deadline of its own, and without a pause between two looks
    /// the loop would do nothing else; so a deadline may be missed by this much.
    private static let sweepInterval = TimeAmount.milliseconds(10)

    init(
        configuration: RedisConfiguration, policy: CommandConnection.Policy, mailbox: Mailbox, isUpFlag: UpFlag, link: Link, eventLoop: any EventLoop
    ) {
        self.configuration = configuration
        self.policy = policy
        self.mailbox = mailbox
        self.isUpFlag = isUpFlag
        self.link = link
        self.eventLoop = eventLoop
        self.machine = PipelineMachine(
            stallLimit: TimeAmount(configuration.commandTimeout), isLeavingFatal: policy.isLeavingFatal, limit: policy.maximumCommands)
        link.attach(self)
    }

    // MARK: Orders

    func start() {
        guard retirement == nil else { return }
        isKept = !policy.connectsOnDemand
        link.start()
    }

    func collect() {
        mailbox.collect(into: &collected)
        let action = retirement == nil ? machine.enqueued(collected) : .refuse
        if action == .refuse {
            for request in collected { fail(request, RedisError(.connection, retirement ?? Self.shutDown, command: request.label)) }
        }
        collected.removeAll(keepingCapacity: true)
        if policy.connectsOnDemand, action == .none { link.start() }
        writeWaiting()
        schedule()
    }

    /// A caller of a connection of its own leaves; its socket goes first if the command was written.
    func leave(_ request: CommandRequest) {
        guard let departure = request.detach() else { return }
        if departure.wasSent {
            link.reset(RedisError(.connection, "the caller left a blocking command"))
        } else {
            mailbox.release(request)
        }
        departure.continuation?.resume(throwing: request.cancelled(mayHaveExecuted: departure.wasSent))
    }

    func stop() {
        mailbox.close()
        collect()
        let (unsent, inFlight) = machine.stop()
        for request in unsent { fail(request, RedisError(.connection, Self.shutDown, command: request.label)) }
        for request in inFlight {
            failSlot(request, RedisError(.connection, Self.shutDown, command: request.label, mayHaveExecuted: true))
        }
        isUpFlag.value.store(false, ordering: .relaxed)
        timer?.task.cancel()
        timer = nil
        link.stop()
    }

    /// Lets what was written be answered and nothing else begin. How long that may take is bounded as ever: a link that says nothing
    /// is given up, and a lost one is not made again.
    func retire(_ reason: String) {
        mailbox.close()
        isKept = false
        retirement = reason
        for request in machine.withdraw() { fail(request, RedisError(.connection, reason, command: request.label)) }
        collect()
        leaveIfDone()
    }

    /// Why callers fail when the client itself ends.
    static let shutDown = "the client was shut down"

    private func leaveIfDone() {
        guard retirement != nil, machine.slotCount == 0 else { return }
        // Not from within a reading of the channel that this closes.
        eventLoop.assumeIsolated().execute { [self] in stop() }
    }

    // MARK: LinkOwner

    var isLinkWanted: Bool { isKept || machine.waitingCount > 0 }

    func linkUp(isWritable: Bool) {
        isUpFlag.value.store(true, ordering: .relaxed)
        machine.linkUp(isWritable: isWritable)
        writeWaiting()
    }

    func linkDown(_ error: RedisError, wasUp: Bool) {
        isUpFlag.value.store(false, ordering: .relaxed)
        for (index, request) in machine.linkDown().enumerated() {
            // What cannot be read concerns the first; the others lost their connection, and may try again.
            let code = index == 0 ? error.code : .connection
            failSlot(request, RedisError(code, error.message, command: request.label, mayHaveExecuted: true))
        }
        leaveIfDone()
    }

    func linkReplied(_ reply: RedisValue) {
        switch machine.replied(reply) {
        case .none: break
        case .answerOne(let request, let value):
            mailbox.release(request)
            request.detach()?.continuation?.resume(returning: .one(value))
        case .answerMany(let request, let values):
            mailbox.release(request)
            request.detach()?.continuation?.resume(returning: .many(values))
        case .breakLink:
            link.failed(RedisError(.protocol, "a reply came that nobody asked for"))
        }
    }

    func linkReadCompleted() {
        machine.progressed(now: .now())
        leaveIfDone()
    }

    func linkWritabilityChanged(isWritable: Bool) {
        machine.writabilityChanged(isWritable: isWritable)
        writeWaiting()
    }

    // MARK: Parts

    /// Writes all that may be written; what has gathered goes out in one write, up to its size. The socket says in between that it
    /// is full, by way of ``linkWritabilityChanged(isWritable:)``.
    private func writeWaiting() {
        while true {
            let batch = machine.takeWritable(byteLimit: Self.bytesPerWrite, now: .now())
            guard let first = batch.first else { return }
            guard batch.count > 1 else {
                link.write(first.bytes)
                continue
            }
            var bytes = ByteBufferAllocator().buffer(capacity: batch.reduce(0) { $0 + $1.byteCount })
            for request in batch { bytes.writeImmutableBuffer(request.bytes) }
            link.write(bytes)
        }
    }

    private func schedule() {
        guard let wakeAt = machine.wakeAt else { return }
        if let timer {
            // A timer that is early finds nothing due and is set anew: cheaper than moving it with every command.
            guard wakeAt < timer.at, timer.at > lastSweep + Self.sweepInterval else { return }
            timer.task.cancel()
        }
        let at = max(wakeAt, lastSweep + Self.sweepInterval)
        timer = (
            at,
            eventLoop.assumeIsolated().scheduleTask(deadline: at) { [self] in
                timer = nil
                timerFired()
            }
        )
    }

    private func timerFired() {
        lastSweep = .now()
        let action = machine.timerDue(now: lastSweep)
        // The link first: on a connection of its own, the caller that is told next may send at once and must not meet the old socket.
        var departures: [(CommandRequest, CommandRequest.Departure)] = []
        for request in action.expired {
            guard let departure = request.detach() else { continue }
            if !departure.wasSent { mailbox.release(request) }
            departures.append((request, departure))
        }
        if action.isLinkBroken {
            link.failed(RedisError(.connection, "no reply came for \(configuration.commandTimeout) and the connection was given up"))
        }
        for (request, departure) in departures {
            departure.continuation?.resume(throwing: overdue(request, wasSent: departure.wasSent))
        }
        schedule()
    }

    private func overdue(_ request: CommandRequest, wasSent: Bool) -> RedisError {
        let limit = Duration(request.timeout)
        guard !wasSent else { return RedisError(.timeout, "no reply within \(limit)", command: request.label, mayHaveExecuted: true) }
        let cause =
            link.isUp
            ? "the server reads too slowly" : "no connection to \(configuration)" + (link.lastFailure.map { " (\($0.message))" } ?? "")
        return RedisError(.timeout, "not sent within \(limit): \(cause)", command: request.label)
    }

    /// Fails a request that holds no slot.
    private func fail(_ request: CommandRequest, _ error: RedisError) {
        guard let departure = request.detach() else { return }
        mailbox.release(request)
        departure.continuation?.resume(throwing: error)
    }

    /// Fails a request whose slot is gone. The room is given back even if its caller left long ago.
    private func failSlot(_ request: CommandRequest, _ error: RedisError) {
        mailbox.release(request)
        request.detach()?.continuation?.resume(throwing: error)
    }
}
