import Foundation
import HTTPTypes
import Postgres
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Slugs that look like an owner's", .timeLimit(.minutes(1)))
struct LookAlikeSlugTests {
    /// Shows an agent of acme to everyone, which makes acme an owner.
    private static func publish(_ fixture: TokensFixture) async throws -> UUID {
        let agent = try await Act.agent(in: fixture)
        _ = try await AgentDesk(pool: fixture.pool).publish(agent, workspace: fixture.acme.workspace.id)
        return agent
    }

    private static func make(_ slug: String, _ fixture: TokensFixture, allowing: Bool = false) async throws -> Workspace {
        try await fixture.workspaces.create(slug: Slug(slug), name: "New", allowsLookAlike: allowing, by: .tester)
    }

    /// Why a workspace of that slug is not made, nil when it is.
    private static func refusal(_ slug: String, _ fixture: TokensFixture) async throws -> WorkspaceError? {
        do {
            _ = try await make(slug, fixture)
            return nil
        } catch let error as WorkspaceError {
            return error
        }
    }

    @Test("are refused once the owner is in public, and say whose they look like")
    func refused() async throws {
        let fixture = try await TokensFixture.make()
        #expect(try await Self.refusal("a-cme", fixture) == nil, "nobody knows acme yet")
        _ = try await Self.publish(fixture)
        for slug in ["acrne", "ac-me", "a-c-m-e"] {
            let error = try await Self.refusal(slug, fixture)
            #expect(error?.code == .slugLooksLike && error?.message.contains("\"acme\"") == true, "\(slug)")
            #expect(try await fixture.workspaces.find(slug: slug) == nil)
        }
        #expect(try await Self.refusal("acme", fixture)?.code == .slugTaken)
        for slug in ["acmes", "acne", "0ther"] { #expect(try await Self.refusal(slug, fixture) == nil, "\(slug)") }
        let problem = try #require(ProblemMapping.workspaces(WorkspaceError(.slugLooksLike, "x")))
        #expect(problem.status == .conflict && problem.type == "urn:mainstay:problem:slug-looks-like")
    }

    @Test("stay refused when the owner has taken everything back, at that moment too, and when its workspace is gone")
    func kept() async throws {
        let fixture = try await TokensFixture.make()
        let agent = try await Self.publish(fixture)
        let acme = fixture.acme.workspace.id
        // Of a pool of its own: the one who asks meanwhile takes a connection of the fixture's.
        let meanwhile = try await withPool(fixture.database.serverURL, size: 1) { pool in
            try await pool.transaction(.workspaces([acme])) { transaction in
                AgentStore.submitUnlisting(of: agent, workspace: acme, in: transaction)
                try await transaction.execute("select 1")
                return try await Self.refusal("acrne", fixture)
            }
        }
        #expect(meanwhile?.code == .slugLooksLike)
        #expect(try await fixture.database.psql("select count(*) from published_agents") == "0\n")
        #expect(try await Self.refusal("acrne", fixture)?.code == .slugLooksLike)

        // Of a workspace that nobody saw, the slug counts once it is gone.
        #expect(try await Self.refusal("0ther", fixture) == nil)
        _ = try await fixture.database.psql("delete from workspaces where slug = '0ther'")
        #expect(try await Self.refusal("o-ther", fixture)?.message.contains("\"0ther\"") == true)
    }

    @Test("are made where an operator allows it, and the access log tells what they look like")
    func allowed() async throws {
        let fixture = try await TokensFixture.make()
        _ = try await Self.publish(fixture)
        #expect(try await Self.make("acrne", fixture, allowing: true).slug == "acrne")
        #expect(try await Self.make("globex", fixture, allowing: true).slug == "globex")
        let told = try await fixture.database.psql(
            """
            select details ->> 'slug' || ' ' || coalesce(details ->> 'looks_like', '-') || ' ' || actor from access_log
            where action = 'workspace.made' order by sequence desc limit 2
            """)
        #expect(told == "globex - tester\nacrne acme tester\n")
        // It was allowed once, and for that slug.
        #expect(try await Self.refusal("ac-me", fixture)?.code == .slugLooksLike)
        let taken = await #expect(throws: WorkspaceError.self) { try await Self.make("acrne", fixture, allowing: true) }
        #expect(taken?.code == .slugTaken)
    }

    @Test("are refused of a workspace that gets another slug, by whatever way, unless they look like its own")
    func renamed() async throws {
        let fixture = try await TokensFixture.make()
        _ = try await Self.publish(fixture)
        await #expect(throws: (any Error).self) { try await fixture.database.psql("update workspaces set slug = 'acrne' where slug = 'other'") }
        _ = try await fixture.database.psql("update workspaces set slug = 'ac-me' where slug = 'acme'")
        #expect(try await fixture.workspaces.find(slug: "ac-me")?.id == fixture.acme.workspace.id)
        #expect(try await Self.refusal("acrne", fixture)?.code == .slugLooksLike)
    }
}
