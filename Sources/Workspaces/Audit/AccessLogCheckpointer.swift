package import Logging
package import Postgres
import ServiceLifecycle

/// Gives the access log its checkpoints, while a server runs and once more when it leaves. Any number of servers may do it: an
/// entry gets one checkpoint, whoever is first.
package struct AccessLogCheckpointer: Service {
    /// Between two looks, each of which is one small statement.
    static let interval = Duration.seconds(30)

    private let store: AccessLogStore
    private let keys: AccessLogKeys
    private let rule: CheckpointRule
    private let clock: any Clock<Duration>
    private let logger: Logger

    package init(
        pool: PostgresPool, keys: AccessLogKeys, rule: CheckpointRule = CheckpointRule(), clock: any Clock<Duration> = ContinuousClock(),
        logger: Logger
    ) {
        store = AccessLogStore(pool: pool)
        self.keys = keys
        self.rule = rule
        self.clock = clock
        self.logger = logger
    }

    package func run() async throws {
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            // Either way of ending the wait is followed by the last look.
            try? await cancelWhenGracefulShutdown { try await self.clock.sleep(for: Self.interval) }
            await look(isLast: Task.isShuttingDownGracefully)
        }
    }

    private func look(isLast: Bool) async {
        // Nothing can be asked any more.
        if Task.isCancelled { return }
        do {
            _ = try await step(isLast: isLast)
        } catch {
            logger.warning("the access log got no checkpoint", metadata: ["error": "\(error)"])
        }
    }

    /// One look.
    /// - Parameter isLast: whatever has no checkpoint gets one, for nobody may come by for long.
    /// - Returns: whether it made one.
    func step(isLast: Bool = false) async throws -> Bool {
        guard let standing = try await store.standing() else { return false }
        let isBehind = standing.sequence > standing.last?.sequence ?? 0
        guard rule.isDue(head: standing.sequence, last: standing.last, now: standing.now) || (isLast && isBehind) else { return false }
        return try await store.keep(keys.signed(standing.checkpoint))
    }
}
