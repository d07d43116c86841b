import Foundation
import Postgres
import TestSupport
import Testing

/// Statements that reach a table by another way than its name behind `from`: none of them is a way around its policies.
@Suite("Statements that might reach across", .timeLimit(.minutes(2)))
struct CrossingStatementsTests {
    /// One statement about two tickets, `$1` of the own workspace and `$2` of another; it gives one number.
    struct Crossing: Sendable, CustomTestStringConvertible {
        let what: String
        let sql: SQL
        /// What is found with the own workspace in scope, with none, and with both: the last shows that there is something to find.
        let own: Int
        let none: Int
        let both: Int
        var testDescription: String { what }

        init(_ what: String, own: Int = 1, none: Int = 0, both: Int = 2, _ sql: SQL) {
            self.what = what
            self.sql = sql
            self.own = own
            self.none = none
            self.both = both
        }
    }

    static let crossings: [Crossing] = [
        Crossing("a join", "select count(*) from tickets t join ticket_replies r on r.ticket_id = t.id where t.id in ($1, $2)"),
        Crossing(
            "a join of a table with itself", both: 4,
            "select count(*) from tickets a cross join tickets b where a.id in ($1, $2) and b.id in ($1, $2)"),
        Crossing("an outer join", "select count(t.id) from (values ($1), ($2)) as given (id) left join tickets t on t.id = given.id"),
        Crossing(
            "a lateral join",
            "select count(*) from (values ($1), ($2)) as given (id) cross join lateral (select * from tickets t where t.id = given.id) as found"),
        Crossing(
            "a scalar sub-query",
            "select count(*) from (values ($1), ($2)) as given (id) where (select subject from tickets t where t.id = given.id) is not null"),
        Crossing("in", "select count(*) from (values ($1), ($2)) as given (id) where id in (select t.id from tickets t)"),
        Crossing("exists", "select count(*) from (values ($1), ($2)) as given (id) where exists (select 1 from tickets t where t.id = given.id)"),
        Crossing(
            "not exists", own: 1, none: 2, both: 0,
            "select count(*) from (values ($1), ($2)) as given (id) where not exists (select 1 from tickets t where t.id = given.id)"),
        Crossing(
            "a union",
            "select count(*) from (select id from tickets union select ticket_id from ticket_replies) as both_tables where id in ($1, $2)"),
        Crossing("a CTE", "with seen as materialized (select id from tickets) select count(*) from seen where id in ($1, $2)"),
        Crossing(
            "a recursive CTE",
            """
            with recursive walk (id) as (
              select t.id from tickets t where t.id = $1
              union
              select t.id from walk, tickets t where t.id in ($1, $2)
            ) select count(*) from walk
            """),
        Crossing("a window", "select coalesce(max(n), 0) from (select count(*) over () as n from tickets where id in ($1, $2)) as counted"),
        Crossing("the view of finished jobs", "select count(*) from finished_jobs where id in ($1, $2)"),
        Crossing("the view of running jobs", "select count(*) from running_jobs"),
        Crossing("people, who are seen by their memberships", "select count(*) from users"),
        // An export is of one workspace: of the first in scope.
        Crossing("the export of a table", both: 1, "select count(*) from export_page('tickets', null, 100)"),
        Crossing("the export of people", "select count(*) from export_page('users', null, 100)"),
        Crossing("the export of what everybody may read", both: 1, "select count(*) from export_page('published_agents', null, 100)"),
        Crossing("a lock", "select count(*) from (select id from tickets where id in ($1, $2) for update) as locked"),
        Crossing("a shared lock", "select count(*) from (select id from tickets where id in ($1, $2) for share skip locked) as locked"),
        Crossing(
            "an update with RETURNING",
            "with touched as (update tickets set category = 'other' where id in ($1, $2) returning id) select count(*) from touched"),
        Crossing(
            "an update by way of another table",
            """
            with touched as (update tickets t set category = 'other' from ticket_replies r where r.ticket_id = t.id and t.id in ($1, $2) returning t.id)
            select count(*) from touched
            """),
        Crossing(
            "a delete with RETURNING",
            "with gone as (delete from ticket_replies where ticket_id in ($1, $2) returning id) select count(*) from gone"),
        Crossing(
            "a copy of rows into another table",
            """
            with copied as (insert into run_cancellations (workspace_id, id) select workspace_id, id from tickets where id in ($1, $2) returning id)
            select count(*) from copied
            """),
    ]

    @Test("they find what is in scope", arguments: crossings)
    func crossing(_ crossing: Crossing) async throws {
        try await IsolationFixture.with { fixture in
            let place = try await Place.make(in: fixture)
            let ids = [place.mine, place.theirs]
            let own = try await fixture.count(.workspaces([place.own]), crossing.sql, ids)
            let none = try await fixture.count(.workspaces([]), crossing.sql, ids)
            let unset = try await fixture.count(.unscoped, crossing.sql, ids)
            let both = try await fixture.count(.workspaces([place.own, place.other]), crossing.sql, ids)
            let expected: [Int] = [crossing.own, crossing.none, crossing.none, crossing.both]
            let counted: [Int] = [own, none, unset, both]
            #expect(counted == expected)
        }
    }

    /// What is no leakproof function is worked out behind the policy.
    @Test("an error that another's row would cause is not raised, and with that row in scope it is")
    func errors() async throws {
        try await IsolationFixture.with { fixture in
            let place = try await Place.make(in: fixture)
            let sql: SQL = "select count(*) from tickets where 1 / (case when id = $1 then 0 else 1 end) = 1"
            let found = try await fixture.count(.workspaces([place.own]), sql, [place.theirs])
            #expect(found == 1)
            let error = try await refusal { try await fixture.count(.workspaces([place.own, place.other]), sql, [place.theirs]) }
            #expect(error?.sqlState == "22012")
        }
    }

    @Test("what the planner keeps of tables is not shown for those that have policies")
    func statistics() async throws {
        try await IsolationFixture.with { fixture in
            _ = try await Place.make(in: fixture)
            _ = try await fixture.database.psql("analyze tickets")
            let sql: SQL = "select 1 from pg_stats where schemaname = 'public' and tablename = 'tickets'"
            let (seen, all) = (try await fixture.server.query(.unscoped, sql), try await fixture.superuser.query(.unscoped, sql))
            #expect(seen.isEmpty && !all.isEmpty)
        }
    }
}

/// Two workspaces with a ticket each, its reply, a run, a member and a published agent.
struct Place: Sendable {
    let own: UUID
    let other: UUID
    /// The tickets.
    let mine: UUID
    let theirs: UUID

    static func make(in fixture: IsolationFixture) async throws -> Place {
        let (own, other) = (try await fixture.rows.makeWorkspace(), try await fixture.rows.makeWorkspace())
        var tickets: [UUID] = []
        for workspace in [own, other] {
            tickets.append(try await fixture.rows.put("ticket_replies", in: workspace).id("ticket_id"))
            try await fixture.rows.put("runs", in: workspace)
            try await fixture.rows.put("members", in: workspace)
            try await fixture.rows.put("published_agents", in: workspace)
        }
        return Place(own: own, other: other, mine: tickets[0], theirs: tickets[1])
    }
}
