import Foundation
public import Logging
public import Postgres
import Synchronization

/// Makes a job of every tick of its schedules: each worker has one, and together they make one job a tick.
///
/// A look reads the schedules' rows and the database's time, by which alone ticks are due: workers' clocks differ. For each
/// schedule with a tick in (`last_tick`, now] it first has the job accepted and then moves `last_tick`, by an update that asks
/// for the value that it saw.
///
/// **Why in this order.** The other one, to move `last_tick` first and so to claim the tick, loses it with a worker that
/// dies in between. This one may have a tick accepted twice instead, and that is harmless, because everything about
/// the acceptance is derived from schedule and tick: the job's id, under which there is one outcome, and the key under
/// which the ledger (or Redis, for stream kinds) finds a repeated request and appends nothing. For two workers A and B:
///
/// | what happens | what becomes of it |
/// |---|---|
/// | A accepts, A moves; B looks | for B nothing is due |
/// | A accepts, B accepts, A moves, B moves | B is told of A's job; its update finds another `last_tick` and changes nothing |
/// | A dies before it accepts | the tick is due still, and B accepts it |
/// | A accepts and dies; B looks | the tick is due still; B is told of A's job, and moves |
/// | A sees the tick, sleeps; B accepts, moves, and the next ones too; A wakes | as the second; nothing goes back |
/// | A sleeps for longer than keys are remembered, wakes, accepts | the job is appended again under its old id, found to be finished, and only acknowledged |
/// | the job cannot be accepted: a full queue, a workspace over its bound, a store that is away | `last_tick` stays, and the next look tries again |
///
/// What is not promised is a moment: a tick becomes a job about a second after it, and later when the job cannot be accepted.
/// Ticks that were missed are run as `PeriodicJob.missed` says. A schedule that is seen for the first time starts then.
///
/// **A changed expression.** The row says what is in force. A ticker writes its own expression there at its first look, when it
/// differs, so that the worker which started last decides, and two releases side by side do not turn it back and forth; ticks
/// of the former expression up to that moment are settled before. From then on it follows the row.
public final class Ticker: PeriodicTask {
    public let name = "jobs.ticker"
    /// A tick is noticed this late at most. A look is one statement.
    public let interval = Duration.seconds(1)

    private let jobs: [PeriodicJob]
    private let store: ScheduleStore
    private let logger: Logger
    private let accept: @Sendable (_ job: PeriodicJob, _ tick: Date) async throws -> Void
    /// Schedules whose expression this ticker has compared with its own.
    private let declared = Mutex<Set<String>>([])

    /// - Parameter accept: hands one tick to the engine; it is called for several at once, and for the same one again.
    init(
        _ jobs: [PeriodicJob], pool: PostgresPool, logger: Logger, accept: @escaping @Sendable (_ job: PeriodicJob, _ tick: Date) async throws -> Void
    ) {
        precondition(Set(jobs.map(\.name)).count == jobs.count, "two schedules have one name")
        self.jobs = jobs
        self.store = ScheduleStore(pool: pool)
        self.logger = logger
        self.accept = accept
    }

    /// - Parameter producer: its `run()` is the caller's.
    public convenience init(_ jobs: [PeriodicJob], pool: PostgresPool, producer: JobProducer, logger: Logger) {
        self.init(jobs, pool: pool, logger: logger) { job, tick in try await job.accept(tick, by: producer) }
    }

    /// One look at all schedules.
    /// - Throws: when PostgreSQL could not be asked. What is wrong with a single schedule is logged, for it must not keep the
    ///   others from their ticks.
    public func run() async throws {
        guard !jobs.isEmpty else { return }
        let (now, records) = try await store.look(at: jobs.map(\.name))
        let unknown = jobs.filter { records[$0.name] == nil }
        if !unknown.isEmpty {
            let begun = try await store.begin(unknown.map(\.words))
            // They are in force as this program knows them; what comes later may be another release's.
            declared.withLock { $0.formUnion(begun) }
            logger.info("schedules begin", metadata: ["names": "\(begun.joined(separator: " "))"])
        }
        // Side by side: one whose store is away waits for its deadline, and the others need not.
        await withTaskGroup(of: Void.self) { group in
            for job in jobs {
                guard let record = records[job.name] else { continue }
                group.addTask { await self.attempt(job, record, now) }
            }
        }
    }

    private func attempt(_ job: PeriodicJob, _ record: ScheduleStore.Record, _ now: Date) async {
        do {
            try await look(at: record, for: job, now: now)
        } catch {
            guard !Task.isCancelled else { return }
            logger.warning("a schedule's tick was not accepted; it is tried again", metadata: ["schedule": "\(job.name)", "error": "\(error)"])
        }
    }

    private func look(at record: ScheduleStore.Record, for job: PeriodicJob, now: Date) async throws {
        let isDeclared = declared.withLock { $0.contains(job.name) }
        if !isDeclared, (try? job.calendar(of: record)) == nil {
            // Nobody can say which ticks it had; with an expression that can be read it goes on from now.
            return try await declare(job, over: record, from: now)
        }
        if record.isEnabled {
            let calendar = try job.calendar(of: record)
            let due = job.missed.due(after: record.lastTick, now: now, on: calendar)
            // What has been settled, by whomever, leaves this record behind: the next look goes on.
            if let latest = due.latest { return try await run(due, upTo: latest, of: job, record) }
        }
        if !isDeclared { try await declare(job, over: record, from: now) }
    }

    private func run(_ due: DueTicks, upTo latest: Date, of job: PeriodicJob, _ record: ScheduleStore.Record) async throws {
        // All at once: the producer gathers what is concurrent into one commit and one append.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for tick in due.runs { group.addTask { try await self.accept(job, tick) } }
            try await group.waitForAll()
        }
        guard try await store.settle(record, upTo: latest) else { return }
        logger.debug("ticks became jobs", metadata: ["schedule": "\(job.name)", "jobs": "\(due.runs.count)", "up_to": "\(latest)"])
        guard due.areSomeSkipped else { return }
        logger.notice(
            "ticks were missed and are not run", metadata: ["schedule": "\(job.name)", "after": "\(record.lastTick)", "up_to": "\(latest)"])
    }

    /// Puts this program's expression in force, where it is another one.
    private func declare(_ job: PeriodicJob, over record: ScheduleStore.Record, from now: Date) async throws {
        if !job.words.isSame(as: record) {
            guard try await store.change(record, to: job.words, from: now) else { return }
            logger.notice(
                "a schedule was changed",
                metadata: [
                    "schedule": "\(job.name)", "from": "\(record.expression) \(record.zone)", "to": "\(job.words.expression) \(job.words.zone)",
                ])
        }
        declared.withLock { _ = $0.insert(job.name) }
        guard job.calendar.next(after: now) == nil else { return }
        logger.warning("a schedule has no tick within eight years", metadata: ["schedule": "\(job.name)", "expression": "\(job.words.expression)"])
    }
}

extension PeriodicJob {
    /// Accepts a tick; one that was accepted before is left as it is.
    func accept(_ tick: Date, by producer: JobProducer) async throws {
        _ = try await producer.accept(
            kind: kind, body: try body(of: tick), workspace: workspace, id: id(of: tick), idempotency: idempotency(of: tick))
    }

    var words: ScheduleStore.Words {
        ScheduleStore.Words(name: name, expression: calendar.expression.description, zone: calendar.zone.identifier)
    }

    /// The calendar that is in force.
    func calendar(of record: ScheduleStore.Record) throws(CronError) -> CronCalendar {
        if words.isSame(as: record) { return calendar }
        guard let zone = TimeZone(identifier: record.zone) else {
            throw CronError(field: nil, text: record.zone, reason: "is no time zone")
        }
        return CronCalendar(try CronExpression(record.expression), in: zone)
    }
}

extension ScheduleStore.Words {
    func isSame(as record: ScheduleStore.Record) -> Bool { expression == record.expression && zone == record.zone }
}
