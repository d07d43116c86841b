import Foundation
public import Logging

/// One line a unit: at `debug` when its handler returned, at `warning` when a job failed by its own fault.
///
/// A unit of several jobs that fails is logged at `debug`, for it is split until the bad job stands alone, and then there is the
/// warning. So is what is nobody's fault: a store that is away, a worker that leaves, a job that another delivery finished.
///
/// Metadata: `kind`, `jobs` (their number), `job` (of a single one), `attempt` (the highest), `trace_id` (where all share one),
/// `milliseconds` (the handler's own time, without the commit), `error`.
public struct JobLogMiddleware: JobMiddleware {
    private let logger: Logger

    public init(logger: Logger) {
        self.logger = logger
    }

    public func handle<R: Sendable>(_ unit: JobUnit, next: @escaping @Sendable () async throws -> R) async throws -> R {
        let started = ContinuousClock.now
        do {
            let result = try await next()
            logger.debug("a handler returned", metadata: Self.facts(of: unit, since: started))
            return result
        } catch {
            logger.log(level: Self.level(of: Failure(error), unit), "a handler failed", metadata: Self.facts(of: unit, since: started, error))
            throw error
        }
    }

    private static func level(of failure: Failure, _ unit: JobUnit) -> Logger.Level {
        if case .failed = failure, unit.count == 1 { .warning } else { .debug }
    }

    private static func facts(of unit: JobUnit, since started: ContinuousClock.Instant, _ error: (any Error)? = nil) -> Logger.Metadata {
        let jobs = unit.jobs
        let milliseconds = ((ContinuousClock.now - started).inSeconds * 1_000_000).rounded() / 1000
        var facts: Logger.Metadata = [
            "kind": .string(unit.kind.name), "jobs": .stringConvertible(jobs.count),
            "attempt": .stringConvertible(jobs.lazy.map(\.attempt).max() ?? 1), "milliseconds": .stringConvertible(milliseconds),
        ]
        if jobs.count == 1, let job = jobs.first { facts["job"] = .string(job.id.lowercased) }
        if let trace = unit.trace { facts["trace_id"] = .string(String(trace.traceID)) }
        if let error { facts["error"] = .string("\(error)") }
        return facts
    }
}
