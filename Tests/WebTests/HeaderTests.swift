import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import Web

@Suite("Idempotency-Key")
struct IdempotencyKeyTests {
    @Test(
        "is a structured string or the same characters bare",
        arguments: [
            (#""8e03978e-40d5""#, "8e03978e-40d5"), ("8e03978e-40d5", "8e03978e-40d5"), (#""a\"b\\c""#, #"a"b\c"#), (#"  "k";v=1 "#, "k"),
            ("order:17/a,b", "order:17/a,b"), (String(repeating: "k", count: 255), String(repeating: "k", count: 255)),
        ])
    func valid(_ field: String, _ key: String) throws {
        #expect(try IdempotencyKey.parse(field) == key)
    }

    @Test(
        "is refused with 400 when it is neither",
        arguments: [
            "", "  ", #""""#, #""open"#, #""a"b"#, #""a\n""#, "a b", #""a b""#, "ключ", "a\u{7F}", String(repeating: "k", count: 256),
            "\"" + String(repeating: "k", count: 256) + "\"",
        ])
    func invalid(_ field: String) throws {
        let problem = try #require(throws: Problem.self) { try IdempotencyKey.parse(field) }
        #expect(problem.status == .badRequest)
        #expect(problem.errors.first?.place == .header("idempotency-key"))
    }

    @Test("its digest tells requests apart by each part, and only by them")
    func digest() {
        let workspace = UUID()
        let base = IdempotencyKey.digest(method: "POST", path: "/v1/a", workspace: workspace, body: [1])
        #expect(base.count == 32)
        #expect(base == IdempotencyKey.digest(method: "POST", path: "/v1/a", workspace: workspace, body: [1]))
        #expect(base != IdempotencyKey.digest(method: "PUT", path: "/v1/a", workspace: workspace, body: [1]))
        #expect(base != IdempotencyKey.digest(method: "POST", path: "/v1/b", workspace: workspace, body: [1]))
        #expect(base != IdempotencyKey.digest(method: "POST", path: "/v1/a", workspace: UUID(), body: [1]))
        #expect(base != IdempotencyKey.digest(method: "POST", path: "/v1/a", workspace: workspace, body: [2]))
        #expect(base == IdempotencyKey.digest(method: "POST", path: "/v1/a", query: "", workspace: workspace, body: [1]))
        #expect(base != IdempotencyKey.digest(method: "POST", path: "/v1/a", query: "name=x", workspace: workspace, body: [1]))
        // What moves from one part to the next makes another request.
        #expect(
            IdempotencyKey.digest(method: "POST", path: "/v1", workspace: workspace, body: [])
                != IdempotencyKey.digest(method: "POST/v1", path: "", workspace: workspace, body: []))
    }

    @Test("two requests whose paths differ in their queries are two requests")
    func query() throws {
        func key(_ path: String) throws -> IdempotencyKey? {
            let head = HTTPRequest(method: .post, scheme: nil, authority: nil, path: path, headerFields: [.idempotencyKey: "k"])
            return try .read(from: Request(head: head, body: .init(buffer: ByteBuffer())), workspace: StubAuthenticator.workspace, body: [])
        }
        let (one, other) = (try key("/v1/a?name=one"), try key("/v1/a?name=other"))
        #expect(one != nil && one != other)
        #expect(try key("/v1/a?name=one") == one)
        #expect(try key("/v1/a") != one)
    }

    @Test("a header that is sent twice is refused")
    func twice() throws {
        var headers = HTTPFields()
        headers.append(.init(name: .idempotencyKey, value: "a"))
        headers.append(.init(name: .idempotencyKey, value: "b"))
        let request = Request(
            head: .init(method: .post, scheme: nil, authority: nil, path: "/v1/a", headerFields: headers), body: .init(buffer: ByteBuffer()))
        #expect(throws: Problem.self) { try IdempotencyKey.read(from: request, workspace: UUID(), body: []) }
        let without = Request(head: .init(method: .post, scheme: nil, authority: nil, path: "/v1/a"), body: .init(buffer: ByteBuffer()))
        #expect(try IdempotencyKey.read(from: without, workspace: UUID(), body: []) == nil)
    }
}

@Suite("Other headers")
struct HeaderTests {
    @Test("rate limits are written as the draft has them")
    func rateLimit() {
        var fields = HTTPFields()
        RateLimit(policy: "default", quota: 600, window: .seconds(60), remaining: 512, reset: .milliseconds(31_500)).write(to: &fields)
        #expect(fields[.rateLimitPolicy] == #""default";q=600;w=60"#)
        #expect(fields[.rateLimit] == #""default";r=512;t=31"#)
    }

    @Test("the token comes from Authorization in any case of its scheme, or from X-Api-Key")
    func token() throws {
        func request(_ headers: HTTPFields) -> Request {
            Request(head: .init(method: .get, scheme: nil, authority: nil, path: "/", headerFields: headers), body: .init(buffer: ByteBuffer()))
        }
        #expect(try AuthenticationMiddleware.token(of: request([.authorization: "Bearer abc"])) == "abc")
        #expect(try AuthenticationMiddleware.token(of: request([.authorization: "bearer  abc"])) == "abc")
        #expect(try AuthenticationMiddleware.token(of: request([.apiKey: "abc"])) == "abc")
        #expect(try AuthenticationMiddleware.token(of: request([.authorization: "Bearer abc", .apiKey: "def"])) == "abc")
        #expect(try AuthenticationMiddleware.token(of: request([:])) == nil)
        #expect(throws: Problem.self) { try AuthenticationMiddleware.token(of: request([.authorization: "abc"])) }
    }

    @Test("an accepted job is 202 with its place, and says when it repeats an earlier answer")
    func accepted() async throws {
        let id = UUID()
        var routes = APIRoutes()
        routes.onOpen(APIOperation(.post, "/v1/jobs-to-do", summary: "x", tag: "x", answers: [.accepted])) { request, _ in
            AcceptedBody(id: id, kind: "ticket.create", replayed: try Query(request).flag("again") ?? false)
        }
        try await WebFixture(more: [routes]).application.test(.router) { client in
            let first = try await client.execute(uri: "/v1/jobs-to-do", method: .post)
            #expect(first.status == .accepted)
            #expect(first.headers[.location] == "/v1/jobs/\(id.uuidString.lowercased())")
            #expect(first.headers[.idempotencyReplayed] == nil)
            let body = try JSONDecoder().decode([String: String].self, from: Data(buffer: first.body))
            let url = "/v1/jobs/\(id.uuidString.lowercased())"
            #expect(body == ["id": id.uuidString.lowercased(), "kind": "ticket.create", "state": "queued", "url": url])
            let again = try await client.execute(uri: "/v1/jobs-to-do?again", method: .post)
            #expect(again.headers[.idempotencyReplayed] == "true")
        }
    }
}
