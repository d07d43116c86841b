import Foundation
package import Postgres
package import Redis

/// What an operator asks of the engine, from the command line or a page.
package struct JobAdministration: Sendable {
    let pool: PostgresPool
    let redis: RedisClient
    let configuration: JobsConfiguration
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

    /// What PostgreSQL knows now of the job of a dead letter; nil when retention took what there was.
    package func status(of letter: DeadLetter) async throws -> JobStatus? {
        try await OutcomeStore(pool: pool).status(letter.id, workspace: letter.workspace)
    }

    /// Replays a dead letter: it is owed again from the moment this commits, and is appended at once where Redis
    /// answers, else by the relay.
    /// - Returns: false when it was replayed or discarded before.
    package func replay(_ letter: DeadLetter, by actor: String? = nil) async throws -> Bool {
        try await replay([letter.key], by: actor).keys.contains(letter.key)
    }

    /// Replays some hundreds of dead letters in one transaction. An error means that none was replayed, or that the commit's
    /// fate is unknown: then it is safe to ask again.
    /// - Parameter appending: false leaves the append to the relay.
    /// - Returns: the letters that were replayed, and whether the relay has yet to append them.
    package func replay(
        _ keys: [JobName], by actor: String?, appending: Bool = true
    ) async throws -> (keys: Set<JobName>, isLeftToRelay: Bool) {
        let replayed = try await letters.replay(keys, by: actor, inline: configuration.inlineBodyLimit) { [configuration] workspace in
            configuration.partition(of: workspace)
        }
        let done = Set(replayed.jobs.map(\.key))
        guard appending, !done.isEmpty else { return (done, !done.isEmpty) }
        do {
            for (partition, jobs) in Dictionary(grouping: replayed.jobs, by: \.partition) {
                try await configuration.queue(partition, on: redis).append(jobs.map(\.envelope))
            }
            try await AcceptanceStore(pool: pool).confirm([replayed.group])
            return (done, false)
        } catch {
            // Whatever it was, the commit stands, and with it the group: the relay finds it.
            return (done, true)
        }
    }
}
