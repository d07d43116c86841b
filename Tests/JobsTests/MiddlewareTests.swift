import Foundation
import InMemoryLogging
import Logging
import MetricsTestKit
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// A run that ends at once.
private struct ShortRun: JobPayload {
    static let kind = JobKind(name: "test.short-run", queue: "long", acceptance: .stream, retry: Note.quick)
}

private struct ShortRunHandler: RunHandler {
    let calls: Calls

    func run(_ job: Job<ShortRun>, context: RunContext) async throws {
        calls.add("run")
        try await context.finish()
    }
}

/// What was called, in order.
private final class Calls: Sendable {
    private let state = Mutex<[String]>([])

    var all: [String] { state.withLock { $0 } }
    func add(_ call: String) { state.withLock { $0.append(call) } }
    func clear() { state.withLock { $0 = [] } }
}

/// Writes down when it is entered and left.
private struct Marker: JobMiddleware {
    let name: String
    let calls: Calls

    func handle<R: Sendable>(_ unit: JobUnit, next: @escaping @Sendable () async throws -> R) async throws -> R {
        calls.add("\(name) before \(unit.shape) of \(unit.count) \(unit.kind.name)")
        do {
            let result = try await next()
            calls.add("\(name) after")
            return result
        } catch {
            calls.add("\(name) failed")
            throw error
        }
    }
}

/// Lets nothing through.
private struct Refusing: JobMiddleware {
    func handle<R: Sendable>(_ unit: JobUnit, next: @escaping @Sendable () async throws -> R) async throws -> R {
        throw PermanentJobError("not today", code: "not_today")
    }
}

/// The calls of two markers around a handler.
private func nested(_ unit: String, _ handler: String? = nil) -> [String] {
    ["outer before \(unit)", "inner before \(unit)"] + (handler.map { [$0] } ?? []) + ["inner after", "outer after"]
}

extension EngineFixture {
    /// A worker with a registry of a test's own, for the length of `body`.
    func withWorker(serving registry: HandlerRegistry, _ body: @Sendable () async throws -> Void) async throws {
        let worker = Worker(name: "test", registry: registry, pool: pool, redis: redis, configuration: configuration, logger: logger)
        try await run(worker) { _ in try await body() }
    }
}

@Suite(.timeLimit(.minutes(1))) struct MiddlewareTests {
    @Test("middleware stands around every shape of handler, the first one outermost, and lets results through")
    func order() async throws {
        try await EngineFixture.with { engine in
            let calls = Calls()
            var registry = HandlerRegistry(middleware: [Marker(name: "outer", calls: calls)])
            registry.register(batch: NoteHandler(onBatch: { _ in calls.add("batch") }))
            registry.register(effect: StreamNoteHandler())
            // One that comes last stands around those that are there.
            registry.use(Marker(name: "inner", calls: calls))
            registry.register(run: ShortRunHandler(calls: calls))
            try await engine.withWorker(serving: registry) {
                let batch = try await engine.producer.accept(Note(text: "batch"), workspace: engine.workspace).id
                try await engine.expect(batch, .done)
                #expect(calls.all == nested("batch of 1 test.note", "batch"))
                calls.clear()
                let effect = try await engine.producer.accept(StreamNote(text: "effect"), workspace: engine.workspace).id
                let status = try await engine.finished(effect)
                #expect(status.result.map { String(decoding: $0, as: UTF8.self).filter { !$0.isWhitespace } } == #"{"length":6}"#)
                #expect(calls.all == nested("effect of 1 test.stream"))
                calls.clear()
                let run = try await engine.producer.accept(ShortRun(), workspace: engine.workspace).id
                try await engine.expect(run, .done)
                // Its outcome is committed before the handler returns.
                try await eventually { calls.all == nested("run of 1 test.short-run", "run") }
            }
        }
    }

    @Test("what a middleware throws is the job's failure, and the handler is not called")
    func refusal() async throws {
        try await EngineFixture.with { engine in
            let calls = Calls()
            var registry = HandlerRegistry(middleware: [Marker(name: "outer", calls: calls), Refusing()])
            registry.register(batch: NoteHandler(onBatch: { _ in calls.add("batch") }))
            registry.register(run: ShortRunHandler(calls: calls))
            try await engine.withWorker(serving: registry) {
                let batch = try await engine.producer.accept(Note(text: "batch"), workspace: engine.workspace).id
                let run = try await engine.producer.accept(ShortRun(), workspace: engine.workspace).id
                for job in [batch, run] {
                    try await engine.expect(job, .dead)
                    #expect(try await DeadLetterStore(pool: engine.pool).find(job)?.code == "not_today")
                }
            }
            #expect(
                calls.all.sorted() == [
                    "outer before batch of 1 test.note", "outer before run of 1 test.short-run", "outer failed", "outer failed",
                ])
            #expect(try await engine.notes() == [])
        }
    }

    @Test("a handler's failure passes through, and only the bad job of a batch fails for good")
    func failure() async throws {
        try await EngineFixture.with { engine in
            let calls = Calls()
            var registry = HandlerRegistry(middleware: [Marker(name: "outer", calls: calls)])
            registry.register(batch: NoteHandler())
            var ids: [UUID] = []
            for number in 0..<6 {
                ids.append(try await engine.producer.accept(Note(text: "\(number)", isPermanent: number == 3), workspace: engine.workspace).id)
            }
            try await engine.eventuallyAppended { try await engine.queue().measure().ready == 6 }
            try await engine.withWorker(serving: registry) { [ids] in
                for (number, id) in ids.enumerated() { try await engine.expect(id, number == 3 ? .dead : .done) }
            }
            #expect(try await engine.notes() == ["0", "1", "2", "4", "5"])
            // The whole, and then its parts down to the bad job alone.
            #expect(calls.all.contains("outer before batch of 6 test.note") && calls.all.contains("outer before batch of 1 test.note"))
            #expect(calls.all.contains("outer after") && calls.all.filter { $0 == "outer failed" }.count > 1)
        }
    }

    @Test("without middleware a handler is called by the very runner that it was registered with")
    func bare() throws {
        func wrapped(_ registry: HandlerRegistry) throws -> [Bool] {
            try registry.kinds.map { kind in
                switch try #require(registry.runner(for: kind.name)) {
                case .transactional(let runner): runner is MiddlewareRunner
                case .run(let runner): runner is MiddlewareLongRunner
                }
            }
        }
        var registry = HandlerRegistry()
        registry.register(batch: NoteHandler())
        registry.register(effect: StreamNoteHandler())
        registry.register(run: ShortRunHandler(calls: Calls()))
        #expect(try wrapped(registry) == [false, false, false])
        let isNoChain = MiddlewareChain([]) == nil
        #expect(isNoChain)
        registry.use(JobTraceMiddleware())
        #expect(try wrapped(registry) == [true, true, true])
    }
}

@Suite struct ShippedMiddlewareTests {
    private static let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    private static let other = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-00f067aa0ba902b7-01"

    private func unit(_ traces: String?..., kind: JobKind = Note.kind, attempt: Int = 1) -> JobUnit {
        let jobs = traces.map { trace in
            JobUnit.Member(
                id: .version7(), workspace: .version7(), attempt: attempt, trace: trace.flatMap { TraceParent(header: $0) })
        }
        return JobUnit(kind: kind, shape: .batch, jobs: jobs)
    }

    @Test("a handler goes on with its job's trace under a span of its own, and says so in whatever it logs")
    func trace() async throws {
        let (bound, logged) = try await JobTraceMiddleware().handle(unit(Self.trace, Self.trace)) {
            (JobTrace.current, Logger.MetadataProvider.jobTrace.get().mapValues { "\($0)" })
        }
        let span = try #require(bound)
        let trace = try #require(TraceParent(header: Self.trace))
        #expect(span.traceID == trace.traceID && span.spanID != trace.spanID && span.header.hasSuffix("-01"))
        #expect(TraceParent(header: span.header) == span)
        #expect(logged == ["trace_id": String(trace.traceID), "span_id": String(span.spanID)])
        #expect(JobTrace.current == nil && Logger.MetadataProvider.jobTrace.get().isEmpty)
    }

    @Test("jobs of several traces, and those without one, are given none")
    func noTrace() async throws {
        for mixed in [unit(Self.trace, Self.other), unit(Self.trace, nil), unit(nil, Self.trace), unit(nil)] {
            let bound = try await JobTraceMiddleware().handle(mixed) { JobTrace.current }
            #expect(bound == nil)
        }
    }

    private struct Line: Sendable {
        let level: Logger.Level
        let facts: [String: String]
    }

    /// What the middleware logs around a handler.
    private func lines(_ unit: JobUnit, _ handler: @escaping @Sendable () async throws -> Void) async -> [Line] {
        let log = InMemoryLogHandler()
        var logger = Logger(label: "test") { _ in log }
        logger.logLevel = .trace
        let middleware = JobLogMiddleware(logger: logger)
        try? await middleware.handle(unit, next: handler)
        return log.entries.map { Line(level: $0.level, facts: $0.metadata.mapValues { "\($0)" }) }
    }

    @Test("a unit is one line: at debug when it was handled, a warning when a job failed by its own fault")
    func log() async throws {
        let one = unit(Self.trace, attempt: 3)
        let returned = await lines(one) {}
        #expect(returned.map(\.level) == [.debug])
        let facts = try #require(returned.first?.facts)
        #expect(facts["kind"] == "test.note" && facts["jobs"] == "1" && facts["attempt"] == "3")
        #expect(facts["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736" && facts["job"] == one.jobs[0].id.lowercased)
        #expect(facts["milliseconds"] != nil && facts["error"] == nil)

        let failed = await lines(one) { throw NoteFault() }
        #expect(failed.map(\.level) == [.warning] && failed.first?.facts["error"] == "NoteFault()")
        // It comes again in parts.
        let batch = await lines(unit(nil, nil)) { throw NoteFault() }
        #expect(batch.map(\.level) == [.debug] && batch.first?.facts["jobs"] == "2")
        #expect(batch.first?.facts["job"] == nil && batch.first?.facts["trace_id"] == nil)
        let nobodysFault: [any Error] = [
            CancellationError(), JobError(.fenced, subject: "w", message: "dead"), JobError(.unavailable, subject: "s", message: "away"),
        ]
        for error in nobodysFault {
            let quiet = await lines(one) { throw error }
            #expect(quiet.map(\.level) == [.debug], "\(error)")
        }
    }

    @Test("handlers are timed by their kind and by nothing else, those that fail too")
    func metrics() async throws {
        let metrics = TestMetrics()
        let middleware = JobMetricsMiddleware(factory: metrics)
        let answer = try await middleware.handle(unit(nil)) { 7 }
        #expect(answer == 7)
        await #expect(throws: NoteFault.self) { try await middleware.handle(unit(nil, nil)) { throw NoteFault() } }
        _ = try await middleware.handle(unit(nil, kind: StreamNote.kind)) { 8 }
        let notes = try metrics.expectRecorder("mainstay_handler_duration_seconds", [("kind", "test.note")])
        #expect(notes.values.count == 2 && notes.values.allSatisfy { $0 >= 0 && $0 < 60 })
        #expect(metrics.recorders.count == 2)
    }
}
