import Foundation
import HTTPTypes
import Jobs
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("The directory over HTTP")
struct DirectoryRoutesTests {
    @Test("a published agent is read without a token, a private one by nobody else", .timeLimit(.minutes(1)))
    func reading() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza", "bio": ["first", "second"], "topics": ["tides"], "big": 12345678901234567890}"#)
            _ = try await fixture.publish(#"{"name": "Hidden"}"#, publish: false)
            try await fixture.asking { ask in
                let shown = try await ask(.get, "/v1/agents/acme/eliza", token: nil)
                #expect(shown.status == .ok)
                #expect(shown.json["owner"] == "acme")
                #expect(shown.json["display_name"] == "Eliza")
                #expect(shown.json["summary"] == "first")
                #expect(shown.json["topics"] == ["tides"])
                #expect(shown.json["version"] == 1)
                #expect(shown.json["semantic_version"] == "1.0.0")
                #expect(shown.json["status"] == "active")
                #expect(shown.json["forks"] == 0)
                #expect(shown.json["lineage"] == nil)
                #expect(shown.json["url"] == "/v1/agents/acme/eliza")
                #expect(shown.json["character"]?["bio"] == ["first", "second"])
                #expect(shown.json["id"] == nil, "no id of the publisher's own rows")

                let hidden = try await ask(.get, "/v1/agents/acme/hidden", token: nil)
                let unknown = try await ask(.get, "/v1/agents/acme/never-was", token: nil)
                let nobody = try await ask(.get, "/v1/agents/nobody/eliza", token: nil)
                #expect(hidden.status == .notFound)
                #expect(hidden.lasting == unknown.lasting)
                #expect(hidden.lasting == nobody.lasting)
                #expect(try await ask(.get, "/v1/directory", token: nil).names == ["eliza"])
            }
        }
    }

    @Test("routes that begin alike do not hide each other", .timeLimit(.minutes(1)))
    func router() async throws {
        try await DirectoryFixture.with { fixture in
            let id = try await fixture.publish(#"{"name": "Eliza"}"#)
            try await fixture.asking { ask in
                #expect(try await ask(.get, "/v1/agents/\(id.lowercased)", token: "acme").json["name"] == "eliza")
                #expect(try await ask(.post, "/v1/agents/\(id.lowercased)/publish", token: "acme").status == .ok)
                #expect(try await ask(.get, "/v1/agents/acme/eliza").status == .ok)
                #expect(try await ask(.post, "/v1/agents/acme/eliza/forks").status == .accepted)
                #expect(try await ask(.get, "/v1/agents", token: "acme").names == ["eliza"])
                let wrong = try await ask(.delete, "/v1/agents/acme/eliza")
                #expect(wrong.status == .methodNotAllowed)
            }
        }
    }

    @Test("a fork that cannot be is refused at the edge, and nothing is accepted", .timeLimit(.minutes(1)))
    func refusals() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            let hidden = try await fixture.publish(#"{"name": "Hidden"}"#, publish: false)
            try await fixture.asking { ask in
                let path = "/v1/agents/acme/eliza/forks"
                let cases: [(path: String, body: String?, token: String?, status: HTTPResponse.Status)] = [
                    ("/v1/agents/acme/never-was/forks", nil, "rival", .notFound),
                    ("/v1/agents/acme/hidden/forks", nil, "rival", .notFound),
                    ("/v1/agents/acme/\(hidden.lowercased)/forks", nil, "rival", .notFound),
                    ("/v1/agents/nobody/eliza/forks", nil, "rival", .notFound),
                    ("/v1/agents/acme/el%00iza/forks", nil, "rival", .badRequest),
                    (path, #"{"name": "#, "rival", .badRequest),
                    (path, #"{"name": 5}"#, "rival", .unprocessableContent),
                    (path, #"{"name": "No Name"}"#, "rival", .unprocessableContent),
                    (path, #"{"name": "a\u0000"}"#, "rival", .unprocessableContent),
                    (path, #"[]"#, "rival", .unprocessableContent),
                    (path, "{\"name\": \"\(String(repeating: "x", count: 20_000))\"}", "rival", .contentTooLarge),
                    (path, nil, "reader", .forbidden),
                    (path, nil, nil, .unauthorized),
                ]
                for (path, body, token, status) in cases {
                    let answer = try await ask(.post, path, body, token: token)
                    #expect(answer.status == status, "\(path) \(body ?? "")")
                    #expect(answer.headers[.contentType] == "application/problem+json")
                }
                #expect(try await ask(.post, path, "name=x", headers: [.contentType: "text/plain"]).status == .unsupportedMediaType)
                #expect(try await fixture.count("select count(*) from acceptances") == 0)
                #expect(try await ask(.post, path, "{}").status == .accepted)
                #expect(try await fixture.count("select count(*) from acceptances") == 1)
            }
        }
    }
}
