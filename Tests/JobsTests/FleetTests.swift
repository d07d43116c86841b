import Foundation
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// A clock that stands until it is told to go on.
private final class StandingTime: Sendable {
    private let at = Mutex(ContinuousClock.now)
    var now: ContinuousClock.Instant { at.withLock { $0 } }
    func pass(_ duration: Duration) { at.withLock { $0 += duration } }
}

/// What a worker tells of itself, without servers.
@Suite struct ActivityTests {
    private let time = StandingTime()
    private let job = JobName(workspace: .version7(), id: .version7())

    @Test("what is under way is told with its age, the longest first; what ended is counted by kind, until some rounds later")
    func rounds() {
        let activity = Activity(time: { [time] in time.now })
        let batch = activity.began(kind: "ticket.create", jobs: 500)
        time.pass(.seconds(2))
        let run = activity.began(kind: "run.execute", job: job, jobs: 1)
        let first = activity.draw()
        #expect(
            first.report.running == [
                .init(kind: "ticket.create", job: nil, jobs: 500, seconds: 2), .init(kind: "run.execute", job: job.id, jobs: 1, seconds: 0),
            ])
        #expect(first.report.kinds.isEmpty && first.report.over == 2 && first.progress.isEmpty)

        time.pass(.seconds(1))
        activity.ended(batch, done: 499)
        activity.ended(batch, done: 499)
        activity.progress(run, JobProgress(progress: 0.5, note: "half"))
        let short = activity.began(kind: "ticket.create", jobs: 1)
        time.pass(.seconds(1))
        activity.ended(short, done: 1)
        let second = activity.draw()
        #expect(second.report.kinds == ["ticket.create": .init(jobs: 500, ended: 2, seconds: 4, slowest: 3)])
        #expect(second.report.perSecond(of: 500) == 125, "over four seconds")
        #expect(second.report.running == [.init(kind: "run.execute", job: job.id, jobs: 1, seconds: 2, progress: 0.5, note: "half")])
        #expect(second.progress.map(\.job) == [job] && second.progress.map(\.told) == [JobProgress(progress: 0.5, note: "half")])

        for _ in 2..<Activity.rounds { _ = activity.draw() }
        #expect(activity.draw().report.kinds["ticket.create"]?.jobs == 500)
        #expect(activity.draw().report.kinds.isEmpty, "the round in which they ended is over")
        #expect(activity.draw().report.running.count == 1)
        activity.ended(run, done: 1)
        activity.progress(run, JobProgress(progress: 1))
        #expect(activity.draw().report.running.isEmpty)
    }

    @Test("a report is no longer than anybody reads")
    func most() {
        let activity = Activity(time: { [time] in time.now })
        for _ in 0..<WorkerReport.most + 50 { _ = activity.began(kind: "run.execute", job: job, jobs: 1) }
        #expect(activity.draw().report.running.count == WorkerReport.most)
    }

    @Test("a report is read back as it was written; members of another release and garbage do no harm")
    func report() throws {
        let report = WorkerReport(
            running: [
                .init(kind: "run.execute", job: job.id, jobs: 1, seconds: 1.5, progress: 0.25, note: "q"), .init(kind: "k", jobs: 3, seconds: 0),
            ],
            kinds: ["k": .init(jobs: 5, ended: 2, seconds: 0.5, slowest: 0.4)], over: 9.5)
        #expect(WorkerReport(json: Array(try JSONEncoder().encode(report))) == report)
        #expect(WorkerReport(json: Array("{\"over\":3,\"weather\":\"fine\"}".utf8)) == WorkerReport(running: [], kinds: [:], over: 3))
        #expect(WorkerReport(json: Array("no JSON".utf8)) == WorkerReport())
    }

    @Test("reports of several workers add up, and a kind that none has ended has no mean")
    func handlers() {
        let one = WorkerReport(running: [], kinds: ["a": .init(jobs: 100, ended: 2, seconds: 3, slowest: 2)], over: 10)
        let two = WorkerReport(
            running: [.init(kind: "b", jobs: 1, seconds: 60)], kinds: ["a": .init(jobs: 50, ended: 1, seconds: 3, slowest: 3)], over: 5)
        #expect(
            FleetOverview.handlers([one, two]) == [
                .init(kind: "a", perSecond: 20, meanSeconds: 2, slowestSeconds: 3),
                .init(kind: "b", perSecond: 0, meanSeconds: nil, slowestSeconds: nil),
            ])
        #expect(FleetOverview.handlers([WorkerReport()]).isEmpty)
    }

    @Test("a rate is over the window, or since the last look where looks are rare; a counter that went back has none")
    func rates() {
        var window = RateWindow(length: .seconds(5))
        #expect(window.looked(100, at: time.now) == nil, "nothing to compare with")
        time.pass(.milliseconds(10))
        #expect(window.looked(150, at: time.now) == nil, "ten milliseconds are too short to say")
        time.pass(.milliseconds(1990))
        #expect(window.looked(300, at: time.now) == 100)
        for _ in 0..<10 {
            time.pass(.seconds(1))
            _ = window.looked(300, at: time.now)
        }
        #expect(window.looked(300, at: time.now) == 0, "what was done is out of the window")
        time.pass(.seconds(60))
        #expect(window.looked(420, at: time.now) == 2)
        time.pass(.seconds(1))
        #expect(window.looked(7, at: time.now) == nil, "it was set back")
        time.pass(.seconds(1))
        #expect(window.looked(8, at: time.now) == 1)
    }

    @Test("looks that come thick are one, so that the window is bounded and its rate steady")
    func thick() {
        var window = RateWindow(length: .seconds(5))
        for count in 0..<2000 {
            _ = window.looked(count, at: time.now)
            time.pass(.milliseconds(10))
        }
        let rate = window.looked(2000, at: time.now)
        #expect(rate.map { abs($0 - 100) < 1 } == true)
    }
}

/// The overview of a fleet, on real servers.
@Suite(.timeLimit(.minutes(1))) struct FleetTests {
    /// Looks until what is seen is as wanted.
    private func look(_ reader: FleetReader, until isWanted: (FleetOverview) -> Bool) async throws -> FleetOverview {
        var last: FleetOverview?
        try await eventually("the fleet is as wanted") {
            let seen = try await reader.overview()
            last = seen
            return isWanted(seen)
        }
        return try #require(last)
    }

    private func reader(_ engine: EngineFixture, _ queues: String...) -> FleetReader {
        FleetReader(pool: engine.pool, redis: engine.redis, configuration: engine.configuration, queues: queues)
    }

    @Test("a worker that runs a long job shows it with its age and its progress, and so does the job's status; gone, it is stopped")
    func longJob() async throws {
        try await EngineFixture.with { engine in
            let reader = self.reader(engine, "long")
            let (begun, goOn) = (Signal(), Signal())
            var registry = HandlerRegistry()
            registry.register(run: SlowHandler(begun: begun, goOn: goOn))
            let worker = Worker(
                name: "slow", registry: registry, pool: engine.pool, redis: engine.redis, configuration: engine.configuration, version: "7.1",
                logger: engine.logger)
            let job = try await engine.producer.accept(Slow(), workspace: engine.workspace)
            try await engine.run(worker) { _ in
                await begun.wait()
                let seen = try await look(reader) { $0.workers.first?.running.first?.progress != nil }
                let shown = try #require(seen.workers.first)
                #expect(seen.workers.count == 1 && shown.name == "slow" && shown.version == "7.1" && shown.queues == ["long"])
                #expect(shown.state == "working" && shown.pid == Int(ProcessInfo.processInfo.processIdentifier))
                let running = try #require(shown.running.first)
                #expect(running.kind == "test.slow" && running.job == job.id && running.jobs == 1)
                #expect(running.progress == 0.25 && running.note == "a quarter" && running.seconds > 0)
                #expect(seen.handlers.map(\.kind) == ["test.slow"] && seen.handlers.first?.meanSeconds == nil)
                let queue = try #require(seen.queues.first)
                #expect(queue.isKnown && queue.running == 1 && queue.ready == 0 && queue.workers == 1 && !queue.isPaused)
                #expect(queue.secondsToEmpty == nil, "nothing was done yet: when it is empty is unknown")
                let status = try #require(await engine.status(job.id))
                #expect(status.progress == 0.25 && status.note == "a quarter" && !status.state.isFinal)
                let foreign = try await engine.producer.status(job.id, workspace: .version7())
                #expect(foreign == nil)

                goOn.raise()
                try await engine.expect(job.id, .done)
                let done = try await look(reader) { $0.handlers.first?.meanSeconds != nil && $0.workers.first?.running.isEmpty == true }
                #expect((done.handlers.first?.slowestSeconds ?? 0) > 0)
                let ended = try await engine.status(job.id)
                #expect(ended?.progress == nil)
            }
            let after = try await reader.overview()
            #expect(after.workers.map(\.state) == ["stopped"] && after.workers.first?.perSecond == nil)
            let id = try #require(after.workers.first).id
            let left = try await engine.redis.send(RedisCommand("GET", .string(FleetKeys(prefix: engine.configuration.prefix).report(id))))
            #expect(left.isNull, "a worker that leaves takes its report along")
        }
    }

    @Test("a batch is shown as one, with the number of its jobs; what it did is counted, and a pause is told")
    func batch() async throws {
        try await EngineFixture.with { engine in
            let reader = self.reader(engine, "notes")
            let (begun, goOn) = (Signal(), Signal())
            for text in ["a", "b", "c"] { _ = try await engine.producer.accept(Note(text: text), workspace: engine.workspace) }
            try await engine.eventuallyAppended { try await engine.queue().measure().ready == 3 }
            try await engine.withWorker(onBatch: { _ in
                begun.raise()
                await goOn.wait()
            }) { _ in
                await begun.wait()
                let seen = try await look(reader) { $0.workers.first?.running.isEmpty == false }
                let running = try #require(seen.workers.first?.running.first)
                #expect(running.kind == Note.kind.name && running.job == nil && running.jobs == 3 && running.progress == nil)
                goOn.raise()
                let done = try await look(reader) { ($0.handlers.first?.perSecond ?? 0) > 0 && $0.workers.first?.running.isEmpty == true }
                #expect(done.handlers.first?.kind == Note.kind.name && (done.workers.first?.perSecond ?? 0) > 0)
            }
            _ = try await QueueControl(pool: engine.pool).pause("notes", reason: "a look")
            let paused = try #require(await reader.overview().queues.first)
            #expect(paused.isPaused && paused.pauseReason == "a look" && paused.secondsToEmpty == 0)
        }
    }

    @Test("the rate of a queue is between two looks, and the time to empty follows from it")
    func rate() async throws {
        try await EngineFixture.with { engine in
            let time = StandingTime()
            let reader = FleetReader(
                pool: engine.pool, redis: engine.redis, configuration: engine.configuration, queues: ["notes"], time: { time.now })
            let first = try #require(await reader.overview().queues.first)
            #expect(first.isKnown && first.perSecond == nil && first.secondsToEmpty == 0)
            for text in ["a", "b", "c"] { _ = try await engine.producer.accept(Note(text: text), workspace: engine.workspace) }
            try await engine.withWorker { _ in try await eventually { try await engine.queue().measure().acknowledged == 3 } }
            _ = try await engine.producer.accept(Note(text: "waits"), workspace: engine.workspace)
            try await engine.eventuallyAppended { try await engine.queue().measure().ready == 1 }
            time.pass(.seconds(2))
            let second = try #require(await reader.overview().queues.first)
            #expect(second.perSecond == 1.5 && second.ready == 1 && second.running == 0)
            #expect(second.secondsToEmpty.map { abs($0 - 1 / 1.5) < 0.001 } == true)

            let monitor = BacklogMonitor(redis: engine.redis, configuration: engine.configuration, queues: ["notes"], logger: engine.logger)
            await monitor.measure()
            #expect(monitor.rates.isEmpty, "one measure is no rate")
            try await eventually {
                await monitor.measure()
                return monitor.rates["notes"] == 0
            }
            #expect(monitor.backlogs["notes"]?.secondsToEmpty(perSecond: monitor.rates["notes"]) == nil)
        }
    }

    @Test("while Redis is away the queues are unknown, and the workers that PostgreSQL knows are silent")
    func withoutRedis() async throws {
        try await EngineFixture.with { engine in
            let store = WorkerStore(pool: engine.pool)
            let (alive, gone, dead) = (UUID.version7(), UUID.version7(), UUID.version7())
            for id in [alive, gone, dead] {
                try await store.register(id: id, name: "w", host: "h", pid: 1, queues: ["notes"], version: "v")
            }
            try await store.stopped(gone)
            #expect(try await store.markDead(dead))
            _ = try await QueueControl(pool: engine.pool).pause("notes", reason: nil)
            // Nobody runs this client, so it never connects: what is asked of it waits in vain.
            let absent = RedisClient(configuration: try RedisConfiguration(url: "redis://127.0.0.1:1/0"), logger: engine.logger)
            let reader = FleetReader(pool: engine.pool, redis: absent, configuration: engine.configuration, queues: ["notes", "long"])
            let seen = try await reader.overview()
            #expect(
                seen.queues == [
                    .init(name: "notes", isKnown: false, isPaused: true), .init(name: "long", isKnown: false),
                ])
            #expect(seen.workers.first?.id == alive && seen.workers.first?.state == "silent", "who runs comes first")
            #expect(Set(seen.workers.dropFirst().map(\.state)) == ["stopped", "dead"])
            #expect(seen.handlers.isEmpty)
        }
    }
}

private struct Slow: JobPayload {
    static let kind = JobKind(name: "test.slow", queue: "long", acceptance: .stream)
}

/// Tells a quarter, waits for a word, and ends.
private struct SlowHandler: RunHandler {
    let begun: Signal
    let goOn: Signal

    func run(_ job: Job<Slow>, context: RunContext) async throws {
        context.report(progress: .nan, note: "no number is not told")
        context.report(progress: 0.25, note: "a quarter")
        begun.raise()
        await goOn.wait()
        try await context.finish()
    }
}
