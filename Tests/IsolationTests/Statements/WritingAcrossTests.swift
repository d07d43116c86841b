import Foundation
import Postgres
import TestSupport
import Testing

/// Writing under another's ids, and the ways into tables that policies do not hold for.
@Suite("Writing across", .timeLimit(.minutes(2)))
struct WritingAcrossTests {
    private static let ticket: SQL = """
        insert into tickets (workspace_id, id, accepted_at, priority, subject, body) values ($1, $2, mainstay_now(), 'low', 'mine', 'b')
        on conflict (workspace_id, id) do nothing
        """

    @Test("an id that another workspace has is free: nothing is swallowed, and the other's row stands")
    func sameID() async throws {
        try await IsolationFixture.with { fixture in
            let place = try await Place.make(in: fixture)
            let written = try await fixture.server.execute(.workspaces([place.own]), Self.ticket, place.own, place.theirs)
            #expect(written == 1, "with a key on the id alone, `on conflict do nothing` would have lost this row without a word")
            let again = try await fixture.server.execute(.workspaces([place.own]), Self.ticket, place.own, place.theirs)
            #expect(again == 0)
            let rows = try await fixture.superuser.query(.unscoped, "select workspace_id from tickets where id = $1", place.theirs)
            #expect(try Set(rows.map { try $0.decode(0, as: UUID.self) }) == [place.own, place.other])
        }
    }

    @Test("`on conflict` does not reach a row of another workspace, neither to skip it nor to change it")
    func conflicts() async throws {
        try await IsolationFixture.with { fixture in
            let place = try await Place.make(in: fixture)
            let scope = PostgresScope.workspaces([place.own])
            let skipping = try await refusal { try await fixture.server.execute(scope, Self.ticket, place.other, place.theirs) }
            #expect(skipping?.sqlState == "42501")
            let changing = try await refusal {
                try await fixture.server.execute(
                    scope,
                    """
                    insert into tickets (workspace_id, id, accepted_at, priority, subject, body) values ($1, $2, mainstay_now(), 'low', 'mine', 'b')
                    on conflict (workspace_id, id) do update set subject = excluded.subject
                    """, place.other, place.theirs)
            }
            #expect(changing?.sqlState == "42501")
            let subjects = try await fixture.superuser.query(.unscoped, "select 1 from tickets where subject = 'mine'")
            #expect(subjects.isEmpty)
        }
    }

    @Test("a workspace cannot be taken over by its slug, which is unique over all of them")
    func slugs() async throws {
        try await IsolationFixture.with { fixture in
            let place = try await Place.make(in: fixture)
            let row = try await fixture.superuser.query(.unscoped, "select slug from workspaces where id = $1", place.other)[0]
            let (slug, id) = (try row.decode("slug", as: String.self), UUID())
            let error = try await refusal {
                try await fixture.server.execute(
                    .workspaces([id]),
                    "insert into workspaces (id, slug, name) values ($1, $2, 'mine') on conflict (slug) do update set name = 'mine'", id, slug)
            }
            #expect(error?.sqlState == "42501")
            let taken = try await fixture.superuser.query(.unscoped, "select 1 from workspaces where name = 'mine'")
            #expect(taken.isEmpty)
        }
    }

    @Test("a foreign key says the same of another's id as of one that nobody has")
    func foreignKeys() async throws {
        try await IsolationFixture.with { fixture in
            let place = try await Place.make(in: fixture)
            let sql: SQL = "insert into ticket_replies (workspace_id, id, ticket_id, author, body) values ($1, $2, $3, 'support', 'b')"
            let scope = PostgresScope.workspaces([place.own])
            let known = try await refusal { try await fixture.server.execute(scope, sql, place.own, UUID(), place.theirs) }
            let unknown = try await refusal { try await fixture.server.execute(scope, sql, place.own, UUID(), UUID()) }
            #expect(known?.sqlState == "23503" && unknown?.sqlState == "23503")
            #expect(known?.message == unknown?.message && known?.constraint == unknown?.constraint)
            let own = try await fixture.server.execute(scope, sql, place.own, UUID(), place.mine)
            #expect(own == 1)
        }
    }

    @Test("COPY into a table with policies is refused, for it would ask none; the server loads rows by `unnest`")
    func copy() async throws {
        try await IsolationFixture.with { fixture in
            let place = try await Place.make(in: fixture)
            for workspace in [place.own, place.other] {
                let line = "\(workspace.uuidString)\t\(UUID().uuidString)\n"
                let error = try await refusal {
                    try await fixture.server.transaction(.workspaces([place.own])) { transaction in
                        try await transaction.copy(into: "copy run_cancellations (workspace_id, id) from stdin", text: [Array(line.utf8)])
                    }
                }
                #expect(error?.sqlState == "0A000")
            }
        }
    }

    @Test("what asks no policy is not granted: truncate, the reports, a day of a table, another role's tables")
    func ungranted() async throws {
        try await IsolationFixture.with { fixture in
            let place = try await Place.make(in: fixture)
            let statements: [SQL] = [
                "truncate run_cancellations", "select 1 from reporting.tickets", "select 1 from acceptances_default", "select 1 from job_limits",
                "alter table tickets disable row level security", "create policy mine on tickets using (true)",
                "create function public.mine() returns integer language sql return 1", "set local role mainstay_owner",
                "set local session authorization mainstay_owner",
            ]
            for statement in statements {
                let error = try await refusal { try await fixture.server.execute(.workspaces([place.own]), statement) }
                #expect(error?.sqlState == "42501", "\(statement.label): \(error.map { "\($0)" } ?? "was let through")")
            }
            // It may be switched off by anybody, and then statements that a policy would filter are refused instead of shown.
            let open = try await refusal {
                try await fixture.server.transaction(.workspaces([place.own])) { transaction in
                    try await transaction.execute("set local row_security = off")
                    return try await transaction.query("select 1 from tickets")
                }
            }
            #expect(open?.sqlState == "42501")
        }
    }

    @Test("the role that reads the reports reads nothing beneath them")
    func reporting() async throws {
        try await IsolationFixture.with { fixture in
            _ = try await Place.make(in: fixture)
            try await withPool(fixture.database.reportingURL, size: 1) { reports in
                let seen = try await reports.query(.unscoped, "select 1 from reporting.tickets")
                #expect(seen.count == 2)
                for statement: SQL in ["select 1 from public.tickets", "select 1 from public.tokens", "set role mainstay_views"] {
                    let error = try await refusal { try await reports.execute(.unscoped, statement) }
                    #expect(error?.sqlState == "42501", "\(statement.label)")
                }
            }
        }
    }

    @Test("a function of the engine that is handed another's job does nothing with it")
    func functions() async throws {
        try await IsolationFixture.with { fixture in
            let place = try await Place.make(in: fixture)
            let member = try await fixture.rows.put("job_group_members", in: place.other)
            let (job, sql): (UUID, SQL) = (try member.id("id"), "select count(*) from end_group_members(array[$1], array[$2])")
            let across = try await fixture.count(.workspaces([place.own]), sql, [place.other, job])
            let within = try await fixture.count(.workspaces([place.other]), sql, [place.other, job])
            #expect(across == 0 && within == 1)
        }
    }
}
