import Foundation
import Logging
import Postgres

/// What must be done now and then: days of partitions ahead, old idempotency keys and worker rows away.
struct Housekeeping: Sendable {
    let pool: PostgresPool
    let idempotencyWindow: Duration
    let draining: Signal
    let clock: any Clock<Duration>
    let logger: Logger

    func run() async {
        repeat {
            await step("partitions") { try await partitions() }
            await step("idempotency keys") { try await forgetKeys() }
            await step("workers") { try await forgetWorkers() }
        } while await draining.isQuiet(for: .seconds(900), clock: clock)
    }

    private func step(_ what: String, _ operation: () async throws -> Void) async {
        do {
            try await operation()
        } catch {
            guard !draining.isRaised else { return }
            logger.warning("housekeeping could not be done", metadata: ["of": "\(what)", "error": "\(error)"])
        }
    }

    private func partitions() async throws {
        _ = try await pool.query(
            .role(.upkeep),
            "select ensure_day_partitions('acceptances', 7), ensure_day_partitions('outcomes', 7), ensure_day_partitions('job_bodies', 7)")
    }

    private func forgetKeys() async throws {
        _ = try await pool.execute(
            .role(.upkeep), "delete from idempotency_keys where created_at < clock_timestamp() - $1 * interval '1 second'",
            idempotencyWindow.inSeconds)
    }

    private func forgetWorkers() async throws {
        _ = try await pool.execute(
            .role(.upkeep), "delete from workers where coalesce(stopped_at, dead_at) < clock_timestamp() - interval '7 days'")
    }
}
