import Foundation
import Logging
import Postgres

/// What is not to be begun any more: cancelled jobs, and those that are too old.
extension Executor {
    /// Leaves out jobs that are not to be begun any more, and ends them.
    func wanted(_ entries: [Entry], of kind: JobKind, in queue: Queue) async throws -> [Entry] {
        guard let cancelled = try await cancelled(among: entries, of: kind) else { return [] }
        guard !cancelled.isEmpty || kind.expiry != nil else { return entries }
        try await cancel(entries.filter { cancelled.contains(JobName($0.envelope)) }, in: queue)
        return try await fresh(entries.filter { !cancelled.contains(JobName($0.envelope)) }, of: kind, in: queue)
    }

    /// Leaves out jobs that are older than their kind's expiry, and buries them. The age of a job that was replayed counts from its
    /// replay: who replays a letter that says `expired` wants it done now.
    func fresh(_ entries: [Entry], of kind: JobKind, in queue: Queue) async throws -> [Entry] {
        guard let expiry = kind.expiry else { return entries }
        let bound = Int64(Date().timeIntervalSince1970 * 1000) - Int64(expiry.milliseconds)
        let old = entries.filter { $0.envelope.acceptedAt < bound }
        guard !old.isEmpty else { return entries }
        guard let replays = try await patiently("replays", { try await letters.replays(of: old.map { JobName($0.envelope) }) }) else { return [] }
        var fresh: [Entry] = []
        for entry in entries {
            guard max(entry.envelope.acceptedAt, replays[JobName(entry.envelope)] ?? 0) < bound else {
                fresh.append(entry)
                continue
            }
            let error = PermanentJobError("it was accepted more than \(expiry) ago and is not begun any more", code: "expired")
            try await bury(entry, code: error.code, error: error, in: queue)
        }
        return fresh
    }

    /// Which of these jobs somebody wants cancelled.
    ///
    /// Memory answers for a fresh entry: a wish that it has not heard of came too late. A copy that may have been seen before
    /// may also have been hurried for its cancellation, faster than wishes are heard; those are few, and PostgreSQL is asked.
    /// - Returns: nil when the worker was asked to leave meanwhile.
    func cancelled(among entries: [Entry], of kind: JobKind) async throws -> Set<JobName>? {
        guard kind.isCancellable else { return [] }
        var found: Set<JobName> = []
        if controls.hasCancellations { found.formUnion(entries.lazy.map { JobName($0.envelope) }.filter { controls.isCancelled($0) }) }
        guard entries.indices.contains(where: { entries[$0].envelope.marks.contains(.seen) }) else { return found }
        let suspects = entries.filter { $0.envelope.marks.contains(.seen) }.map { JobName($0.envelope) }
        guard let wished = try await patiently("wishes", { try await ControlStore(pool: outcomes.pool).wished(suspects) }) else { return nil }
        return found.union(wished)
    }

    /// All in one transaction; one by one where that fails. The wishes stand on: another copy of such a job may be under way,
    /// and must find one.
    private func cancel(_ entries: [Entry], in queue: Queue) async throws {
        guard !entries.isEmpty else { return }
        do {
            try await cancelTogether(entries, in: queue)
        } catch  where entries.count > 1 && Failure(error) != .fenced {
            for entry in entries { try await cancelTogether([entry], in: queue) }
        }
    }

    private func cancelTogether(_ entries: [Entry], in queue: Queue) async throws {
        let names = entries.map { JobName($0.envelope) }
        let workspaces = Array(Set(names.map(\.workspace)))
        let settled = try await patiently("cancellations") {
            try await outcomes.fenced(worker: worker, workspaces: workspaces) { transaction in
                // A kind whose own row is its outcome may have ended without a row in `outcomes`.
                let rows = try await transaction.query("select id from finished_jobs where id = any($1)", names.map(\.id))
                let finished = Set(try rows.map { try $0.decode("id", as: UUID.self) })
                let open = entries.filter { !finished.contains($0.envelope.id) }
                for (kind, group) in Dictionary(grouping: open, by: \.envelope.kind) where mayOwnRows(kind) {
                    outcomes.submitUndone(of: kind, group.map { JobName($0.envelope) }, in: transaction)
                }
                if !open.isEmpty { outcomes.submitOutcomes(open.map { ($0.envelope, .cancelled, nil, nil) }, worker: worker, in: transaction) }
                let jobs = TransactionJobs(of: transaction, ledger.configuration)
                JobGroupStore.submitEnded(open.possibleMembers, in: transaction, noting: jobs)
                return (open, jobs)
            }
        }
        guard let (granted, jobs) = settled else { return }
        await ledger.append(jobs)
        let ids = Set(granted.map(\.key))
        for (kind, group) in Dictionary(grouping: granted, by: \.envelope.kind) {
            Measures.finished(kind, OutcomeState.cancelled.rawValue, count: group.count, seconds: nil)
        }
        try await acknowledge(granted, as: OutcomeState.cancelled.rawValue, in: queue)
        try await acknowledge(entries.filter { !ids.contains($0.key) }, as: "repeated", in: queue)
    }
}
