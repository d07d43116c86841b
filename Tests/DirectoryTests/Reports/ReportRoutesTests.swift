import Foundation
import Jobs
import HTTPTypes
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Reports over HTTP")
struct ReportRoutesTests {
    @Test("anybody may report, and reads with the receipt, and with nothing else, what becomes of it", .timeLimit(.minutes(1)))
    func report() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                let answer = try await ask.report("impersonation", from: "192.0.2.7", text: "It is not Eliza.")
                #expect(answer.status == .accepted)
                let (id, receipt) = (try #require(answer.json["id"]?.string), try #require(answer.json["receipt"]?.string))
                #expect(answer.json["url"]?.string == "/v1/reports/\(id)" && answer.headers[.location] == "/v1/reports/\(id)")

                let state = try await ask(.get, "/v1/reports/\(id)?receipt=\(receipt)", token: nil)
                #expect(state.status == .ok)
                #expect(state.json["agent"] == "acme/eliza" && state.json["reason"] == "impersonation" && state.json["state"] == "received")
                #expect(state.json["text"] == nil && state.json["decision"] == nil)

                let wrong = try await ask(.get, "/v1/reports/\(id)?receipt=\(String(receipt.reversed()))", token: nil)
                let never = try await ask(.get, "/v1/reports/\(UUID().uuidString)?receipt=\(receipt)", token: nil)
                #expect(wrong.status == .notFound && wrong.lasting == never.lasting)
                #expect(try await ask(.get, "/v1/reports/\(id)", token: nil).status == .badRequest)

                let caseID = try #require(try await ask.cases().first?["case"]?.string)
                #expect(try await ask.decide(caseID, "dismiss").status == .ok)
                let after = try await ask(.get, "/v1/reports/\(id)?receipt=\(receipt)", token: nil)
                #expect(after.json["state"] == "decided" && after.json["decision"] == "dismiss" && after.json["decided_at"] != nil)
            }
            #expect(try await fixture.status() == "active", "one report does nothing by itself")
        }
    }

    @Test("the same again is the same report; another reason, agent or reporter makes another one", .timeLimit(.minutes(1)))
    func repeated() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.publish("lisa", as: UUID.version7())
            try await fixture.asking { ask in
                let first = try await ask.report("misleading", from: "192.0.2.7", text: "first")
                let again = try await ask.report("misleading", from: "192.0.2.7", text: "second")
                #expect(again.status == .accepted && again.lasting == first.lasting)
                let others = [
                    try await ask.report("other", from: "192.0.2.7"), try await ask.report("misleading", from: "192.0.2.8"),
                    try await ask.report("misleading", from: "192.0.2.7", agent: "acme/lisa"),
                    try await ask.report("misleading", from: "192.0.2.7", token: "w1"),
                ]
                #expect(Set((others + [first]).compactMap { $0.json["id"]?.string }).count == 5)
                let elsewhere = try await ask.report("misleading", from: "192.0.2.99", token: "w1")
                #expect(elsewhere.lasting == others[3].lasting, "a workspace is one reporter wherever it is")
            }
            #expect(try await fixture.count("select count(*) from agent_reports") == 5)
            #expect(try await fixture.text("select text from agent_reports where reason = 'misleading' order by id limit 1") == "first")
        }
    }

    @Test("the same report many times at once is one", .timeLimit(.minutes(1)))
    func together() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                let ids = try await withThrowingTaskGroup(of: String?.self, returning: [String?].self) { group in
                    for _ in 0..<8 { group.addTask { try await ask.report("malware", from: "192.0.2.7").json["id"]?.string } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(ids.compactMap { $0 }.count == 8 && Set(ids).count == 1)
            }
            #expect(try await fixture.count("select count(*) from agent_reports") == 1)
            #expect(try await fixture.count("select count(*) from agent_cases") == 1)
            #expect(try await fixture.count("select count(*) from report_keys") == 2)
        }
    }

    @Test("no address is kept, in no column of any table", .timeLimit(.minutes(1)))
    func addresses() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await ask.report("malware", from: "192.0.2.77")
                _ = try await ask.report("malware", from: "2001:db8:77:88::9")
            }
            let everything = try await fixture.text(
                """
                select string_agg(query_to_xml(format('select t::text from %I t', relname), false, true, '')::text, ' ')
                from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
                """)
            #expect(everything.contains("malware"))
            for trace in ["192.0.2.77", "c000024d", "2001:db8:77:88", "20010db800770088"] { #expect(!everything.contains(trace), "\(trace)") }
            #expect(try await fixture.count("select count(distinct reporter) from agent_reports where length(reporter) = 32") == 2)
        }
    }

    @Test("ten reports an hour come from one address, and one more every six minutes", .timeLimit(.minutes(1)))
    func bound() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.publish("lisa", as: UUID.version7())
            try await fixture.asking { ask in
                let wanted = ReportReason.allCases.map { ($0.rawValue, "acme/eliza") } + ReportReason.allCases.map { ($0.rawValue, "acme/lisa") }
                for (reason, agent) in wanted.prefix(10) {
                    #expect(try await ask.report(reason, from: "192.0.2.7", agent: agent).status == .accepted, "\(reason) \(agent)")
                }
                let refused = try await ask.report(wanted[10].0, from: "192.0.2.7", agent: wanted[10].1)
                #expect(refused.status == .tooManyRequests && refused.headers[.retryAfter] == "360")
                #expect(try await ask.report(wanted[10].0, from: "192.0.2.8", agent: wanted[10].1).status == .accepted, "another address")
                #expect(try await ask.report(wanted[0].0, from: "192.0.2.7").status == .accepted, "a repeat costs nothing")

                try await fixture.moveTime(by: 300)
                #expect(try await ask.report(wanted[10].0, from: "192.0.2.7", agent: wanted[10].1).status == .tooManyRequests)
                try await fixture.moveTime(by: 420)
                #expect(try await ask.report(wanted[10].0, from: "192.0.2.7", agent: wanted[10].1).status == .accepted)
                #expect(try await ask.report(wanted[11].0, from: "192.0.2.7", agent: wanted[11].1).status == .tooManyRequests)
            }
            #expect(try await fixture.count("select count(*) from agent_reports") == 12)
        }
    }

    @Test("what cannot be a report is refused, and leaves nothing", .timeLimit(.minutes(1)))
    func refusals() async throws {
        try await ReportsFixture.with { fixture in
            _ = try await fixture.database.psql("update published_agents set status = 'removed'")
            try await fixture.publish("lisa", as: UUID.version7())
            try await fixture.asking { ask in
                let long = String(repeating: "x", count: 4001)
                let cases: [(path: String, body: String?, token: String?, status: HTTPResponse.Status)] = [
                    ("acme/never-was", #"{"reason": "malware"}"#, nil, .notFound), ("nobody/lisa", #"{"reason": "malware"}"#, nil, .notFound),
                    ("acme/eliza", #"{"reason": "malware"}"#, nil, .notFound), ("acme/lisa", #"{"reason": "ugly"}"#, nil, .unprocessableContent),
                    ("acme/lisa", #"{}"#, nil, .unprocessableContent), ("acme/lisa", #"{"reason": "other"}"#, nil, .unprocessableContent),
                    ("acme/lisa", #"{"reason": "other", "text": " "}"#, nil, .unprocessableContent),
                    ("acme/lisa", "{\"reason\": \"malware\", \"text\": \"\(long)\"}", nil, .unprocessableContent),
                    ("acme/lisa", #"{"reason": "malware", "contact": ""}"#, nil, .unprocessableContent),
                    ("acme/lisa", #"{"reason": "#, nil, .badRequest), ("acme/li%00sa", #"{"reason": "malware"}"#, nil, .badRequest),
                    ("acme/lisa", #"{"reason": "malware"}"#, "stranger", .unauthorized),
                ]
                for (path, body, token, status) in cases {
                    let answer = try await ask(.post, "/v1/agents/\(path)/reports", body, token: token)
                    #expect(answer.status == status, "\(path) \(body?.prefix(60) ?? "")")
                    #expect(answer.headers[.contentType] == "application/problem+json")
                }
                let full = "{\"reason\": \"malware\", \"text\": \"\(long.dropLast())\", \"contact\": \"ada@example.org\"}"
                #expect(try await ask(.post, "/v1/agents/acme/lisa/reports", full, token: nil).status == .accepted)
            }
            #expect(try await fixture.count("select count(*) from agent_reports") == 1)
            #expect(try await fixture.count("select count(*) from agent_cases") == 1)
        }
    }

    @Test("enough of them quarantine, and the owner is told in the same moment, without a word of who reported", .timeLimit(.minutes(1)))
    func threshold() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                for number in 1...2 {
                    _ = try await ask.report("malware", from: "203.0.113.\(number)", token: "w\(number)", text: "the words of w\(number)")
                }
                #expect(try await fixture.status() == "active")
                #expect(try await ask.statements(fixture.eliza).isEmpty)
                _ = try await ask.report("malware", from: "203.0.113.3", token: "w3")
                #expect(try await fixture.status() == "quarantined")

                let statement = try #require(try await ask.statements(fixture.eliza).first)
                #expect(statement["decision"] == "quarantine" && statement["ground"] == "malware" && statement["automated"] == true)
                #expect(statement["rule"] == "directory-rules/malware" && statement["appeal_until"] != nil && statement["lifted_at"] == nil)
                #expect(statement["facts"]?.string?.contains("3 reports weigh 27") == true)
                #expect(!String(decoding: statement.bytes(), as: UTF8.self).contains("the words of"))
                #expect(try await ask.removals().isEmpty, "nobody has decided yet")

                let found = try #require(try await ask.cases().first)
                #expect(found["standing"] == "quarantined" && found["status"] == "quarantined" && found["reports"] == 3)
                #expect(found["reporters"] == 3 && found["identified"] == 3 && found["score"] == 27 && found["threshold"] == 24)

                // One more changes nothing of it, and tells nobody again.
                _ = try await ask.report("illegal", from: "203.0.113.4", token: "w4")
                #expect(try await ask.statements(fixture.eliza).count == 1)
                #expect(try await ask.cases().count == 1)
            }
            #expect(try await fixture.text("select action || ' ' || actor from access_log") == "agent.quarantined reports")
        }
    }

    @Test("a report that would quarantine and cannot be written down leaves the agent where it is", .timeLimit(.minutes(1)))
    func atomic() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                for number in 1...2 { _ = try await ask.report("malware", from: "203.0.113.\(number)", token: "w\(number)") }
                _ = try await fixture.database.psql("alter table agent_statements add constraint no_more check (decision <> 'quarantine') not valid")
                #expect(try await ask.report("malware", from: "203.0.113.3", token: "w3").status != .accepted)
            }
            #expect(try await fixture.status() == "active")
            #expect(try await fixture.count("select count(*) from agent_reports") == 2)
            #expect(try await fixture.text("select standing from agent_cases") == "noted")
        }
    }

    @Test("many addresses at once quarantine nothing and alert; the same ones over days do", .timeLimit(.minutes(1)))
    func brigade() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.publish("lisa", as: UUID.version7())
            try await fixture.asking { ask in
                for number in 1...12 { _ = try await ask.report("malware", from: "192.0.2.\(number)") }
                #expect(try await fixture.status() == "active")
                let found = try #require(try await ask.cases().first)
                #expect(found["standing"] == "alerted" && found["score"] == 0 && found["reporters"] == 12 && found["identified"] == 0)
                #expect(found["reasons"]?[0]?["reason"] == "malware" && found["reasons"]?[0]?["reports"] == 12)

                for number in 1...8 {
                    #expect(try await fixture.status(of: "lisa") == "active", "\(number)")
                    try await fixture.moveTime(by: number * 3700)
                    _ = try await ask.report("malware", from: "192.0.2.\(100 + number)", agent: "acme/lisa")
                }
                #expect(try await fixture.status(of: "lisa") == "quarantined")
            }
        }
    }
}
