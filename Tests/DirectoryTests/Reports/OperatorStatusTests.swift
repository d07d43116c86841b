import Foundation
import HTTPTypes
import Jobs
import JobsTesting
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("A status that an operator sets is a decision")
struct OperatorStatusTests {
    /// What there is of decisions: cases, statements, lines of the public log, takedowns, entries of the access log.
    private static func written(_ fixture: ReportsFixture) async throws -> String {
        try await fixture.text(
            """
            select concat_ws(' ', (select count(*) from agent_cases), (select count(*) from agent_statements), (select count(*) from agent_removals),
              (select count(*) from agent_takedowns), (select count(*) from access_log))
            """)
    }

    @Test("a quarantine without a report has a statement, a line in the log, and an appeal that another operator decides", .timeLimit(.minutes(1)))
    func quarantine() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                let set = try await ask.setStatus("quarantined", ground: "malware")
                #expect(set.status == .ok && set.json["status"] == "quarantined" && set.json["reason"] == "It sends keys away.")
                #expect(Set(try #require(set.json.members).map(\.name)) == ["owner", "name", "status", "reason", "changed_at"])

                let statement = try #require(try await ask.statements(fixture.eliza).first)
                #expect(statement["decision"] == "quarantine" && statement["ground"] == "malware" && statement["automated"] == false)
                #expect(statement["facts"] == "It sends keys away." && statement["rule"] == "directory-rules/malware")
                #expect(statement["appeal_until"] != nil && statement["redress"]?.string?.contains("/appeals") == true)
                let line = try #require(try await ask.removals().first)
                #expect(line["agent"] == "acme/eliza" && line["decision"] == "quarantine" && line["ground"] == "malware")
                #expect(try await ask.cases().isEmpty, "nothing waits")

                #expect(try await ask.appeal(fixture.eliza).status == .created)
                let appeal = try #require(try await ask.cases().first?["case"]?.string)
                #expect(try await ask.decide(appeal, "restore", as: "ann").json["type"] == "urn:mainstay:problem:same-operator")
                #expect(try await ask.decide(appeal, "restore", as: "bob").json["status"] == "active")
                let after = try #require(try await ask.removals().first)
                #expect(after["appeal_outcome"] == "reversed" && after["lifted_at"] != nil)
            }
            let told = try await fixture.text("select string_agg(action || ' ' || (details->>'decision'), ', ' order by sequence) from access_log")
            #expect(told == "agent.quarantined quarantine, agent.released restore")
        }
    }

    @Test("a removal without a report reaches the owner, the log and the owners of forks", .timeLimit(.minutes(1)))
    func removal() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.fork(as: "mine", in: fixture.rival)
            try await fixture.asking { ask in
                #expect(try await ask.setStatus("removed").json["status"] == "removed")
                #expect(try await ask.statements(fixture.eliza).map { $0["decision"]?.string } == ["remove"])
                let line = try #require(try await ask.removals().first)
                #expect(line["decision"] == "remove" && line["ground"] == "other", "no ground was named")

                let serving = fixture.engine.serving { fixture.reports.register(in: &$0) }
                #expect(try await NoticeSweep(pool: fixture.pool, producer: fixture.engine.producer).sweep() == 1)
                #expect(try await serving.drain().done == 1)
                let notices = try await ask(.get, "/v1/notices", token: "rival")
                #expect(notices.names == ["mine"] && notices.json["items"]?[0]?["source"]?["agent"] == "acme/eliza")
                #expect(try await ask.appeal(fixture.eliza).status == .created)
            }
        }
    }

    @Test("the same again, one after another and at once, is done once; another reason or ground is another decision", .timeLimit(.minutes(1)))
    func again() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                let answers = try await withThrowingTaskGroup(of: DirectoryFixture.Answer.self, returning: [DirectoryFixture.Answer].self) { group in
                    for _ in 0..<4 { group.addTask { try await ask.setStatus("removed", ground: "malware") } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(answers.allSatisfy { $0.status == .ok && $0.lasting == answers[0].lasting })
                let once = try await Self.written(fixture)
                #expect(once == "1 1 1 1 1")
                try await fixture.moveTime(by: 60)
                for ground in ["malware", nil] {
                    let same = try await ask.setStatus("removed", ground: ground, as: "bob")
                    #expect(same.status == .ok && same.lasting == answers[0].lasting)
                }
                let still = try await Self.written(fixture)
                #expect(still == once)

                #expect(try await ask.setStatus("removed", ground: "illegal").status == .ok)
                #expect(try await ask.setStatus("removed", reason: "Another one.", ground: "illegal").status == .ok)
                let statements = try await ask.statements(fixture.eliza)
                #expect(statements.map { $0["ground"]?.string } == ["illegal", "illegal", "malware"])
                #expect(statements.map { $0["facts"]?.string } == ["Another one.", "It sends keys away.", "It sends keys away."])
            }
        }
    }

    @Test("what was active and stays so is no decision", .timeLimit(.minutes(1)))
    func nothing() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await fixture.reported(ask)
                for ground in [nil, "other"] {
                    let set = try await ask.setStatus("active", reason: nil, ground: ground)
                    #expect(set.status == .ok && set.json["status"] == "active")
                }
                #expect(try await ask.cases().count == 1, "the reports wait")
            }
            let written = try await Self.written(fixture)
            #expect(written == "1 0 0 0 0")
        }
    }

    @Test("an agent that is opened again is lifted in the log and in what was stated; a deprecation is for its owner", .timeLimit(.minutes(1)))
    func opened() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await ask.setStatus("removed")
                let active = try await ask.setStatus("active", reason: nil)
                #expect(active.json["status"] == "active" && active.json["reason"] == nil)
                let statements = try await ask.statements(fixture.eliza)
                #expect(statements.map { $0["decision"]?.string } == ["restore", "remove"])
                #expect(statements[0]["facts"]?.string?.isEmpty == false && statements[0]["appeal_until"] == nil)
                #expect(statements[1]["lifted_at"] != nil)
                let lines = try await ask.removals()
                #expect(lines.count == 1 && lines[0]["lifted_at"] != nil)

                _ = try await ask.setStatus("deprecated", ground: "misleading")
                let told = try #require(try await ask.statements(fixture.eliza).first)
                #expect(told["decision"] == "deprecate" && told["appeal_until"] != nil)
                #expect(try await ask.removals().count == 1)
            }
            let told = try await fixture.text("select string_agg(action, ' ' order by sequence) from access_log")
            #expect(told == "agent.quarantined agent.released agent.case_decided")
        }
    }

    @Test("reports that wait are decided with it, and so is an appeal against what they have done", .timeLimit(.minutes(1)))
    func waiting() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                try await fixture.quarantine(ask)
                #expect(try await ask.appeal(fixture.eliza).status == .created)
                let reports = try #require(try await ask.cases().first?["case"]?.string)
                #expect(try await ask.setStatus("active", reason: nil).json["status"] == "active")

                #expect(try await ask.cases().isEmpty)
                let detail = try await ask(.get, "/v1/operations/agent-reports/\(reports)", token: "ann")
                #expect(detail.json["summary"]?["decision"] == "restore" && detail.json["summary"]?["reports"] == 3)
                let statements = try await ask.statements(fixture.eliza)
                #expect(statements.map { $0["decision"]?.string } == ["restore", "quarantine"])
                #expect(statements[1]["lifted_at"] != nil && statements[1]["appeal"]?["outcome"] == "reversed")

                // The next one has no report to take along: a case of its own.
                #expect(try await ask.setStatus("quarantined").status == .ok)
            }
            #expect(try await fixture.count("select count(*) from agent_cases where kind = 'report' and decided_at is not null") == 2)
        }
    }
}
