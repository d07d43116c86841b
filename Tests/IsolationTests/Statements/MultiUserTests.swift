import Foundation
import Postgres
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
