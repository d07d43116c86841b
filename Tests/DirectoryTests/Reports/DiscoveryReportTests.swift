import Foundation
import Jobs
import TestSupport
import Testing

@testable import Directory

@Suite("The report on discovery")
struct DiscoveryReportTests {
    /// Runs the report as it ships; a row by its month.
    private static func rows(_ fixture: ReportsFixture) async throws -> [String: [String]] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "sql/reports/discovery.sql")
        let answer = try await fixture.text("set timezone to 'UTC';\n" + String(contentsOf: file, encoding: .utf8))
        var rows: [String: [String]] = [:]
        for line in answer.split(separator: "\n") where line.contains("|") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            rows[cells[0]] = Array(cells.dropFirst())
        }
        return rows
    }

    @Test("counts what the rule says, each in its month", .timeLimit(.minutes(1)))
    func numbers() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.publish("lisa", as: UUID.version7())
            try await fixture.publish("max", as: UUID.version7())
            // Four newcomers of a month of long ago: forks after 2, 4 and 60 minutes, and none.
            for (number, minutes) in [(1, 2), (2, 4), (3, 60), (4, nil)] as [(Int, Int?)] {
                let workspace = UUID.version7()
                _ = try await fixture.database.psql(
                    "insert into workspaces (id, slug, name, created_at) values ('\(workspace)', 'n\(number)', 'N', '2020-03-31 23:30:00+00')")
                guard let minutes else { continue }
                // The second fork of one counts for nothing.
                for (name, later) in [("a", 0), ("b", 500)] {
                    let fork = try await fixture.fork(as: name, in: workspace)
                    _ = try await fixture.database.psql(
                        """
                        update agents set created_at = timestamptz '2020-03-31 23:30:00+00' + interval '\(minutes + later) minutes' where id = '\(fork)'
                        """)
                }
            }
            _ = try await fixture.database.psql("update published_agents set published_at = '2020-03-05 00:00:00+00'")
            try await fixture.asking { ask in
                _ = try await ask.decide(try await fixture.reported(ask, agent: "acme/max"), "remove")
                _ = try await ask.report("other", from: "192.0.2.1")
                _ = try await ask.report("malware", from: "192.0.2.2")
            }
            _ = try await fixture.database.psql(
                """
                update agent_reports set created_at = '2020-03-20 00:00:00+00' where reason <> 'malware';
                update agent_reports set created_at = '2020-04-01 00:00:00+00' where reason = 'malware';
                """)
            let rows = try await Self.rows(fixture)
            let march = try #require(rows["2020-03"])
            // published, listed, workspaces, first forks, p50, p90, within five minutes, reports, of them open
            #expect(Array(march.prefix(9)) == ["3", "2", "4", "3", "4.0", "48.8", "50.0", "2", "1"])
            let april = try #require(rows["2020-04"])
            #expect(Array(april.prefix(9)) == ["0", "0", "0", "0", "", "", "", "1", "1"])
            let (older, newer) = (try #require(Double(march[9])), try #require(Double(april[9])))
            #expect(abs(older - newer - 12 * 24) < 0.2, "the oldest open one is so many hours old")
        }
    }
}
