import Foundation
import Jobs
import JobsTesting
import Logging
import Postgres
import TestSupport

@testable import Support

/// A database of one's own with a pool of the server's role, and tickets in it.
struct SupportFixture: Sendable {
    let database: TestDatabase
    let pool: PostgresPool
    let desk: TicketDesk
    let workspace = UUID()

    static func make(connections: Int = 8) async throws -> SupportFixture {
        let database = try await TestDatabase.make()
        let pool = PostgresPool(
            configuration: try PostgresConfiguration(url: database.serverURL), size: connections, logger: Logger(label: "test.support"))
        let fixture = SupportFixture(database: database, pool: pool, desk: TicketDesk(pool: pool))
        _ = try await database.psql("insert into workspaces (id, slug, name) values ('\(fixture.workspace)', 'support', 'Support')")
        return fixture
    }

    /// Moves the database's time. It goes back to the true one with `by: 0`.
    func moveTime(by seconds: Int) async throws {
        _ = try await database.psql("update time_offset set amount = interval '\(seconds) seconds'")
    }

    func job(
        _ id: UUID = .version7(), workspace: UUID? = nil, acceptedAt: Date = Date(), subject: String = "Zero balance after the migration",
        body: String = "My wallet shows nothing.", priority: TicketPriority = .normal, category: TicketCategory? = nil
    ) -> Job<CreateTicket> {
        Job(
            id: id, workspace: workspace ?? self.workspace, acceptedAt: acceptedAt,
            payload: CreateTicket(subject: subject, body: body, priority: priority, category: category, wallet: nil, requester: nil))
    }

    /// Runs the handler as the engine does: one transaction over the batch's workspaces.
    func create(_ jobs: [Job<CreateTicket>], policies: SLAPolicyCache = SLAPolicyCache(lifetime: .zero)) async throws {
        try await pool.transaction(.workspaces(Array(Set(jobs.map(\.workspace))))) { transaction in
            try await CreateTicketHandler(policies: policies).handle(jobs, in: transaction)
        }
    }

    /// One ticket, accepted this many seconds ago.
    func ticket(acceptedAgo seconds: Double = 0, priority: TicketPriority = .normal) async throws -> UUID {
        let job = job(acceptedAt: Date().addingTimeInterval(-seconds), priority: priority)
        try await create([job])
        return job.id
    }

    /// Runs the escalation of a clock as the engine does.
    func escalate(_ clocks: [UUID], workspace: UUID? = nil) async throws {
        let workspace = workspace ?? self.workspace
        try await pool.transaction(.workspaces([workspace])) { transaction in
            try await EscalateTicketHandler().handle(clocks.map { escalation($0, workspace: workspace) }, in: transaction)
        }
    }

    func escalation(_ clock: UUID, workspace: UUID? = nil) -> Job<EscalateTicket> {
        let payload = EscalateTicket(clock: clock, step: .breach)
        return Job(id: payload.jobID, workspace: workspace ?? self.workspace, acceptedAt: Date(), payload: payload)
    }

    /// The states of a ticket's two clocks.
    func clockStates(_ ticket: UUID) async throws -> [SLAMetric: SLAClock.State] {
        let detail = try await desk.detail(of: ticket, workspace: workspace)
        return Dictionary(uniqueKeysWithValues: detail.clocks.map { ($0.clock.metric, $0.clock.state) })
    }

    /// What a query answers as superuser, where no policy hides anything.
    func count(_ query: String) async throws -> Int {
        let text = try await database.psql(query)
        guard let number = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else { throw TestSupportError("\(query) answered \(text)") }
        return number
    }

    /// Waits until some statement in this database waits for a row's lock.
    func untilBlocked() async throws {
        let name = database.name
        try await eventually("a statement waits for a lock") {
            try await count("select count(*) from pg_stat_activity where datname = '\(name)' and wait_event_type = 'Lock'") > 0
        }
    }

    /// Runs `body` with a producer, and a worker that serves this feature.
    func withEngine<R: Sendable>(_ body: @Sendable (Support, JobProducer, HandlerRegistry) async throws -> R) async throws -> R {
        let redis = try await TestStack.shared().redisURL
        return try await JobsTesting.withEngine(redis: redis, postgres: database.serverURL, queues: ["tickets"]) { engine in
            let support = Support(pool: engine.pool, producer: engine.producer)
            let serving = engine.serving { support.register(in: &$0) }
            return try await serving.withWorker { try await body(support, serving.producer, serving.registry) }
        }
    }
}
