import Foundation
import HTTPTypes
import Postgres
import TestSupport
import Testing
import Web
import Workspaces

@testable import Inference

/// What a workspace sets up stands in the access log if and only if it is done, and no secret does.
@Suite("The access log tells of keys, tools and budgets", .timeLimit(.minutes(1))) struct AccessEventSetupTests {
    private static let key = "sk-a-very-secret-key-4711"
    private static let weather = #"{"name":"weather","url":"https://tools.example.com/w?token=hidden"}"#

    @Test("each act is told once, with who did it and nothing of a secret; what changes nothing is not told")
    func told() async throws {
        try await SetupFixture.with { fixture in
            let token = fixture.token.uuidString.lowercased()
            let workspace = fixture.workspace.uuidString.lowercased()
            try await fixture.asking { ask in
                _ = try await ask(.put, "/v1/provider-credentials/openai", #"{"key":"\#(Self.key)"}"#)
                _ = try await ask(.put, "/v1/provider-credentials/openai", #"{"key":"\#(Self.key)"}"#)
                for _ in 0..<2 { _ = try await ask(.delete, "/v1/provider-credentials/openai") }
                #expect(
                    try await fixture.told() == ["made", "replaced", "removed"].map { "credential.\($0) token:\(token) credential:openai" })

                let headers: HTTPFields = [.idempotencyKey: "k"]
                let made = try await ask(.post, "/v1/tools", Self.weather, headers: headers)
                _ = try await ask(.post, "/v1/tools", Self.weather, headers: headers)
                _ = try await ask(.post, "/v1/tools", Self.weather)
                let (id, secret) = (try #require(made.json["id"]?.string), try #require(made.json["secret"]?.string))
                _ = try await ask(.put, "/v1/tools/\(id)", #"{"name":"forecast","url":"https://f.example/","disabled":true}"#)
                for _ in 0..<2 { _ = try await ask(.post, "/v1/tools/\(id)/rotate", #"{"overlap_seconds":60}"#) }
                for _ in 0..<2 { _ = try await ask(.delete, "/v1/tools/\(id)") }
                let tool = "token:\(token) tool:\(id)"
                #expect(
                    try await fixture.told().dropFirst(3) == [
                        "tool.made \(tool) host=tools.example.com name=weather", "tool.changed \(tool) disabled=true host=f.example name=forecast",
                        "tool.rotated \(tool) name=forecast overlap_seconds=60", "tool.removed \(tool) disabled=true host=f.example name=forecast",
                    ])

                for _ in 0..<2 { _ = try await ask(.put, "/v1/workspace/run-budget", #"{"tokens_per_day":1000,"cost_per_month":2.5}"#) }
                for _ in 0..<2 { _ = try await ask(.put, "/v1/workspace/run-budget", "{}") }
                _ = try await ask(.put, "/v1/tokens/\(token)/run-budget", #"{"runs_per_minute":3}"#)
                let told = try await fixture.told()
                #expect(
                    told.dropFirst(7) == [
                        "budget.changed token:\(token) workspace:\(workspace) cost_per_month=2.5 tokens_per_day=1000",
                        "budget.removed token:\(token) workspace:\(workspace)", "budget.changed token:\(token) token:\(token) runs_per_minute=3",
                    ])
                let all = told.joined()
                for hidden in [Self.key, "4711", String(secret.dropFirst(6)), "hidden"] { #expect(!all.contains(hidden)) }
            }
        }
    }

    @Test("an operator's token that lies in the workspace has no budget there, for it is not the workspace's")
    func operators() async throws {
        try await SetupFixture.with { fixture in
            let holder = UUID()
            _ = try await fixture.database.psql(
                "insert into operators (id, name) values ('\(holder)', 'ann'); update tokens set operator_id = '\(holder)' where id = '\(fixture.token)'"
            )
            try await fixture.asking { ask async throws in
                for token in [fixture.token, UUID()] {
                    let path = "/v1/tokens/\(token.uuidString.lowercased())/run-budget"
                    #expect(try await ask(.get, path).status == .notFound)
                    #expect(try await ask(.put, path, #"{"runs_per_minute":3}"#).status == .notFound)
                }
            }
            #expect(try await fixture.told().isEmpty)
        }
    }

    @Test("secrets that are sealed anew are told of by their number, where there were any")
    func resealed() async throws {
        try await SetupFixture.with { fixture in
            try await fixture.asking { ask in _ = try await ask(.put, "/v1/provider-credentials/openai", #"{"key":"\#(Self.key)"}"#) }
            let rotation = SecretRotation(pool: fixture.pool, keys: try SealingKeys("\(SetupFixture.newKey),\(SetupFixture.oldKey)"))
            for _ in 0..<2 { _ = try await rotation.rotate(fixture.workspace, by: .tester) }
            let workspace = fixture.workspace.uuidString.lowercased()
            #expect(
                try await fixture.told().dropFirst() == ["secrets.resealed operator:tester workspace:\(workspace) count=1 sealed_under=new"])
        }
    }

    @Test("what the log does not take is not done")
    func untold() async throws {
        try await SetupFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await ask(.put, "/v1/provider-credentials/openai", #"{"key":"\#(Self.key)"}"#)
                let id = try #require(try await ask(.post, "/v1/tools", Self.weather).json["id"]?.string)
                let rows = """
                    select (select string_agg(t::text, '') from tools t), (select string_agg(c::text, '') from provider_credentials c),
                      (select string_agg(b::text, '') from run_budgets b)
                    """
                let before = try await fixture.database.psql(rows)
                _ = try await fixture.database.psql(
                    """
                    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'on purpose'; end $$;
                    create trigger refuses before insert on access_log for each row execute function refuse();
                    """)
                let acts: [(HTTPRequest.Method, String, String?)] = [
                    (.put, "/v1/provider-credentials/openai", #"{"key":"\#(Self.key)-2"}"#), (.delete, "/v1/provider-credentials/openai", nil),
                    (.post, "/v1/tools", #"{"name":"other","url":"https://a.example/"}"#),
                    (.put, "/v1/tools/\(id)", #"{"name":"other","url":"https://a.example/"}"#), (.post, "/v1/tools/\(id)/rotate", "{}"),
                    (.delete, "/v1/tools/\(id)", nil), (.put, "/v1/workspace/run-budget", #"{"tokens_per_day":1}"#),
                ]
                for (method, path, body) in acts {
                    #expect(try await ask(method, path, body).status.code >= 500, "\(method) \(path)")
                }
                #expect(try await fixture.database.psql(rows) == before)
            }
        }
    }
}
