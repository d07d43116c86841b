public import Foundation
public import Jobs
import ServiceLifecycle

/// What a drain did, in the queues that the engine serves.
public struct Drained: Sendable, Hashable {
    /// Jobs whose handler succeeded.
    public var done = 0
    /// Attempts that failed and whose job will be tried again.
    public var retried = 0
    /// Jobs that became dead letters.
    public var dead = 0
    /// Jobs that are left: for their time, their next attempt, or a limit.
    public var waiting = 0

    public init(done: Int = 0, retried: Int = 0, dead: Int = 0, waiting: Int = 0) {
        self.done = done
        self.retried = retried
        self.dead = dead
        self.waiting = waiting
    }
}

extension TestEngine {
    /// Carries out everything that is due, and everything that is enqueued by that and due at once, by a worker that then leaves.
    ///
    /// What fails is tried again when its time has come, which is not during this drain: call ``advance(by:)`` and drain again.
    ///
    /// - Parameter timeout: generous, for it is only waited for in full when a handler hangs.
    /// - Throws: `TestEngineError` when it is not done in time; what ends a worker.
    @discardableResult
    public func drain(timeout: Duration = .seconds(30)) async throws -> Drained {
        guard !registry.queues.isEmpty else { return Drained() }
        let configuration = configurationNow(promotes: false)
        let administration = JobAdministration(pool: pool, redis: redis, configuration: configuration)
        let before = try await backlog(administration)
        try await running([worker(configuration)], logger: logger) {
            for queue in registry.queues { try await administration.promote(queue) }
            try await untilQuiet(administration, timeout: timeout)
        }
        let after = try await backlog(administration)
        return Drained(
            done: after.acknowledged - before.acknowledged, retried: after.retried - before.retried, dead: after.dead - before.dead,
            waiting: after.total)
    }

    /// Lets time pass and drains, step by step, until nothing waits or `duration` has passed: delayed jobs and retries have their turns.
    @discardableResult
    public func drain(advancingBy duration: Duration, in steps: Int = 8, timeout: Duration = .seconds(30)) async throws -> Drained {
        var sum = try await drain(timeout: timeout)
        for _ in 0..<max(1, steps) where sum.waiting > 0 {
            advance(by: duration / max(1, steps))
            let step = try await drain(timeout: timeout)
            sum = Drained(done: sum.done + step.done, retried: sum.retried + step.retried, dead: sum.dead + step.dead, waiting: step.waiting)
        }
        return sum
    }

    /// Runs `body` beside a worker that works as in production: what becomes due is begun by itself.
    public func withWorker<R: Sendable>(_ body: @Sendable () async throws -> R) async throws -> R {
        try await running([worker(configurationNow(promotes: true))], logger: logger, body)
    }

    /// The outcome of a job that a worker is about to finish: for use inside of ``withWorker(_:)``.
    /// - Throws: `TestEngineError` when there is none in time.
    public func finished(_ job: UUID, workspace: UUID? = nil, timeout: Duration = .seconds(30)) async throws -> JobStatus {
        let status = try await producer.wait(job, workspace: workspace ?? self.workspace, timeout: timeout)
        guard let status, status.state.isFinal else {
            throw TestEngineError("job \(job.lowercased) has no outcome after \(timeout); it is \(status.map { "\($0.state)" } ?? "not known")")
        }
        return status
    }

    private func worker(_ configuration: JobsConfiguration) -> Worker {
        Worker(name: "test", registry: registry, pool: pool, redis: redis, configuration: configuration, logger: logger)
    }

    private func backlog(_ administration: JobAdministration) async throws -> Backlog {
        var sum = Backlog()
        for queue in registry.queues { sum = sum + (try await administration.backlog(of: queue)) }
        return sum
    }

    private func untilQuiet(_ administration: JobAdministration, timeout: Duration) async throws {
        let deadline = ContinuousClock.now + timeout
        while try await !isQuiet(administration) {
            guard ContinuousClock.now < deadline else {
                let left = try await backlog(administration)
                throw TestEngineError(
                    "not drained within \(timeout): \(left.ready) jobs in lanes, \(left.running) of them begun, \(left.parked) parked")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Nothing is in a worker's hands or before them, and nothing is on its way there.
    private func isQuiet(_ administration: JobAdministration) async throws -> Bool {
        let backlog = try await backlog(administration)
        guard backlog.ready == 0 else { return false }
        if backlog.parked > 0 {
            // With nobody to acknowledge nobody lets the parked jobs go on; those that stay are shut out by a limit.
            for queue in registry.queues { try await administration.promote(queue) }
        }
        for queue in registry.queues {
            let waiting = try await administration.waiting(in: queue)
            if waiting.contains(where: { $0.place == .lane || $0.place == .ledger }) { return false }
        }
        return true
    }
}
