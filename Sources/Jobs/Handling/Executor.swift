import Foundation
import Logging
import Metrics
import Postgres
import Redis

/// Runs what a pool read, to its end: finds outcomes, decodes, commits, acknowledges, retries, buries.
///
/// What to do after an attempt is decided by `JobState` and `Failure`; this shell performs it. It returns when every
/// entry is settled, handed back or abandoned. Called through `guarding`, its only thrown error is that this
/// worker is dead.
struct Executor: Sendable {
    let registry: HandlerRegistry
    let worker: UUID
    let outcomes: OutcomeStore
    let letters: DeadLetterStore
    /// Appends what handlers enqueue.
    let ledger: LedgerAcceptance
    let controls: Controls
    /// Raised when the worker is asked to leave.
    let draining: Signal
    let clock: any Clock<Duration>
    let logger: Logger
    /// What is under way, for those who watch.
    var activity = Activity()
    /// Room for the stored bodies of all batches.
    var bodies = BodyBudget()

    /// Runs a unit of work whose failure must not end the worker: what it did not settle stays pending, and is found again
    /// as lost. Only the fence passes.
    func guarding(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch {
            if Failure(error) == .fenced { throw error }
            if !Task.isCancelled { logger.error("a unit of work was given up; it will be found again", metadata: ["error": "\(error)"]) }
        }
    }

    /// Settles a batch of entries of one partition.
    func execute(_ entries: [Entry], in queue: Queue) async throws {
        guard let first = entries.first?.envelope.kind else { return }
        // A queue mostly carries one kind; taking it apart would copy every entry.
        if entries.indices.allSatisfy({ entries[$0].envelope.kind == first }) { return try await execute(entries, of: first, in: queue) }
        for (kind, group) in Dictionary(grouping: entries, by: \.envelope.kind) { try await execute(group, of: kind, in: queue) }
    }

    private func execute(_ entries: [Entry], of kind: String, in queue: Queue) async throws {
        switch registry.runner(for: kind) {
        case .transactional(let runner):
            try await execute(entries, with: runner, in: queue)
        case .run(let runner):
            for entry in entries { try await run(entry, with: runner, in: queue) }
        case nil:
            let error = JobError(.unknownKind, subject: kind, message: "no handler of this worker serves this kind")
            // One that another delivery has finished is looked up here: it would otherwise come up until its patience ends.
            for entry in try await unfinished(entries, in: queue) {
                try await settle(entry, .ofOtherRelease(.unknownKind), error, policy: RetryPolicy(), in: queue)
            }
        }
    }

    private func execute(_ entries: [Entry], with runner: any TransactionalRunner, in queue: Queue) async throws {
        let started = ContinuousClock.now
        var owed = try await unfinished(entries, in: queue)
        owed = try await wanted(owed, of: runner.kind, in: queue)
        guard !owed.isEmpty else { return }
        try await inChunks(owed) { try await handle($0, with: runner, since: started, in: queue) }
    }

    /// - Parameter started: when their whole batch was begun.
    private func handle(
        _ owed: [Entry], with runner: any TransactionalRunner, since started: ContinuousClock.Instant, in queue: Queue
    ) async throws {
        let (batch, refused) = runner.prepare(owed)
        for (entry, error) in refused { try await settle(entry, Failure(error), error, policy: runner.kind.retry, in: queue) }

        guard !batch.entries.isEmpty else { return }
        let ticket = activity.began(kind: runner.kind.name, jobs: batch.entries.count)
        var done = 0
        defer { activity.ended(ticket, done: done) }
        var split = BatchSplit(count: batch.entries.count, most: runner.most)
        while let range = split.next() {
            let part = range.count == batch.entries.count ? batch : batch.part(range)
            do {
                guard try await commit(part, of: runner.kind) else { continue }
                done += part.entries.count
                try await acknowledge(part.entries, in: queue)
                Measures.finished(runner.kind.name, "done", count: part.entries.count, seconds: (ContinuousClock.now - started).inSeconds)
            } catch {
                let failure = Failure(ofTransaction: error)
                if failure == .fenced { throw error }
                // A duplicate among many is found like a bad job: alone, where its outcome is looked up.
                guard split.failed(range) else { continue }
                try await settle(part.entries[0], failure, error, policy: runner.kind.retry, in: queue)
            }
        }
    }

    /// Commits a batch, waiting while PostgreSQL is away.
    /// - Returns: false when the worker is leaving and the batch was not committed: it is handed back.
    /// - Throws: what the handler or the commit failed with; `JobError(.brokenOff)` or `(.tooSlow)` when it failed too often while
    ///   PostgreSQL answered others: a part of the batch may pass.
    private func commit(_ batch: any PreparedBatch, of kind: JobKind) async throws -> Bool {
        let workspaces = Array(Set(batch.entries.map(\.envelope.workspace)))
        let ownRows = kind.outcome == .ownTable ? OwnRows(of: kind.name, jobs: batch.entries.map(\.envelope.id)) : nil
        var patience = Patience()
        while true {
            do {
                let accepted = try await outcomes.fenced(worker: worker, workspaces: workspaces, writing: ownRows) { transaction in
                    let (results, jobs) = try await TransactionJobs.collecting(in: transaction, ledger.configuration) {
                        try await batch.handle(in: transaction)
                    }
                    if kind.outcome == .outcomes {
                        let rows = batch.entries.enumerated().map { index, entry in
                            (entry.envelope, OutcomeState.done, String?.none, index < results.count ? results[index] : nil)
                        }
                        outcomes.submitOutcomes(rows, worker: worker, in: transaction)
                    }
                    if kind.acceptance == .ledger {
                        JobGroupStore.submitEnded(batch.entries.possibleMembers, in: transaction, noting: jobs)
                    }
                    return jobs
                }
                await ledger.append(accepted)
                return true
            } catch {
                guard Failure(ofTransaction: error) == .storeUnavailable else { throw error }
                logger.warning(
                    "a batch waits for PostgreSQL", metadata: ["kind": "\(kind.name)", "jobs": "\(batch.entries.count)", "error": "\(error)"])
                guard await draining.isQuiet(for: patience.pause(), clock: clock) else { return false }
                // The commit may have happened before the connection broke; then nothing is owed any more.
                if let found = try? await outcomes.finished(workspaces: workspaces, jobs: batch.entries.map(\.envelope.id)),
                    found.count == batch.entries.count
                {
                    return true
                }
                if await answersOthers(after: error), let failure = patience.failed(with: error, on: kind.name) { throw failure }
            }
        }
    }

    /// Runs one long job.
    /// - Parameter isRedelivered: it was taken over, and begun as such.
    func run(_ entry: Entry, with runner: any LongRunner, in queue: Queue, isRedelivered: Bool = false) async throws {
        let isSeen = isRedelivered || entry.envelope.marks.contains(.seen)
        guard let noted = try await begun(entry, of: runner.kind, in: queue, isTakenOver: isRedelivered) else { return }
        // A run is told of its cancellation and ends it in its own words, begun or not: somebody may be following it.
        let owed = try await fresh(try await unfinished([noted], in: queue), of: runner.kind, in: queue)
        guard let entry = try await withBodies(owed).first, let wishes = try await cancelled(among: [entry], of: runner.kind) else { return }
        try await controls.withWatch(JobName(entry.envelope), isCancelled: !wishes.isEmpty) { cancelled in
            let ticket = activity.began(kind: runner.kind.name, job: JobName(entry.envelope), jobs: 1)
            let context = RunContext(
                envelope: entry.envelope, worker: worker, isRedelivered: isSeen, store: outcomes,
                draining: draining, cancelled: cancelled, pause: { [clock] in try await clock.sleep(for: $0) },
                tell: { [activity] in activity.progress(ticket, $0) }, ledger: ledger)
            defer { activity.ended(ticket, done: context.ending == nil ? 0 : 1) }
            try await run(entry, with: runner, context, in: queue)
        }
    }

    /// Notes the begin of a run of which there may be a second entry (a replay or a relay appended it twice). Where the other one is
    /// in hand, this one is left to it: begun beside a living worker, it would end an answer that somebody is reading.
    /// - Returns: nil where it is not to be run here.
    private func begun(_ entry: Entry, of kind: JobKind, in queue: Queue, isTakenOver: Bool) async throws -> Entry? {
        // The takeover has begun it already; and of a stream kind that nobody has had in hand this is the only entry there ever was.
        guard !isTakenOver, kind.acceptance == .ledger || entry.envelope.marks.contains(.seen) else { return entry }
        switch try await patiently("begin", { try await queue.beginBeside(entry, by: worker) }) {
        case .begun?:
            var noted = entry
            // Its acknowledgement takes the note of its begin away.
            noted.envelope.marks.insert(.seen)
            return noted
        case .leftToAnother?:
            logger.notice("a second entry of a run is left to the first", metadata: ["job": "\(entry.envelope.id.lowercased)"])
            return nil
        case .notOurs?, nil:
            return nil
        }
    }

    private func run(_ entry: Entry, with runner: any LongRunner, _ context: RunContext, in queue: Queue) async throws {
        let started = ContinuousClock.now
        do {
            try await runner.run(entry, context: context)
            guard let ending = context.ending else {
                throw JobError(.unfinishedRun, subject: runner.kind.name, message: "the handler returned without finishing its run")
            }
            try await acknowledge([entry], as: ending.rawValue, in: queue)
            Measures.finished(runner.kind.name, ending.rawValue, count: 1, seconds: (ContinuousClock.now - started).inSeconds)
        } catch {
            if let ending = context.ending {
                try await acknowledge([entry], as: ending.rawValue, in: queue)
                return
            }
            let failure = Failure(error)
            if failure == .fenced { throw error }
            // The run had not begun to act outside, or it would have finished.
            if failure == .storeUnavailable { return try await putOff(entry, error, policy: runner.kind.retry, in: queue) }
            try await settle(entry, failure, error, policy: runner.kind.retry, in: queue)
        }
    }
}
