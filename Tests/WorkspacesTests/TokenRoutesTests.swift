import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Postgres
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Tokens over HTTP", .timeLimit(.minutes(1)))
struct TokenRoutesTests {
    private struct Body: Decodable {
        let id: String
        let token: String?
        let scopes: [String]
        let expires_at: String?
        let revoked_at: String?
    }
    private struct Listing: Decodable {
        let items: [Body]
        let next_cursor: String?
    }

    private func read<T: Decodable>(_ response: TestResponse, as type: T.Type = T.self) throws -> T {
        try JSONDecoder().decode(T.self, from: Data(response.body.readableBytesView))
    }

    @Test("a token is made, works, is listed without its secret, is revoked and works no more")
    func life() async throws {
        let fixture = try await TokensFixture.make()
        let admin = HTTPFields.bearing(fixture.acme.secret)
        try await fixture.application().test(.router) { client in
            let text = #"{"name":"ci","scopes":["jobs:read","tickets:write"],"expires_at":"2099-01-01T00:00:00Z"}"#
            let response = try await client.execute(uri: "/v1/tokens", method: .post, headers: admin, body: ByteBuffer(string: text))
            #expect(response.status == .created)
            #expect(response.headers[.cacheControl] == "no-store")
            let made = try read(response, as: Body.self)
            #expect(made.scopes == ["jobs:read", "tickets:write"])
            #expect(made.expires_at == "2099-01-01T00:00:00.000Z")
            let secret = try #require(made.token.flatMap(TokenSecret.init))

            let whoAmI = try await client.execute(uri: "/v1/workspace", method: .get, headers: .bearing(secret))
            #expect(String(buffer: whoAmI.body).contains(#""slug":"acme""#))
            #expect(String(buffer: whoAmI.body).contains(fixture.acme.workspace.id.uuidString.lowercased()))

            let listing = try read(try await client.execute(uri: "/v1/tokens", method: .get, headers: admin), as: Listing.self)
            #expect(listing.items.map(\.id) == [made.id, fixture.acme.token.id.uuidString.lowercased()])
            #expect(listing.items.allSatisfy { $0.token == nil })

            let refused = try await client.execute(uri: "/v1/tokens", method: .get, headers: .bearing(secret))
            #expect(refused.status == .forbidden)

            for _ in 0..<2 {
                let gone = try await client.execute(uri: "/v1/tokens/\(made.id)", method: .delete, headers: admin)
                #expect(gone.status == .noContent)
            }
            let after = try await client.execute(uri: "/v1/workspace", method: .get, headers: .bearing(secret))
            #expect(after.status == .unauthorized)
        }
    }

    @Test("another workspace's token is not found, neither in the list nor by its id")
    func foreign() async throws {
        let fixture = try await TokensFixture.make()
        try await fixture.application().test(.router) { client in
            let headers = HTTPFields.bearing(fixture.acme.secret)
            let listing = try read(try await client.execute(uri: "/v1/tokens", method: .get, headers: headers), as: Listing.self)
            #expect(listing.items.map(\.id) == [fixture.acme.token.id.uuidString.lowercased()])
            let foreign = try await client.execute(uri: "/v1/tokens/\(fixture.other.token.id)", method: .delete, headers: headers)
            #expect(foreign.status == .notFound)
            let unknown = try await client.execute(uri: "/v1/tokens/\(UUID())", method: .delete, headers: headers)
            #expect(unknown.status == .notFound)
            let works = try await client.execute(uri: "/v1/workspace", method: .get, headers: .bearing(fixture.other.secret))
            #expect(works.status == .ok)
        }
    }

    @Test("nobody gives away more than it has")
    func escalation() async throws {
        let fixture = try await TokensFixture.make()
        try await fixture.application().test(.router) { client in
            let text = #"{"name":"root","scopes":["operator"]}"#
            let response = try await client.execute(
                uri: "/v1/tokens", method: .post, headers: .bearing(fixture.acme.secret), body: ByteBuffer(string: text))
            #expect(response.status == .forbidden)
            let count = try await fixture.tokens.list(workspace: fixture.acme.workspace.id, limit: 10).count
            #expect(count == 1)
        }
    }

    @Test(
        "bad wishes are refused with every fault, and nothing is made",
        arguments: [
            (##"{"name":"","scopes":["jobs:read","jobs:eat"],"expires_at":"2001-01-01T00:00:00Z"}"##, ["#/name", "#/scopes/1", "#/expires_at"]),
            (##"{"name":"a","scopes":[]}"##, ["#/scopes"]), (##"{"name":"a","scopes":"jobs:read"}"##, ["#/scopes"]),
            (##"{"name":"a\u0000","scopes":["jobs:read"]}"##, ["#/name"]),
            (##"{"name":"a","scopes":["jobs:read"],"expires_at":"10000-01-01T00:00:00Z"}"##, ["#/expires_at"]),
            (##"{"name":"a","scopes":["jobs:read"],"expires_at":"999999-01-01T00:00:00Z"}"##, ["#/expires_at"]),
        ])
    func faults(_ text: String, _ pointers: [String]) async throws {
        let fixture = try await TokensFixture.make()
        try await fixture.application().test(.router) { client in
            let response = try await client.execute(
                uri: "/v1/tokens", method: .post, headers: .bearing(fixture.acme.secret), body: ByteBuffer(string: text))
            #expect(response.status == .unprocessableContent)
            struct Document: Decodable {
                struct Fault: Decodable { let pointer: String }
                let errors: [Fault]
            }
            #expect(try read(response, as: Document.self).errors.map(\.pointer) == pointers)
            let count = try await fixture.tokens.list(workspace: fixture.acme.workspace.id, limit: 10).count
            #expect(count == 1)
        }
    }

    @Test("sent again with its key a request makes no second token and shows no secret; another body is refused")
    func idempotency() async throws {
        let fixture = try await TokensFixture.make()
        try await fixture.application().test(.router) { client in
            let headers = HTTPFields.bearing(fixture.acme.secret, [.idempotencyKey: "\"make-1\""])
            func send(_ name: String) async throws -> TestResponse {
                try await client.execute(
                    uri: "/v1/tokens", method: .post, headers: headers, body: ByteBuffer(string: #"{"name":"\#(name)","scopes":["jobs:read"]}"#))
            }
            let first = try await send("ci")
            let again = try await send("ci")
            let other = try await send("other")
            #expect([first.status, again.status, other.status] == [.created, .created, .unprocessableContent])
            let (one, two) = (try read(first, as: Body.self), try read(again, as: Body.self))
            #expect(one.id == two.id)
            #expect(one.token != nil)
            #expect(two.token == nil)
            #expect(first.headers[.idempotencyReplayed] == nil)
            #expect(again.headers[.idempotencyReplayed] == "true")
            #expect(String(buffer: other.body).contains("idempotency-mismatch"))
        }
    }

    @Test("an expired token is told so, a revoked one is not told from an unknown one")
    func reasons() async throws {
        let fixture = try await TokensFixture.make()
        let short = TokenSecret()
        _ = try await fixture.tokens.create(
            workspace: fixture.acme.workspace.id, user: nil, name: "short", scopes: [.jobsRead], expiresAt: Date().addingTimeInterval(60),
            by: .tester, secret: short)
        _ = try await fixture.tokens.revoke(fixture.other.token.id, workspace: fixture.other.workspace.id, by: .tester)
        try await fixture.moveTime(by: 61)
        try await fixture.application().test(.router) { client in
            func answer(_ secret: TokenSecret) async throws -> (type: String, detail: String) {
                let response = try await client.execute(uri: "/v1/workspace", method: .get, headers: .bearing(secret))
                #expect(response.status == .unauthorized)
                #expect(response.headers[.wwwAuthenticate] != nil)
                struct Document: Decodable {
                    let type: String
                    let detail: String
                }
                let document = try read(response, as: Document.self)
                return (document.type, document.detail)
            }
            let expired = try await answer(short)
            let revoked = try await answer(fixture.other.secret)
            let unknown = try await answer(TokenSecret())
            #expect(expired.type == "urn:mainstay:problem:token-expired")
            #expect(revoked == unknown)
        }
    }

    @Test("a database that is away is 503 with Retry-After, not 401 and not 500")
    func away() async throws {
        let fixture = try await TokensFixture.make()
        await fixture.pool.close()
        try await fixture.application().test(.router) { client in
            let response = try await client.execute(uri: "/v1/workspace", method: .get, headers: .bearing(fixture.acme.secret))
            #expect(response.status == .serviceUnavailable)
            #expect(response.headers[.retryAfter] != nil)
        }
    }
}
