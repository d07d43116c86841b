import Foundation
import Postgres
import Testing

@Suite("The isolation matrix: every table, every command, everyone who might ask", .timeLimit(.minutes(3)))
struct IsolationMatrixTests {
    @Test("a workspace reaches its own rows, another and nobody reach none of them")
    func everything() async throws {
        try await IsolationFixture.with { fixture in
            let (own, other) = (try await fixture.rows.makeWorkspace(), try await fixture.rows.makeWorkspace())
            let report = try await fixture.matrix.run(own: own, other: other)
            print(report)
            for fault in report.faults { Issue.record("\(fault)") }
            #expect(report.tables == fixture.catalogue.tenantTables.count && report.tables >= 26)
            // Each table is read by its own workspace, in both forms of a scope, and written or refused for want of a grant.
            #expect(report.controls >= 4 * report.tables)
            #expect(report.denials >= 8 * report.tables)
        }
    }

    /// A change that somebody might make, and the one table that it harms.
    struct Harm: Sendable, CustomTestStringConvertible {
        let what: String
        let script: String
        let table: String
        var testDescription: String { what }

        init(_ what: String, _ script: String, _ table: String) {
            self.what = what
            self.script = script
            self.table = table
        }
    }

    static let harms: [Harm] = [
        Harm("a select policy is dropped", "drop policy server_select on run_cancellations", "run_cancellations"),
        Harm("a delete policy is dropped", "drop policy server_delete on plugins", "plugins"),
        Harm("row-level security is off", "alter table ticket_replies disable row level security", "ticket_replies"),
        Harm("row-level security is not forced", "alter table runs no force row level security", "runs"),
        Harm("a policy shows everything", "alter policy server_select on escalations using (true)", "escalations"),
        Harm("a policy lets anything in", "alter policy server_insert on dead_letters with check (true)", "dead_letters"),
        Harm("a policy lets rows be given away", "alter policy server_update on sla_policies with check (true)", "sla_policies"),
        Harm(
            "a table comes that nobody protected",
            """
            create table strays (workspace_id uuid not null, id uuid not null, note text not null check (length(note) > 3), primary key (workspace_id, id));
            alter table strays owner to mainstay_owner;
            grant select, insert, update, delete on strays to mainstay_server
            """, "strays"),
    ]

    @Test("what harms one table is found there and nowhere else", arguments: harms)
    func harmed(_ harm: Harm) async throws {
        try await IsolationFixture.with(harm.script) { fixture in
            let (own, other) = (try await fixture.rows.makeWorkspace(), try await fixture.rows.makeWorkspace())
            let report = try await fixture.matrix.run(own: own, other: other)
            #expect(report.faultyTables == [harm.table], "\(report.faults)")
        }
    }

    @Test("a table of which no row can be made stops the matrix, with its name and the check")
    func unmade() async throws {
        let script = """
            create table riddles (workspace_id uuid not null, id uuid not null, answer text not null constraint riddles_answer check (answer = md5('x')),
              primary key (workspace_id, id));
            alter table riddles owner to mainstay_owner;
            call protect_tenant_table('riddles')
            """
        try await IsolationFixture.with(script) { fixture in
            let (own, other) = (try await fixture.rows.makeWorkspace(), try await fixture.rows.makeWorkspace())
            let fault = await #expect(throws: RowFault.self) { try await fixture.matrix.run(own: own, other: other) }
            #expect(fault?.description.contains("riddles.answer") == true && fault?.description.contains("riddles_answer") == true)
        }
    }

    @Test("rows are made where only several columns together satisfy a check")
    func combined() async throws {
        let script = """
            create table pairs (workspace_id uuid not null, id uuid not null, low integer not null, high integer not null, note text,
              primary key (workspace_id, id), check (high > 50), check (low > 1 and low < high), check ((high > 50) = (note is not null)));
            alter table pairs owner to mainstay_owner;
            call protect_tenant_table('pairs')
            """
        try await IsolationFixture.with(script) { fixture in
            let own = try await fixture.rows.makeWorkspace()
            for _ in 0..<2 { try await fixture.rows.put("pairs", in: own) }
            let found = try await fixture.count(.workspaces([own]), "select count(*) from pairs")
            #expect(found == 2)
        }
    }
}
