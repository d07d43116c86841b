import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Jobs
import NIOCore
import Testing
import Web

@testable import BuildMemory

/// Knows three tokens: `mine`, `theirs` (another workspace) and `reader` (mine, without the scope to write).
private struct ThreeTokens: Authenticator {
    let mine: UUID
    let theirs = UUID()

    func identity(bearer: String) async throws -> Identity? {
        guard ["mine", "theirs", "reader"].contains(bearer) else { return nil }
        return Identity(
            workspace: bearer == "theirs" ? theirs : mine, workspaceSlug: bearer, tokenID: UUID(), user: nil,
            scopes: bearer == "reader" ? ["profiles:read"] : ["profiles:read", "profiles:write"])
    }
}

@Suite("Build profiles over HTTP", .timeLimit(.minutes(1)))
struct BuildProfileRoutesTests {
    private static let minimal = #"{"command":"make","started_at":"2026-03-01T12:00:00Z","duration_ms":1000,"exit_code":0,"peak_rss":1048576}"#

    private struct Answer: Sendable {
        let status: HTTPResponse.Status
        let headers: HTTPFields
        let json: JSONValue

        var id: UUID? { json["id"]?.string.flatMap(UUID.init(uuidString:)) }
        var pointers: [String] { (json["errors"]?.elements ?? []).compactMap { $0["pointer"]?.string } }
    }

    private struct Asker: Sendable {
        let client: any TestClientProtocol
        let fixture: BuildMemoryFixture
        let producer: JobProducer

        func callAsFunction(
            _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]? = nil, token: String? = "mine", headers: HTTPFields = [:]
        ) async throws -> Answer {
            var headers = headers
            if let token { headers[.authorization] = "Bearer \(token)" }
            if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
            return try await client.execute(uri: path, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0) }) { response in
                let bytes = Array(response.body.readableBytesView)
                return Answer(
                    status: response.status, headers: response.headers, json: bytes.isEmpty ? .null : try JSONBody.decode(JSONValue.self, from: bytes)
                )
            }
        }

        /// Submits a profile and waits for its row.
        func stored(_ body: [UInt8]) async throws -> UUID {
            let id = try #require(try await self(.post, "/v1/build-profiles", body).id)
            #expect(try await producer.wait(id, workspace: fixture.workspace, timeout: .seconds(15))?.state == .done)
            return id
        }
    }

    private static func withRoutes(_ body: @escaping @Sendable (Asker) async throws -> Void) async throws {
        let fixture = try await BuildMemoryFixture.make()
        try await fixture.withEngine { feature, producer in
            let responder = WebResponder(authenticator: ThreeTokens(mine: fixture.workspace), features: [feature.routes])
            try await Application(responder: responder).test(.router) { client in
                try await body(Asker(client: client, fixture: fixture, producer: producer))
            }
        }
    }

    @Test("A profile goes from POST to its row and is shown again with all that was sent")
    func life() async throws {
        try await Self.withRoutes { ask in
            let document = Array(try JSONEncoder().encode(BuildProfile.example))
            let accepted = try await ask(.post, "/v1/build-profiles", document)
            #expect(accepted.status == .accepted)
            #expect(accepted.json["kind"]?.string == "build-profile.store")
            let id = try #require(accepted.id)
            #expect(try await ask.producer.wait(id, workspace: ask.fixture.workspace, timeout: .seconds(15))?.state == .done)

            let shown = try await ask(.get, "/v1/build-profiles/\(id.lowercased)")
            #expect(shown.status == .ok)
            let sent = try #require(try JSONBody.decode(JSONValue.self, from: document).members)
            for member in sent where !["started_at", "processes", "timeline", "machine", "overhead", "labels", "tools"].contains(member.name) {
                #expect(shown.json[member.name] == member.value, "\(member.name)")
            }
            #expect(shown.json["timeline"]?["rss"]?.elements?.count == 4)
            #expect(shown.json["processes"]?.elements?.count == 2)
            #expect(shown.json["digest"]?.string?.hasPrefix("sha256:") == true)

            let items = try #require(try await ask(.get, "/v1/build-profiles?step=build&commit=0123456").json["items"]?.elements)
            #expect(items.compactMap { $0["id"]?.string } == [id.lowercased])
            #expect(items.first?["timeline"] == nil)
            #expect(try await ask(.get, "/v1/build-profiles?step=test").json["items"]?.elements?.isEmpty == true)
        }
    }

    @Test("Many profiles go in one request, and a bad one does not end the others")
    func lines() async throws {
        try await Self.withRoutes { ask in
            let body = [Self.minimal, #"{"command":"make"}"#, Self.minimal.replacing("make", with: "ninja")].joined(separator: "\n")
            let headers: HTTPFields = [.authorization: "Bearer mine", .contentType: "application/x-ndjson"]
            let answers = try await ask.client.execute(
                uri: "/v1/build-profiles", method: .post, headers: headers, body: ByteBuffer(string: body)
            ) { response in
                try String(buffer: response.body).split(separator: "\n").map { try JSONBody.decode(JSONValue.self, from: Array($0.utf8)) }
            }
            #expect(answers.compactMap { $0["status"] } == [202, 422, 202])
            for answer in [try #require(answers.first), try #require(answers.last)] {
                let id = try #require(answer["id"]?.string.flatMap { UUID(uuidString: $0) })
                #expect(try await ask.producer.wait(id, workspace: ask.fixture.workspace, timeout: .seconds(15))?.state == .done)
            }
        }
    }

    @Test("A profile too large for its stream's entry is stored all the same")
    func large() async throws {
        try await Self.withRoutes { ask in
            var profile = BuildProfile.example
            profile.timeline.at = Array(0..<2_000)
            profile.timeline.rss = (0..<2_000).map { $0 * 1_000_003 }
            profile.timeline.processes = Array(repeating: 7, count: 2_000)
            profile.timeline.compileJobs = profile.timeline.processes
            profile.processes = (0..<400).map { ProcessPeak(pid: $0, command: String(repeating: "c", count: 160), peakRSS: $0) }
            let id = try await ask.stored(Array(try JSONEncoder().encode(profile)))
            #expect(try await ask.fixture.stored(id)?.profile == profile)
        }
    }

    @Test("The same Idempotency-Key and body is the same profile")
    func idempotency() async throws {
        try await Self.withRoutes { ask in
            let first = try await ask(.post, "/v1/build-profiles", Array(Self.minimal.utf8), headers: [.idempotencyKey: "p-1"])
            let second = try await ask(.post, "/v1/build-profiles", Array(Self.minimal.utf8), headers: [.idempotencyKey: "p-1"])
            #expect(first.status == .accepted && second.status == .accepted)
            #expect(first.id == second.id)
            #expect(second.headers[.idempotencyReplayed] == "true")
        }
    }

    @Test("Bad input is a problem that names every place, and leaves nothing behind")
    func badInput() async throws {
        try await Self.withRoutes { ask in
            func with(_ old: String, _ new: String) -> [UInt8] { Array(Self.minimal.replacingOccurrences(of: old, with: new).utf8) }
            let cases: [(String, [UInt8], HTTPResponse.Status, [String])] = [
                ("truncated", Array(Self.minimal.utf8.dropLast(5)), .badRequest, []),
                ("an array", Array("[]".utf8), .unprocessableContent, ["#"]),
                ("no command", with(#""command":"make","#, ""), .unprocessableContent, ["#/command"]),
                ("text for a number", with("1048576", #""much""#), .unprocessableContent, ["#/peak_rss"]),
                ("a fraction of a byte", with("1048576", "1.5"), .unprocessableContent, ["#/peak_rss"]),
                ("a negative peak", with("1048576", "-1"), .unprocessableContent, ["#/peak_rss"]),
                ("an absurd peak", with("1048576", "9000000000000000000"), .unprocessableContent, ["#/peak_rss"]),
                ("a number beyond 64 bits", with("1048576", "99999999999999999999999"), .unprocessableContent, ["#/peak_rss"]),
                ("no such time", with("2026-03-01T12:00:00Z", "soon"), .unprocessableContent, ["#/started_at"]),
                ("a NUL byte", with("make", "ma\u{0}ke"), .badRequest, []),
                ("an escaped NUL", with("make", #"ma\u0000ke"#), .unprocessableContent, ["#/command"]),
                ("invalid UTF-8", Array(#"{"command":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8), .badRequest, []),
                ("an unknown cache", with("{", #"{"cache":"lukewarm","#), .unprocessableContent, ["#/cache"]),
                ("columns of two lengths", with("{", #"{"timeline":{"at_ms":[1,2],"rss":[1]},"#), .unprocessableContent, ["#/timeline/rss"]),
                (
                    "many faults", with("{", #"{"labels":{"a/b":"","":"x"},"step":"","processes":[{"pid":-1,"command":"","peak_rss":-1}],"#),
                    .unprocessableContent, ["#/step", "#/labels", "#/processes/0/pid", "#/processes/0/command", "#/processes/0/peak_rss"]
                ),
                ("too large", Array(repeating: UInt8(ascii: " "), count: BuildProfileRoutes.bodyLimit + 1), .contentTooLarge, []),
            ]
            for (name, body, status, pointers) in cases {
                let answer = try await ask(.post, "/v1/build-profiles", body)
                #expect(answer.status == status, "\(name): \(answer.json)")
                #expect(answer.headers[.contentType] == "application/problem+json", "\(name)")
                #expect(answer.pointers == pointers, "\(name)")
            }
            #expect(try await ask(.post, "/v1/build-profiles", Array(Self.minimal.utf8), token: "reader").status == .forbidden)
            #expect(try await ask(.post, "/v1/build-profiles", Array(Self.minimal.utf8), token: nil).status == .unauthorized)
            #expect(try await ask(.get, "/v1/build-profiles/nonsense").status == .notFound)
            #expect(try await ask.fixture.count("select (select count(*) from build_profiles) + (select count(*) from job_bodies)") == 0)
        }
    }

    @Test("Another workspace's profile is not found")
    func foreign() async throws {
        try await Self.withRoutes { ask in
            let id = try await ask.stored(Array(Self.minimal.utf8))
            #expect(try await ask(.get, "/v1/build-profiles/\(id.lowercased)", token: "theirs").status == .notFound)
            #expect(try await ask(.get, "/v1/build-profiles", token: "theirs").json["items"]?.elements?.isEmpty == true)
            #expect(try await ask(.get, "/v1/build-profiles/\(id.lowercased)", token: "reader").status == .ok)
        }
    }

    @Test("Pages follow their cursors to the end")
    func pages() async throws {
        try await Self.withRoutes { ask in
            let jobs = (0..<7).map { _ in ask.fixture.job() }
            try await ask.fixture.store(jobs)
            var path = "/v1/build-profiles?limit=3"
            var found: [String] = []
            while true {
                let page = try await ask(.get, path).json
                found += (page["items"]?.elements ?? []).compactMap { $0["id"]?.string }
                guard let cursor = page["next_cursor"]?.string else { break }
                path = "/v1/build-profiles?limit=3&cursor=\(cursor)"
            }
            #expect(found == jobs.map(\.id.lowercased).sorted(by: >))
        }
    }

    @Test("Every route is described")
    func description() async throws {
        try await Self.withRoutes { ask in
            let paths = try #require(try await ask(.get, "/openapi.json", token: nil).json["paths"]?.members?.map(\.name))
            #expect(Set(paths).isSuperset(of: ["/v1/build-profiles", "/v1/build-profiles/{id}"]))
        }
    }
}
