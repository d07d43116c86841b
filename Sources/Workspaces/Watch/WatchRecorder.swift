package import Logging
package import Postgres
import ServiceLifecycle

/// Writes down what the watch noticed, and locks the tokens that are to be locked: behind the requests, one event after the other.
///
/// While the database is away, events wait in their bounded queue and are tried again; what finds no place there is lost, and the
/// log of the process says how many. So it is with what is left when the process ends.
package struct WatchRecorder: Service {
    /// Before another try with a database that was away.
    static let pause = Duration.seconds(5)

    private let queue: WatchQueue
    private let record: @Sendable (WatchEvent) async throws -> Void
    private let clock: any Clock<Duration>
    private let logger: Logger

    package init<C: Clock>(watch: AccessWatch<C>, pool: PostgresPool, clock: any Clock<Duration> = ContinuousClock(), logger: Logger)
    where C.Duration == Duration {
        self.init(queue: watch.queue, record: { try await Self.write($0, to: pool) }, clock: clock, logger: logger)
    }

    init(queue: WatchQueue, record: @escaping @Sendable (WatchEvent) async throws -> Void, clock: any Clock<Duration>, logger: Logger) {
        self.queue = queue
        self.record = record
        self.clock = clock
        self.logger = logger
    }

    package func run() async throws {
        for await _ in queue.rings.cancelOnGracefulShutdown() {
            while await !flush(), !Task.isCancelled, !Task.isShuttingDownGracefully {
                try? await cancelWhenGracefulShutdown { try await self.clock.sleep(for: Self.pause) }
            }
        }
        await flush()
    }

    /// Writes what waits.
    /// - Returns: false when some of it could not be written, and waits again.
    @discardableResult
    func flush() async -> Bool {
        let (events, lost) = queue.take()
        if lost > 0 { logger.error("Suspicious access was not written down, for too much of it waited", metadata: ["events": "\(lost)"]) }
        for (index, event) in events.enumerated() {
            do {
                try await record(event)
            } catch {
                // One that fails for a reason of its own would stop all behind it for ever.
                let isPassing = (error as? PostgresError)?.isRetryable ?? true
                logger.warning(
                    "Suspicious access was not written down",
                    metadata: ["signal": "\(event.signal.rawValue)", "error": "\(error)", "is_tried_again": "\(isPassing)"])
                if isPassing {
                    queue.putBack(Array(events[index...]))
                    return false
                }
            }
        }
        return true
    }

    /// The lock and what tells of it, or neither.
    static func write(_ event: WatchEvent, to pool: PostgresPool) async throws {
        let workspace = event.subject.workspace
        let scope: PostgresScope = if let workspace { .workspaces([workspace]) } else { .unscoped }
        try await pool.transaction(scope) { transaction in
            // What has no row is held at each ingress that noticed it.
            if event.response == .lock, let (token, workspace) = event.subject.storedToken {
                TokenLockStore.lock(token, workspace: workspace, for: event.rule.period, in: transaction)
                AccessLogStore.append(
                    AccessEvent(.tokenLocked, by: .system("watch"), in: workspace, on: event.subject.entry, details: Self.details(of: event)),
                    in: transaction)
            }
            AccessLogStore.append(
                AccessEvent(.suspiciousAccess, by: .system("watch"), in: workspace, on: event.subject.entry, details: Self.details(of: event)),
                in: transaction)
        }
    }

    private static func details(of event: WatchEvent) -> [String: String] {
        var details = [
            "signal": event.signal.rawValue, "count": "\(event.rule.threshold)", "window_seconds": "\(event.rule.window.components.seconds)",
            "response": event.response.name,
        ]
        if event.response >= .slow { details["period_seconds"] = "\(event.rule.period.components.seconds)" }
        return details
    }
}
