import Foundation
import Postgres
import TestSupport
import Testing
import Web

@testable import Workspaces

/// What is done to tokens, members, workspaces and agents stands in the access log if and only if it is done.
@Suite("The access log tells what is done", .timeLimit(.minutes(2)))
struct AccessLogWiringTests {
    @Test("every action is tested here or where it is done")
    func complete() {
        let here = Set(Act.all.flatMap(\.told))
        let elsewhere: Set<AccessAction> = [
            // WatchRecorderTests
            .tokenLocked, .suspiciousAccess,
            // DirectoryTests
            .agentDeprecated, .agentDeprecationEnded, .agentQuarantined, .agentReleased, .agentCaseDecided, .ownerVerified, .ownerUnverified,
            // OperationsTests
            .deadLetterReplayed, .deadLetterDiscarded, .queuePaused, .queueResumed, .jobCancelled,
            // MainstayTests
            .queueLimited, .queueUnlimited,
            // InferenceTests
            .credentialMade, .credentialReplaced, .credentialRemoved, .secretsResealed, .toolMade, .toolChanged, .toolRotated, .toolRemoved,
            .budgetChanged, .budgetRemoved,
            // PluginsImportTests
            .pluginsImported,
        ]
        #expect(here.isDisjoint(with: elsewhere))
        #expect(here.union(elsewhere) == Set(AccessAction.allCases))
    }

    @Test("what is done is told of, once, with who did it", arguments: Act.all)
    func told(_ act: Act) async throws {
        let fixture = try await TokensFixture.make()
        let deed = try await act.prepare(fixture)
        let start = try await fixture.log.head()
        try await deed()
        let entries = try await fixture.log.entries(after: start, limit: 10)
        #expect(entries.map(\.action) == act.told.map(\.rawValue))
        for entry in entries {
            #expect("\(entry.actorKind) \(entry.actor)" == act.actor)
            let isOfInstallation = AccessAction(rawValue: entry.action).map { Act.ofInstallation.contains($0) }
            #expect((entry.workspace == nil) == isOfInstallation && entry.isWhole)
        }
    }

    @Test("what fails at its end, when the entry is written, leaves no entry", arguments: Act.all)
    func undone(_ act: Act) async throws {
        let fixture = try await TokensFixture.make()
        let deed = try await act.prepare(fixture)
        let start = try await fixture.log.head()
        try await fixture.failAtCommit(of: act.table)
        let error = await #expect(throws: PostgresError.self) { try await deed() }
        #expect(error?.sqlState == "P0001")
        let head = try await fixture.log.head()
        #expect(head == start)
    }

    @Test("what the log does not take is not done", arguments: Act.all)
    func untold(_ act: Act) async throws {
        let fixture = try await TokensFixture.make()
        let deed = try await act.prepare(fixture)
        let rows = "select string_agg(t::text, ' ' order by t::text) from \(act.table) t"
        let before = try await fixture.database.psql(rows)
        try await fixture.refuseEntries()
        let error = await #expect(throws: PostgresError.self) { try await deed() }
        #expect(error?.sqlState == "P0001")
        let after = try await fixture.database.psql(rows)
        #expect(after == before)
    }

    @Test("what changes nothing is not told of")
    func nothingNew() async throws {
        let fixture = try await TokensFixture.make()
        let (workspace, token) = (fixture.acme.workspace.id, fixture.acme.token.id)
        let owner = try await fixture.member(fixture.acme.owner)
        let key = IdempotencyKey(key: "k", digest: [1])
        for _ in 0..<2 {
            _ = try await fixture.tokens.create(
                workspace: workspace, user: nil, name: "ci", scopes: [.jobsRead], by: .tester, idempotency: key)
        }
        let invited = try await fixture.invitations.create(workspace: workspace, role: .viewer, email: nil, inviter: nil, as: .owner).invitation.id
        for _ in 0..<2 { try await fixture.invitations.revoke(invited, workspace: workspace, by: .tester) }
        let agent = try await Act.agent(in: fixture)
        let desk = AgentDesk(pool: fixture.pool)
        // Nobody else has seen its first name; and the second time it has the new one.
        let name = try #require(AgentName("tessa"))
        for _ in 0..<2 { _ = try await desk.rename(agent, to: name, workspace: workspace, by: .tester) }
        for _ in 0..<2 { _ = try await desk.publish(agent, workspace: workspace) }
        for _ in 0..<2 { try await desk.unpublish(agent, workspace: workspace) }
        for _ in 0..<2 { _ = try await fixture.tokens.revoke(token, workspace: workspace, by: .tester) }
        _ = try await fixture.tokens.revoke(UUID(), workspace: workspace, by: .tester)
        _ = try await fixture.members.change(owner.id, to: .owner, in: workspace, as: .owner, by: .tester)
        _ = try await fixture.members.transfer(workspace, to: owner.id, from: nil, by: .tester)
        _ = try await fixture.workspaces.restore(workspace, by: .tester)
        for _ in 0..<2 { _ = try await fixture.workspaces.delete(workspace, grace: .standard, by: .tester) }
        for _ in 0..<2 { _ = try await fixture.workspaces.restore(workspace, by: .tester) }
        let entries = try await fixture.log.newest(.init(workspace: workspace), limit: 100).map(\.action)
        #expect(
            entries == [
                // Of the fixture.
                "workspace.made", "member.joined", "token.made",
                "token.made", "invitation.made", "invitation.revoked", "agent.published", "agent.taken_back", "token.revoked",
                "workspace.deleted", "workspace.restored",
            ])
        // A person's end is told once, and so is an account's.
        let start = try await fixture.log.head()
        let (people, accounts) = (PersonStore(pool: fixture.pool), ExternalIdentityStore(pool: fixture.pool))
        let (guest, account) = (try await fixture.join("gil", as: .viewer).member.user, ExternalIdentity(issuer: "https://i.example", subject: "gil"))
        for _ in 0..<2 { _ = try await accounts.link(account, email: "gil@acme.example") }
        for _ in 0..<2 { _ = try await accounts.unlink(account, by: .tester) }
        for _ in 0..<2 { _ = try await people.erase(guest.id, by: .tester) }
        let told = try await fixture.log.entries(after: start, limit: 100).map(\.action)
        #expect(told == ["member.joined", "token.made", "identity.linked", "identity.unlinked", "member.left", "person.erased"])
    }
}

extension TokensFixture {
    var log: AccessLogStore { AccessLogStore(pool: pool) }

    /// Lets every transaction that writes to a table fail at its COMMIT, behind all that it has sent.
    func failAtCommit(of table: String) async throws {
        _ = try await database.psql(
            """
            create function fail() returns trigger language plpgsql as $$ begin raise exception 'on purpose'; end $$;
            create constraint trigger fails after insert or update or delete on \(table) deferrable initially deferred
              for each row execute function fail();
            """)
    }

    /// Lets the access log take nothing any more.
    func refuseEntries() async throws {
        _ = try await database.psql(
            """
            create function refuse() returns trigger language plpgsql as $$ begin raise exception 'on purpose'; end $$;
            create trigger refuses before insert on access_log for each row execute function refuse();
            """)
    }
}
