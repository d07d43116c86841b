import Foundation
import Jobs
import Postgres

/// `agent.notice`: one workspace is told that an agent was removed of which it has forks.
struct NoteAgentRemoval: JobPayload, Equatable {
    // Behind the forks of people who wait. What an installation owes to its users is not cancelled by one of them.
    static let kind = JobKind(name: "agent.notice", queue: "forks", acceptance: .ledger, outcome: .outcomes, isCancellable: false, priority: .low)

    /// The line of the public log.
    let removal: UUID
}

/// What the outcome says.
struct NoticeResult: Codable, Equatable {
    /// How many forks were new to it.
    let notices: Int
}

/// Writes a notice for each fork, all by one statement. One that is there stays as it is, read or unread.
struct NoteAgentRemovalHandler: EffectHandler {
    func handle(_ job: Job<NoteAgentRemoval>, in transaction: PostgresTransaction) async throws -> JobResult? {
        let count = try await NoticeStore.write(of: job.payload.removal, workspace: job.workspace, in: transaction)
        return try JobResult(NoticeResult(notices: count))
    }
}
