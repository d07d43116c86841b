import Foundation
import TestSupport
import Testing

/// Bad input at every edge: a problem document, never a 500, and nothing half-written.
@Suite(.serialized, .timeLimit(.minutes(4))) struct BadInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let what: String
        var method = "POST"
        let path: String
        var body: [UInt8] = []
        var headers: [String: String] = [:]
        var token: String?
        let status: Int
        var testDescription: String { what }

        init(
            _ what: String, _ method: String = "POST", _ path: String, _ body: String = "", _ status: Int, headers: [String: String] = [:],
            token: String? = nil
        ) {
            self.what = what
            self.method = method
            self.path = path
            self.body = Array(body.utf8)
            self.status = status
            self.headers = headers
            self.token = token
        }
    }

    static let stranger = "01a205a7-0000-7000-8000-000000000000"

    private static let deep: String = {
        let lists = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
        return #"{"subject":"a\u0000b","body":"b","x":\#(lists)}"#
    }()

    static let cases: [Case] = [
        Case("truncated JSON", "POST", "/v1/tickets", #"{"subject":"a","bo"#, 400),
        Case("an empty body", "POST", "/v1/tickets", "", 400),
        Case("a wrong type", "POST", "/v1/tickets", #"{"subject":5,"body":"b"}"#, 422),
        Case("a missing member", "POST", "/v1/tickets", #"{"subject":"a"}"#, 422),
        Case("an unknown priority", "POST", "/v1/tickets", #"{"subject":"a","body":"b","priority":"panic"}"#, 422),
        Case("a NUL character", "POST", "/v1/tickets", #"{"subject":"a\u0000b","body":"b"}"#, 422),
        Case("an oversized body", "POST", "/v1/tickets", #"{"subject":"a","body":""# + String(repeating: "x", count: 20_000_000) + #""}"#, 413),
        Case("a wrong content type", "POST", "/v1/tickets", "subject=a", 415, headers: ["content-type": "application/x-www-form-urlencoded"]),
        Case("a NUL character in a document nested too deep to be looked through", "POST", "/v1/tickets", deep, 400),
        Case("a closing whose body was cut", "POST", "/v1/tickets/\(stranger)/close", #"{"a":"#, 400),
        Case("a closing with a list", "POST", "/v1/tickets/\(stranger)/close", "[]", 422),
        Case("a publication whose body was cut", "POST", "/v1/agents/\(stranger)/publish", #"{"a":"#, 400),
        Case("a cancellation whose body was cut", "POST", "/v1/runs/\(stranger)/cancel", #"{"a":"#, 400),
        Case("a cancellation under a key that is none", "POST", "/v1/runs/\(stranger)/cancel", "{}", 400, headers: ["idempotency-key": "a b"]),
        Case("a closing of no ticket", "POST", "/v1/tickets/\(stranger)/close", "", 404),
        Case(
            "an end of time", "POST", "/v1/tokens", #"{"name":"a","scopes":["jobs:read"],"expires_at":"999999-01-01T00:00:00Z"}"#, 422),
        Case("an unknown agent", "POST", "/v1/agents/nobody/nothing/forks", "{}", 404),
        Case("a run without messages", "POST", "/v1/runs", #"{"messages":[]}"#, 422),
        Case("a run of an unknown agent", "POST", "/v1/runs", #"{"messages":[{"role":"user","content":"a"}],"agent":"nobody/nothing"}"#, 422),
        Case("a role that is none", "POST", "/v1/runs", #"{"messages":[{"role":"emperor","content":"a"}]}"#, 422),
        Case("an unknown job", "GET", "/v1/jobs/\(stranger)", "", 404),
        Case("a job id that is none", "GET", "/v1/jobs/xyz", "", 404),
        Case("an unknown ticket", "GET", "/v1/tickets/\(stranger)", "", 404),
        Case("an unknown run", "GET", "/v1/runs/\(stranger)/events", "", 404),
        Case("an unknown profile", "GET", "/v1/build-profiles/\(stranger)", "", 404),
        Case("a profile that is none", "POST", "/v1/build-profiles", #"{"command":-1}"#, 422),
        Case("a character that is none", "POST", "/v1/agents", #"["not","an","object"]"#, 422),
        Case("no such route", "GET", "/v1/nothing", "", 404),
        Case("a wrong method", "DELETE", "/v1/tickets", "", 405),
        Case("no token", "GET", "/v1/tickets", "", 401, headers: ["authorization": ""]),
        Case("a wrong token", "GET", "/v1/tickets", "", 401, token: "mst_000000000000000000000000000000000000"),
        Case("a cursor that is none", "GET", "/v1/tickets?cursor=%00%ff", "", 400),
        Case("a limit that is none", "GET", "/v1/tickets?limit=many", "", 400),
        Case("an Idempotency-Key that is none", "POST", "/v1/tickets", #"{"subject":"a","body":"b"}"#, 400, headers: ["idempotency-key": ""]),
    ]

    @Test("every bad request is a problem document")
    func problems() async throws {
        try await Deployment.with(workers: 1) { deployment in
            for bad in Self.cases + [Self.invalidUTF8] {
                let answer = try await deployment.call(
                    bad.method, bad.path, headers: bad.headers, bytes: bad.method == "POST" ? bad.body : nil, token: bad.token)
                #expect(answer.status == bad.status, "\(bad.what): \(answer.status) \(answer.text.prefix(300))")
                #expect(answer.headers["content-type"]?.hasPrefix("application/problem+json") == true, "\(bad.what)")
                #expect(answer.json["title"] is String && answer.json["status"] as? Int == answer.status, "\(bad.what)")
            }
            let tickets = try await deployment.call("GET", "/v1/tickets").json["items"] as? [Any]
            #expect(tickets?.isEmpty == true)
        }
    }

    private static var invalidUTF8: Case {
        var bad = Case("invalid UTF-8", "POST", "/v1/tickets", "", 400)
        bad.body = Array(#"{"subject":"a"#.utf8) + [0xc3, 0x28] + Array(#"","body":"b"}"#.utf8)
        return bad
    }

    @Test("another workspace's ids are answered exactly as unknown ones")
    func strangers() async throws {
        try await Deployment.with(variables: ["MAINSTAY_MULTI_USER": "true"]) { deployment in
            let accepted = try await deployment.call("POST", "/v1/tickets", #"{"subject":"mine","body":"b"}"#)
            let id = try #require(accepted.json["id"] as? String)
            #expect(try await deployment.outcome(of: id) == "done")
            _ = try await deployment.psql("insert into workspaces (id, slug, name) values (gen_random_uuid(), 'strangers', 'Strangers')")
            let token = try await deployment.command("token", "create", "--workspace", "strangers", "--name", "t")
            #expect(token.status == 0, "\(token.errors)")
            let theirs = token.output.trimmingCharacters(in: .whitespacesAndNewlines)
            for path in ["/v1/tickets/", "/v1/jobs/", "/v1/runs/", "/v1/agents/", "/v1/build-profiles/"] {
                let known = try await deployment.call("GET", path + id, token: theirs)
                let unknown = try await deployment.call("GET", path + Self.stranger, token: theirs)
                #expect(known.status == 404 && unknown.status == 404)
                // Word for word the same, but for the id that was asked for.
                let first = (known.json["detail"] as? String)?.replacing(id, with: "ID")
                let second = (unknown.json["detail"] as? String)?.replacing(Self.stranger, with: "ID")
                #expect(first != nil && first == second, "\(path)")
            }
        }
    }
}
