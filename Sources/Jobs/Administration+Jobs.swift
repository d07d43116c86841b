package import Foundation

/// Finding jobs, and telling what became of one.
extension JobAdministration {
    /// Jobs that a filter means, the newest first; over all workspaces unless the filter names one. One that Redis says will be tried
    /// again is shown as `retrying`, where Redis answers.
    /// - Throws: `PostgresError(.timeout)` after five seconds.
    package func search(_ filter: JobFilter, after last: JobCursor? = nil, limit: Int) async throws -> JobPage {
        let page = try await JobSearchStore(pool: pool).search(filter, after: last, limit: limit)
        var waiting: [(name: JobName, queue: String)] = []
        for line in page.lines where line.state == .queued {
            if let queue = line.queue { waiting.append((name: line.key, queue: queue)) }
        }
        // What they are does not hang on this: a Redis that is away leaves them queued.
        guard let notes = try? await StatusNotes(redis: redis, configuration: configuration).notes(of: waiting), !notes.isEmpty else { return page }
        return JobPage(lines: page.lines.map { line in notes[line.key].map { line.retrying($0) } ?? line }, next: page.next)
    }

    /// The workspaces that have a job of this id: one as a rule.
    /// - Parameter queues: all that there are; stream jobs that wait are known to Redis only.
    package func owners(of job: UUID, queues: [String]) async throws -> [UUID] {
        let store = JobSearchStore(pool: pool)
        let owners = try await store.owners(of: job)
        guard owners.isEmpty else { return owners }
        if let owner = try? await StatusNotes(redis: redis, configuration: configuration).owner(of: job, queues: queues) { return [owner] }
        return try await store.formerOwners(of: job)
    }

    /// All that is known of a job; nil when nobody knows it.
    /// - Parameter queues: all that there are.
    package func account(of job: JobName, queues: [String]) async throws -> JobAccount? {
        let store = JobSearchStore(pool: pool)
        let facts = try await store.facts(of: job)
        let letter = try await store.letter(of: job)
        var trace: StatusNotes.Trace?
        if facts.outcome == nil {
            let places = facts.acceptance.map { [$0.queue] } ?? queues
            trace = try? await StatusNotes(redis: redis, configuration: configuration).trace(of: job, queues: places)
        }
        return JobAccount(job, facts: facts, letter: letter, trace: trace)
    }
}
