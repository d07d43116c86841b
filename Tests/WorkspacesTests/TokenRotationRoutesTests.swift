import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Rotating tokens over HTTP", .timeLimit(.minutes(1)))
struct TokenRotationRoutesTests {
    @Test("the new secret is answered once, works, and the old one says what it was replaced by")
    func life() async throws {
        let fixture = try await TokensFixture.make()
        let (old, id) = (fixture.acme.secret, fixture.acme.token.id)
        try await fixture.asking { ask async throws in
            let made = try await ask(.post, "/v1/tokens/\(id)/rotate", #"{"overlap_seconds":600}"#, as: old)
            #expect(made.status == .created && made.headers[.cacheControl] == "no-store")
            #expect(made.json["name"] == "first" && made.json["state"] == "valid" && made.json["expires_at"] == nil)
            let new = try #require(made.json["token"]?.string.flatMap { TokenSecret($0) })

            let listed = try await ask(.get, "/v1/tokens", as: new)
            #expect(listed.status == .ok && !listed.text.contains(new.text))
            let replaced = try #require(listed.json["items"]?.elements?.last)
            #expect(replaced["replaced_by"] == made.json["id"] && replaced["state"] == "valid" && replaced["expires_at"]?.string != nil)
            #expect(try await ask(.get, "/v1/workspace", as: old).status == .ok)

            let again = try await ask(.post, "/v1/tokens/\(id)/rotate", as: old)
            #expect(again.status == .conflict && again.problem == "token-replaced")
        }
        try await fixture.moveTime(by: 601)
        try await fixture.asking { ask async throws in
            let late = try await ask(.get, "/v1/workspace", as: old)
            #expect(late.status == .unauthorized && late.problem == "token-expired")
        }
    }

    @Test("without a body both are good for a day")
    func standard() async throws {
        let fixture = try await TokensFixture.make()
        let id = fixture.acme.token.id
        try await fixture.asking { ask async throws in
            #expect(try await ask(.post, "/v1/tokens/\(id)/rotate", as: fixture.acme.secret).status == .created)
        }
        #expect(
            try await fixture.count(
                "select round(extract(epoch from expires_at - mainstay_now()) / 600) * 600 from tokens where replaced_by is not null") == 86_400)
    }

    @Test("an overlap that is none is refused", arguments: ["-1", "2592001", "\"1h\""])
    func faults(_ overlap: String) async throws {
        let fixture = try await TokensFixture.make()
        let id = fixture.acme.token.id
        try await fixture.asking { ask async throws in
            let answer = try await ask(.post, "/v1/tokens/\(id)/rotate", #"{"overlap_seconds":\#(overlap)}"#, as: fixture.acme.secret)
            #expect(answer.status == .unprocessableContent && answer.pointers == ["#/overlap_seconds"])
        }
        #expect(try await fixture.count("select count(*) from tokens") == 2)
    }

    @Test("what was revoked or has expired is answered 409, another's 403, and another workspace's as what nobody has")
    func refusals() async throws {
        let fixture = try await TokensFixture.make()
        let (workspace, owner) = (fixture.acme.workspace.id, fixture.acme.owner.id)
        func make(_ user: UUID?, _ expiry: Date? = nil) async throws -> UUID {
            try await fixture.tokens.create(
                workspace: workspace, user: user, name: "t", scopes: [.jobsRead], expiresAt: expiry, by: .tester
            ).token.id
        }
        let (revoked, expired, nobodys) = (try await make(owner), try await make(owner, Date().addingTimeInterval(60)), try await make(nil))
        _ = try await fixture.tokens.revoke(revoked, workspace: workspace, by: .tester)
        try await fixture.moveTime(by: 61)
        try await fixture.asking { ask async throws in
            func rotate(_ id: UUID) async throws -> TokensFixture.Answer {
                try await ask(.post, "/v1/tokens/\(id)/rotate", as: fixture.acme.secret)
            }
            for id in [revoked, expired] {
                let answer = try await rotate(id)
                #expect(answer.status == .conflict && answer.problem == "token-ended")
            }
            let other = try await rotate(nobodys)
            #expect(other.status == .forbidden && other.problem == "other-holder")
            let (foreign, unknown) = (try await rotate(fixture.other.token.id), try await rotate(UUID()))
            for answer in [foreign, unknown] { #expect(answer.status == .notFound) }
            #expect(foreign.json["detail"] == unknown.json["detail"])
            let reader = try await fixture.join("bob", as: .member)
            let refused = try await ask(.post, "/v1/tokens/\(nobodys)/rotate", as: reader.secret)
            #expect(refused.status == .forbidden && refused.problem == "missing-scope")
        }
    }

    @Test("sent again with its key a request makes no second token and shows no secret; another under the key is refused")
    func idempotency() async throws {
        let fixture = try await TokensFixture.make()
        let headers = HTTPFields.bearing(fixture.acme.secret, [.idempotencyKey: "\"rotate-1\""])
        let path = "/v1/tokens/\(fixture.acme.token.id)/rotate"
        try await fixture.application().test(.router) { client in
            func send(_ body: String, to path: String) async throws -> (status: HTTPResponse.Status, replayed: String?, json: JSONValue) {
                let response = try await client.execute(uri: path, method: .post, headers: headers, body: ByteBuffer(string: body))
                let json = try JSONBody.decode(JSONValue.self, from: Array(response.body.readableBytesView))
                return (response.status, response.headers[.idempotencyReplayed], json)
            }
            let first = try await send("{}", to: path)
            let again = try await send("{}", to: path)
            let other = try await send(#"{"overlap_seconds":1}"#, to: path)
            let elsewhere = try await send("{}", to: "/v1/tokens/\(UUID())/rotate")
            #expect([first.status, again.status] == [.created, .created])
            #expect([other.status, elsewhere.status] == [.unprocessableContent, .unprocessableContent])
            #expect(first.json["id"] == again.json["id"] && first.json["token"]?.string != nil && again.json["token"]?.string == nil)
            #expect(first.replayed == nil && again.replayed == "true")
        }
        #expect(try await fixture.count("select count(*) from tokens") == 3)
        #expect(try await fixture.count("select count(*) from access_log where action = 'token.rotated'") == 1)
    }
}
