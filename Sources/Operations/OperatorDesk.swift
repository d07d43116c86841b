import Foundation
import Jobs
import Postgres
import Web
import Workspaces

/// What operators ask and do, whether on a page or by the API. The scope was checked before.
///
/// What is done to queues, jobs and dead letters the access log tells. The engine, which does it, knows no such log, so an entry is appended
/// right behind the act: where that fails the act is done, and whoever acted is told of the failure.
struct OperatorDesk: Sendable {
    let administration: JobAdministration
    let producer: JobProducer
    let control: QueueControl
    let feed: OverviewFeed
    let filters: FilterReader
    let log: AccessLogStore
    /// All that there are.
    let queues: [String]

    /// Letters that one bulk replay takes at the most: some tens of seconds. The next one goes on.
    static let most = 10_000
    /// What a list of letters may take: a text is looked for in every letter.
    static let patience = Duration.seconds(5)

    // MARK: Queues

    /// - Throws: 404 for a queue that is none of ours.
    func requireQueue(_ name: String) throws {
        guard queues.contains(name) else { throw Problem.notFound("There is no queue of this name; there are \(queues.joined(separator: ", ")).") }
    }

    /// - Throws: 503 when the queue cannot be measured.
    func signals(of name: String) async throws -> QueueSignalsBody {
        try requireQueue(name)
        guard let queue = try await feed.overview().queue(name), let signals = QueueSignalsBody(queue) else {
            throw Problem.unavailable("The queue cannot be measured: how much waits is not known.")
        }
        return signals
    }

    /// - Returns: false when it was paused before; the reason is the new one then.
    func pause(_ queue: String, reason: String?, by actor: AccessActor) async throws -> Bool {
        try requireQueue(queue)
        let isNew = try await control.pause(queue, reason: reason)
        if isNew { try await log.append(.paused(queue, by: actor)) }
        return isNew
    }

    /// - Returns: false when it was not paused.
    func resume(_ queue: String, by actor: AccessActor) async throws -> Bool {
        try requireQueue(queue)
        let wasPaused = try await control.resume(queue)
        if wasPaused { try await log.append(.resumed(queue, by: actor)) }
        return wasPaused
    }

    // MARK: Jobs

    func jobs(_ filter: JobFilter, after last: JobCursor?, limit: Int) async throws -> JobPage {
        try await Self.promptly { try await administration.search(filter, after: last, limit: limit) }
    }

    /// The name of a job with its workspace.
    /// - Parameter workspace: its slug or id, for an id that several workspaces have; nil for the first.
    /// - Throws: 404 when nobody has such a job.
    func name(of job: UUID, workspace word: String?) async throws -> JobName {
        if let workspace = try await filters.workspace(word) { return JobName(workspace: workspace, id: job) }
        let owners = try await Self.promptly { try await administration.owners(of: job, queues: queues) }
        guard let owner = owners.first else { throw Self.unknownJob(job) }
        return JobName(workspace: owner, id: job)
    }

    /// - Throws: 404 when nobody knows it.
    func account(of job: JobName) async throws -> (account: JobAccount, running: RunningNow?) {
        guard let account = try await administration.account(of: job, queues: queues) else { throw Self.unknownJob(job.id) }
        // Only a job without an end can be running, and what the fleet tells of it is more than is needed.
        guard !account.state.isFinal else { return (account: account, running: nil) }
        let overview = try? await feed.overview()
        return (account: account, running: overview?.running(job))
    }

    /// Asks for the end of a job. The log tells of the first who asks; of two at the same moment it may tell of both.
    /// - Returns: its state before; a final one means that there was nothing to cancel.
    /// - Throws: 404 when nobody has it; `JobError(.refused)` for a kind that cannot be cancelled.
    func cancel(_ job: JobName, by actor: AccessActor) async throws -> JobStatus.State {
        let before = try await administration.account(of: job, queues: queues)
        guard let status = try await producer.cancel(job.id, workspace: job.workspace) else { throw Self.unknownJob(job.id) }
        if !status.state.isFinal, before?.cancelRequestedAt == nil {
            try await log.append(.cancelled(job, kind: before?.kind, by: actor))
        }
        return status.state
    }

    /// Whether a wish to cancel such a job is taken.
    func isCancellable(kind: String) -> Bool { producer.isCancellable(kind: kind) }

    private static func unknownJob(_ job: UUID) -> Problem { .notFound("Nobody knows a job `\(job.lowercased)`.") }

    // MARK: Dead letters

    func letters(_ filter: DeadLetterFilter, behind place: DeadLetterCursor?, limit: Int) async throws -> [DeadLetterLine] {
        try await Self.promptly {
            try await administration.letters.list(filter, behind: place, limit: limit, timeout: Self.patience)
        }
    }

    /// - Throws: 404 when the job has no letter.
    func letter(_ job: UUID) async throws -> DeadLetter {
        guard let letter = try await administration.letters.find(job) else { throw Problem.notFound("The job has no dead letter.") }
        return letter
    }

    /// Replays or discards one letter.
    /// - Parameter replays: how often it had been replayed when the operator saw it; a letter that was replayed since, and died again,
    ///   is left alone. Nil for whatever there is.
    /// - Returns: whether this call did it, and the letter's state after it.
    /// - Throws: 404; 409 for what cannot be done.
    func perform(
        _ act: DeadLetterAct, on job: UUID, seen replays: Int? = nil, by person: ActingOperator
    ) async throws -> (changed: Bool, state: DeadLetterState) {
        let found = try await letter(job)
        switch act.fate(of: found.state, kind: found.kind) {
        case .refused(let reason): throw Problem.conflict("It is left as it is: \(reason).", name: "dead-letter-state")
        case .repeated: return (changed: false, state: found.state)
        case .due: break
        }
        if let replays, replays != found.replays.count { return (changed: false, state: found.state) }
        let changed = try await administration.perform(act, on: [found.key], by: person.name)
        if changed.contains(found.key) {
            try await log.append(AccessEvent(act, on: found.key, kind: found.kind, by: person.actor))
            return (changed: true, state: act == .replay ? .replayed : .discarded)
        }
        // Somebody else was faster, with whatever it was.
        return (changed: false, state: try await letter(job).state)
    }

    /// The open letters that a replay by this filter would take, by kind and code.
    func rehearsal(_ filter: DeadLetterFilter) async throws -> [DeadLetterGroup] {
        try await Self.promptly {
            try await administration.letters.summary(filter.bounded(to: .replay), timeout: Self.patience)
        }
    }

    /// Replays the newest open letters that a filter means.
    func replay(_ filter: DeadLetterFilter, limit: Int, by person: ActingOperator) async -> DeadLetterTally {
        var tally = await administration.perform(.replay, on: filter, limit: limit, by: person.name)
        guard tally.changed > 0 else { return tally }
        do {
            try await log.append(AccessEvent(.replay, on: filter, count: tally.changed, by: person.actor))
        } catch {
            // What was replayed is: that it was is still told, in its letters and here.
            tally.fault = tally.fault ?? "the access log has no entry of it: \(error)"
        }
        return tally
    }

    // MARK: Patience

    /// What takes too long says what would be quicker.
    private static func promptly<R>(_ operation: () async throws -> R) async throws -> R {
        do {
            return try await operation()
        } catch let error as PostgresError where error.code == .timeout || error.sqlState == "57014" {
            throw Problem.unavailable(
                "The search took too long and was stopped. A workspace or a shorter time makes it quicker.", retryAfter: .seconds(5))
        }
    }
}
