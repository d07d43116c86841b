import Foundation
import HTTPTypes
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Leaving a workspace", .timeLimit(.minutes(1)))
struct LeavingTests {
    @Test("whoever is a member leaves, and its tokens go along", arguments: Member.Role.allCases)
    func leaves(_ role: Member.Role) async throws {
        let fixture = try await TokensFixture.make()
        let guest = try await fixture.join("guest", as: role)
        try await fixture.asking { ask async throws in
            #expect(try await ask(.delete, "/v1/workspace/members/\(guest.member.id)", as: guest.secret).status == .noContent)
            #expect(try await ask(.get, "/v1/workspace", as: guest.secret).status == .unauthorized)
        }
        #expect(try await fixture.count("select count(*) from tokens where user_id = '\(guest.member.user.id)'") == 0)
        #expect(try await fixture.count("select count(*) from access_log where action = 'member.left'") == 1)
    }

    @Test("the least token of an owner is enough, while another owner stays; the last one is refused")
    func owners() async throws {
        let fixture = try await TokensFixture.make()
        let (workspace, ann) = (fixture.acme.workspace.id, fixture.acme.owner)
        let place = try await fixture.member(ann).id
        let secret = TokenSecret()
        _ = try await fixture.tokens.create(
            workspace: workspace, user: ann.id, name: "least", scopes: [.jobsRead], by: .tester, secret: secret)
        try await fixture.asking { ask async throws in
            let last = try await ask(.delete, "/v1/workspace/members/\(place)", as: secret)
            #expect(last.status == .conflict && last.problem == "last-owner")
            #expect(try await ask(.get, "/v1/workspace", as: secret).status == .ok)
            _ = try await fixture.join("bob", as: .owner)
            #expect(try await ask(.delete, "/v1/workspace/members/\(place)", as: secret).status == .noContent)
        }
    }

    @Test("another's place, another workspace's and none are refused alike, and a token of nobody's leaves nothing")
    func others() async throws {
        let fixture = try await TokensFixture.make()
        let (viewer, member) = (try await fixture.join("viewer", as: .viewer), try await fixture.join("member", as: .member))
        let secret = TokenSecret()
        _ = try await fixture.tokens.create(
            workspace: fixture.acme.workspace.id, user: nil, name: "ci", scopes: [.jobsRead], by: .tester, secret: secret)
        let foreign = try #require(try await fixture.workspaces.members(of: fixture.other.workspace.id).first).id
        try await fixture.asking { ask async throws in
            for id in [member.member.id, foreign, UUID()] {
                let answer = try await ask(.delete, "/v1/workspace/members/\(id)", as: viewer.secret)
                #expect(answer.status == .forbidden && answer.problem == "missing-scope")
            }
            #expect(try await ask(.delete, "/v1/workspace/members/\(viewer.member.id)", as: member.secret).status == .forbidden)
            #expect(try await ask(.delete, "/v1/workspace/members/\(viewer.member.id)", as: secret).status == .forbidden)
            // To be another role is nobody's own to decide.
            let raised = try await ask(.patch, "/v1/workspace/members/\(viewer.member.id)", #"{"role":"owner"}"#, as: viewer.secret)
            #expect(raised.status == .forbidden && raised.problem == "missing-scope")
        }
        #expect(try await fixture.workspaces.members(of: fixture.acme.workspace.id).count == 3)
    }
}
