import Foundation
import HTTPTypes
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Appeals")
struct AppealTests {
    @Test("an owner appeals, another operator decides, and the log says what came of it", .timeLimit(.minutes(1)))
    func reversed() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                let first = try await fixture.reported(ask)
                _ = try await ask.decide(first, "remove", as: "ann")
                let statement = try #require(try await ask.statements(fixture.eliza).first)

                let appeal = try await ask.appeal(fixture.eliza, "The keys are made up.")
                #expect(appeal.status == .created)
                #expect(appeal.json["state"] == "open" && appeal.json["statement"] == statement["id"] && appeal.json["outcome"] == nil)
                #expect(try await ask.appeal(fixture.eliza).json["type"] == "urn:mainstay:problem:appeal-open")
                #expect(try await ask.statements(fixture.eliza).first?["appeal"]?["text"] == "The keys are made up.")

                let found = try #require(try await ask.cases().first)
                #expect(found["kind"] == "appeal" && found["appeal"]?["text"] == "The keys are made up." && found["appeal"]?["against"] == "remove")
                #expect(found["appeal"]?["decided_with"] == nil)
                let id = try #require(found["case"]?.string)
                let same = try await ask.decide(id, "restore", as: "ann")
                #expect(same.status == .forbidden && same.json["type"] == "urn:mainstay:problem:same-operator")
                #expect(try await fixture.status() == "removed")

                #expect(try await ask.decide(id, "restore", facts: "They are made up.", as: "bob").json["status"] == "active")
                #expect(try await fixture.status() == "active")
                let log = try #require(try await ask.removals().first)
                #expect(log["decision"] == "remove" && log["appeal_outcome"] == "reversed" && log["lifted_at"] != nil)
                let statements = try await ask.statements(fixture.eliza)
                #expect(statements.map { $0["decision"]?.string } == ["restore", "remove"])
                #expect(statements[1]["appeal"]?["state"] == "decided" && statements[1]["appeal"]?["outcome"] == "reversed")
                #expect(statements[1]["lifted_at"] != nil)
                #expect(try await ask.appeal(fixture.eliza).json["type"] == "urn:mainstay:problem:nothing-to-appeal")
            }
        }
    }

    @Test("an appeal that is dismissed lets the decision stand, for good", .timeLimit(.minutes(1)))
    func upheld() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await ask.decide(try await fixture.reported(ask), "quarantine", as: "ann")
                _ = try await ask.appeal(fixture.eliza)
                let id = try #require(try await ask.cases().first?["case"]?.string)
                #expect(try await ask.decide(id, "dismiss", as: "bob").status == .ok)
                #expect(try await fixture.status() == "quarantined")
                let log = try await ask.removals()
                #expect(log.count == 1 && log[0]["appeal_outcome"] == "upheld" && log[0]["lifted_at"] == nil)
                let again = try await ask.appeal(fixture.eliza)
                #expect(again.status == .conflict && again.json["type"] == "urn:mainstay:problem:appeal-decided")
                #expect(try await ask.statements(fixture.eliza).first?["redress"]?.string?.contains("stands") == true)
            }
        }
    }

    @Test("another decision on an appeal can be appealed against itself", .timeLimit(.minutes(1)))
    func changed() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await ask.decide(try await fixture.reported(ask), "remove", as: "ann")
                _ = try await ask.appeal(fixture.eliza)
                _ = try await ask.decide(try #require(try await ask.cases().first?["case"]?.string), "deprecate", as: "bob")
                #expect(try await fixture.status() == "deprecated")
                let log = try await ask.removals()
                #expect(log.count == 1 && log[0]["appeal_outcome"] == "changed" && log[0]["lifted_at"] != nil)

                #expect(try await ask.appeal(fixture.eliza).status == .created)
                let second = try #require(try await ask.cases().first?["case"]?.string)
                #expect(try await ask.decide(second, "restore", as: "bob").status == .forbidden, "it is bob's own decision now")
                #expect(try await ask.decide(second, "restore", as: "ann").status == .ok)
                #expect(try await fixture.status() == "active")
            }
        }
    }

    @Test("where no operator is known of a token, the token is who decided, and does not decide about the appeal", .timeLimit(.minutes(1)))
    func unknownOperators() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await ask.decide(try await fixture.reported(ask), "remove", as: "desk")
                _ = try await ask.appeal(fixture.eliza)
                let appeal = try #require(try await ask.cases().first?["case"]?.string)
                let same = try await ask.decide(appeal, "restore", as: "desk")
                #expect(same.status == .forbidden && same.json["type"] == "urn:mainstay:problem:same-operator")
                #expect(try await ask.decide(appeal, "restore", as: "phone").status == .ok)
            }
        }
    }

    @Test("an appeal against what reports alone did is decided with them", .timeLimit(.minutes(1)))
    func automated() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                try await fixture.quarantine(ask)
                #expect(try await ask.appeal(fixture.eliza).status == .created)
                let cases = try await ask.cases()
                #expect(cases.map { $0["kind"]?.string } == ["report", "appeal"])
                let (reports, appeal) = (try #require(cases[0]["case"]?.string), try #require(cases[1]["case"]?.string))
                #expect(cases[1]["appeal"]?["decided_with"]?.string == reports)
                let early = try await ask.decide(appeal, "restore", as: "ann")
                #expect(early.status == .conflict && early.json["type"] == "urn:mainstay:problem:case-pending")

                #expect(try await ask.decide(reports, "dismiss", as: "ann").json["status"] == "active")
                #expect(try await ask.cases().isEmpty)
                let told = try await ask.statements(fixture.eliza)
                #expect(told.map { $0["decision"]?.string } == ["dismiss", "quarantine"])
                #expect(told[1]["appeal"]?["outcome"] == "reversed" && told[1]["lifted_at"] != nil)
                let replayed = try await ask.decide(appeal, "dismiss", as: "bob")
                #expect(replayed.status == .ok && replayed.headers[.idempotencyReplayed] == "true")
            }
        }
    }

    @Test("it is in time for 180 days", .timeLimit(.minutes(1)))
    func late() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await ask.decide(try await fixture.reported(ask), "remove")
                try await fixture.moveTime(by: 180 * 86_400 + 60)
                let late = try await ask.appeal(fixture.eliza)
                #expect(late.status == .conflict && late.json["type"] == "urn:mainstay:problem:appeal-too-late")
                try await fixture.moveTime(by: 180 * 86_400 - 600)
                #expect(try await ask.appeal(fixture.eliza).status == .created)
            }
        }
    }

    @Test("nobody reads or appeals against what concerns another workspace, and nobody against nothing", .timeLimit(.minutes(1)))
    func others() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                #expect(try await ask.appeal(fixture.eliza).json["type"] == "urn:mainstay:problem:nothing-to-appeal")
                _ = try await ask.decide(try await fixture.reported(ask), "remove")
                let path = "/v1/agents/\(fixture.eliza)/moderation"
                let foreign = try await ask(.get, path, token: "rival")
                let never = try await ask(.get, "/v1/agents/\(UUID())/moderation", token: "rival")
                #expect(foreign.status == .notFound && foreign.lasting == never.lasting)
                #expect(try await ask.appeal(fixture.eliza, token: "rival").status == .notFound)
                #expect(try await ask(.get, path, token: nil).status == .unauthorized)
                #expect(try await ask(.get, "/v1/agents/acme/moderation", token: "acme").status == .notFound)
                for body in [#"{"text": " "}"#, #"{}"#, "{\"text\": \"\(String(repeating: "x", count: 4001))\"}"] {
                    let answer = try await ask(.post, "/v1/agents/\(fixture.eliza)/appeals", body, token: "acme")
                    #expect(answer.status == .unprocessableContent)
                }
            }
            #expect(try await fixture.count("select count(*) from agent_appeals") == 0)
        }
    }

    @Test("the same request is one appeal, and many at once are one", .timeLimit(.minutes(1)))
    func repeated() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await ask.decide(try await fixture.reported(ask), "remove")
                let first = try await ask.appeal(fixture.eliza, headers: [.idempotencyKey: "a-1"])
                let again = try await ask.appeal(fixture.eliza, headers: [.idempotencyKey: "a-1"])
                #expect(first.status == .created && again.status == .created && again.lasting == first.lasting)
                #expect(again.headers[.idempotencyReplayed] == "true")
            }
            #expect(try await fixture.count("select count(*) from agent_appeals") == 1)
        }
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await ask.decide(try await fixture.reported(ask), "remove")
                let codes = try await withThrowingTaskGroup(of: Int.self, returning: [Int].self) { group in
                    for _ in 0..<5 { group.addTask { try await ask.appeal(fixture.eliza).status.code } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(codes.sorted() == [201, 409, 409, 409, 409])
            }
            #expect(try await fixture.count("select count(*) from agent_cases where kind = 'appeal'") == 1)
        }
    }
}
