import Foundation
import Postgres
import TestSupport
import Testing

@testable import Workspaces

@Suite("Invitations in the database", .timeLimit(.minutes(1)))
struct InvitationStoreTests {
    private func invite(
        _ fixture: TokensFixture, _ role: Member.Role = .member, email: String? = nil, days: Int = Invitation.standardDays
    ) async throws -> InvitationStore.Made {
        try await fixture.invitations.create(
            workspace: fixture.acme.workspace.id, role: role, email: email, days: days, inviter: fixture.acme.owner.id, as: .owner)
    }

    @Test("whoever accepts is a member with a token of its role's scopes; a second time there is nothing to accept")
    func life() async throws {
        let fixture = try await TokensFixture.make()
        for role in Member.Role.allCases {
            let made = try await invite(fixture, role)
            #expect(made.invitation.state == .open && made.invitation.invitedBy == fixture.acme.owner.id)
            let accepted = try await fixture.invitations.accept(made.secret, name: "Guest \(role)", email: "\(role)@guests.example")
            #expect(accepted.workspace == fixture.acme.workspace)
            let member = try await fixture.member(accepted.member.user)
            #expect(accepted.member == member && member.role == role)
            #expect(accepted.member.user.name == "Guest \(role)" && accepted.member.user.email == "\(role)@guests.example")
            #expect(try await fixture.scopes(of: accepted.secret) == Set(role.scopes.map(\.rawValue)))
            let error = await #expect(throws: WorkspaceError.self) {
                try await fixture.invitations.accept(made.secret, name: "Another", email: nil)
            }
            #expect(error?.code == .invitationAccepted)
            let listed = try await fixture.invitations.list(workspace: fixture.acme.workspace.id, limit: 1).first
            #expect(listed?.state == .accepted && listed?.acceptedBy == accepted.member.user.id)
        }
        #expect(try await fixture.workspaces.members(of: fixture.acme.workspace.id).count == 1 + Member.Role.allCases.count)
    }

    @Test("only a hash of the secret is kept")
    func hashOnly() async throws {
        let fixture = try await TokensFixture.make()
        let made = try await invite(fixture)
        #expect(try await fixture.count("select count(*) from invitations where hash = sha256('\(made.secret.text)')") == 1)
        #expect(try await fixture.count("select count(*) from invitations i where i::text like '%\(made.secret.text.dropFirst(8))%'") == 0)
        #expect(made.invitation.prefix == made.secret.prefix)
    }

    @Test("one that never was, was revoked, has expired or is of a deleted workspace is refused in the same words")
    func closed() async throws {
        let fixture = try await TokensFixture.make()
        let revoked = try await invite(fixture)
        try await fixture.invitations.revoke(revoked.invitation.id, workspace: fixture.acme.workspace.id)
        let expired = try await invite(fixture, days: 1)
        let fresh = try await invite(fixture, days: 3)
        try await fixture.moveTime(by: 86_401)
        var refusals: [WorkspaceError] = []
        for secret in [TokenSecret(.invitation), revoked.secret, expired.secret] {
            let error = await #expect(throws: WorkspaceError.self) { try await fixture.invitations.accept(secret, name: "Guest", email: nil) }
            refusals.append(try #require(error))
        }
        _ = try await fixture.workspaces.delete(fixture.acme.workspace.id, grace: .standard, by: .tester)
        let error = await #expect(throws: WorkspaceError.self) { try await fixture.invitations.accept(fresh.secret, name: "Guest", email: nil) }
        refusals.append(try #require(error))
        #expect(refusals.allSatisfy { $0 == refusals[0] } && refusals[0].code == .unknownInvitation)
        #expect(try await fixture.count("select count(*) from users where name = 'Guest'") == 0)
        _ = try await fixture.workspaces.restore(fixture.acme.workspace.id, by: .tester)
        #expect(try await fixture.invitations.accept(fresh.secret, name: "Guest", email: nil).member.role == .member)
    }

    @Test("one for an address finds the user who has it, and is nobody else's")
    func bound() async throws {
        let fixture = try await TokensFixture.make()
        let made = try await invite(fixture, email: "OWNER@other.example")
        let other = await #expect(throws: WorkspaceError.self) {
            try await fixture.invitations.accept(made.secret, name: "Guest", email: "owner@acme.example")
        }
        #expect(other?.code == .otherAddress)
        let accepted = try await fixture.invitations.accept(made.secret, name: "Guest", email: nil)
        #expect(accepted.member.user == fixture.other.owner)
        // In the other workspace it is what it was.
        #expect(try await fixture.workspaces.members(of: fixture.other.workspace.id).map(\.role) == [.owner])

        let unknown = try await invite(fixture, email: "new@guests.example")
        let guest = try await fixture.invitations.accept(unknown.secret, name: "New", email: "New@Guests.example").member.user
        #expect(guest.name == "New" && guest.email == "new@guests.example")
    }

    @Test("one for anybody proves no address: that of another user is refused, and nothing is left behind")
    func unbound() async throws {
        let fixture = try await TokensFixture.make()
        let made = try await invite(fixture)
        let users = try await fixture.count("select count(*) from users")
        let error = await #expect(throws: WorkspaceError.self) {
            try await fixture.invitations.accept(made.secret, name: "Guest", email: "Owner@Other.example")
        }
        #expect(error?.code == .emailTaken)
        #expect(try await fixture.count("select count(*) from users") == users)
        #expect(try await fixture.invitations.accept(made.secret, name: "Guest", email: nil).member.user.email == nil)
    }

    @Test("who is a member already gets neither another place nor a token, and the invitation stays open")
    func member() async throws {
        let fixture = try await TokensFixture.make()
        let bob = try await fixture.join("bob", as: .viewer)
        let made = try await invite(fixture, .owner, email: bob.member.user.email)
        let tokens = try await fixture.count("select count(*) from tokens")
        let error = await #expect(throws: WorkspaceError.self) { try await fixture.invitations.accept(made.secret, name: "Bob", email: nil) }
        #expect(error?.code == .alreadyMember)
        #expect(try await fixture.member(bob.member.user).role == .viewer)
        #expect(try await fixture.count("select count(*) from tokens") == tokens)
        #expect(try await fixture.invitations.list(workspace: fixture.acme.workspace.id, limit: 1).first?.state == .open)
    }

    @Test("of many who accept one at the same moment, one comes in")
    func atOnce() async throws {
        let fixture = try await TokensFixture.make()
        let made = try await invite(fixture)
        let users = try await fixture.count("select count(*) from users")
        let codes = await withTaskGroup(of: WorkspaceError.Code?.self) { group in
            for number in 0..<8 {
                group.addTask {
                    do {
                        _ = try await fixture.invitations.accept(made.secret, name: "Guest \(number)", email: nil)
                        return nil
                    } catch {
                        return (error as? WorkspaceError)?.code ?? .multiUserOff
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.filter { $0 == nil }.count == 1)
        #expect(codes.compactMap { $0 }.allSatisfy { $0 == .invitationAccepted })
        #expect(try await fixture.count("select count(*) from users") == users + 1)
        #expect(try await fixture.workspaces.members(of: fixture.acme.workspace.id).count == 2)
    }

    @Test("nobody invites above what it may give, also one who was lowered a moment ago")
    func authority() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let bob = try await fixture.join("bob", as: .member)
        let attempts: [(UUID?, Member.Role, Member.Role)] = [
            (nil, .maintainer, .owner), (nil, .viewer, .viewer), (bob.member.user.id, .owner, .viewer), (fixture.acme.owner.id, .maintainer, .owner),
        ]
        for (inviter, authority, role) in attempts {
            let error = await #expect(throws: WorkspaceError.self) {
                try await fixture.invitations.create(workspace: workspace, role: role, email: nil, inviter: inviter, as: authority)
            }
            #expect(error?.code == .roleTooLow, "\(authority) \(role)")
        }
        let stranger = await #expect(throws: WorkspaceError.self) {
            try await fixture.invitations.create(workspace: workspace, role: .viewer, email: nil, inviter: fixture.other.owner.id, as: .owner)
        }
        #expect(stranger?.code == .unknownMember)
        #expect(try await fixture.invitations.list(workspace: workspace, limit: 10).isEmpty)
    }

    @Test("it is good for seven days unless asked otherwise, and never for more than a month")
    func expiry() async throws {
        let fixture = try await TokensFixture.make()
        for (days, kept) in [(Invitation.standardDays, 7.0), (1, 1), (30, 30), (1000, 30), (0, 1)] {
            let made = try await invite(fixture, days: days).invitation
            #expect(made.expiresAt.timeIntervalSince(made.createdAt) == kept * 86_400, "\(days)")
        }
    }

    @Test("one that was accepted is not revoked; another workspace's is unknown")
    func revoking() async throws {
        let fixture = try await TokensFixture.make()
        let (acme, other) = (fixture.acme.workspace.id, fixture.other.workspace.id)
        let made = try await invite(fixture)
        let foreign = await #expect(throws: WorkspaceError.self) { try await fixture.invitations.revoke(made.invitation.id, workspace: other) }
        #expect(foreign?.code == .unknownInvitation)
        #expect(try await fixture.invitations.list(workspace: other, limit: 10).isEmpty)
        let accepted = try await fixture.invitations.accept(made.secret, name: "Guest", email: nil)
        let error = await #expect(throws: WorkspaceError.self) { try await fixture.invitations.revoke(made.invitation.id, workspace: acme) }
        #expect(error?.code == .invitationAccepted)
        #expect(try await fixture.scopes(of: accepted.secret) != nil)
    }

    @Test("the role that lets people in can do so by an open invitation only, and the server's reads no hash")
    func privileges() async throws {
        let fixture = try await TokensFixture.make()
        let (workspace, user) = (fixture.acme.workspace.id, fixture.other.owner.id)
        let made = try await invite(fixture, .viewer)
        let scope = PostgresScope.workspaces([workspace])
        await refused("42501") { try await fixture.pool.query(scope, "select hash from invitations") }
        await refused("42501") { try await fixture.pool.execute(scope, "update invitations set role = 'owner'") }
        await refused("42501") { try await fixture.pool.execute(scope, "delete from invitations") }
        await refused("42501") { try await fixture.pool.execute(.role(.auth), "update invitations set role = 'owner'") }
        await refused("42501") {
            try await fixture.pool.execute(
                .role(.auth), "insert into members (workspace_id, user_id, role) values ($1, $2, 'viewer')", workspace, user)
        }
        await refused("42501") {
            try await fixture.pool.execute(
                .role(.auth),
                """
                insert into tokens (workspace_id, id, user_id, name, prefix, hash, scopes)
                values ($1, $2, $3, 'x', 'x', sha256('x'), '{jobs:read}')
                """, workspace, UUID(), fixture.acme.owner.id)
        }
        // Accepted as a viewer: no owner comes of it.
        await refused("42501") {
            try await fixture.pool.transaction(.role(.auth)) { transaction in
                let changed = try await transaction.execute(
                    "update invitations set accepted_at = mainstay_now(), accepted_by = $2, token_id = $3 where id = $1", made.invitation.id, user,
                    UUID())
                #expect(changed == 1)
                try await transaction.execute(
                    "insert into members (workspace_id, user_id, role) values ($1, $2, 'owner')", workspace, user)
            }
        }
        try await fixture.invitations.revoke(made.invitation.id, workspace: workspace)
        let changed = try await fixture.pool.execute(
            .role(.auth), "update invitations set accepted_at = mainstay_now(), accepted_by = $2, token_id = $3 where id = $1",
            made.invitation.id, user, UUID())
        #expect(changed == 0)
        #expect(try await fixture.workspaces.members(of: workspace).count == 1)
    }

    @Test("with multi-user off nobody is invited and nobody comes in")
    func multiUserOff() async throws {
        let fixture = try await TokensFixture.make()
        let made = try await invite(fixture)
        let store = InvitationStore(pool: fixture.pool, multiUser: false)
        let inviting = await #expect(throws: WorkspaceError.self) {
            try await store.create(workspace: fixture.acme.workspace.id, role: .viewer, email: nil, inviter: nil, as: .owner)
        }
        let accepting = await #expect(throws: WorkspaceError.self) { try await store.accept(made.secret, name: "Guest", email: nil) }
        #expect(inviting?.code == .multiUserOff && accepting?.code == .multiUserOff)
    }

    private func refused(_ sqlState: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> some Any) async {
        let error = await #expect(throws: PostgresError.self, sourceLocation: sourceLocation) { _ = try await body() }
        #expect(error?.sqlState == sqlState, sourceLocation: sourceLocation)
    }
}
