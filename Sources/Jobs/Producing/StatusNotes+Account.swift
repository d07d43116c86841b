import Foundation
import Redis

extension StatusNotes {
    /// What Redis knows of one job that is not finished.
    struct Trace: Sendable {
        /// Where something of it was found.
        var queue: String?
        /// Of stream kinds: what was accepted, and when.
        var accepted: Accepted?
        var note: Note?
        /// When it is due, of a job that waits for its time or its retry.
        var dueAt: Date?
        /// What its handler told last, of a long job.
        var progress: JobProgress?
    }

    /// The note that a stream kind's acceptance leaves.
    struct Accepted: Sendable {
        let workspace: UUID
        let kind: String
        let at: Date

        init?(_ text: String?) {
            let words = text?.split(separator: " ") ?? []
            guard words.count == 3, let workspace = UUID(uuidString: String(words[0])), let time = Double(words[2]) else { return nil }
            self.workspace = workspace
            kind = String(words[1])
            at = Date(timeIntervalSince1970: time / 1000)
        }
    }

    /// What the partitions of a job's workspace tell of it.
    func trace(of job: JobName, queues: [String]) async throws -> Trace {
        let id = job.id.lowercased
        let partition = configuration.partition(of: job.workspace)
        var commands: [RedisCommand] = []
        for queue in queues {
            let keys = QueueKeys(prefix: configuration.prefix, partition: QueuePartition(queue: queue, index: partition))
            commands.append(RedisCommand("GET", .string(keys.accepted(id))))
            commands.append(RedisCommand("HGET", .string(keys.failures), .string(id)))
            commands.append(RedisCommand("ZSCORE", .string(keys.later), .string(id)))
        }
        commands.append(RedisCommand("GET", .string(FleetKeys(prefix: configuration.prefix).progress(job))))
        let replies = try await redis.pipeline(commands)
        var trace = Trace()
        trace.progress = replies.last.flatMap { Self.progress($0) }
        for (index, queue) in queues.enumerated() where replies.count >= index * 3 + 3 {
            if let accepted = Accepted(replies[index * 3].string), accepted.workspace == job.workspace {
                trace.accepted = accepted
                trace.queue = queue
            }
            if let note = Self.note(replies[index * 3 + 1]) {
                trace.note = note
                trace.queue = queue
            }
            if let due = replies[index * 3 + 2].string.flatMap({ Double($0) }) {
                trace.dueAt = Date(timeIntervalSince1970: due / 1000)
                trace.queue = queue
            }
        }
        return trace
    }

    /// The workspace of a stream job that waits or runs, of which PostgreSQL may know nothing yet.
    func owner(of job: UUID, queues: [String]) async throws -> UUID? {
        let id = job.lowercased
        let commands = queues.flatMap { queue in
            configuration.partitions(of: queue).map { partition in
                RedisCommand("GET", .string(QueueKeys(prefix: configuration.prefix, partition: partition).accepted(id)))
            }
        }
        guard !commands.isEmpty else { return nil }
        let replies = try await redis.pipeline(commands)
        for reply in replies {
            if let accepted = Accepted(reply.string) { return accepted.workspace }
        }
        return nil
    }

    /// The last failures of those jobs that will be tried again.
    func notes(of jobs: [(name: JobName, queue: String)]) async throws -> [JobName: Note] {
        guard !jobs.isEmpty else { return [:] }
        let commands = jobs.map { job in
            let partition = QueuePartition(queue: job.queue, index: configuration.partition(of: job.name.workspace))
            let keys = QueueKeys(prefix: configuration.prefix, partition: partition)
            return RedisCommand("HGET", .string(keys.failures), .string(job.name.id.lowercased))
        }
        let replies = try await redis.pipeline(commands)
        var found: [JobName: Note] = [:]
        for (job, reply) in zip(jobs, replies) {
            if let note = Self.note(reply) { found[job.name] = note }
        }
        return found
    }

    static func note(_ reply: RedisValue) -> Note? {
        reply.bytes.flatMap { try? JSONDecoder().decode(Note.self, from: Data($0)) }
    }

    static func progress(_ reply: RedisValue) -> JobProgress? {
        reply.bytes.flatMap { try? JSONDecoder().decode(JobProgress.self, from: Data($0)) }
    }
}
