import Foundation
package import Postgres
package import Redis

/// What an operator asks of the engine, from the command line or a page.
package struct JobAdministration: Sendable {
    private let pool: PostgresPool
    private let redis: RedisClient
    private let configuration: JobsConfiguration
    package let letters: DeadLetterStore

    package init(pool: PostgresPool, redis: RedisClient, configuration: JobsConfiguration) {
        self.pool = pool
        self.redis = redis
        self.configuration = configuration
        self.letters = DeadLetterStore(pool: pool)
    }

    /// The backlog of a queue now, over all of its partitions. Throws when any cannot be measured: unknown is not zero.
    package func backlog(of queue: String) async throws -> Backlog {
        var sum = Backlog()
        for partition in configuration.partitions(of: queue) {
            sum = sum + (try await configuration.queue(partition, on: redis).measure())
        }
        return sum
    }

    package func workers() async throws -> [WorkerRecord] {
        try await WorkerStore(pool: pool).list()
    }

    /// Replays a dead letter: it is owed again from the moment this commits, and is appended at once where Redis
    /// answers, else by the relay.
    /// - Returns: false when it was replayed or discarded before.
    package func replay(_ letter: DeadLetter) async throws -> Bool {
        let partition = QueuePartition(queue: letter.queue, index: configuration.partition(of: letter.workspace))
        guard let (envelope, group) = try await letters.replay(letter, partition: partition.index) else { return false }
        do {
            try await configuration.queue(partition, on: redis).append([envelope.carried(limit: configuration.inlineBodyLimit)])
            try await AcceptanceStore(pool: pool).confirm([group])
        } catch  where Failure(error) == .storeUnavailable {
            // The group stands, and the relay finds it.
        }
        return true
    }
}
