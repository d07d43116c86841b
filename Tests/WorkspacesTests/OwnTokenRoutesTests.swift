import Foundation
import HTTPTypes
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("One's own tokens over HTTP", .timeLimit(.minutes(1)))
struct OwnTokenRoutesTests {
    /// Another token of a guest's user.
    private func another(
        of guest: Guest, _ fixture: TokensFixture, scopes: Set<Scope> = [.jobsRead], expiresAt: Date? = nil
    ) async throws -> (token: Token, secret: TokenSecret) {
        let secret = TokenSecret()
        let made = try await fixture.tokens.create(
            workspace: fixture.acme.workspace.id, user: guest.member.user.id, name: "another", scopes: scopes, expiresAt: expiresAt, by: .tester,
            secret: secret)
        return (made.token, secret)
    }

    @Test("whoever shows a token rotates and revokes it, whatever its role", arguments: Member.Role.allCases)
    func shown(_ role: Member.Role) async throws {
        let fixture = try await TokensFixture.make()
        let guest = try await fixture.join("guest", as: role)
        let narrow = try await another(of: guest, fixture)
        try await fixture.asking { ask async throws in
            let own: [(Token, TokenSecret)] = [(guest.token, guest.secret), (narrow.token, narrow.secret)]
            for (token, secret) in own {
                let made = try await ask(.post, "/v1/tokens/\(token.id)/rotate", #"{"overlap_seconds":60}"#, as: secret)
                #expect(made.status == .created && made.json["scopes"]?.elements?.count == token.scopes.count)
                let new = try #require(made.json["token"]?.string.flatMap { TokenSecret($0) })
                let id = try #require(made.json["id"]?.string)
                #expect(try await ask(.get, "/v1/workspace", as: new).json["user"]?.string == guest.member.user.id.uuidString.lowercased())
                #expect(try await ask(.delete, "/v1/tokens/\(id)", as: new).status == .noContent)
                #expect(try await ask(.get, "/v1/workspace", as: new).status == .unauthorized)
                #expect(try await ask(.delete, "/v1/tokens/\(token.id)", as: secret).status == .noContent)
                #expect(try await ask(.get, "/v1/workspace", as: secret).status == .unauthorized)
            }
        }
    }

    @Test("so it does those of its user, but is given none with more scopes than its own", arguments: Member.Role.allCases)
    func siblings(_ role: Member.Role) async throws {
        let fixture = try await TokensFixture.make()
        let guest = try await fixture.join("guest", as: role)
        let narrow = try await another(of: guest, fixture)
        try await fixture.asking { ask async throws in
            let beyond = try await ask(.post, "/v1/tokens/\(guest.token.id)/rotate", as: narrow.secret)
            #expect(beyond.status == .forbidden && beyond.problem == "missing-scope")
            #expect(try await ask(.post, "/v1/tokens/\(narrow.token.id)/rotate", as: guest.secret).status == .created)
            #expect(try await ask(.delete, "/v1/tokens/\(narrow.token.id)", as: guest.secret).status == .noContent)
            #expect(try await ask(.get, "/v1/workspace", as: narrow.secret).status == .unauthorized)
        }
    }

    @Test(
        "another's, nobody's and what nobody has are refused alike without the scope; making and listing need it too",
        arguments: [
            Member.Role.member, .viewer,
        ])
    func others(_ role: Member.Role) async throws {
        let fixture = try await TokensFixture.make()
        let (guest, bob) = (try await fixture.join("guest", as: role), try await fixture.join("bob", as: .viewer))
        let nobodys = try await fixture.tokens.create(
            workspace: fixture.acme.workspace.id, user: nil, name: "ci", scopes: [.jobsRead], by: .tester
        ).token.id
        try await fixture.asking { ask async throws in
            var details: Set<String?> = []
            for id in [bob.token.id, fixture.acme.token.id, nobodys, fixture.other.token.id, UUID()] {
                let answers = [
                    try await ask(.post, "/v1/tokens/\(id)/rotate", as: guest.secret), try await ask(.delete, "/v1/tokens/\(id)", as: guest.secret),
                ]
                for answer in answers {
                    #expect(answer.status == .forbidden && answer.problem == "missing-scope")
                    details.insert(answer.json["detail"]?.string)
                }
            }
            #expect(details.count == 1)
            #expect(try await ask(.get, "/v1/tokens", as: guest.secret).status == .forbidden)
            #expect(try await ask(.post, "/v1/tokens", #"{"name":"a","scopes":["jobs:read"]}"#, as: guest.secret).status == .forbidden)
        }
        #expect(try await fixture.count("select count(*) from tokens where revoked_at is not null or replaced_by is not null") == 0)
    }

    @Test("a maintainer and an owner have another's refused and ended as before")
    func admins() async throws {
        let fixture = try await TokensFixture.make()
        let (guest, bob) = (try await fixture.join("guest", as: .maintainer), try await fixture.join("bob", as: .viewer))
        try await fixture.asking { ask async throws in
            for secret in [guest.secret, fixture.acme.secret] {
                let rotated = try await ask(.post, "/v1/tokens/\(bob.token.id)/rotate", as: secret)
                #expect(rotated.status == .forbidden && rotated.problem == "other-holder")
            }
            let owners = try await ask(.delete, "/v1/tokens/\(fixture.acme.token.id)", as: guest.secret)
            #expect(owners.status == .forbidden && owners.problem == "role-too-low")
            #expect(try await ask(.delete, "/v1/tokens/\(bob.token.id)", as: guest.secret).status == .noContent)
            #expect(try await ask(.delete, "/v1/tokens/\(guest.token.id)", as: fixture.acme.secret).status == .noContent)
        }
    }

    @Test("a token of nobody's is its holder's own, and no other of nobody's is")
    func nobodys() async throws {
        let fixture = try await TokensFixture.make()
        func make() async throws -> (id: UUID, secret: TokenSecret) {
            let secret = TokenSecret()
            let made = try await fixture.tokens.create(
                workspace: fixture.acme.workspace.id, user: nil, name: "ci", scopes: [.jobsRead], by: .tester, secret: secret)
            return (made.token.id, secret)
        }
        let (one, other) = (try await make(), try await make())
        try await fixture.asking { ask async throws in
            for method in [HTTPRequest.Method.post, .delete] {
                let path = method == .post ? "/rotate" : ""
                let refused = try await ask(method, "/v1/tokens/\(other.id)\(path)", as: one.secret)
                #expect(refused.status == .forbidden && refused.problem == "missing-scope")
                let done = try await ask(method, "/v1/tokens/\(one.id)\(path)", as: one.secret)
                #expect(done.status == (method == .post ? .created : .noContent))
            }
        }
    }

    @Test("a member who was lowered still rotates the token that it shows, which may no more than before")
    func lowered() async throws {
        let fixture = try await TokensFixture.make()
        let guest = try await fixture.join("guest", as: .maintainer)
        _ = try await fixture.members.change(
            guest.member.id, to: .viewer, in: fixture.acme.workspace.id, as: .owner, by: .tester)
        try await fixture.asking { ask async throws in
            let made = try await ask(.post, "/v1/tokens/\(guest.token.id)/rotate", as: guest.secret)
            #expect(made.status == .created)
            let new = try #require(made.json["token"]?.string.flatMap { TokenSecret($0) })
            let scopes = try await fixture.scopes(of: new)
            #expect(scopes == Set(Member.Role.viewer.scopes.map(\.rawValue)))
        }
    }

    @Test("without the scope a token's end stays where it was; with it the new one lives as long as the old one was to", arguments: [true, false])
    func ends(_ mayMake: Bool) async throws {
        let fixture = try await TokensFixture.make()
        let guest = try await fixture.join("guest", as: .maintainer)
        let scopes: Set<Scope> = mayMake ? [.jobsRead, .tokensAdmin] : [.jobsRead]
        let short = try await another(of: guest, fixture, scopes: scopes, expiresAt: Date().addingTimeInterval(10 * 3600))
        try await fixture.moveTime(by: 9 * 3600)
        try await fixture.asking { ask async throws in
            #expect(try await ask(.post, "/v1/tokens/\(short.token.id)/rotate", as: short.secret).status == .created)
        }
        let new = try #require(
            try await fixture.tokens.list(workspace: fixture.acme.workspace.id, limit: 10).first { $0.name == "another" && $0.replacedBy == nil })
        let end = try #require(new.expiresAt)
        #expect(abs(end.timeIntervalSinceNow - (mayMake ? 19 : 10) * 3600) < 60)
    }
}
