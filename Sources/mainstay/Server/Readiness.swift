import Jobs
import Postgres
import Redis
import Web

/// What the ingress and the workers lean on, as health checks.
///
/// The ingress is ready while PostgreSQL answers, for ledger kinds need nothing else; without the queues' Redis it warns and
/// refuses stream kinds.
enum Readiness {
    static func postgres(_ pool: PostgresPool) -> HealthCheck {
        HealthCheck("postgres") {
            _ = try await pool.query(.unscoped, "select 1")
            return .pass
        }
    }

    /// A worker that wants to read and hears nothing is not ready, whatever else answers.
    static func reading(_ worker: Worker) -> HealthCheck {
        HealthCheck("reading") {
            let stuck = worker.stuckPartitions
            return stuck.isEmpty ? .pass : .init(.fail, "Nothing was heard for too long of \(stuck.joined(separator: ", ")).")
        }
    }

    static func redis(_ client: RedisClient, isNeeded: Bool) -> HealthCheck {
        HealthCheck("redis") {
            do {
                _ = try await client.send(RedisCommand("PING"), timeout: .milliseconds(800))
                return .pass
            } catch  where !isNeeded {
                return .init(.warn, "The queues' Redis does not answer: inference and build profiles are refused, tickets and forks are kept.")
            }
        }
    }
}
