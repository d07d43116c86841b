import Foundation
import Logging
import Redis
import Synchronization

/// How many jobs workspaces have in queues: asked of Redis when somebody wants to know it, and remembered for a second.
///
/// Of those who want to know one asks at a time, and the others go by what was known before: a flood of requests is one question,
/// and a Redis that is away holds one of them up.
final class WorkspaceBacklogs: Sendable {
    private struct Place: Hashable {
        let queue: String
        let workspace: UUID
    }

    private struct Seen {
        /// Nil while Redis has not told.
        let count: Int?
        /// When it is to be asked again.
        let until: ContinuousClock.Instant
    }

    /// As old as a measure of a queue may be.
    private static let memory = Duration.seconds(1)
    /// What a request waits for it; a job is accepted rather than held up.
    private static let patience = Duration.milliseconds(500)
    /// Places that are remembered.
    private static let most = 10_000

    private let redis: RedisClient
    private let configuration: JobsConfiguration
    private let logger: Logger
    private let seen = Mutex<[Place: Seen]>([:])

    init(redis: RedisClient, configuration: JobsConfiguration, logger: Logger) {
        self.redis = redis
        self.configuration = configuration
        self.logger = logger
    }

    /// Jobs of a workspace in a queue's lanes and lists; nil when that is not known.
    func count(of workspace: UUID, in queue: String) async -> Int? {
        let place = Place(queue: queue, workspace: workspace)
        let now = ContinuousClock.now
        let (known, isKnown): (Int?, Bool) = seen.withLock { seen in
            let last = seen[place]
            if let last, last.until > now { return (last.count, true) }
            if seen.count >= Self.most { seen = seen.filter { $0.value.until > now } }
            // So many in one second: all of them are asked for again.
            if seen.count >= Self.most { seen = [:] }
            seen[place] = Seen(count: last?.count, until: now + Self.memory)
            return (last?.count, false)
        }
        guard !isKnown else { return known }
        do {
            let partition = QueuePartition(queue: queue, index: configuration.partition(of: workspace))
            let count = try await configuration.queue(partition, on: redis).heldCount(of: workspace, timeout: Self.patience)
            seen.withLock { $0[place] = Seen(count: count, until: ContinuousClock.now + Self.memory) }
            return count
        } catch {
            logger.debug("what a workspace has in a queue is not known", metadata: ["queue": "\(queue)", "error": "\(error)"])
            return known
        }
    }
}
