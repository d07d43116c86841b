import Foundation
import HTTPTypes
import Postgres
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Deleting a workspace, and taking it back", .timeLimit(.minutes(1)))
struct WorkspaceDeletionTests {
    @Test("its tokens are refused at once but for an owner's restoring, and are good again afterwards")
    func life() async throws {
        let fixture = try await TokensFixture.make()
        let owner = fixture.acme.secret
        let bob = try await fixture.join("bob", as: .maintainer)
        try await fixture.asking(grace: DeletionGrace(days: 7)) { ask async throws in
            let deleted = try await ask(.delete, "/v1/workspace", as: owner)
            #expect(deleted.status == .ok && deleted.json["slug"] == "acme")
            let from = try #require(deleted.json["deleted_at"]?.string.flatMap { WireCoding.date($0) })
            let until = try #require(deleted.json["purge_at"]?.string.flatMap { WireCoding.date($0) })
            #expect(abs(until.timeIntervalSince(from) - 7 * 86_400) < 0.01)

            for secret in [owner, bob.secret] {
                for (method, path) in [
                    (HTTPRequest.Method.get, "/v1/workspace"), (.get, "/v1/tokens"), (.delete, "/v1/workspace"), (.get, "/v1/workspace/members"),
                    (.get, "/v1/workspace/export"),
                ] {
                    let answer = try await ask(method, path, as: secret)
                    #expect(answer.status == .forbidden && answer.problem == "workspace-deleted", "\(method) \(path)")
                }
            }
            #expect(try await ask(.get, "/v1/workspace", as: fixture.other.secret).status == .ok)

            let maintainers = try await ask(.post, "/v1/workspace/restore", as: bob.secret)
            #expect(maintainers.status == .forbidden && maintainers.problem == "missing-scope")
            #expect(try await ask(.post, "/v1/workspace/restore").status == .unauthorized)
            #expect(try await ask(.post, "/v1/workspace/restore", as: TokenSecret()).status == .unauthorized)
            // Of a workspace that is in use: nothing is changed, least of all another's.
            #expect(try await ask(.post, "/v1/workspace/restore", as: fixture.other.secret).json["slug"] == "other")
            #expect(try await ask(.get, "/v1/workspace", as: owner).status == .forbidden)

            let restored = try await ask(.post, "/v1/workspace/restore", as: owner)
            #expect(restored.status == .ok && restored.json["slug"] == "acme" && restored.json["purge_at"]?.string == nil)
            #expect(try await ask(.get, "/v1/workspace", as: bob.secret).status == .ok)
        }
    }

    @Test("a session that a token was shown for is over as well")
    func standing() async throws {
        let fixture = try await TokensFixture.make()
        let (workspace, token) = (fixture.acme.workspace.id, fixture.acme.token.id)
        #expect(try await fixture.tokens.standing(of: token, workspace: workspace) != nil)
        _ = try await fixture.workspaces.delete(workspace, grace: .standard, by: .tester)
        #expect(try await fixture.tokens.standing(of: token, workspace: workspace) == nil)
    }

    @Test("a revoked or expired token restores nothing")
    func endedTokens() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let short = TokenSecret()
        _ = try await fixture.tokens.create(
            workspace: workspace, user: fixture.acme.owner.id, name: "short", scopes: [.workspaceAdmin], expiresAt: Date().addingTimeInterval(60),
            by: .tester, secret: short)
        _ = try await fixture.tokens.revoke(fixture.acme.token.id, workspace: workspace, by: .tester)
        _ = try await fixture.workspaces.delete(workspace, grace: .standard, by: .tester)
        try await fixture.moveTime(by: 61)
        try await fixture.asking { ask async throws in
            for secret in [short, fixture.acme.secret] {
                #expect(try await ask(.post, "/v1/workspace/restore", as: secret).status == .unauthorized)
            }
        }
    }

    @Test("deleted twice is deleted once, with the first one's time")
    func twice() async throws {
        let fixture = try await TokensFixture.make()
        let first = try await fixture.workspaces.delete(fixture.acme.workspace.id, grace: DeletionGrace(days: 3), by: .tester)
        try await fixture.moveTime(by: 60)
        #expect(try await fixture.workspaces.delete(fixture.acme.workspace.id, grace: .standard, by: .tester) == first)
        #expect(try await fixture.workspaces.find(slug: "acme") == first)
    }

    @Test("once its time is up it is not restored, also while its rows are there")
    func tooLate() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        _ = try await fixture.workspaces.delete(workspace, grace: DeletionGrace(days: 1), by: .tester)
        // With a minute to spare: the time also goes on by itself.
        try await fixture.moveTime(by: 86_340)
        _ = try await fixture.workspaces.restore(workspace, by: .tester)
        _ = try await fixture.workspaces.delete(workspace, grace: DeletionGrace(days: 1), by: .tester)
        try await fixture.moveTime(by: 2 * 86_400)
        #expect(await refusal { try await fixture.workspaces.restore(workspace, by: .tester) } == .restoredTooLate)
        try await fixture.asking { ask async throws in
            let answer = try await ask(.post, "/v1/workspace/restore", as: fixture.acme.secret)
            #expect(answer.status == .conflict && answer.problem == "restored-too-late")
        }
    }

    @Test("the default workspace is never deleted, and the database says so too")
    func defaultWorkspace() async throws {
        let fixture = try await TokensFixture.make()
        #expect(await refusal { try await fixture.workspaces.delete(Workspace.defaultID, grace: .standard, by: .tester) } == .defaultWorkspace)
        let error = await #expect(throws: PostgresError.self) {
            try await fixture.pool.execute(
                .workspaces([Workspace.defaultID]), "update workspaces set deleted_at = mainstay_now(), purge_at = mainstay_now() where id = $1",
                Workspace.defaultID)
        }
        #expect(error?.constraint == "workspaces_default_stays")
        #expect(await refusal { try await fixture.workspaces.delete(UUID(), grace: .standard, by: .tester) } == .unknownWorkspace)
    }
}
