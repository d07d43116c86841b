import Foundation
import TestSupport
import Testing

@testable import Workspaces

/// Something that is done, what the access log tells of it, and a table that it writes to.
struct Act: Sendable, CustomStringConvertible {
    typealias Deed = @Sendable () async throws -> Void

    let told: [AccessAction]
    let table: String
    let actor: String
    /// Makes what has to be there before, and gives back the deed itself.
    let prepare: @Sendable (TokensFixture) async throws -> Deed

    var description: String { told.map(\.rawValue).joined(separator: ", ") + " in \(table)" }

    init(
        _ told: AccessAction..., in table: String, actor: String = "operator tester",
        prepare: @escaping @Sendable (TokensFixture) async throws -> Deed
    ) {
        self.told = told
        self.table = table
        self.actor = actor
        self.prepare = prepare
    }

    static let all: [Act] = tokens + members + people + workspaces + agents

    /// Actions that are about no workspace.
    static let ofInstallation: Set<AccessAction> = [.identityLinked, .identityUnlinked, .personExported, .personErased]

    // MARK: Tokens

    private static let tokens: [Act] = [
        Act(.tokenMade, in: "tokens") { fixture in
            return {
                _ = try await fixture.tokens.create(
                    workspace: fixture.acme.workspace.id, user: nil, name: "ci", scopes: [.jobsRead], by: .tester)
            }
        },
        Act(.tokenRevoked, in: "tokens") { fixture in
            return { _ = try await fixture.tokens.revoke(fixture.acme.token.id, workspace: fixture.acme.workspace.id, by: .tester) }
        },
        Act(.tokenRotated, in: "tokens") { fixture in
            return {
                _ = try await fixture.tokens.rotate(fixture.acme.token.id, workspace: fixture.acme.workspace.id, for: nil, by: .tester)
            }
        },
        Act(.tokenUnlocked, in: "tokens") { fixture in
            let token = fixture.acme.token.id
            _ = try await fixture.database.psql("update tokens set locked_until = now() + interval '1 hour' where id = '\(token)'")
            return {
                _ = try await TokenLockStore(pool: fixture.pool).unlock(token, workspace: fixture.acme.workspace.id, by: .tester)
            }
        },
    ]

    // MARK: Members

    private static let members: [Act] = [
        Act(.memberJoined, in: "members") { fixture in
            let user = try await fixture.workspaces.createUser(name: "Bob", email: nil)
            return { try await fixture.workspaces.add(user: user.id, to: fixture.acme.workspace.id, role: .viewer, by: .tester) }
        },
        Act(.memberJoined, .tokenMade, in: "members", actor: "system invitation") { fixture in
            let made = try await fixture.invitations.create(
                workspace: fixture.acme.workspace.id, role: .member, email: nil, inviter: nil, as: .owner)
            return { _ = try await fixture.invitations.accept(made.secret, name: "Bob", email: nil) }
        },
        Act(.memberLeft, in: "members") { fixture in
            let bob = try await fixture.join("bob", as: .member).member
            return { try await fixture.members.remove(bob.id, from: fixture.acme.workspace.id, as: .owner, by: .tester) }
        },
        Act(.memberLeft, .personErased, in: "members") { fixture in
            let bob = try await fixture.join("bob", as: .member).member
            return { _ = try await PersonStore(pool: fixture.pool).erase(bob.user.id, by: .tester) }
        },
        Act(.memberRoleChanged, in: "members") { fixture in
            let bob = try await fixture.join("bob", as: .member).member
            return { _ = try await fixture.members.change(bob.id, to: .viewer, in: fixture.acme.workspace.id, as: .owner, by: .tester) }
        },
        // The new owner's role, and the former one's.
        Act(.workspaceOwnershipMoved, .memberRoleChanged, .memberRoleChanged, in: "members") { fixture in
            let bob = try await fixture.join("bob", as: .member).member
            return { _ = try await fixture.members.transfer(fixture.acme.workspace.id, to: bob.id, from: nil, by: .tester) }
        },
    ]

    // MARK: People

    private static let account = ExternalIdentity(issuer: "https://id.example.com", subject: "ann")

    private static let people: [Act] = [
        Act(.invitationMade, in: "invitations") { fixture in
            return {
                _ = try await fixture.invitations.create(
                    workspace: fixture.acme.workspace.id, role: .member, email: nil, inviter: nil, as: .owner, by: .tester)
            }
        },
        Act(.invitationRevoked, in: "invitations") { fixture in
            let workspace = fixture.acme.workspace.id
            let made = try await fixture.invitations.create(workspace: workspace, role: .member, email: nil, inviter: nil, as: .owner)
            return { try await fixture.invitations.revoke(made.invitation.id, workspace: workspace, by: .tester) }
        },
        Act(.identityLinked, in: "external_identities") { fixture in
            return { _ = try await ExternalIdentityStore(pool: fixture.pool).link(Act.account, user: fixture.acme.owner.id, by: .tester) }
        },
        Act(.identityLinked, in: "external_identities", actor: "system oidc") { fixture in
            return { _ = try await ExternalIdentityStore(pool: fixture.pool).link(Act.account, email: "owner@acme.example") }
        },
        Act(.identityUnlinked, in: "external_identities") { fixture in
            let store = ExternalIdentityStore(pool: fixture.pool)
            _ = try await store.link(Act.account, user: fixture.acme.owner.id, by: .tester)
            return { _ = try await store.unlink(Act.account, by: .tester) }
        },
        // Of nobody's workspace.
        Act(.personErased, in: "users") { fixture in
            let user = try await fixture.workspaces.createUser(name: "Bob", email: nil)
            return { _ = try await PersonStore(pool: fixture.pool).erase(user.id, by: .tester) }
        },
        // An export writes nothing else.
        Act(.personExported, in: "access_log") { fixture in
            return { _ = try await PersonStore(pool: fixture.pool).export(fixture.acme.owner.id, by: .tester) }
        },
        Act(.workspaceExported, in: "access_log") { fixture in
            return {
                var reader = ExportReader(fixture.acme.workspace.id, pool: fixture.pool, by: .tester, limit: 1)
                while try await reader.next() != nil {}
            }
        },
    ]

    // MARK: Workspaces

    private static let workspaces: [Act] = [
        Act(.workspaceMade, .memberJoined, in: "workspaces") { fixture in
            return {
                _ = try await fixture.workspaces.create(slug: Slug("third"), name: "Third", owner: fixture.acme.owner.id, by: .tester)
            }
        },
        Act(.workspaceDeleted, in: "workspaces") { fixture in
            return { _ = try await fixture.workspaces.delete(fixture.acme.workspace.id, grace: .standard, by: .tester) }
        },
        Act(.workspaceRestored, in: "workspaces") { fixture in
            _ = try await fixture.workspaces.delete(fixture.acme.workspace.id, grace: .standard, by: .tester)
            return { _ = try await fixture.workspaces.restore(fixture.acme.workspace.id, by: .tester) }
        },
    ]

    // MARK: Agents

    private static let agents: [Act] = [
        Act(.agentPublished, in: "published_agents") { fixture in
            let agent = try await Act.agent(in: fixture)
            return { _ = try await AgentDesk(pool: fixture.pool).publish(agent, workspace: fixture.acme.workspace.id) }
        },
        Act(.agentTakenBack, in: "published_agents") { fixture in
            let agent = try await Act.agent(in: fixture)
            _ = try await AgentDesk(pool: fixture.pool).publish(agent, workspace: fixture.acme.workspace.id)
            return { try await AgentDesk(pool: fixture.pool).unpublish(agent, workspace: fixture.acme.workspace.id) }
        },
        Act(.agentRenamed, in: "published_agents") { fixture in
            let agent = try await Act.agent(in: fixture)
            _ = try await AgentDesk(pool: fixture.pool).publish(agent, workspace: fixture.acme.workspace.id)
            let name = try #require(AgentName("tessa"))
            return { _ = try await AgentDesk(pool: fixture.pool).rename(agent, to: name, workspace: fixture.acme.workspace.id, by: .tester) }
        },
    ]

    /// An agent of acme that nobody else sees yet.
    static func agent(in fixture: TokensFixture) async throws -> UUID {
        let file = try CharacterFile(Array(#"{"name": "Tess"}"#.utf8))
        let name = try #require(AgentName(displayName: file.name))
        let imported = try await AgentDesk(pool: fixture.pool).take(
            file, as: name, changelog: "", workspace: fixture.acme.workspace.id, idempotency: nil)
        return imported.detail.agent.id
    }
}
