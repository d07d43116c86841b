import Foundation
import Jobs
import JobsTesting
import Logging
import Postgres
import TestSupport

@testable import BuildMemory

/// A database of one's own with a pool of the server's role.
struct BuildMemoryFixture: Sendable {
    let database: TestDatabase
    let pool: PostgresPool
    let workspace = UUID()

    static func make() async throws -> BuildMemoryFixture {
        let database = try await TestDatabase.make()
        let pool = PostgresPool(
            configuration: try PostgresConfiguration(url: database.serverURL), size: 4, logger: Logger(label: "test.build-memory"))
        return BuildMemoryFixture(database: database, pool: pool)
    }

    func job(_ profile: BuildProfile = .example, id: UUID = .version7(), workspace: UUID? = nil, acceptedAt: Date = Date()) -> Job<StoreBuildProfile>
    {
        Job(id: id, workspace: workspace ?? self.workspace, acceptedAt: acceptedAt, payload: StoreBuildProfile(profile: profile))
    }

    /// Runs the handler as the engine does: one transaction over the batch's workspaces.
    func store(_ jobs: [Job<StoreBuildProfile>]) async throws {
        try await pool.transaction(.workspaces(Array(Set(jobs.map(\.workspace))))) { transaction in
            try await StoreBuildProfileHandler().handle(jobs, in: transaction)
        }
    }

    func stored(_ id: UUID, workspace: UUID? = nil) async throws -> StoredProfile? {
        try await BuildProfileStore.profile(id, workspace: workspace ?? self.workspace, in: pool)
    }

    /// What a query answers as superuser, where no policy hides anything.
    func count(_ query: String) async throws -> Int {
        let text = try await database.psql(query)
        guard let number = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else { throw TestSupportError("\(query) answered \(text)") }
        return number
    }

    /// Runs `body` with a producer, and a worker that serves this feature.
    func withEngine<R: Sendable>(_ body: @Sendable (BuildMemory, JobProducer) async throws -> R) async throws -> R {
        let redis = try await TestStack.shared().redisURL
        return try await JobsTesting.withEngine(redis: redis, postgres: database.serverURL, queues: ["profiles"]) { engine in
            let feature = BuildMemory(pool: engine.pool, producer: engine.producer)
            let serving = engine.serving { feature.register(in: &$0) }
            return try await serving.withWorker { try await body(feature, engine.producer) }
        }
    }
}
