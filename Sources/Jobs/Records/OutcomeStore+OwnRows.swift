import Foundation
import Postgres

/// Jobs of one kind whose own rows are their outcomes.
struct OwnRows: Sendable {
    let kind: String
    let jobs: [UUID]
    let lowest: UUID
    let highest: UUID

    /// Nil for no jobs.
    init?(of kind: String, jobs: [UUID]) {
        guard let lowest = jobs.min(by: { $0.words < $1.words }), let highest = jobs.max(by: { $0.words < $1.words }) else { return nil }
        self.kind = kind
        self.jobs = jobs
        self.lowest = lowest
        self.highest = highest
    }
}

/// One outcome for jobs whose own row is it. Both ends of such a job ask, under a lock of the kind that they hold to their commit,
/// for what the other has written; migration 0017 says why that is enough.
extension OutcomeStore {
    /// To be submitted before such jobs are written down as dead or cancelled: raises when one of them has an outcome.
    func submitUndone(of kind: String, _ jobs: [JobName], in transaction: PostgresTransaction) {
        transaction.submit("select end_undone($1, $2, $3)", kind, jobs.map(\.workspace), jobs.map(\.id))
    }

    /// What is replayed may be done after all.
    static func submitReplayed(workspaces: [UUID], jobs: [UUID], in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- forget that replayed jobs were undone
            delete from undone_jobs u using unnest($1::uuid[], $2::uuid[]) as given (workspace_id, id)
            where u.workspace_id = given.workspace_id and u.id = given.id
            """, workspaces, jobs)
    }
}
