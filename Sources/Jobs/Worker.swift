import Foundation
public import Logging
public import Postgres
public import Redis
public import ServiceLifecycle

/// Work that a feature does now and then, beside its handlers: each worker runs it until it leaves.
public protocol PeriodicTask: Sendable {
    var name: String { get }
    /// Between the end of one round and the begin of the next.
    var interval: Duration { get }
    /// One round. An error is logged, and the next round comes all the same.
    func run() async throws
}

/// A worker process's engine: pools over the chosen queues, and their upkeep.
///
/// On graceful shutdown it reads no more, finishes what it can within the drain budget, hands the rest back and
/// returns. When others declare it dead it starts again as a new worker, for the old one may never commit again.
public final class Worker: Service {
    public let name: String
    private let registry: HandlerRegistry
    private let pool: PostgresPool
    private let redis: RedisClient
    private let configuration: JobsConfiguration
    private let queues: [String]
    private let periodic: [any PeriodicTask]
    private let version: String
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let leaving = Signal()
    private let reads = ReadWatch()
    private let controls = Controls()

    /// - Parameter queues: nil for all that the registry has handlers for.
    public init(
        name: String, registry: HandlerRegistry, pool: PostgresPool, redis: RedisClient, configuration: JobsConfiguration, queues: [String]? = nil,
        periodic: [any PeriodicTask] = [], version: String = "dev", clock: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) {
        self.name = name
        self.registry = registry
        self.pool = pool
        self.redis = redis
        self.configuration = configuration
        self.queues = queues ?? registry.queues
        self.periodic = periodic
        self.version = version
        self.clock = clock
        self.logger = logger
    }

    /// Partitions that this worker wants to read and has heard nothing of for longer than a read and three leases take.
    public var stuckPartitions: [String] {
        reads.stuck(for: Pool.block + configuration.lease * 3).map(\.description)
    }

    public func run() async throws {
        try await withGracefulShutdownHandler {
            try await live()
        } onGracefulShutdown: {
            self.leaving.raise()
        }
    }

    private func live() async throws {
        while !leaving.isRaised {
            do {
                try await life()
            } catch {
                if leaving.isRaised, error is CancellationError { return }
                guard Failure(error) == .fenced else { throw error }
                logger.warning("this worker was declared dead; it starts again under a new id", metadata: ["error": "\(error)"])
            }
        }
    }

    /// From registration to the end of one identity.
    private func life() async throws {
        let id = UUID.version7()
        let logger = Self.naming(id, in: logger)
        let workers = WorkerStore(pool: pool)
        try await untilReachable(logger) {
            try await workers.register(
                id: id, name: name, host: ProcessInfo.processInfo.hostName, pid: Int(ProcessInfo.processInfo.processIdentifier), queues: queues,
                version: version)
            // Before the first read: a queue that was paused while nobody worked is paused.
            controls.heard(try await ControlStore(pool: pool).wishes())
        }
        let acceptances = AcceptanceStore(pool: pool)
        let ledger = LedgerAcceptance(
            store: acceptances, redis: redis, configuration: configuration, confirmations: Confirmations(store: acceptances, logger: logger),
            logger: logger)
        let executor = Executor(
            registry: registry, worker: id, outcomes: OutcomeStore(pool: pool), letters: DeadLetterStore(pool: pool), ledger: ledger,
            controls: controls,
            draining: leaving, clock: clock, logger: logger, bodies: BodyBudget(chunk: configuration.bodyChunk))
        let partitions = queues.flatMap { configuration.partitions(of: $0) }
        logger.info("working", metadata: ["queues": "\(queues.joined(separator: " "))", "partitions": "\(partitions.count)"])

        let farewell = Farewell(
            worker: id, queues: partitions.map { configuration.queue($0, on: redis) }, workers: workers, leaving: leaving, logger: logger)
        let failure = await failure { try await self.work(id, partitions, executor, workers, farewell, logger) }
        // A worker that was declared dead owns nothing that it could give back.
        if let failure, Failure(failure) == .fenced { throw failure }
        // Where it has not left already, when everything had drained.
        await farewell.leave()
        if let failure { throw failure }
    }

    /// The error of an operation, as a value.
    private func failure(_ operation: () async throws -> Void) async -> (any Error)? {
        do {
            try await operation()
            return nil
        } catch {
            return error
        }
    }

    private func work(
        _ id: UUID, _ partitions: [QueuePartition], _ executor: Executor, _ workers: WorkerStore, _ farewell: Farewell, _ logger: Logger
    ) async throws {
        let drained = farewell.drained
        // Known before the first read: entries of a name that never beat would be nobody's.
        for partition in partitions { _ = try? await configuration.queue(partition, on: redis).beat(worker: id) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for partition in partitions {
                let queue = configuration.queue(partition, on: redis)
                let isLong = registry.isLong(queue: partition.queue)
                let inFlight = InFlight()
                let dead = DeadWorkers()
                let pool = Pool(
                    queue: queue, executor: executor, inFlight: inFlight, reads: reads, batch: isLong ? 1 : configuration.batchSize,
                    fewest: registry.sharesCommits(queue: partition.queue) ? max(1, configuration.batchSize / 5) : 1,
                    units: isLong ? configuration.runConcurrency : configuration.batchConcurrency, drainBudget: configuration.drainBudget,
                    logger: logger)
                let takeover = Takeover(
                    queue: queue, executor: executor, registry: registry, workers: workers, dead: dead, inFlight: inFlight,
                    lease: configuration.lease, drainBudget: configuration.drainBudget, places: configuration.runConcurrency, logger: logger)
                let heartbeat = Heartbeat(
                    queue: queue, worker: id, lease: configuration.lease, dead: dead, draining: leaving, ended: farewell.handedBack, clock: clock,
                    logger: logger)
                group.addTask {
                    try await pool.run()
                    drained.ended()
                }
                group.addTask {
                    try await takeover.run()
                    drained.ended()
                }
                // Beats go on while the others drain, or their jobs would be taken over.
                group.addTask {
                    await heartbeat.run()
                    farewell.beating.ended()
                }
                if configuration.promotes {
                    group.addTask {
                        await self.untilLeaving { await Promoter(queue: queue, draining: self.leaving, clock: self.clock, logger: logger).run() }
                    }
                }
            }
            group.addTask { await farewell.run() }
            let relay = Relay(
                store: RelayStore(pool: pool), redis: redis, configuration: configuration, queues: registry.queues, worker: id,
                draining: leaving, clock: clock, logger: logger)
            group.addTask { await self.untilLeaving { await relay.run() } }
            group.addTask { await self.untilLeaving { await relay.sweepUntilDraining(as: id) } }
            group.addTask {
                await Housekeeping(
                    pool: self.pool, idempotencyWindow: self.configuration.idempotencyWindow, retention: self.configuration.retention,
                    silent: SilentWorkers(
                        workers: workers, redis: self.redis, configuration: self.configuration, clock: self.clock, logger: logger),
                    draining: self.leaving, clock: self.clock, logger: logger
                ).run()
            }
            group.addTask {
                // Until everything has ended: a run that is being drained may still be cancelled.
                await self.controls.run(ControlStore(pool: self.pool), until: drained.zero, clock: self.clock, logger: logger)
            }
            group.addTask {
                await Reporter(
                    worker: id, activity: executor.activity, redis: self.redis, keys: FleetKeys(prefix: self.configuration.prefix),
                    ended: drained.zero, clock: self.clock, logger: logger
                ).run()
            }
            group.addTask {
                await self.untilLeaving {
                    await LimitsKeeper(
                        store: LimitStore(pool: self.pool), queues: farewell.queues, draining: self.leaving, clock: self.clock, logger: logger
                    ).run()
                }
            }
            group.addTask {
                // Of the jobs that handlers enqueued.
                await executor.ledger.confirmations.run(until: drained.zero, clock: self.clock)
            }
            for task in periodic { group.addTask { await self.repeatedly(task, logger) } }
            do {
                // `waitForAll` tells an error only once every child has ended, and the others wait for what this one did not do.
                while try await group.next() != nil {}
            } catch {
                // The heartbeats end by themselves only when everything has drained.
                group.cancelAll()
                throw error
            }
        }
    }

    private static func naming(_ id: UUID, in logger: Logger) -> Logger {
        var named = logger
        named[metadataKey: "worker"] = "\(id.lowercased)"
        return named
    }

    private func repeatedly(_ task: any PeriodicTask, _ logger: Logger) async {
        repeat {
            await untilLeaving {
                do {
                    try await task.run()
                } catch {
                    guard !Task.isCancelled else { return }
                    logger.warning("a periodic task failed", metadata: ["task": "\(task.name)", "error": "\(error)"])
                }
            }
        } while await leaving.isQuiet(for: task.interval, clock: clock)
    }

    /// Work that is given up when the worker is asked to leave, in the middle of a statement that may take minutes: the next worker does it.
    private func untilLeaving(_ work: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { race in
            race.addTask { await work() }
            race.addTask { await self.leaving.wait() }
            await race.next()
            race.cancelAll()
        }
    }

    private func untilReachable(_ logger: Logger, _ operation: () async throws -> Void) async throws {
        var pause = Duration.milliseconds(100)
        while true {
            do {
                return try await operation()
            } catch  where Failure(error) == .storeUnavailable {
                logger.warning("waiting for PostgreSQL", metadata: ["error": "\(error)"])
                guard await leaving.isQuiet(for: pause, clock: clock) else { throw CancellationError() }
                pause = min(pause * 2, .seconds(5))
            }
        }
    }
}
