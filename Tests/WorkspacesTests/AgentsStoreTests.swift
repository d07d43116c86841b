import Foundation
import Postgres
import TestSupport
import Testing

@testable import Workspaces

@Suite("Agents in PostgreSQL")
struct AgentsStoreTests {
    @Test("every file at hand comes back from the database as it was, but for its secrets", .timeLimit(.minutes(1)))
    func roundTrip() async throws {
        try await AgentsFixture.with { fixture in
            for path in AgentSamples.files {
                let file = try CharacterFile(AgentSamples.bytes(path))
                let imported = try await fixture.take(file)
                #expect(imported.change == .created, "\(path)")
                let detail = try await fixture.desk.detail(of: imported.detail.agent.id, workspace: fixture.acme)
                #expect(detail.version.character.canonicalBytes == file.document.canonicalBytes, "\(path)")
                #expect(CharacterDigest(detail.version.character) == detail.version.digest, "\(path)")
                #expect(detail.version.shape == file.shape)
                #expect(detail.version.secretPlaces == file.strippedSecrets.map(\.description))
                #expect(detail.agent.displayName == file.name)
                #expect(detail.agent.visibility == .private)
            }
            #expect(try await fixture.count("select count(*) from agents") == AgentSamples.files.count)
            #expect(
                try await fixture.database.psql("select p.name, p.range from plugins p order by p.name, p.range")
                    .contains("@elizaos/plugin-sql|^1.6.0"))
        }
    }

    @Test("numbers keep every digit on the way through jsonb", .timeLimit(.minutes(1)))
    func numbers() async throws {
        try await AgentsFixture.with { fixture in
            let text = #"{"name": "a", "ids": [12345678901234567890123, 1e300, 1.0e-7, -0.50, 1E2, 0.1]}"#
            let file = try CharacterFile(Array(text.utf8))
            let detail = try await fixture.take(file).detail
            let stored = String(decoding: detail.version.character.canonicalBytes, as: UTF8.self)
            #expect(stored == #"{"ids":[1.2345678901234567890123e+22,1e+300,1e-7,-0.5,100,0.1],"name":"a"}"#)
            #expect(CharacterDigest(detail.version.character) == detail.version.digest)
        }
    }

    @Test("the same file again changes nothing; another one of that name is the next version", .timeLimit(.minutes(1)))
    func versions() async throws {
        try await AgentsFixture.with { fixture in
            let first = try await fixture.take(CharacterFile(Array(#"{"name": "Tess", "bio": "one", "settings": {"secrets": {"K": "v"}}}"#.utf8)))
            let again = try await fixture.take(CharacterFile(Array(#"{"bio": "one", "settings": {}, "name": "Tess"}"#.utf8)))
            #expect(again.change == .unchanged)
            #expect(again.detail.agent.id == first.detail.agent.id)
            #expect(again.detail.agent.version == 1)
            let second = try await fixture.take(CharacterFile(Array(#"{"name": "Tess", "bio": "two"}"#.utf8)))
            #expect(second.change == .updated)
            #expect(second.detail.agent.id == first.detail.agent.id)
            #expect(second.detail.version.number == 2)
            // Back to what it said first is a version too: history is not rewritten.
            #expect(try await fixture.take(CharacterFile(Array(#"{"name": "Tess", "bio": "one", "settings": {}}"#.utf8))).detail.version.number == 3)
            #expect(try await fixture.count("select count(*) from agent_versions") == 3)
        }
    }

    @Test("twenty imports of one name at once make twenty versions without a gap", .timeLimit(.minutes(1)))
    func concurrentVersions() async throws {
        try await AgentsFixture.with { fixture in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...20 {
                    group.addTask { _ = try await fixture.take(CharacterFile(Array("{\"name\": \"Tess\", \"bio\": \"\(number)\"}".utf8))) }
                }
                try await group.waitForAll()
            }
            #expect(try await fixture.count("select count(*) from agents") == 1)
            #expect(try await fixture.count("select version from agents") == 20)
            #expect(try await fixture.count("select count(distinct number) from agent_versions where number between 1 and 20") == 20)
        }
    }

    @Test("no secret of an imported file is in any table", .timeLimit(.minutes(1)))
    func noSecrets() async throws {
        try await AgentsFixture.with { fixture in
            let imported = try await fixture.imported("harbor-guide.character.json")
            _ = try await fixture.desk.publish(imported.detail.agent.id, workspace: fixture.acme)
            for table in ["agents", "agent_versions", "plugins", "published_agents"] {
                #expect(try await fixture.count("select count(*) from \(table) t where t::text like '%Harbor%' or '\(table)' = 'plugins'") > 0)
                #expect(try await fixture.count("select count(*) from \(table) t where t::text like '%shows-stripping%'") == 0)
            }
        }
    }

    @Test(
        "the database itself refuses a document with secrets", .timeLimit(.minutes(1)),
        arguments: [
            #"{"name": "a", "secrets": {}}"#, #"{"name": "a", "settings": {"secrets": {"K": "v"}}}"#, #"[]"#, #""text""#,
        ])
    func refusedDocuments(text: String) async throws {
        try await AgentsFixture.with { fixture in
            let agent = try await fixture.imported("tidewatch.character.json").detail.agent.id
            let error = try await #require(throws: PostgresError.self) {
                try await fixture.pool.execute(
                    .workspaces([fixture.acme]),
                    """
                    insert into agent_versions (workspace_id, id, agent_id, number, shape, digest, character)
                    values ($1, $2, $3, 2, 'v1', $4, $5)
                    """, fixture.acme, UUID(), agent, [UInt8](repeating: 0, count: 32), PostgresJSON(bytes: Array(text.utf8)))
            }
            #expect(error.sqlState == "23514")
        }
    }

    @Test("a version cannot be changed, by nobody who serves requests", .timeLimit(.minutes(1)))
    func immutable() async throws {
        try await AgentsFixture.with { fixture in
            _ = try await fixture.imported("tidewatch.character.json")
            let error = try await #require(throws: PostgresError.self) {
                try await fixture.pool.execute(.workspaces([fixture.acme]), "update agent_versions set changelog = 'better'")
            }
            #expect(error.sqlState == "42501")
        }
    }

    @Test("another workspace sees, changes and deletes nothing of it; its own it does", .timeLimit(.minutes(1)))
    func isolation() async throws {
        try await AgentsFixture.with { fixture in
            _ = try await fixture.imported("tidewatch.character.json")
            func rows(_ scope: PostgresScope, _ sql: SQL) async throws -> Int { try await fixture.pool.query(scope, sql).count }
            let acme = PostgresScope.workspaces([fixture.acme])
            let others: [PostgresScope] = [.workspaces([fixture.rival]), .workspaces([]), .unscoped]
            #expect(try await rows(acme, "select 1 from agents") == 1)
            #expect(try await rows(acme, "select 1 from agent_versions") == 1)
            #expect(try await rows(acme, "select 1 from plugins") == 2)
            for other in others {
                #expect(try await rows(other, "select 1 from agents") == 0)
                #expect(try await rows(other, "select 1 from agent_versions") == 0)
                #expect(try await rows(other, "select 1 from plugins") == 0)
                #expect(try await rows(other, "select 1 from agents a join agent_versions v on v.agent_id = a.id") == 0)
                #expect(try await fixture.pool.execute(other, "update agents set display_name = 'mine'") == 0)
                #expect(try await fixture.pool.execute(other, "delete from agents") == 0)
            }
            #expect(try await fixture.count("select count(*) from agents where display_name = 'Tidewatch'") == 1)
        }
    }

    @Test("the public copy is read by all, and written by its workspace alone, under its own slug", .timeLimit(.minutes(1)))
    func publicCopy() async throws {
        try await AgentsFixture.with { fixture in
            let agent = try await fixture.imported("harbor-guide.character.json").detail.agent
            _ = try await fixture.desk.publish(agent.id, workspace: fixture.acme)
            for scope in [PostgresScope.unscoped, .workspaces([fixture.rival]), .workspaces([]), .role(.upkeep), .role(.auth)] {
                let rows = try await fixture.pool.query(scope, "select owner, name, secret_places from published_agents")
                #expect(try rows.first?.decode("owner", as: String.self) == "acme")
                #expect(
                    try rows.first?.decode("secret_places", as: [String].self)
                        == ["/settings/secrets/OPENAI_API_KEY", "/settings/secrets/DISCORD_API_TOKEN"])
            }
            for scope in [PostgresScope.unscoped, .workspaces([fixture.rival])] {
                #expect(try await fixture.pool.execute(scope, "update published_agents set summary = 'mine'") == 0)
                #expect(try await fixture.pool.execute(scope, "delete from published_agents") == 0)
            }
            let stolen = try await #require(throws: PostgresError.self) {
                try await fixture.pool.execute(.workspaces([fixture.acme]), "update published_agents set owner = 'rival'")
            }
            #expect(stolen.sqlState == "42501")
        }
    }

    @Test("publishing again renews the copy, and tells when it changed", .timeLimit(.minutes(1)))
    func republishing() async throws {
        try await AgentsFixture.with { fixture in
            let agent = try await fixture.take(CharacterFile(Array(#"{"name": "Tess", "bio": "one"}"#.utf8))).detail.agent.id
            let published = try await fixture.desk.publish(agent, workspace: fixture.acme)
            #expect(published.detail.agent.visibility == .public)
            let first = try await fixture.database.psql("select listing_id, published_at, updated_at from published_agents")
            _ = try await fixture.desk.publish(agent, workspace: fixture.acme)
            #expect(try await fixture.database.psql("select listing_id, published_at, updated_at from published_agents") == first)
            _ = try await fixture.take(CharacterFile(Array(#"{"name": "Tess", "bio": "two"}"#.utf8)))
            #expect(try await fixture.count("select version from published_agents") == 1, "a new version is not published by itself")
            _ = try await fixture.desk.publish(agent, workspace: fixture.acme)
            #expect(try await fixture.count("select version from published_agents") == 2)
            #expect(try await fixture.count("select count(*) from published_agents where updated_at > published_at and summary = 'two'") == 1)
        }
    }

    @Test("an agent that goes takes its versions, plugins and public copy along", .timeLimit(.minutes(1)))
    func deletion() async throws {
        try await AgentsFixture.with { fixture in
            let agent = try await fixture.imported("tidewatch.character.json").detail.agent.id
            _ = try await fixture.desk.publish(agent, workspace: fixture.acme)
            #expect(try await fixture.pool.execute(.workspaces([fixture.acme]), "delete from agents where id = $1", agent) == 1)
            for table in ["agent_versions", "plugins", "published_agents"] {
                #expect(try await fixture.count("select count(*) from \(table)") == 0)
            }
        }
    }
}
