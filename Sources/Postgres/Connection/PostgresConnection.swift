import Logging
import Synchronization

/// One connection to the server: an actor on a thread of its own, because talking to libpq means waiting.
///
/// Its methods do not suspend: each is one trip to the server, and trips of one connection never interleave. A connection that
/// broke stays broken; the pool drops it and opens another.
actor PostgresConnection {
    private nonisolated let thread: PinnedThread
    nonisolated let interrupt: Interrupt
    nonisolated let health = ConnectionHealth()
    let configuration: PostgresConfiguration
    let traffic: Traffic
    let logger: Logger

    var wire: Wire?
    var cache: StatementCache

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Starts the thread; nothing is sent before ``open(until:signal:)``.
    init(configuration: PostgresConfiguration, traffic: Traffic, logger: Logger) throws {
        thread = try PinnedThread()
        interrupt = try Interrupt()
        self.configuration = configuration
        self.traffic = traffic
        self.logger = logger
        cache = StatementCache(capacity: configuration.statementCacheSize)
    }

    deinit { thread.stop() }

    /// Connects and logs in. Throws ``PostgresError``; after a failure the connection is of no use.
    func open(until deadline: ContinuousClock.Instant, signal: CancelSignal) throws {
        let wire = try Wire(opening: try configuration.connectionOptions(), logger: logger)
        var step = Wire.OpeningStep.wantsWrite
        while step != .open {
            guard step != .failed else { throw ServerFault.opening(wire.lastMessage) }
            guard !signal.isRaised else { throw PostgresError(.cancelled, "cancelled while connecting") }
            switch interrupt.wait(socket: wire.socket, forReading: step == .wantsRead, forWriting: step == .wantsWrite, until: deadline) {
            case .socket: step = wire.continueOpening()
            case .woken: continue
            case .expired: throw PostgresError(.timeout, "the server did not accept a connection within \(configuration.connectTimeout)")
            }
        }
        guard wire.startPipelining() else { throw PostgresError(.connection, wire.lastMessage) }
        health.opened(socket: wire.socket)
        self.wire = wire
    }

    /// The next trip of a transaction: what it has queued, the statement if there is one, and COMMIT if it is to end.
    func perform(
        _ transaction: TransactionState, _ submission: Submission?, committing: Bool, until deadline: ContinuousClock.Instant,
        signal: CancelSignal
    ) throws -> [Delivery] {
        guard let trip = try transaction.nextTrip(submission, committing: committing) else { return [] }
        do {
            return try run(trip, until: deadline, signal: signal)
        } catch {
            transaction.lost(error)
            throw error
        }
    }

    /// Ends a transaction without its effects. Not cancellable, bounded by ``rollbackTimeout``; a connection that cannot roll
    /// back is broken, which rolls back as well.
    func rollBack() {
        guard let wire, wire.transactionState != .idle else { return }
        do {
            _ = try run(
                Trip(steps: [.init(part: .end, submission: Submission(TransactionSQL.rollback))]), until: .now + Self.rollbackTimeout, signal: nil)
        } catch {
            logger.debug("postgres rollback failed; the connection is replaced", metadata: ["error": "\(error)"])
            abandon()
        }
    }

    /// A server that answers at all rolls back at once.
    static let rollbackTimeout: Duration = .seconds(5)

    /// Reads what arrived while the connection was idle. False when it was the end.
    func checkAlive() -> Bool {
        guard let wire, readAll(of: wire), !wire.isBroken, !wire.hasEnded, wire.transactionState == .idle else {
            abandon()
            return false
        }
        return true
    }

    /// One read takes the server's last words and not the end behind them: go on until nothing is left. Each is parsed at
    /// once, for an error that no statement asked for is told as a notice.
    private func readAll(of wire: Wire) -> Bool {
        repeat {
            guard wire.consumeInput() else { return false }
            _ = wire.isBusy
        } while !wire.isBroken && !wire.hasEnded && !Interrupt.isQuiet(socket: wire.socket)
        return true
    }

    /// Says goodbye to the server and frees everything but the thread, which ends with the actor.
    func close() { abandon() }

    /// The connection is of no use any more.
    func abandon() {
        health.broke()
        wire = nil
    }
}

/// What other threads may know about a connection without asking its thread.
final class ConnectionHealth: Sendable {
    private let broken = Atomic(false)
    private let socket = Atomic<Int32>(-1)

    var isBroken: Bool { broken.load(ordering: .acquiring) }

    /// False when something arrived on an idle connection: the server closed it, or it has news. Only for whoever holds the
    /// connection while no trip is under way, for the socket must not be closed meanwhile.
    var isQuiet: Bool {
        let socket = socket.load(ordering: .acquiring)
        return !isBroken && socket >= 0 && Interrupt.isQuiet(socket: socket)
    }

    func opened(socket: Int32) { self.socket.store(socket, ordering: .releasing) }
    func broke() { broken.store(true, ordering: .releasing) }
}
