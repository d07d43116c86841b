import Foundation
import HTTPTypes
import Logging
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Members and invitations over HTTP", .timeLimit(.minutes(1)))
struct MemberRoutesTests {
    @Test("somebody is invited, comes in, works, is lowered, and is gone")
    func life() async throws {
        let fixture = try await TokensFixture.make()
        let owner = fixture.acme.secret
        try await fixture.asking { ask async throws in
            let made = try await ask(.post, "/v1/workspace/invitations", #"{"role":"maintainer","email":"bob@guests.example","days":3}"#, as: owner)
            #expect(made.status == .created && made.headers[.cacheControl] == "no-store")
            #expect(made.json["state"] == "open" && made.json["role"] == "maintainer" && made.json["email"] == "bob@guests.example")
            let secret = try #require(made.json["token"]?.string)
            #expect(TokenSecret(secret, of: .invitation) != nil)
            let listed = try await ask(.get, "/v1/workspace/invitations", as: owner)
            #expect(listed.json["items"]?[0]?["id"] == made.json["id"] && !listed.text.contains(secret))

            let accepted = try await ask(.post, "/v1/invitations/accept", #"{"token":"\#(secret)","name":"Bob"}"#)
            #expect(accepted.status == .created && accepted.headers[.cacheControl] == "no-store")
            #expect(accepted.json["workspace"]?["slug"] == "acme" && accepted.json["member"]?["role"] == "maintainer")
            #expect(accepted.json["member"]?["user"]?["name"] == "Bob")
            let token = try #require(accepted.json["token"]?["token"]?.string.flatMap { TokenSecret($0) })
            let member = try #require(accepted.json["member"]?["id"]?.string)
            let again = try await ask(.post, "/v1/invitations/accept", #"{"token":"\#(secret)","name":"Bob"}"#)
            #expect(again.status == .conflict && again.problem == "invitation-accepted")

            #expect(try await ask(.get, "/v1/tokens", as: token).status == .ok)
            let lowered = try await ask(.patch, "/v1/workspace/members/\(member)", #"{"role":"viewer"}"#, as: owner)
            #expect(lowered.status == .ok && lowered.json["role"] == "viewer")
            let refused = try await ask(.get, "/v1/tokens", as: token)
            #expect(refused.status == .forbidden && refused.problem == "missing-scope")
            #expect(try await ask(.get, "/v1/workspace", as: token).status == .ok)

            #expect(try await ask(.delete, "/v1/workspace/members/\(member)", as: owner).status == .noContent)
            #expect(try await ask(.get, "/v1/workspace", as: token).status == .unauthorized)
            #expect(try await ask(.delete, "/v1/workspace/members/\(member)", as: owner).status == .notFound)
        }
    }

    @Test("invitations that cannot be accepted are answered alike, whatever the reason")
    func closed() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let revoked = try await fixture.invitations.create(workspace: workspace, role: .viewer, email: nil, inviter: nil, as: .owner)
        try await fixture.invitations.revoke(revoked.invitation.id, workspace: workspace)
        let expired = try await fixture.invitations.create(workspace: workspace, role: .viewer, email: nil, days: 1, inviter: nil, as: .owner)
        try await fixture.moveTime(by: 86_401)
        try await fixture.asking { ask async throws in
            var answers: [String?] = []
            for token in [revoked.secret.text, expired.secret.text, TokenSecret(.invitation).text, TokenSecret().text, "msi_nothing", ""] {
                let answer = try await ask(.post, "/v1/invitations/accept", #"{"token":"\#(token)","name":"Guest"}"#)
                #expect(answer.status == .notFound && answer.problem == "not-found")
                answers.append(answer.json["detail"]?.string)
            }
            #expect(Set(answers).count == 1 && answers[0] != nil)
        }
        #expect(try await fixture.count("select count(*) from users where name = 'Guest'") == 0)
    }

    @Test("bad wishes are refused with every fault")
    func faults() async throws {
        let fixture = try await TokensFixture.make()
        let (owner, token) = (fixture.acme.secret, TokenSecret(.invitation).text)
        let member = try await fixture.member(fixture.acme.owner).id
        try await fixture.asking { ask async throws in
            let invitation = try await ask(.post, "/v1/workspace/invitations", #"{"role":"king","email":"nobody","days":0}"#, as: owner)
            #expect(invitation.status == .unprocessableContent && invitation.pointers == ["#/role", "#/email", "#/days"])
            let acceptance = try await ask(.post, "/v1/invitations/accept", #"{"token":"\#(token)","name":"","email":"a b@c"}"#)
            #expect(acceptance.status == .unprocessableContent && acceptance.pointers == ["#/name", "#/email"])
            let role = try await ask(.patch, "/v1/workspace/members/\(member)", #"{"role":"king"}"#, as: owner)
            #expect(role.status == .unprocessableContent && role.pointers == ["#/role"])
            let transfer = try await ask(.post, "/v1/workspace/transfer", #"{"member":"nobody"}"#, as: owner)
            #expect(transfer.status == .unprocessableContent && transfer.pointers == ["#/member"])
        }
        #expect(try await fixture.count("select count(*) from invitations") == 0)
    }

    @Test("who is below maintainer reads the members without their addresses, and nothing else")
    func readers() async throws {
        let fixture = try await TokensFixture.make()
        let owner = try await fixture.member(fixture.acme.owner)
        for role in [Member.Role.viewer, .member] {
            let guest = try await fixture.join("\(role)", as: role)
            try await fixture.asking { ask async throws in
                let listed = try await ask(.get, "/v1/workspace/members", as: guest.secret)
                #expect(listed.status == .ok && listed.text.contains("Owner of acme") && !listed.text.contains("@acme.example"))
                #expect(!listed.text.contains("Owner of other"))
                for (method, path) in [
                    (HTTPRequest.Method.get, "/v1/workspace/invitations"), (.post, "/v1/workspace/invitations"),
                    (.patch, "/v1/workspace/members/\(guest.member.id)"), (.delete, "/v1/workspace/members/\(owner.id)"),
                    (.delete, "/v1/workspace/members/\(UUID())"),
                    (.post, "/v1/workspace/transfer"), (.get, "/v1/workspace/export"), (.delete, "/v1/workspace"),
                ] {
                    let answer = try await ask(method, path, as: guest.secret)
                    #expect(answer.status == .forbidden && answer.problem == "missing-scope", "\(role) \(method) \(path)")
                }
            }
        }
        try await fixture.asking { ask async throws in
            let listed = try await ask(.get, "/v1/workspace/members", as: fixture.acme.secret)
            #expect(listed.text.contains("owner@acme.example") && listed.json["items"]?.elements?.count == 3)
        }
    }

    @Test("a maintainer looks after those below owner; the last owner is kept from everyone")
    func limits() async throws {
        let fixture = try await TokensFixture.make()
        let owner = try await fixture.member(fixture.acme.owner)
        let bob = try await fixture.join("bob", as: .maintainer)
        let cid = try await fixture.join("cid", as: .viewer)
        try await fixture.asking { ask async throws in
            let place = "/v1/workspace/members"
            let lowering = try await ask(.patch, "\(place)/\(owner.id)", #"{"role":"viewer"}"#, as: bob.secret)
            let inviting = try await ask(.post, "/v1/workspace/invitations", #"{"role":"owner"}"#, as: bob.secret)
            let raising = try await ask(.patch, "\(place)/\(bob.member.id)", #"{"role":"owner"}"#, as: bob.secret)
            for answer in [lowering, inviting, raising] { #expect(answer.status == .forbidden && answer.problem == "role-too-low") }
            #expect(try await ask(.patch, "\(place)/\(cid.member.id)", #"{"role":"member"}"#, as: bob.secret).status == .ok)

            let leaving = try await ask(.delete, "\(place)/\(owner.id)", as: fixture.acme.secret)
            let stepping = try await ask(.patch, "\(place)/\(owner.id)", #"{"role":"maintainer"}"#, as: fixture.acme.secret)
            for answer in [leaving, stepping] { #expect(answer.status == .conflict && answer.problem == "last-owner") }

            let transfer = try await ask(.post, "/v1/workspace/transfer", #"{"member":"\#(cid.member.id)"}"#, as: fixture.acme.secret)
            #expect(transfer.status == .ok && transfer.json["role"] == "owner" && transfer.json["user"]?["name"] == "cid")
            #expect(try await ask(.delete, "\(place)/\(owner.id)", as: fixture.acme.secret).status == .noContent)
        }
    }

    @Test("members are had page by page")
    func pages() async throws {
        let fixture = try await TokensFixture.make()
        for name in ["bob", "cid", "dee"] { _ = try await fixture.join(name, as: .viewer) }
        try await fixture.asking { ask async throws in
            var names: [String] = []
            var query = "?limit=2"
            for _ in 0..<3 {
                let page = try await ask(.get, "/v1/workspace/members\(query)", as: fixture.acme.secret)
                names += (page.json["items"]?.elements ?? []).compactMap { $0["user"]?["name"]?.string }
                guard let cursor = page.json["next_cursor"]?.string else { break }
                query = "?limit=2&cursor=\(cursor)"
            }
            #expect(names.sorted() == ["Owner of acme", "bob", "cid", "dee"])
        }
    }

    @Test("another workspace's invitations and members are not found")
    func foreign() async throws {
        let fixture = try await TokensFixture.make()
        let member = try await fixture.member(fixture.acme.owner)
        let made = try await fixture.invitations.create(
            workspace: fixture.acme.workspace.id, role: .viewer, email: nil, inviter: nil, as: .owner)
        try await fixture.asking { ask async throws in
            let stranger = fixture.other.secret
            #expect(try await ask(.delete, "/v1/workspace/invitations/\(made.invitation.id)", as: stranger).status == .notFound)
            #expect(try await ask(.delete, "/v1/workspace/members/\(member.id)", as: stranger).status == .notFound)
            #expect(try await ask(.patch, "/v1/workspace/members/\(member.id)", #"{"role":"viewer"}"#, as: stranger).status == .notFound)
            #expect(try await ask(.post, "/v1/workspace/transfer", #"{"member":"\#(member.id)"}"#, as: stranger).status == .notFound)
            #expect(try await ask(.get, "/v1/workspace/invitations", as: stranger).json["items"]?.elements?.isEmpty == true)
            #expect(try await ask(.delete, "/v1/workspace/invitations/\(made.invitation.id)", as: fixture.acme.secret).status == .noContent)
        }
    }

    @Test("with multi-user off it is said so, and the members are still read")
    func multiUserOff() async throws {
        let fixture = try await TokensFixture.make()
        let made = try await fixture.invitations.create(
            workspace: fixture.acme.workspace.id, role: .viewer, email: nil, inviter: nil, as: .owner)
        let member = try await fixture.member(fixture.acme.owner).id
        try await fixture.asking(multiUser: false) { ask async throws in
            let owner = fixture.acme.secret
            let answers = [
                try await ask(.post, "/v1/workspace/invitations", #"{"role":"viewer"}"#, as: owner),
                try await ask(.post, "/v1/invitations/accept", #"{"token":"\#(made.secret.text)","name":"Guest"}"#),
                try await ask(.patch, "/v1/workspace/members/\(member)", #"{"role":"owner"}"#, as: owner),
                try await ask(.delete, "/v1/workspace/members/\(member)", as: owner),
                try await ask(.post, "/v1/workspace/transfer", #"{"member":"\#(member)"}"#, as: owner),
                try await ask(.delete, "/v1/workspace", as: owner), try await ask(.post, "/v1/workspace/restore", as: owner),
            ]
            for answer in answers { #expect(answer.status == .forbidden && answer.problem == "multi-user-off") }
            #expect(try await ask(.get, "/v1/workspace/members", as: owner).status == .ok)
        }
    }

    @Test("what is mounted is described, and nothing else is")
    func described() async throws {
        let fixture = try await TokensFixture.make()
        let authenticator = TokenAuthenticator(store: fixture.tokens, logger: Logger(label: "test.members"))
        let responder = WebResponder(
            authenticator: authenticator,
            features: [
                MemberRoutes(members: fixture.members, invitations: fixture.invitations).routes(),
                WorkspaceRoutes(
                    pool: fixture.pool, workspaces: fixture.workspaces, members: fixture.members, grace: .standard, restorer: { _ in nil }
                ).routes(),
            ])
        #expect(OpenAPI.differences(routes: responder.routes, operations: responder.operations) == [])
        #expect(responder.operations.filter { $0.path.hasPrefix("/v1/") }.count == 11)
    }
}
