import Testing

@Suite("The catalogue gate: what a database must be like so that workspaces are apart", .timeLimit(.minutes(2)))
struct CatalogueGateTests {
    @Test("a database with all migrations passes")
    func shipped() async throws {
        try await IsolationFixture.with { fixture in
            let findings = CatalogueGate.findings(in: fixture.catalogue)
            for finding in findings { Issue.record("\(finding)") }
            // That nothing was read would prove nothing either.
            #expect(fixture.catalogue.tenantTables.count >= 26)
            #expect(fixture.catalogue.partitions.count >= 3 && fixture.catalogue.views.count >= 20 && fixture.catalogue.roles.count >= 6)
        }
    }

    /// A change that somebody might make, and all that it is found in.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let what: String
        let script: String
        let found: Set<String>
        var testDescription: String { what }

        init(_ what: String, _ script: String, _ found: String...) {
            self.what = what
            self.script = script
            self.found = Set(found)
        }
    }

    static let mistakes: [Mistake] = [
        Mistake("a table of nobody's that nobody wrote down", "create table loose (id uuid primary key)", "loose"),
        Mistake(
            "a tenant table that was not protected",
            "create table loose (workspace_id uuid not null, id uuid not null, primary key (workspace_id, id)); grant select on loose to mainstay_server",
            "loose"),
        Mistake(
            "a tenant column that may be null, and no key that begins with it",
            "create table loose (workspace_id uuid, id uuid primary key); call protect_tenant_table('loose')", "loose"),
        Mistake("row-level security that is off", "alter table tickets disable row level security", "tickets"),
        Mistake("row-level security that is not forced", "alter table tickets no force row level security", "tickets"),
        Mistake("a policy that is gone", "drop policy server_update on tickets", "tickets"),
        Mistake(
            "a policy that is worked out for every row",
            "alter policy server_select on tickets using (workspace_id = any (mainstay_workspaces()))", "tickets"),
        Mistake(
            "a policy with an `or`",
            "alter policy server_select on tickets using (workspace_id = any ((select mainstay_workspaces())::uuid[]) or priority = 'urgent')",
            "tickets"),
        Mistake("a second policy that lets everyone read", "create policy more on tickets for select to public using (true)", "tickets"),
        Mistake(
            "a second policy that lets everything be written", "create policy more on tickets for insert to mainstay_server with check (true)",
            "tickets"),
        Mistake(
            "a policy that opens a table to its owner", "create policy more on tickets for select to mainstay_owner using (true)", "tickets"),
        Mistake(
            "a foreign key without the workspace, to a key over all of them",
            "create unique index runs_one on runs (id); alter table run_steps add foreign key (run_id) references runs (id)", "runs", "run_steps"),
        Mistake("a right that no policy holds for", "grant truncate on tickets to mainstay_server", "tickets"),
        Mistake("a table that the reporting role reads", "grant select on tickets to mainstay_reporting", "tickets"),
        Mistake("a column that everyone reads", "grant select (subject) on tickets to public", "tickets"),
        Mistake("a partition that is read past its table", "grant select on acceptances_default to mainstay_server", "acceptances_default"),
        Mistake("a table for operators that the server reads", "grant select on job_limits to mainstay_server", "job_limits"),
        Mistake("a table of the installation that the server may write", "grant update on paused_queues to mainstay_server", "paused_queues"),
        Mistake(
            "a view with its owner's rights", "create view seen as select * from tickets; grant select on seen to mainstay_server", "public.seen"),
        Mistake("a view that was the caller's", "alter view finished_jobs reset (security_invoker)", "public.finished_jobs"),
        Mistake("a report that the server reads", "grant select on reporting.tickets to mainstay_server", "reporting.tickets"),
        Mistake("a copy of a table", "create materialized view seen as select * from tickets", "seen"),
        Mistake(
            "a function with its owner's rights",
            "create function seen() returns bigint language sql security definer return (select count(*) from tickets)", "seen"),
        Mistake(
            "a function with its owner's rights for more than are listed",
            "grant execute on function drop_day_partitions(regclass, integer) to mainstay_server", "drop_day_partitions"),
        Mistake("something that the server owns", "alter view finished_jobs owner to mainstay_server", "mainstay_server"),
    ]

    @Test("each mistake is found, in what it was made and in nothing else", arguments: mistakes)
    func found(_ mistake: Mistake) async throws {
        try await IsolationFixture.with(mistake.script) { fixture in
            let findings = CatalogueGate.findings(in: fixture.catalogue)
            #expect(Set(findings.map(\.thing)) == mistake.found, "\(findings)")
        }
    }

    /// Roles are those of the whole server, so these are made up and not made.
    @Test("a role that is above policies, or has another's rights, is found")
    func roles() async throws {
        try await IsolationFixture.with { fixture in
            let plain = Role(
                name: "mainstay_server", isSuperuser: false, passesPolicies: false, hasMore: false, owned: 0,
                memberOf: ["mainstay_auth", "mainstay_upkeep"], inherits: [])
            func faults(_ role: Role) -> Int {
                var catalogue = fixture.catalogue
                catalogue.roles.removeAll { $0.name == role.name }
                catalogue.roles.append(role)
                return CatalogueGate.roles(catalogue).count
            }
            func changed(
                isSuperuser: Bool = false, passesPolicies: Bool = false, hasMore: Bool = false, owned: Int = 0, memberOf: Set<String> = [],
                inherits: Set<String> = []
            ) -> Role {
                Role(
                    name: plain.name, isSuperuser: isSuperuser, passesPolicies: passesPolicies, hasMore: hasMore, owned: owned,
                    memberOf: plain.memberOf.union(memberOf), inherits: inherits)
            }
            #expect(faults(plain) == 0)
            #expect(faults(changed(isSuperuser: true)) == 1)
            #expect(faults(changed(passesPolicies: true)) == 1)
            #expect(faults(changed(hasMore: true)) == 1)
            #expect(faults(changed(owned: 1)) == 1)
            #expect(faults(changed(memberOf: ["mainstay_owner"])) == 1)
            #expect(faults(changed(inherits: ["mainstay_upkeep"])) == 1)
        }
    }

    @Test("an expression asks for the workspace alone or with an `and`, and not otherwise")
    func expressions() {
        let asked = "(workspace_id = ANY (( SELECT mainstay_workspaces() AS mainstay_workspaces)::uuid[]))"
        #expect(CatalogueGate.asks(asked, "workspace_id"))
        #expect(CatalogueGate.asks("(\(asked) AND\n   (owner = 'a'::text))", "workspace_id"))
        #expect(!CatalogueGate.asks("(\(asked) OR (owner = 'a'::text))", "workspace_id"))
        #expect(!CatalogueGate.asks("((\(asked) AND (owner = 'a'::text)) OR true)", "workspace_id"))
        #expect(!CatalogueGate.asks(asked, "id"))
        #expect(!CatalogueGate.asks("true", "workspace_id") && !CatalogueGate.asks(nil, "workspace_id"))
    }
}
