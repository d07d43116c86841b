import Foundation
import Logging
import Postgres
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Tokens in the database", .timeLimit(.minutes(1)))
struct TokenStoreTests {
    @Test("a token is found by its hash until it is revoked, and by no other")
    func life() async throws {
        let fixture = try await TokensFixture.make()
        let side = fixture.acme
        let expected = Identity(
            workspace: side.workspace.id, workspaceSlug: "acme", tokenID: side.token.id, user: side.owner.id,
            scopes: Set(Scope.workspace.map(\.rawValue)))
        #expect(try await fixture.tokens.verdict(hash: side.secret.hash) == .valid(expected))
        #expect(try await fixture.tokens.verdict(hash: TokenSecret().hash) == .invalid)
        #expect(try await fixture.tokens.revoke(side.token.id, workspace: side.workspace.id, by: .tester))
        #expect(try await fixture.tokens.verdict(hash: side.secret.hash) == .invalid)
        let listed = try #require(try await fixture.tokens.list(workspace: side.workspace.id, limit: 10).first)
        let revokedAt = try #require(listed.revokedAt)
        // Again changes nothing, not even the time.
        #expect(try await fixture.tokens.revoke(side.token.id, workspace: side.workspace.id, by: .tester))
        #expect(try await fixture.tokens.list(workspace: side.workspace.id, limit: 10).first?.revokedAt == revokedAt)
        #expect(try await fixture.tokens.verdict(hash: fixture.other.secret.hash) != .invalid)
    }

    @Test("a token expires by the database's time")
    func expiry() async throws {
        let fixture = try await TokensFixture.make()
        let secret = TokenSecret()
        _ = try await fixture.tokens.create(
            workspace: fixture.acme.workspace.id, user: nil, name: "short", scopes: [.jobsRead], expiresAt: Date().addingTimeInterval(3600),
            by: .tester, secret: secret)
        guard case .valid = try await fixture.tokens.verdict(hash: secret.hash) else {
            Issue.record("a token that lasts an hour is refused at once")
            return
        }
        try await fixture.moveTime(by: 3601)
        #expect(try await fixture.tokens.verdict(hash: secret.hash) == .expired)
    }

    @Test("the last use is written at most once a minute")
    func lastUse() async throws {
        let fixture = try await TokensFixture.make()
        let side = fixture.acme
        let use = TokenUse(workspace: side.workspace.id, token: side.token.id)
        func lastUsed() async throws -> Date? { try await fixture.tokens.list(workspace: side.workspace.id, limit: 1).first?.lastUsedAt }
        #expect(try await lastUsed() == nil)
        try await fixture.tokens.noteUse([use])
        let first = try #require(try await lastUsed())
        try await fixture.moveTime(by: 50)
        try await fixture.tokens.noteUse([use])
        #expect(try await lastUsed() == first)
        try await fixture.moveTime(by: 70)
        try await fixture.tokens.noteUse([use])
        #expect(try #require(try await lastUsed()) > first)
        #expect(try await fixture.tokens.list(workspace: fixture.other.workspace.id, limit: 1).first?.lastUsedAt == nil)
    }

    @Test("the same key makes one token, whose secret is shown once; another request with it is refused")
    func idempotency() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        func create(_ digest: UInt8, in workspace: UUID) async throws -> TokenStore.Made {
            try await fixture.tokens.create(
                workspace: workspace, user: nil, name: "ci", scopes: [.jobsRead], by: .tester,
                idempotency: IdempotencyKey(key: "k", digest: [digest]))
        }
        let made = try await withThrowingTaskGroup(of: TokenStore.Made.self) { group in
            for _ in 0..<8 { group.addTask { try await create(1, in: workspace) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(made.map(\.token.id)).count == 1)
        #expect(made.compactMap(\.secret).count == 1)
        #expect(try await fixture.tokens.list(workspace: workspace, limit: 10).count == 2)
        let error = await #expect(throws: WorkspaceError.self) { try await create(2, in: workspace) }
        #expect(error?.code == .idempotencyMismatch)
        #expect(try await create(2, in: fixture.other.workspace.id).secret != nil)
    }

    @Test("a member who leaves takes its tokens along, and only those")
    func leaving() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let secret = TokenSecret()
        _ = try await fixture.tokens.create(workspace: workspace, user: nil, name: "cli", scopes: [.jobsRead], by: .tester, secret: secret)
        _ = try await fixture.join("heir", as: .owner)
        let owner = try await fixture.member(fixture.acme.owner)
        try await fixture.members.remove(owner.id, from: workspace, as: .owner, by: .tester)
        #expect(try await fixture.tokens.verdict(hash: fixture.acme.secret.hash) == .invalid)
        #expect(try await fixture.tokens.verdict(hash: secret.hash) != .invalid)
        let again = await #expect(throws: WorkspaceError.self) {
            try await fixture.members.remove(owner.id, from: workspace, as: .owner, by: .tester)
        }
        #expect(again?.code == .unknownMember)
    }

    @Test("a revocation holds at the server within a second, with the cache before the database")
    func revocation() async throws {
        let fixture = try await TokensFixture.make()
        let clock = StillClock()
        let authenticator = TokenAuthenticator(store: fixture.tokens, clock: clock, logger: Logger(label: "test.tokens"))
        let (secret, token) = (fixture.acme.secret, fixture.acme.token)
        #expect(try await authenticator.identity(bearer: secret.text)?.tokenID == token.id)
        #expect(try await fixture.tokens.revoke(token.id, workspace: fixture.acme.workspace.id, by: .tester))
        clock.advance(by: .milliseconds(999))
        #expect(try await authenticator.identity(bearer: secret.text) == nil)
    }
}

@Suite("Workspaces in the database", .timeLimit(.minutes(1)))
struct WorkspaceStoreTests {
    @Test("a fresh database has the default workspace and no other")
    func defaultWorkspace() async throws {
        let database = try await TestDatabase.make()
        try await withPool(database.serverURL) { pool in
            let store = WorkspaceStore(pool: pool, multiUser: false)
            let all = try await store.list()
            let bySlug = try await store.find(slug: "default")
            let byID = try await store.find(Workspace.defaultID)
            #expect(all.map(\.id) == [Workspace.defaultID])
            #expect(bySlug?.id == Workspace.defaultID)
            #expect(byID?.name == "Default")
        }
    }

    @Test("with multi-user off there is no second one")
    func multiUserOff() async throws {
        let database = try await TestDatabase.make()
        try await withPool(database.serverURL) { pool in
            let store = WorkspaceStore(pool: pool, multiUser: false)
            let error = await #expect(throws: WorkspaceError.self) { try await store.create(slug: Slug("acme"), name: "Acme", by: .tester) }
            #expect(error?.code == .multiUserOff)
            let count = try await store.list().count
            #expect(count == 1)
        }
    }

    @Test("slugs, addresses and memberships are had once")
    func uniqueness() async throws {
        let fixture = try await TokensFixture.make()
        let taken = await #expect(throws: WorkspaceError.self) { try await fixture.workspaces.create(slug: Slug("acme"), name: "Again", by: .tester) }
        #expect(taken?.code == .slugTaken)
        let email = await #expect(throws: WorkspaceError.self) { try await fixture.workspaces.createUser(name: "Again", email: "OWNER@acme.example") }
        #expect(email?.code == .emailTaken)
        let twice = await #expect(throws: WorkspaceError.self) {
            try await fixture.workspaces.add(user: fixture.acme.owner.id, to: fixture.acme.workspace.id, role: .member, by: .tester)
        }
        #expect(twice?.code == .alreadyMember)
        #expect(try await fixture.workspaces.find(slug: "acme") == fixture.acme.workspace)
        #expect(try await fixture.workspaces.findUser(email: "Owner@Acme.example") == fixture.acme.owner)
        #expect(try await fixture.workspaces.list().map(\.slug) == ["acme", "default", "other"])
        #expect(try await fixture.workspaces.list(after: "acme", limit: 1).map(\.slug) == ["default"])
    }

    @Test("members are listed with their names")
    func members() async throws {
        let fixture = try await TokensFixture.make()
        let guest = try await fixture.workspaces.createUser(name: "Guest", email: nil)
        try await fixture.workspaces.add(user: guest.id, to: fixture.acme.workspace.id, role: .member, by: .tester)
        let members = try await fixture.workspaces.members(of: fixture.acme.workspace.id)
        #expect(members.map(\.user) == [fixture.acme.owner, guest])
        #expect(members.map(\.role) == [.owner, .member])
        #expect(try await fixture.workspaces.members(of: fixture.other.workspace.id).map(\.user) == [fixture.other.owner])
    }
}
