import Foundation
import Logging
import Postgres
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("External identities in the database", .timeLimit(.minutes(2)))
struct ExternalIdentityStoreTests {
    private let ann = ExternalIdentity(issuer: "https://id.example.com", subject: "ann")

    private func identities(in fixture: TokensFixture) -> ExternalIdentityStore { ExternalIdentityStore(pool: fixture.pool) }

    @Test("an identity that nobody knows is nobody's; linked by its address it is that user, in each of its workspaces and no other")
    func places() async throws {
        let fixture = try await TokensFixture.make()
        let (store, owner) = (identities(in: fixture), fixture.acme.owner)
        #expect(try await store.place(of: ann, in: "acme") == .unlinked)
        #expect(try await store.link(ann, email: "OWNER@Acme.example"))
        let found = ExternalPlace.member(user: owner.id, workspace: fixture.acme.workspace.id, slug: "acme", role: .owner)
        #expect(try await store.place(of: ann, in: "acme") == found)
        #expect(try await store.place(of: ann, in: "other") == .stranger)
        #expect(try await store.place(of: ann, in: "nowhere") == .stranger)
        try await fixture.workspaces.add(user: owner.id, to: fixture.other.workspace.id, role: .viewer, by: .tester)
        let second = ExternalPlace.member(user: owner.id, workspace: fixture.other.workspace.id, slug: "other", role: .viewer)
        #expect(try await store.place(of: ann, in: "other") == second)
        #expect(try await store.links(of: owner.id).map(\.identity) == [ann])
        #expect(try await fixture.count("select count(*) from external_identities where id = '\(ann.id)'") == 1)
    }

    @Test("another issuer's subject of the same name is another identity")
    func issuers() async throws {
        let fixture = try await TokensFixture.make()
        let elsewhere = ExternalIdentity(issuer: "https://id.example.net", subject: "ann")
        #expect(try await identities(in: fixture).link(ann, email: "owner@acme.example"))
        #expect(try await identities(in: fixture).place(of: elsewhere, in: "acme") == .unlinked)
        #expect(try await identities(in: fixture).link(elsewhere, email: "owner@other.example"))
        #expect(try await identities(in: fixture).place(of: elsewhere, in: "acme") == .stranger)
    }

    @Test("nobody is linked to an address that no user has; and one whom an account stands for gets no second one by its address")
    func refused() async throws {
        let fixture = try await TokensFixture.make()
        let store = identities(in: fixture)
        let heir = ExternalIdentity(issuer: ann.issuer, subject: "whoever-has-the-address-now")
        #expect(try await store.link(ann, email: "nobody@acme.example") == false)
        #expect(try await store.link(ann, email: "owner@acme.example"))
        #expect(try await store.link(heir, email: "owner@acme.example") == false)
        #expect(try await store.place(of: heir, in: "acme") == .unlinked)
        // A link is not moved either.
        #expect(try await store.link(ann, email: "owner@other.example") == false)
        #expect(try await store.link(ann, user: fixture.other.owner.id, by: .tester) == false)
        #expect(try await store.links(of: fixture.other.owner.id).isEmpty)
    }

    @Test("an operator links to a user who is there, and ends a link")
    func operators() async throws {
        let fixture = try await TokensFixture.make()
        let store = identities(in: fixture)
        #expect(try await store.link(ann, user: UUID(), by: .tester) == false)
        #expect(try await store.link(ann, user: fixture.acme.owner.id, by: .tester))
        #expect(try await store.unlink(ann, by: .tester))
        #expect(try await store.unlink(ann, by: .tester) == false)
        #expect(try await store.place(of: ann, in: "acme") == .unlinked)
    }

    @Test("what is open for an account ends with its membership, with what its role may, with its link and with the workspace")
    func ended() async throws {
        let fixture = try await TokensFixture.make()
        let store = identities(in: fixture)
        let bob = try await fixture.join("bob", as: .member)
        #expect(try await store.link(ann, user: bob.member.user.id, by: .tester))
        let workspace = fixture.acme.workspace.id
        func identity(_ scopes: Set<String>) -> Identity {
            Identity(
                workspace: workspace, workspaceSlug: "acme", tokenID: ann.id, user: bob.member.user.id, scopes: scopes,
                expires: .distantFuture)
        }
        let (reader, writer) = (identity(["tickets:read"]), identity(["tickets:read", "tickets:write"]))
        func look() async throws -> Set<Identity> { try await store.ended(among: [reader, writer]) }
        var found = try await look()
        #expect(found == [])
        _ = try await fixture.database.psql("update members set role = 'viewer' where id = '\(bob.member.id)'")
        found = try await look()
        #expect(found == [writer])
        #expect(try await store.unlink(ann, by: .tester))
        found = try await look()
        #expect(found == [reader, writer])
        // Another's account now.
        #expect(try await store.link(ann, user: fixture.acme.owner.id, by: .tester))
        found = try await look()
        #expect(found == [reader, writer])
        let owner = Identity(
            workspace: workspace, workspaceSlug: "acme", tokenID: ann.id, user: fixture.acme.owner.id, scopes: ["tickets:read"],
            expires: .distantFuture)
        found = try await store.ended(among: [owner])
        #expect(found == [])
        _ = try await fixture.workspaces.delete(workspace, grace: .standard, by: .tester)
        found = try await store.ended(among: [owner])
        #expect(found == [owner])
    }

    @Test("many who see an identity for the first time make one link")
    func atOnce() async throws {
        let fixture = try await TokensFixture.make()
        let store = identities(in: fixture)
        let made = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 { group.addTask { [ann] in try await store.link(ann, email: "owner@acme.example") } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 1)
        #expect(try await fixture.count("select count(*) from external_identities") == 1)
    }

    @Test("an erased person is nobody at any issuer, and does not become somebody again")
    func erased() async throws {
        let fixture = try await TokensFixture.make()
        let store = identities(in: fixture)
        let bob = try await fixture.join("bob", as: .member).member.user
        #expect(try await store.link(ann, email: "bob@acme.example"))
        _ = try await PersonStore(pool: fixture.pool).erase(bob.id, by: .tester)
        #expect(try await store.place(of: ann, in: "acme") == .unlinked)
        #expect(try await store.link(ann, user: bob.id, by: .tester) == false)
        #expect(try await store.link(ann, email: "bob@acme.example") == false)
        #expect(try await fixture.count("select count(*) from external_identities") == 0)
        // Also not past the store.
        await #expect(throws: PostgresError.self) {
            try await fixture.pool.execute(
                .role(.auth), "insert into external_identities (id, issuer, subject, user_id) values ($1, $2, $3, $4)", ann.id, ann.issuer,
                ann.subject, bob.id)
        }
    }

    @Test("no workspace's scope, and not the owner of the tables, sees who is who; and nobody moves a link")
    func hidden() async throws {
        let fixture = try await TokensFixture.make()
        #expect(try await identities(in: fixture).link(ann, user: fixture.acme.owner.id, by: .tester))
        for scope in [PostgresScope.workspaces([fixture.acme.workspace.id]), .unscoped, .role(.upkeep)] {
            await #expect(throws: PostgresError.self) { try await fixture.pool.query(scope, "select subject from external_identities") }
        }
        await #expect(throws: PostgresError.self) {
            try await fixture.pool.execute(.role(.auth), "update external_identities set user_id = $1", fixture.other.owner.id)
        }
        let seen = try await withPool(fixture.database.ownerURL, size: 1) { pool in
            try await pool.query(.unscoped, "select id from external_identities").count
        }
        #expect(seen == 0)
    }

    @Test("a deleted workspace lets nobody in")
    func deleted() async throws {
        let fixture = try await TokensFixture.make()
        #expect(try await identities(in: fixture).link(ann, user: fixture.acme.owner.id, by: .tester))
        _ = try await fixture.workspaces.delete(fixture.acme.workspace.id, grace: .standard, by: .tester)
        #expect(try await identities(in: fixture).place(of: ann, in: "acme") == .deleted)
    }

    @Test("the first sight of a verified address links, where it may, and never for an address that was not handed on")
    func firstSight() async throws {
        let fixture = try await TokensFixture.make()
        let (store, logger) = (identities(in: fixture), Logger(label: "test.oidc"))
        let unlinked = ExternalQuestion(identity: ann, slug: "acme", email: nil)
        #expect(try await OIDC.place(unlinked, store, logger) == .unlinked)
        let linking = ExternalQuestion(identity: ann, slug: "acme", email: "owner@acme.example")
        let found = ExternalPlace.member(user: fixture.acme.owner.id, workspace: fixture.acme.workspace.id, slug: "acme", role: .owner)
        #expect(try await OIDC.place(linking, store, logger) == found)
        #expect(try await OIDC.place(unlinked, store, logger) == found)
        let nobody = ExternalQuestion(identity: .init(issuer: ann.issuer, subject: "eve"), slug: "acme", email: "owner@acme.example")
        #expect(try await OIDC.place(nobody, store, logger) == .unlinked)
    }
}
