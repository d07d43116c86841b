import Foundation
import Redis

/// What Redis knows of a job that is not finished: that a stream kind was accepted, and the last failure of a job that
/// will be tried again.
struct StatusNotes: Sendable {
    let redis: RedisClient
    let configuration: JobsConfiguration

    /// The form of a failure in the `failures` hash.
    struct Note: Codable {
        var attempts: Int
        var error: String
        var code: String
        /// Earlier failures, oldest first; at most ten are kept.
        var history: [Failure]

        struct Failure: Codable {
            var attempt: Int
            var error: String
            var code: String
            /// Milliseconds since 1970.
            var at: Int64
        }

        /// Since when workers of another release have refused the job in a row, in milliseconds since 1970; nil where its last failure
        /// was another.
        var refusedSince: Int64? { history.last.flatMap { OtherRelease(rawValue: $0.code) == nil ? nil : $0.at } }
    }

    /// - Parameter ledger: what PostgreSQL knows; its answer stands when Redis is away.
    func status(_ job: UUID, workspace: UUID, queues: [String], ledger: JobStatus?) async throws -> JobStatus? {
        let id = job.lowercased
        let partition = configuration.partition(of: workspace)
        let commands = queues.flatMap { queue in
            let keys = QueueKeys(prefix: configuration.prefix, partition: QueuePartition(queue: queue, index: partition))
            return [RedisCommand("GET", .string(keys.accepted(id))), RedisCommand("HGET", .string(keys.failures), .string(id))]
        }
        let replies: [RedisValue]
        let progress: JobProgress?
        do {
            let told = FleetKeys(prefix: configuration.prefix).progress(JobName(workspace: workspace, id: job))
            replies = try await redis.pipeline(commands + [RedisCommand("GET", .string(told))])
            progress = replies.last.flatMap { Self.progress($0) }
        } catch {
            guard let ledger else { throw error }
            return ledger
        }
        var status = ledger
        for index in stride(from: 0, to: replies.count - 1, by: 2) where status == nil {
            guard let accepted = Accepted(replies[index].string), accepted.workspace == workspace else { continue }
            status = JobStatus(id: job, kind: accepted.kind, state: .queued, attempts: 0, acceptedAt: accepted.at)
        }
        guard var known = status else { return nil }
        known.progress = progress?.progress
        known.note = progress?.note
        for index in stride(from: 1, to: replies.count, by: 2) {
            guard let note = Self.note(replies[index]) else { continue }
            return JobStatus(
                id: job, kind: known.kind, state: .retrying, attempts: note.attempts, error: note.error, acceptedAt: known.acceptedAt,
                progress: known.progress, note: known.note)
        }
        return known
    }
}
