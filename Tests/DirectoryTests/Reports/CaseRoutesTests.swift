import Foundation
import Jobs
import HTTPTypes
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Operators decide about reports")
struct CaseRoutesTests {
    @Test("nobody sees or decides a case without the operator's scope", .timeLimit(.minutes(1)))
    func scope() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                let id = try await fixture.reported(ask)
                let body = #"{"decision": "remove", "ground": "malware", "facts": "x"}"#
                for token in ["acme", "rival"] {
                    #expect(try await ask(.get, "/v1/operations/agent-reports", token: token).status == .forbidden)
                    #expect(try await ask(.get, "/v1/operations/agent-reports/\(id)", token: token).status == .forbidden)
                    #expect(try await ask(.post, "/v1/operations/agent-reports/\(id)/decision", body, token: token).status == .forbidden)
                }
                #expect(try await ask(.get, "/v1/operations/agent-reports", token: nil).status == .unauthorized)
                #expect(try await ask(.get, "/v1/agents/\(fixture.eliza)/moderation", token: "ann").status == .forbidden)
            }
            #expect(try await fixture.status() == "active")
        }
    }

    @Test("the queue is oldest first, in pages, with age, counts and weights", .timeLimit(.minutes(1)))
    func queue() async throws {
        try await ReportsFixture.with { fixture in
            for name in ["lisa", "max", "zoe"] { try await fixture.publish(name, as: UUID.version7()) }
            try await fixture.asking { ask in
                for (index, name) in ["max", "eliza", "zoe", "lisa"].enumerated() {
                    _ = try await ask.report("impersonation", from: "192.0.2.\(index)", agent: "acme/\(name)")
                }
                _ = try await ask.report("other", from: "192.0.2.9", token: "w1", text: "the words", agent: "acme/max")
                try await fixture.moveTime(by: 7200)

                let first = try await ask(.get, "/v1/operations/agent-reports?limit=3", token: "ann")
                let items = try #require(first.json["items"]?.elements)
                #expect(items.map { $0["agent"]?.string } == ["acme/max", "acme/eliza", "acme/zoe"])
                #expect(items[0]["reports"] == 2 && items[0]["reporters"] == 2 && items[0]["identified"] == 1)
                #expect(items[0]["reasons"]?[0]?["reason"] == "impersonation" && items[0]["reasons"]?[0]?["weight"] == 2)
                // Two of somebody unknown, and half a one by a workspace, three times.
                #expect(items[0]["score"] == 3.5 && items[0]["kind"] == "report" && items[0]["standing"] == "noted" && items[0]["status"] == "active")
                guard case .number(let age)? = items[0]["age_seconds"] else {
                    Issue.record("the age is \(String(describing: items[0]["age_seconds"]))")
                    return
                }
                #expect((7200..<7260).contains(age))
                let cursor = try #require(first.json["next_cursor"]?.string)
                let second = try await ask(.get, "/v1/operations/agent-reports?limit=3&cursor=\(cursor)", token: "ann")
                #expect(second.json["items"]?.elements?.map { $0["agent"]?.string } == ["acme/lisa"] && second.json["next_cursor"] == nil)
                #expect(try await ask.cases("?standing=quarantined").isEmpty)
                #expect(try await ask.cases("?standing=noted").count == 4)
                #expect(try await ask(.get, "/v1/operations/agent-reports?standing=bad", token: "ann").status == .badRequest)

                let detail = try await ask(.get, "/v1/operations/agent-reports/\(try #require(items[0]["case"]?.string))", token: "ann")
                #expect(detail.json["summary"]?["agent"] == "acme/max")
                #expect(detail.json["reports"]?.elements?.map { $0["text"]?.string } == ["the words", "words"])
                #expect(detail.json["reports"]?[0]?["identified"] == true && detail.json["reports"]?[0]?["version"] == 1)
                #expect(try await ask(.get, "/v1/operations/agent-reports/\(UUID())", token: "ann").status == .notFound)
            }
        }
    }

    @Test("a removal sets the status, tells the owner and adds to the log; it is done once", .timeLimit(.minutes(1)))
    func remove() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                let id = try await fixture.reported(ask)
                let decided = try await ask.decide(id, "remove")
                #expect(decided.status == .ok)
                #expect(decided.json["status"] == "removed" && decided.json["automated"] == false)
                #expect(decided.json["rule"] == "directory-rules/malware")
                #expect(try await fixture.status() == "removed")

                let statement = try #require(try await ask.statements(fixture.eliza).first)
                #expect(statement["id"] == decided.json["statement"] && statement["decision"] == "remove" && statement["automated"] == false)
                #expect(statement["facts"] == "It sends keys away." && statement["redress"]?.string?.contains("/appeals") == true)

                let log = try #require(try await ask.removals().first)
                #expect(log["agent"] == "acme/eliza" && log["decision"] == "remove" && log["ground"] == "malware")
                #expect(log["appeal_outcome"] == nil && log["lifted_at"] == nil)
                #expect(Set(try #require(log.members).map(\.name)) == ["agent", "owner", "name", "decision", "ground", "decided_at"])

                let again = try await ask.decide(id, "remove", as: "bob")
                #expect(again.status == .ok && again.headers[.idempotencyReplayed] == "true")
                #expect(again.lasting == decided.lasting)
                let other = try await ask.decide(id, "restore")
                #expect(other.status == .conflict && other.json["type"] == "urn:mainstay:problem:case-decided")
                let otherFacts = try await ask.decide(id, "remove", facts: "Something else.")
                #expect(otherFacts.status == .conflict)
                #expect(try await ask.statements(fixture.eliza).count == 1)
                #expect(try await ask.cases().isEmpty)
            }
            #expect(try await fixture.count("select count(*) from agent_takedowns") == 1)
            #expect(try await fixture.text("select action from access_log") == "agent.quarantined")
        }
    }

    @Test("a dismissal puts what reports have quarantined back to where it was, and lifts what was stated", .timeLimit(.minutes(1)))
    func dismiss() async throws {
        try await ReportsFixture.with { fixture in
            _ = try await fixture.database.psql("update published_agents set status = 'deprecated', status_reason = 'Use lisa.'")
            try await fixture.asking { ask in
                try await fixture.quarantine(ask)
                let id = try #require(try await ask.cases().first?["case"]?.string)
                let decided = try await ask.decide(id, "dismiss", facts: "It is a test of alarms.")
                #expect(decided.json["status"] == "deprecated")
                #expect(try await fixture.status() == "deprecated")
                let statements = try await ask.statements(fixture.eliza)
                #expect(statements.map { $0["decision"]?.string } == ["dismiss", "quarantine"])
                #expect(statements[0]["appeal_until"] == nil && statements[1]["lifted_at"] != nil)
                #expect(try await ask.removals().isEmpty)

                // The next reports open a case of their own: those that were dismissed do not count again.
                for number in 4...5 { _ = try await ask.report("malware", from: "203.0.113.\(number)", token: "w\(number)") }
                #expect(try await fixture.status() == "deprecated")
                _ = try await ask.report("malware", from: "203.0.113.6", token: "w6")
                #expect(try await fixture.status() == "quarantined")
            }
            let told = try await fixture.text("select string_agg(action, ' ' order by sequence) from access_log")
            #expect(told == "agent.quarantined agent.released agent.quarantined")
        }
    }

    @Test("a dismissal takes back nothing that somebody has decided before", .timeLimit(.minutes(1)))
    func dismissNothing() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                let first = try await fixture.reported(ask)
                _ = try await ask.decide(first, "deprecate", ground: "misleading")
                #expect(try await fixture.status() == "deprecated")
                _ = try await ask.report("other", from: "203.0.113.77")
                let second = try #require(try await ask.cases().first?["case"]?.string)
                #expect(first != second)
                _ = try await ask.decide(second, "dismiss", ground: "other")
                #expect(try await fixture.status() == "deprecated")
                let statements = try await ask.statements(fixture.eliza)
                #expect(statements.map { $0["decision"]?.string } == ["dismiss", "deprecate"])
                #expect(statements[1]["lifted_at"] == nil)
            }
            let told = try await fixture.text("select string_agg(action || ' ' || (details->>'decision'), ', ' order by sequence) from access_log")
            #expect(told == "agent.case_decided deprecate, agent.case_decided dismiss")
        }
    }

    @Test("what cannot be a decision is refused", .timeLimit(.minutes(1)))
    func refusals() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                let id = try await fixture.reported(ask)
                let path = "/v1/operations/agent-reports/\(id)/decision"
                for body in [
                    #"{"decision": "burn", "ground": "malware", "facts": "x"}"#, #"{"decision": "remove", "ground": "ugly", "facts": "x"}"#,
                    #"{"decision": "remove", "ground": "malware", "facts": " "}"#, #"{"decision": "remove", "ground": "malware"}"#,
                    #"{"decision": "remove", "ground": "malware", "facts": "x", "rule": ""}"#, "{}",
                ] {
                    #expect(try await ask(.post, path, body, token: "ann").status == .unprocessableContent, "\(body)")
                }
                #expect(try await ask.decide(UUID().uuidString, "remove").status == .notFound)
                #expect(try await ask.decide("nonsense", "remove").status == .notFound)
            }
            #expect(try await fixture.status() == "active")
        }
    }

    @Test("a case whose agent and workspace are gone is decided all the same, and its line in the log stays", .timeLimit(.minutes(1)))
    func workspaceGone() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.publish("lisa", as: UUID.version7())
            try await fixture.asking { ask in
                let removed = try await fixture.reported(ask)
                _ = try await ask.decide(removed, "remove")
                let waiting = try await fixture.reported(ask, agent: "acme/lisa")
                _ = try await fixture.database.psql(
                    """
                    update workspaces set deleted_at = mainstay_now() - interval '1 day', purge_at = mainstay_now() where id = '\(fixture.acme)';
                    do $$ begin while purge_workspace('\(fixture.acme)', 100) > 0 loop end loop; end $$;
                    """)
                #expect(try await fixture.count("select count(*) from workspaces where id = '\(fixture.acme)'") == 0)
                #expect(try await fixture.count("select count(*) from agent_statements") == 0)
                #expect(try await ask.removals().map { $0["agent"]?.string } == ["acme/eliza"])

                let decided = try await ask.decide(waiting, "remove")
                #expect(decided.status == .ok && decided.json["statement"] == nil && decided.json["status"] == nil)
                #expect(try await ask.removals().map { $0["agent"]?.string } == ["acme/lisa", "acme/eliza"])
            }
        }
    }

    @Test("a new name saves no agent: reports by the old one and decisions follow it", .timeLimit(.minutes(1)))
    func renamed() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                let id = try await fixture.reported(ask)
                _ = try await fixture.database.psql("update published_agents set name = 'elisa'")
                #expect(try await ask.report("malware", from: "192.0.2.1").status == .accepted, "by the name that it had")
                #expect(try await ask.report("malware", from: "192.0.2.2", agent: "acme/elisa").status == .accepted)
                let found = try await ask.cases()
                #expect(found.count == 1 && found[0]["agent"] == "acme/elisa" && found[0]["reports"] == 3)
                #expect(try await ask.decide(id, "remove").json["status"] == "removed")
                #expect(try await fixture.status(of: "elisa") == "removed")
                #expect(try await ask.removals().first?["agent"] == "acme/elisa")
                #expect(try await ask.report("malware", from: "192.0.2.3").status == .notFound)
            }
        }
    }

    @Test("the log is read in pages by anybody", .timeLimit(.minutes(1)))
    func log() async throws {
        try await ReportsFixture.with { fixture in
            for name in ["lisa", "max"] { try await fixture.publish(name, as: UUID.version7()) }
            try await fixture.asking { ask in
                for (name, decision) in [("eliza", "quarantine"), ("lisa", "deprecate"), ("max", "remove")] {
                    _ = try await ask.decide(try await fixture.reported(ask, agent: "acme/\(name)"), decision)
                }
                let first = try await ask(.get, "/v1/directory/removals?limit=1", token: nil)
                #expect(first.json["items"]?.elements?.map { $0["agent"]?.string } == ["acme/max"])
                let cursor = try #require(first.json["next_cursor"]?.string)
                let second = try await ask(.get, "/v1/directory/removals?limit=1&cursor=\(cursor)", token: nil)
                #expect(second.json["items"]?.elements?.map { $0["agent"]?.string } == ["acme/eliza"] && second.json["next_cursor"] == nil)
            }
        }
    }
}
