import Foundation
import Postgres
import TestSupport
import Testing

@testable import Directory
@testable import Workspaces

@Suite("The index that search reads")
struct ListingIndexTests {
    /// Listings that the index does not hold as they are, and rows of none.
    private static let faults = """
        select count(*) from published_agents p full join listing_index l on l.listing_id = p.listing_id
        where (p.status in ('active', 'deprecated')) is distinct from (l.listing_id is not null)
          or (l.listing_id is not null and l is distinct from listing_entry(p))
        """

    private static func expect(_ rows: Int, _ fixture: DirectoryFixture, _ comment: Comment) async throws {
        #expect(try await fixture.count(faults) == 0, comment)
        #expect(try await fixture.count("select count(*) from listing_index") == rows, comment)
    }

    private static func set(_ status: ListingStatus, _ fixture: DirectoryFixture) async throws {
        let isSet = try await fixture.pool.transaction(.role(.upkeep)) {
            try await DirectoryStore.setStatus(status, reason: "It asks for keys.", owner: "acme", name: "lisa", in: $0)
        }
        #expect(isSet)
    }

    @Test("holds what is listed as it is, from publishing to taking back", .timeLimit(.minutes(1)))
    func follows() async throws {
        try await DirectoryFixture.with { fixture in
            let agent = try await fixture.publish(#"{"name": "Eliza", "bio": "Knows reefs.", "topics": ["sea"]}"#)
            try await Self.expect(1, fixture, "published")
            #expect(try await fixture.findAll("q=reef&tag=sea") == ["eliza"])

            #expect(try await fixture.publish(#"{"name": "Eliza", "bio": "Knows ropes.", "topics": ["knots"]}"#) == agent)
            try await Self.expect(1, fixture, "a new version")
            #expect(try await fixture.findAll("q=reef") == [])
            #expect(try await fixture.findAll("tag=sea") == [])
            #expect(try await fixture.findAll("q=rope&tag=knots") == ["eliza"])

            _ = try await fixture.desk.rename(agent, to: try #require(AgentName("lisa")), workspace: fixture.acme)
            try await Self.expect(1, fixture, "renamed")
            #expect(try await fixture.findAll("q=lisa") == ["lisa"])

            for (status, rows) in [(ListingStatus.deprecated, 1), (.quarantined, 0), (.active, 1), (.removed, 0), (.active, 1)] {
                try await Self.set(status, fixture)
                try await Self.expect(rows, fixture, "\(status)")
                #expect(try await fixture.findAll("q=rope").count == rows, "\(status)")
            }
            try await fixture.desk.unpublish(agent, workspace: fixture.acme)
            try await Self.expect(0, fixture, "taken back")
            #expect(try await fixture.findAll("") == [])
            // Words stay, and lead nowhere.
            #expect(try await fixture.count("select count(*) from name_words where word in ('eliza', 'lisa')") == 2)
            #expect(try await fixture.findAll("q=elzia") == [])
        }
    }

    @Test("holds nothing of an agent that was deleted", .timeLimit(.minutes(1)))
    func deleted() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            _ = try await fixture.publish(#"{"name": "Walter"}"#, in: fixture.rival)
            #expect(try await fixture.pool.execute(.workspaces([fixture.acme]), "delete from agents") == 1)
            try await Self.expect(1, fixture, "its agent was deleted")
        }
    }

    @Test("is written by the database alone", .timeLimit(.minutes(1)))
    func rights() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            let statements: [SQL] = [
                "delete from listing_index", "update listing_index set search = ''", "insert into listing_index select * from listing_index",
                "insert into name_words values ('word')", "delete from name_words",
            ]
            for sql in statements {
                for scope in [PostgresScope.workspaces([fixture.acme]), .unscoped, .role(.upkeep)] {
                    let error = try await #require(throws: PostgresError.self) { try await fixture.pool.execute(scope, sql) }
                    #expect(error.sqlState == "42501", "\(sql.label)")
                }
            }
        }
    }
}
