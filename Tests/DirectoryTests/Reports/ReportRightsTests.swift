import Foundation
import Postgres
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Who may read and write what reports leave")
struct ReportRightsTests {
    @Test("the server's role writes reports in any scope and reads none; an owner's scope opens nothing of them", .timeLimit(.minutes(1)))
    func rights() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in _ = try await fixture.reported(ask) }
            let caseID = try #require(UUID(uuidString: try await fixture.text("select id from agent_cases")))
            for scope in [PostgresScope.unscoped, .workspaces([fixture.acme]), .workspaces([fixture.rival])] {
                let written = try await fixture.pool.execute(
                    scope,
                    """
                    insert into agent_reports (id, case_id, agent_id, version, reason, reporter, is_identified, text)
                    values ($1, $2, $3, 1, 'other', decode(repeat(replace($1::text, '-', ''), 2), 'hex'), false, '')
                    """, UUID(), caseID, fixture.eliza)
                #expect(written == 1)
                for table in ["agent_reports", "agent_cases", "report_keys", "report_budgets", "agent_takedowns"] {
                    let error = await #expect(throws: PostgresError.self) {
                        _ = try await fixture.pool.query(scope, .trusted(file: "select 1 from \(table)"))
                    }
                    #expect(error?.sqlState == "42501", "\(table)")
                }
            }
            let error = await #expect(throws: PostgresError.self) {
                _ = try await fixture.pool.execute(
                    .workspaces([fixture.acme]),
                    "insert into agent_cases (id, kind, owner, name, agent_id, owner_workspace_id) values ($1, 'report', 'a', 'b', $1, $2)", UUID(),
                    fixture.acme)
            }
            #expect(error?.sqlState == "42501", "an owner opens cases of appeals only")
            #expect(try await fixture.pool.query(.role(.upkeep), "select 1 from agent_reports").count == 4)
        }
    }

    @Test("keys of days that are over go, and full buckets with them", .timeLimit(.minutes(1)))
    func housekeeping() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in _ = try await ask.report("malware", from: "192.0.2.7") }
            let housekeeping = ReportHousekeeping(pool: fixture.pool)
            try await housekeeping.run()
            #expect(try await fixture.count("select (select count(*) from report_keys) + (select count(*) from report_budgets)") == 3)
            try await fixture.moveTime(by: 2 * 86_400 + 60)
            try await housekeeping.run()
            #expect(try await fixture.text("select name from report_keys") == "receipts")
            #expect(try await fixture.count("select count(*) from report_budgets") == 0)
        }
    }
}
