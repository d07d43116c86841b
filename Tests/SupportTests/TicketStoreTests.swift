import Foundation
import Jobs
import Postgres
import Testing
import TestSupport

@testable import Support

@Suite("Tickets in PostgreSQL")
struct TicketStoreTests {
    static func id(at milliseconds: Int64) -> UUID {
        var generator = SystemRandomNumberGenerator()
        return .version7(milliseconds: milliseconds, using: &generator)
    }

    @Test("A batch over several workspaces is written with two clocks for each ticket", .timeLimit(.minutes(1)))
    func batch() async throws {
        let fixture = try await SupportFixture.make()
        let workspaces = (0..<5).map { _ in UUID() }
        let accepted = Date(timeIntervalSince1970: 1_763_337_600.125)
        let jobs = (0..<500).map { fixture.job(workspace: workspaces[$0 % 5], acceptedAt: accepted, subject: "Ticket \($0)") }
        try await fixture.create(jobs)

        #expect(try await fixture.count("select count(*) from tickets") == 500)
        #expect(try await fixture.count("select count(*) from sla_clocks where state = 'running' and sweep_at = due_at") == 1000)
        for (index, job) in jobs.enumerated() where index.isMultiple(of: 97) {
            let detail = try await fixture.desk.detail(of: job.id, workspace: job.workspace)
            #expect(detail.ticket.subject == "Ticket \(index)")
            #expect(detail.ticket.state == .open)
            #expect(detail.ticket.acceptedAt == accepted)
            #expect(detail.clocks.map(\.clock) == SLAPolicy.standard.clocks(acceptedAt: accepted))
            #expect(detail.clocks.map(\.id) == SLAMetric.clockIDs(ofTicket: job.id))
        }
    }

    @Test("Every field comes back as it was given", .timeLimit(.minutes(1)))
    func fields() async throws {
        let fixture = try await SupportFixture.make()
        let payload = CreateTicket(
            subject: "“größer” 🪙 — 0 eligible", body: "line one\nline two\t\\ \" '", priority: .urgent, category: .migrationOverMaxLimit,
            wallet: "eip155:1:0xAbC", requester: "Ada ✨")
        let id = UUID.version7()
        try await fixture.create([Job(id: id, workspace: fixture.workspace, acceptedAt: Date(), payload: payload)])
        let ticket = try await fixture.desk.detail(of: id, workspace: fixture.workspace).ticket
        #expect(ticket.subject == payload.subject)
        #expect(ticket.body == payload.body)
        #expect(ticket.priority == .urgent)
        #expect(ticket.category == .migrationOverMaxLimit)
        #expect(ticket.wallet == payload.wallet)
        #expect(ticket.requester == payload.requester)
        #expect(ticket.answeredAt == nil && ticket.closedAt == nil)
    }

    @Test("A ticket that is delivered again changes nothing and gets no clocks", .timeLimit(.minutes(1)))
    func redelivery() async throws {
        let fixture = try await SupportFixture.make()
        let jobs = (0..<20).map { _ in fixture.job() }
        try await fixture.create(jobs)
        _ = try await fixture.desk.close(jobs[0].id, workspace: fixture.workspace)
        // Again, among new ones, under another policy, twice in one batch.
        _ = try await fixture.database.psql(
            "insert into sla_policies (workspace_id, first_reply_seconds, resolution_seconds) values ('\(fixture.workspace)', 60, 120)")
        let fresh = fixture.job()
        try await fixture.create(jobs + [fresh] + jobs)

        #expect(try await fixture.count("select count(*) from tickets") == 21)
        #expect(try await fixture.count("select count(*) from sla_clocks") == 42)
        #expect(try await fixture.clockStates(jobs[0].id) == [.firstReply: .cancelled, .resolution: .met])
        #expect(try await fixture.desk.detail(of: jobs[0].id, workspace: fixture.workspace).ticket.state == .closed)
        let clocks = try await fixture.desk.detail(of: jobs[1].id, workspace: fixture.workspace).clocks
        #expect(clocks.map { $0.clock.dueAt.timeIntervalSince($0.clock.startedAt).rounded() } == [86_400, 172_800])
    }

    @Test("A ticket whose job failed before tells how often it was tried; the others say once", .timeLimit(.minutes(1)))
    func attempts() async throws {
        let fixture = try await SupportFixture.make()
        let (once, retried) = (fixture.job(), fixture.job())
        let third = Job(id: retried.id, workspace: retried.workspace, attempt: 3, acceptedAt: retried.acceptedAt, payload: retried.payload)
        try await fixture.create([once, third])
        #expect(try await fixture.count("select attempts from finished_jobs where id = '\(once.id)'") == 1)
        #expect(try await fixture.count("select attempts from finished_jobs where id = '\(third.id)'") == 3)
    }

    @Test("Deadlines follow the workspace's policies, by priority", .timeLimit(.minutes(1)))
    func policies() async throws {
        let fixture = try await SupportFixture.make()
        let other = UUID()
        _ = try await fixture.database.psql(
            """
            insert into sla_policies (workspace_id, priority, first_reply_seconds, resolution_seconds) values
              ('\(fixture.workspace)', 'any', 28800, 86400),
              ('\(fixture.workspace)', 'urgent', 3600, 14400),
              ('\(fixture.workspace)', 'low', 172800, null)
            """)
        let jobs = TicketPriority.allCases.map { fixture.job(priority: $0) } + [fixture.job(workspace: other, priority: .urgent)]
        try await fixture.create(jobs)

        var targets: [[TimeInterval]] = []
        for job in jobs {
            let clocks = try await fixture.desk.detail(of: job.id, workspace: job.workspace).clocks
            targets.append(clocks.map { $0.clock.dueAt.timeIntervalSince(job.acceptedAt).rounded() })
        }
        #expect(targets == [[172_800], [28_800, 86_400], [28_800, 86_400], [3600, 14_400], [86_400, 172_800]])
    }

    @Test("A policy is asked for once while it is fresh, and again when it is not", .timeLimit(.minutes(1)))
    func policyCache() async throws {
        let fixture = try await SupportFixture.make()
        let start = ContinuousClock.now
        let elapsed = Locked(Duration.zero)
        let cache = SLAPolicyCache(lifetime: .seconds(5), now: { start + elapsed.value })

        func firstReplyTarget() async throws -> TimeInterval? {
            let job = fixture.job()
            try await fixture.create([job], policies: cache)
            let clock = try await fixture.desk.detail(of: job.id, workspace: fixture.workspace).clocks.first { $0.clock.metric == .firstReply }
            return clock.map { $0.clock.dueAt.timeIntervalSince(job.acceptedAt).rounded() }
        }

        #expect(try await firstReplyTarget() == 86_400)
        _ = try await fixture.database.psql("insert into sla_policies (workspace_id, first_reply_seconds) values ('\(fixture.workspace)', 60)")
        elapsed.value = .milliseconds(4999)
        #expect(try await firstReplyTarget() == 86_400, "still believed")
        elapsed.value = .seconds(5)
        #expect(try await firstReplyTarget() == 60, "read again")
    }

    @Test("Another workspace's ticket is not there, neither to read nor to write, even under the same id", .timeLimit(.minutes(1)))
    func isolation() async throws {
        let fixture = try await SupportFixture.make()
        let (mine, theirs) = (fixture.workspace, UUID())
        let id = UUID.version7()
        try await fixture.create([fixture.job(id, workspace: theirs, subject: "theirs")])

        await #expect(throws: TicketDesk.Refusal.notFound(id)) { try await fixture.desk.detail(of: id, workspace: mine) }
        await #expect(throws: TicketDesk.Refusal.notFound(id)) { try await fixture.desk.close(id, workspace: mine) }
        await #expect(throws: TicketDesk.Refusal.notFound(id)) {
            try await fixture.desk.reply("?", by: .support, to: id, workspace: mine, user: nil, idempotency: nil)
        }
        #expect(try await fixture.desk.list(mine, states: TicketState.allCases, before: nil, limit: 10).isEmpty)

        // The same id in one's own workspace is another ticket, and is not swallowed.
        try await fixture.create([fixture.job(id, workspace: mine, subject: "mine")])
        #expect(try await fixture.desk.detail(of: id, workspace: mine).ticket.subject == "mine")
        #expect(try await fixture.desk.detail(of: id, workspace: theirs).ticket.subject == "theirs")
        _ = try await fixture.desk.close(id, workspace: mine)
        #expect(try await fixture.desk.detail(of: id, workspace: theirs).ticket.state == .open)
    }

    @Test("Writing for a workspace that the transaction does not name is refused", .timeLimit(.minutes(1)))
    func foreignWrite() async throws {
        let fixture = try await SupportFixture.make()
        await #expect(throws: PostgresError.self) {
            try await fixture.pool.transaction(.workspaces([fixture.workspace])) { transaction in
                try await CreateTicketHandler(policies: SLAPolicyCache()).handle([fixture.job(workspace: UUID())], in: transaction)
            }
        }
        #expect(try await fixture.count("select count(*) from tickets") == 0)
    }

    @Test("Pages go from the newest to the oldest without gaps, by state", .timeLimit(.minutes(1)))
    func pages() async throws {
        let fixture = try await SupportFixture.make()
        let jobs = (0..<25).map { fixture.job(Self.id(at: 1_763_337_600_000 + Int64($0))) }
        try await fixture.create(jobs.shuffled())
        for job in jobs.prefix(10) { _ = try await fixture.desk.close(job.id, workspace: fixture.workspace) }

        func all(_ states: [TicketState]) async throws -> [UUID] {
            var found: [UUID] = []
            while true {
                let page = try await fixture.desk.list(fixture.workspace, states: states, before: found.last, limit: 4)
                found.append(contentsOf: page.map(\.id))
                if page.count < 4 { return found }
            }
        }
        #expect(try await all(TicketState.allCases) == jobs.map(\.id).reversed())
        #expect(try await all([.closed]) == jobs.prefix(10).map(\.id).reversed())
        #expect(try await all([.open]) == jobs.dropFirst(10).map(\.id).reversed())
        #expect(try await fixture.desk.list(fixture.workspace, states: [.open], before: nil, limit: 1).first?.body == nil)
    }

    @Test("A ticket is its job's outcome, for the engine's questions", .timeLimit(.minutes(1)))
    func outcome() async throws {
        let fixture = try await SupportFixture.make()
        let id = try await fixture.ticket()
        let rows = try await fixture.pool.query(
            .workspaces([fixture.workspace]), "select kind, state, attempts from finished_jobs where workspace_id = $1 and id = $2",
            fixture.workspace, id)
        #expect(try rows.map { try $0.decode("kind", as: String.self) } == ["ticket.create"])
        #expect(try rows.first?.decode("state", as: String.self) == "done")
        let upkeep = try await fixture.pool.query(.role(.upkeep), "select id from finished_jobs where id = $1", id)
        #expect(upkeep.count == 1, "the relay and the audit see it without a workspace")
    }

    @Test("Real titles and times go through the tables unharmed", .timeLimit(.minutes(1)))
    func realTickets() async throws {
        let fixture = try await SupportFixture.make()
        let histories = try SupportHistory.all()
        let jobs = histories.map { fixture.job(acceptedAt: $0.openedAt, subject: $0.title) }
        for start in stride(from: 0, to: jobs.count, by: 500) { try await fixture.create(Array(jobs[start..<min(start + 500, jobs.count)])) }

        let rows = try await fixture.pool.query(
            .workspaces([fixture.workspace]),
            """
            select t.id, t.subject, t.accepted_at, extract(epoch from c.due_at - t.accepted_at)::float8 as target
            from tickets t join sla_clocks c on c.workspace_id = t.workspace_id and c.ticket_id = t.id and c.metric = 'first_reply'
            """)
        #expect(rows.count == histories.count)
        let expected = Dictionary(uniqueKeysWithValues: zip(jobs.map(\.id), histories))
        for row in rows {
            let history = try #require(expected[try row.decode("id")])
            #expect(try row.decode("subject", as: String.self) == history.title)
            #expect(try row.decode("accepted_at", as: Date.self) == history.openedAt)
            #expect(try row.decode("target", as: Double.self) == 86_400)
        }
    }
}
