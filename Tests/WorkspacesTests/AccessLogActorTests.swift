import Foundation
import HTTPTypes
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Who the access log names, and what else it says", .timeLimit(.minutes(1)))
struct AccessLogActorTests {
    @Test("over HTTP it is the token that was shown, whatever was done with it")
    func tokens() async throws {
        let fixture = try await TokensFixture.make()
        let owner = fixture.acme.secret
        let bob = try await fixture.join("bob", as: .member).member
        let start = try await fixture.log.head()
        try await fixture.asking { ask async throws in
            let made = try await ask(.post, "/v1/tokens", #"{"name":"ci","scopes":["jobs:read"]}"#, as: owner)
            let id = try #require(made.json["id"]?.string)
            _ = try await ask(.post, "/v1/tokens/\(id)/rotate", as: owner)
            _ = try await ask(.delete, "/v1/tokens/\(id)", as: owner)
            _ = try await ask(.patch, "/v1/workspace/members/\(bob.id)", #"{"role":"viewer"}"#, as: owner)
            _ = try await ask(.post, "/v1/workspace/transfer", #"{"member":"\#(bob.id)"}"#, as: owner)
        }
        // Whoever handed over is no owner any more.
        let heir = TokenSecret()
        _ = try await fixture.tokens.create(
            workspace: fixture.acme.workspace.id, user: bob.user.id, name: "heir", scopes: Scope.workspace, by: .tester, secret: heir)
        let former = try await fixture.member(fixture.acme.owner)
        try await fixture.asking { ask async throws in
            _ = try await ask(.delete, "/v1/workspace/members/\(former.id)", as: heir)
            _ = try await ask(.delete, "/v1/workspace", as: heir)
            _ = try await ask(.post, "/v1/workspace/restore", as: heir)
        }
        let entries = try await fixture.log.entries(after: start, limit: 100)
        let told = entries.filter { $0.actorKind == "token" }
        #expect(
            told.map(\.action) == [
                "token.made", "token.rotated", "token.revoked", "member.role_changed", "workspace.ownership_moved", "member.role_changed",
                "member.role_changed", "member.left", "workspace.deleted", "workspace.restored",
            ])
        #expect(told.prefix(7).allSatisfy { $0.actor == "\(fixture.acme.token.id)".lowercased() })
        #expect(Set(told.suffix(3).map(\.actor)).count == 1 && told.last?.actor != told.first?.actor)
        #expect(entries.filter { $0.actorKind == "operator" }.map(\.action) == ["token.made"])
    }

    @Test("an entry says which thing it is about, and how it was changed")
    func details() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let bob = try await fixture.join("bob", as: .member)
        let start = try await fixture.log.head()
        let until = Date(timeIntervalSince1970: 4_102_444_800)
        let made = try await fixture.tokens.create(
            workspace: workspace, user: bob.member.user.id, name: "ci", scopes: [.ticketsRead, .jobsRead], expiresAt: until, by: .tester)
        let successor = try await fixture.tokens.rotate(
            made.token.id, workspace: workspace, overlap: TokenOverlap(seconds: 60), for: nil, by: .tester)
        _ = try await fixture.members.change(bob.member.id, to: .viewer, in: workspace, as: .owner, by: .tester)
        _ = try await fixture.members.transfer(workspace, to: bob.member.id, from: nil, by: .tester)
        _ = try await PersonStore(pool: fixture.pool).erase(fixture.acme.owner.id, by: .tester)
        _ = try await fixture.workspaces.delete(workspace, grace: DeletionGrace(days: 3), by: .tester)

        func id(_ id: UUID) -> String { "\(id)".lowercased() }
        let (person, owner) = (id(bob.member.user.id), id(fixture.acme.owner.id))
        let entries = try await fixture.log.entries(after: start, limit: 100)
        #expect(entries.allSatisfy { $0.workspace == ($0.action == "person.erased" ? nil : workspace) })
        #expect(
            entries.map(Self.words) == [
                #"token.made token:\#(id(made.token.id)) expires_at=2100-01-01T00:00:00.000Z scopes=jobs:read tickets:read user=\#(person)"#,
                #"token.rotated token:\#(id(made.token.id)) overlap_seconds=60 replaced_by=\#(id(successor.token.id))"#,
                #"member.role_changed member:\#(person) from=member to=viewer"#,
                #"workspace.ownership_moved workspace:\#(id(workspace)) to=\#(person)"#,
                #"member.role_changed member:\#(person) from=viewer to=owner"#,
                #"member.role_changed member:\#(owner) from=owner to=maintainer"#,
                #"member.left member:\#(owner) erased=true role=maintainer"#,
                #"person.erased person:\#(owner) workspaces_left=1"#,
                #"workspace.deleted workspace:\#(id(workspace)) purge_days=3"#,
            ])
    }

    @Test("invitations, exports and names over HTTP are the token's, and an entry says of them what can be said for ever")
    func people() async throws {
        let fixture = try await TokensFixture.make()
        let (owner, workspace) = (fixture.acme.secret, fixture.acme.workspace.id)
        let start = try await fixture.log.head()
        try await fixture.asking { ask async throws in
            let made = try await ask(.post, "/v1/workspace/invitations", #"{"role":"viewer","email":"carla@guests.example"}"#, as: owner)
            let id = try #require(made.json["id"]?.string)
            _ = try await ask(.delete, "/v1/workspace/invitations/\(id)", as: owner)
            _ = try await ask(.get, "/v1/workspace/export", as: owner)
            let entries = try await fixture.log.entries(after: start, limit: 10)
            #expect(
                entries.map(Self.words) == [
                    "invitation.made invitation:\(id) addressed=true days=7 role=viewer", "invitation.revoked invitation:\(id)",
                    "workspace.exported workspace:\(workspace)".lowercased(),
                ])
            #expect(entries.allSatisfy { $0.actorKind == "token" && $0.actor == "\(fixture.acme.token.id)".lowercased() })
        }
        let identity = ExternalIdentity(issuer: "https://id.example.com", subject: "carla")
        let linked = try await fixture.log.head()
        _ = try await ExternalIdentityStore(pool: fixture.pool).link(identity, user: fixture.acme.owner.id, by: .tester)
        let entry = try #require(try await fixture.log.entries(after: linked, limit: 10).first)
        #expect(Self.words(entry) == "identity.linked identity:\(identity.id) user=\(fixture.acme.owner.id)".lowercased())
        let log = try await fixture.database.psql("select l::text from access_log l")
        #expect(!log.contains("carla"))
    }

    /// An entry in one line.
    private static func words(_ entry: AccessLogEntry) -> String {
        let details = (entry.details ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return ([entry.action, entry.subject] + details).joined(separator: " ")
    }

    @Test("an agent is named as everybody sees it, with its version")
    func agents() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let agent = try await Act.agent(in: fixture)
        let desk = AgentDesk(pool: fixture.pool)
        let start = try await fixture.log.head()
        _ = try await desk.publish(agent, workspace: workspace)
        // The same file under a number of its own is a version of its own.
        _ = try await desk.publish(agent, AgentDesk.Wish(version: SemanticVersion("1.1.0")), workspace: workspace)
        _ = try await desk.rename(agent, to: try #require(AgentName("tessa")), workspace: workspace, by: .tester)
        try await desk.unpublish(agent, workspace: workspace)
        let entries = try await fixture.log.entries(after: start, limit: 10)
        #expect(entries.map(\.subject) == ["agent:acme/tess", "agent:acme/tess", "agent:acme/tess", "agent:acme/tessa"])
        #expect(entries.map { $0.details?["version"] } == ["1.0.0", "1.1.0", nil, "1.1.0"])
        #expect(entries.map { $0.details?["to"] } == [nil, nil, "tessa", nil])
        #expect(entries.map(\.action) == ["agent.published", "agent.published", "agent.renamed", "agent.taken_back"])
    }

    @Test("no secret, no address and no name of a person is in it")
    func nothingPersonal() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let made = try await fixture.invitations.create(
            workspace: workspace, role: .viewer, email: "carla@guests.example", inviter: nil, as: .owner)
        let accepted = try await fixture.invitations.accept(made.secret, name: "Carla Quill", email: nil)
        _ = try await fixture.tokens.rotate(accepted.token.id, workspace: workspace, for: nil, by: .tester)
        try await fixture.members.remove(accepted.member.id, from: workspace, as: .owner, by: .tester)
        let log = try await fixture.database.psql("select l::text from access_log l")
        #expect(log.contains("member.left"))
        for word in ["carla", "quill", "owner@", "owner of acme", "mst_", "msi_"] {
            #expect(!log.lowercased().contains(word), "\(word)")
        }
    }
}
