import Foundation
import Logging
import Postgres
import TestSupport
import Testing

@testable import Workspaces

@Suite("Purging a deleted workspace", .timeLimit(.minutes(1)))
struct WorkspacePurgeTests {
    private func purge(_ fixture: TokensFixture) -> WorkspacePurge {
        WorkspacePurge(pool: fixture.pool, logger: Logger(label: "test.purge"))
    }

    /// Rows of a workspace in all tables that have any. The tables are those of the catalogue: one that is new is counted too.
    private func rows(of workspace: UUID, _ fixture: TokensFixture) async throws -> [String: Int] {
        let tables = try await fixture.database.psql(
            """
            select c.relname
            from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
            """
        ).split(separator: "\n")
        let counts = tables.map { "select '\($0) ' || count(*) from \($0) where workspace_id = '\(workspace)'" }
        var rows: [String: Int] = [:]
        for line in try await fixture.database.psql(counts.joined(separator: " union all ")).split(separator: "\n") {
            let words = line.split(separator: " ")
            let count = try #require(words.count == 2 ? Int(words[1]) : nil, "\(line)")
            if count > 0 { rows[String(words[0])] = count }
        }
        return rows
    }

    /// Some of everything, with rows that refer to each other.
    private func fill(_ workspace: UUID, _ slug: String, _ fixture: TokensFixture) async throws {
        _ = try await fixture.database.psql(
            """
            insert into agents (workspace_id, id, name, display_name) values ('\(workspace)', gen_random_uuid(), 'helper', 'Helper');
            insert into agent_versions (workspace_id, id, agent_id, number, shape, digest, character)
              select workspace_id, gen_random_uuid(), id, 1, 'v1', sha256('x'), '{}' from agents where workspace_id = '\(workspace)';
            insert into plugins (workspace_id, id, version_id, position, name)
              select workspace_id, gen_random_uuid(), id, 1, 'plugin' from agent_versions where workspace_id = '\(workspace)';
            insert into published_agents (owner, name, listing_id, workspace_id, agent_id, version, digest, shape, display_name, summary, character)
              select '\(slug)', 'helper', gen_random_uuid(), workspace_id, id, 1, sha256('x'), 'v1', 'Helper', 's', '{}'
              from agents where workspace_id = '\(workspace)';
            insert into tickets (workspace_id, id, accepted_at, priority, subject, body)
              select '\(workspace)', gen_random_uuid(), now(), 'low', 's', 'b' from generate_series(1, 12);
            insert into ticket_replies (workspace_id, id, ticket_id, author, body)
              select workspace_id, gen_random_uuid(), id, 'support', 'b' from tickets where workspace_id = '\(workspace)';
            insert into outcomes (workspace_id, id, kind, state, generation, attempts, accepted_at)
              select '\(workspace)', '019ab3c4-0000-7000-8000-000000000001', 'k', 'dead', n, 1, now() from generate_series(0, 2) as n;
            insert into acceptances (workspace_id, id, kind, version, queue, partition, append_group, body, accepted_at)
              values ('\(workspace)', gen_random_uuid(), 'k', 1, 'q', 0, gen_random_uuid(), 'x', now());
            insert into idempotency_keys (workspace_id, id, digest, job_id) values ('\(workspace)', 'key', 'x', gen_random_uuid());
            insert into job_limits (workspace_id, queue, running) values ('\(workspace)', 'tickets', 3);
            insert into tokens (workspace_id, id, name, prefix, hash, scopes)
              values ('\(workspace)', gen_random_uuid(), 'cli', 'mst_cli', sha256('\(slug)'), '{jobs:read}');
            insert into invitations (workspace_id, id, role, prefix, hash, expires_at)
              values ('\(workspace)', gen_random_uuid(), 'viewer', 'msi_', sha256('\(slug)'), now() + interval '1 day');
            """)
    }

    @Test("every table with rows of workspaces is open to the purge")
    func complete() async throws {
        let fixture = try await TokensFixture.make()
        let closed = try await fixture.database.psql(
            """
            select string_agg(c.relname, ' ' order by c.relname)
            from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
              and (select count(*) from pg_policy p where p.polrelid = c.oid and p.polname in ('purge_select', 'purge_delete')) < 2
            """)
        #expect(closed.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty, "call open_to_purge for \(closed)")
    }

    @Test("all rows of the workspace are gone, and no other's")
    func everything() async throws {
        let fixture = try await TokensFixture.make()
        let (acme, other) = (fixture.acme.workspace.id, fixture.other.workspace.id)
        try await fill(acme, "acme", fixture)
        try await fill(other, "other", fixture)
        let before = try await rows(of: other, fixture)
        #expect(try await rows(of: acme, fixture) == before && before.count >= 12, "the positive control")

        _ = try await fixture.workspaces.delete(acme, grace: .standard, by: .tester)
        try await purge(fixture).run()
        #expect(try await rows(of: acme, fixture) == before, "before its time")

        try await fixture.moveTime(by: 30 * 86_400 + 1)
        try await purge(fixture).run()
        #expect(try await rows(of: acme, fixture) == [:])
        #expect(try await fixture.workspaces.find(slug: "acme") == nil)
        #expect(try await rows(of: other, fixture) == before)
        #expect(try await fixture.workspaces.list().map(\.slug) == ["default", "other"])
        // The people stay: they may be elsewhere.
        #expect(try await fixture.workspaces.findUser(email: "owner@acme.example") != nil)
        let error = await #expect(throws: WorkspaceError.self) {
            try await fixture.workspaces.create(slug: Slug("acme"), name: "Again", by: .tester)
        }
        #expect(error?.code == .slugTaken, "nobody takes the place of an owner who is gone")
        #expect(try await fixture.count("select count(*) from workspaces where slug = 'acme'") == 0)
        #expect(try await fixture.workspaces.create(slug: Slug("acme-2"), name: "Another", by: .tester).slug == "acme-2")
    }

    @Test("page by page: what was begun by one is ended by another")
    func pages() async throws {
        let fixture = try await TokensFixture.make()
        let acme = fixture.acme.workspace.id
        try await fill(acme, "acme", fixture)
        let total = try await rows(of: acme, fixture).values.reduce(1, +)
        _ = try await fixture.workspaces.delete(acme, grace: DeletionGrace(days: 1), by: .tester)
        try await fixture.moveTime(by: 86_401)
        var deleted = 0
        while true {
            let page = try await fixture.pool.transaction(.role(.upkeep)) { try await PurgeStore.purge(acme, rows: 5, in: $0) }
            // An id may have several rows, and these go together.
            #expect(page <= 5)
            if page == 0 { break }
            deleted += page
        }
        #expect(deleted == total)
    }

    @Test("of many workers that purge at once, each row goes once and nobody fails")
    func atOnce() async throws {
        let fixture = try await TokensFixture.make()
        let acme = fixture.acme.workspace.id
        try await fill(acme, "acme", fixture)
        _ = try await fixture.workspaces.delete(acme, grace: DeletionGrace(days: 1), by: .tester)
        try await fixture.moveTime(by: 86_401)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { try await purge(fixture).run() } }
            try await group.waitForAll()
        }
        // Who found it taken has left it; the next round ends it.
        try await purge(fixture).run()
        #expect(try await rows(of: acme, fixture) == [:])
    }

    @Test("a workspace that is in use, or whose time is not up, or that was restored, loses nothing")
    func kept() async throws {
        let fixture = try await TokensFixture.make()
        let (acme, other) = (fixture.acme.workspace.id, fixture.other.workspace.id)
        _ = try await fixture.workspaces.delete(acme, grace: DeletionGrace(days: 2), by: .tester)
        try await fixture.moveTime(by: 86_400)
        for workspace in [acme, other, Workspace.defaultID, UUID()] {
            let deleted = try await purge(fixture).purge(workspace)
            #expect(deleted == 0)
        }
        _ = try await fixture.workspaces.restore(acme, by: .tester)
        try await fixture.moveTime(by: 10 * 86_400)
        try await purge(fixture).run()
        #expect(try await fixture.scopes(of: fixture.acme.secret) != nil)
    }

    @Test("not even the owner of the tables deletes what is not to be purged")
    func ownersRights() async throws {
        let fixture = try await TokensFixture.make()
        _ = try await fixture.workspaces.delete(fixture.acme.workspace.id, grace: DeletionGrace(days: 1), by: .tester)
        let deleted = try await withPool(fixture.database.ownerURL, size: 1) { pool in
            var deleted = try await pool.execute(.unscoped, "delete from tokens")
            deleted += try await pool.execute(.unscoped, "delete from members")
            deleted += try await pool.execute(.unscoped, "delete from workspaces")
            return deleted
        }
        #expect(deleted == 0)
        #expect(try await fixture.count("select count(*) from tokens") == 2)
    }
}
