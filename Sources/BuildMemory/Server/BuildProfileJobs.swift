import Foundation
import Jobs
import Postgres

/// `build-profile.store`: a profile that the ingress accepted. The profile's row, whose id is the job's, is its outcome.
///
/// Accepted with the append to the stream: a profile can be measured again, and is not worth a commit of its own.
struct StoreBuildProfile: JobPayload, Equatable {
    static let kind = JobKind(name: "build-profile.store", queue: "profiles", acceptance: .stream, outcome: .ownTable)

    let profile: BuildProfile
}

/// Writes profiles and their processes, a batch in one statement. One that is delivered again changes nothing.
struct StoreBuildProfileHandler: BatchHandler {
    func handle(_ jobs: [Job<StoreBuildProfile>], in transaction: PostgresTransaction) async throws {
        let encoder = JSONEncoder()
        BuildProfileStore.write(
            workspaces: jobs.map(\.workspace), ids: jobs.map(\.id), acceptedAt: jobs.map(\.acceptedAt),
            documents: try jobs.map { try PostgresJSON(encoding: $0.payload.profile, with: encoder) }, in: transaction)
        let retried = jobs.filter { $0.attempt > 1 }
        guard !retried.isEmpty else { return }
        BuildProfileStore.noteAttempts(
            workspaces: retried.map(\.workspace), ids: retried.map(\.id), attempts: retried.map { Int16(clamping: $0.attempt) }, in: transaction)
    }
}
