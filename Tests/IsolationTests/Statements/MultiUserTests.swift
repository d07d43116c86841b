import Foundation
import Postgres
import TestSupport
import Testing
import Workspaces

/// The flag says whether more workspaces can be made. Policies know nothing of it: where they were checked only while it was on, its
/// being off would be a hole, and where they needed it, its being off would lock everybody out.
@Suite("With `multi-user` on and off", .timeLimit(.minutes(2)))
struct MultiUserTests {
    @Test("the matrix holds for the default workspace, beside one that is left from when the flag was on", arguments: [true, false])
    func matrix(_ isMultiUser: Bool) async throws {
        try await IsolationFixture.with { fixture in
            let left = try await fixture.rows.makeWorkspace()
            let store = WorkspaceStore(pool: fixture.server, multiUser: isMultiUser)
            let other: UUID
            if isMultiUser {
                other = try await store.create(slug: Slug("acme"), name: "Acme", by: .operator("tester")).id
            } else {
                let error = await #expect(throws: WorkspaceError.self) {
                    try await store.create(slug: Slug("acme"), name: "Acme", by: .operator("tester"))
                }
                #expect(error?.code == .multiUserOff)
                other = left
            }
            // Whoever works in the default one works as before.
            let found = try await store.find(Workspace.defaultID)
            #expect(found?.slug == Workspace.defaultSlug)
            for (own, other) in [(Workspace.defaultID, other), (other, Workspace.defaultID)] {
                let report = try await fixture.matrix.run(own: own, other: other)
                #expect(report.faults.isEmpty, "\(report.faults)")
                #expect(report.tables == fixture.catalogue.tenantTables.count && report.controls >= 4 * report.tables)
            }
        }
    }

    @Test("turned on later it needs no change of data: no row is another one, whoever had a token has it, and a second workspace begins empty")
    func turnedOn() async throws {
        try await IsolationFixture.with { fixture in
            for table in fixture.catalogue.tenantTables where table.name != "workspaces" {
                try await fixture.rows.put(table.name, in: Workspace.defaultID)
            }
            let (tokens, secret) = (TokenStore(pool: fixture.server), TokenSecret())
            _ = try await tokens.create(
                workspace: Workspace.defaultID, user: nil, name: "kept", scopes: [.jobsRead], by: .operator("tester"), secret: secret)
            let before = try await Self.contents(fixture)
            #expect(before.allSatisfy { !$0.contains(" 0 ") }, "every table has a row: \(before)")

            let store = WorkspaceStore(pool: fixture.server, multiUser: true)
            let acme = try await store.create(slug: Slug("acme"), name: "Acme", by: .operator("tester"))
            _ = try await InvitationStore(pool: fixture.server, multiUser: true).create(
                workspace: acme.id, role: .owner, email: nil, inviter: nil, as: .owner, by: .operator("tester"))
            #expect(try await tokens.find(secret)?.workspace == Workspace.defaultSlug)
            #expect(try await Self.contents(fixture) == before)
            for (workspace, tickets) in [(Workspace.defaultID, true), (acme.id, false)] {
                let seen = try await fixture.count(.workspaces([workspace]), "select count(*) from tickets")
                #expect((seen > 0) == tickets)
            }
        }
    }

    /// What the default workspace has, a line for each table: its name, how many rows, and a digest of them.
    private static func contents(_ fixture: IsolationFixture) async throws -> [String] {
        var lines: [String] = []
        for table in fixture.catalogue.tenantTables {
            guard let column = table.tenantColumn else { continue }
            lines.append(
                try await fixture.database.psql(
                    """
                    select '\(table.name) ' || count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), 'none')
                    from \(table.name) t where \(column) = '\(Workspace.defaultID)'
                    """))
        }
        return lines
    }

    @Test("a scope that was forgotten shows nothing of the default workspace either")
    func forgotten() async throws {
        try await IsolationFixture.with { fixture in
            try await fixture.rows.put("tickets", in: Workspace.defaultID)
            let unset = try await fixture.server.query(.unscoped, "select 1 from tickets")
            let workspaces = try await fixture.server.query(.unscoped, "select 1 from workspaces")
            let own = try await fixture.server.query(.workspaces([Workspace.defaultID]), "select 1 from tickets")
            #expect(unset.isEmpty && workspaces.isEmpty && own.count == 1)
        }
    }
}
