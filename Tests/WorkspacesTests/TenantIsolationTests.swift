import Foundation
import Postgres
import TestSupport
import Testing

@testable import Workspaces

@Suite("One workspace sees nothing of another", .timeLimit(.minutes(1)))
struct TenantIsolationTests {
    private static let counts: [(String, SQL)] = [
        ("workspaces", "select id from workspaces"), ("members", "select id from members"), ("tokens", "select id from tokens"),
        ("users", "select id from users"),
    ]

    @Test("reading: its own row and no other, none without a workspace, both with both")
    func reading() async throws {
        let fixture = try await TokensFixture.make()
        let (acme, other) = (fixture.acme.workspace.id, fixture.other.workspace.id)
        for (table, sql) in Self.counts {
            let own = try await fixture.pool.query(.workspaces([acme]), sql).map { try $0.decode("id", as: UUID.self) }
            let others = try await fixture.pool.query(.workspaces([other]), sql).map { try $0.decode("id", as: UUID.self) }
            #expect(own.count == 1, "\(table): the positive control")
            #expect(others.count == 1, "\(table)")
            #expect(Set(own).isDisjoint(with: others), "\(table)")
            #expect(try await fixture.pool.query(.workspaces([acme, other]), sql).count == 2, "\(table)")
            #expect(try await fixture.pool.query(.workspaces([]), sql).isEmpty, "\(table)")
            #expect(try await fixture.pool.query(.unscoped, sql).isEmpty, "\(table)")
        }
    }

    @Test("writing: another's rows are not there to change, and none can be put there")
    func writing() async throws {
        let fixture = try await TokensFixture.make()
        let scope = PostgresScope.workspaces([fixture.acme.workspace.id])
        let (other, foreign) = (fixture.other.workspace.id, fixture.other.token.id)
        #expect(try await fixture.pool.execute(scope, "update tokens set name = 'mine' where id = $1", foreign) == 0)
        #expect(try await fixture.pool.execute(scope, "update tokens set name = 'mine' where id = $1", fixture.acme.token.id) == 1)
        #expect(try await fixture.pool.execute(scope, "update workspaces set name = 'mine' where id = $1", other) == 0)
        #expect(try await fixture.pool.execute(scope, "delete from members where workspace_id = $1", other) == 0)
        #expect(try await fixture.tokens.revoke(foreign, workspace: fixture.acme.workspace.id, by: .tester) == false)
        await refused("42501") {
            try await fixture.pool.execute(
                scope, "insert into members (workspace_id, user_id, role) values ($1, $2, 'owner')", other, fixture.acme.owner.id)
        }
        await refused("42501") {
            try await fixture.pool.execute(scope, "update workspaces set id = $1 where id = $2", UUID(), fixture.acme.workspace.id)
        }
        #expect(try await fixture.tokens.verdict(hash: fixture.other.secret.hash) != .invalid)
        #expect(try await fixture.workspaces.members(of: other).count == 1)
    }

    @Test("hashes are not the server's to read, tokens not to delete, and the finder of tokens writes nothing but their use")
    func privileges() async throws {
        let fixture = try await TokensFixture.make()
        let scope = PostgresScope.workspaces([fixture.acme.workspace.id])
        await refused("42501") { try await fixture.pool.query(scope, "select hash from tokens") }
        await refused("42501") { try await fixture.pool.execute(scope, "delete from tokens") }
        await refused("42501") { try await fixture.pool.execute(scope, "update tokens set scopes = '{operator}'") }
        await refused("42501") { try await fixture.pool.execute(scope, "insert into users (id, name) values (gen_random_uuid(), 'x')") }
        await refused("42501") { try await fixture.pool.execute(.role(.auth), "update tokens set scopes = '{operator}'") }
        await refused("42501") { try await fixture.pool.execute(.role(.auth), "delete from tokens") }
        await refused("42501") { try await fixture.pool.execute(.role(.auth), "update workspaces set name = 'x'") }
        #expect(try await fixture.pool.query(.role(.auth), "select hash from tokens").count == 2)
    }

    private func refused(_ sqlState: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> some Any) async {
        let error = await #expect(throws: PostgresError.self, sourceLocation: sourceLocation) { _ = try await body() }
        #expect(error?.sqlState == sqlState, sourceLocation: sourceLocation)
    }
}
