import Foundation
import HTTPTypes
import Jobs
import Postgres
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Who stands behind an owner", .timeLimit(.minutes(1)))
struct VerificationTests {
    private static let path = "/v1/operations/verified-owners"
    private static let acme = #"{"name": "Acme Ltd", "site": "https://acme.example/"}"#

    private static func now(_ fixture: DirectoryFixture) async throws -> String {
        try await fixture.database.psql(#"select to_char(mainstay_now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"#)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func verify(
        _ ask: DirectoryFixture.Asker, _ owner: String = "acme", _ body: String = acme, token: String? = "operator"
    ) async throws -> DirectoryFixture.Answer {
        try await ask(.put, "\(path)/\(owner)", body, token: token)
    }

    private static func withdraw(
        _ ask: DirectoryFixture.Asker, _ owner: String = "acme", _ body: String = #"{"reason": "The domain is sold."}"#, token: String? = "operator"
    ) async throws -> DirectoryFixture.Answer {
        try await ask(.post, "\(path)/\(owner)/withdrawal", body, token: token)
    }

    /// What the directory says of an agent's maintainer, the same in a list, in a search and of the agent alone.
    private static func shown(_ ask: DirectoryFixture.Asker, _ agent: String = "acme/eliza") async throws -> JSONValue? {
        let parts = agent.split(separator: "/")
        let single = try await ask(.get, "/v1/agents/\(agent)", token: nil)
        try #require(single.status == .ok, "\(agent): \(single.text)")
        for query in ["?owner=\(parts[0])", "?owner=\(parts[0])&sort=forks", "?q=\(parts[1])"] {
            let items = try await ask(.get, "/v1/directory\(query)", token: nil).json["items"]?.elements ?? []
            let found = try #require(items.first { $0["name"]?.string == String(parts[1]) }, "\(query)")
            #expect(found["maintainer"] == single.json["maintainer"], "\(query)")
        }
        return single.json["maintainer"]
    }

    @Test("is shown with each of its agents while it is verified, and not before and after")
    func shown() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza", "bio": "Listens."}"#)
            _ = try await fixture.publish(#"{"name": "Rita"}"#, in: fixture.rival)
            try await fixture.asking { ask in
                #expect(try await Self.shown(ask) == nil)
                let before = try await ask(.get, "/v1/agents/acme/eliza", token: nil).headers[.eTag]

                let set = try await Self.verify(ask)
                #expect(set.status == .ok && set.json["owner"] == "acme" && set.json["listings"] == 1 && set.json["withdrawn_at"] == nil)
                let maintainer = try #require(try await Self.shown(ask))
                #expect(maintainer["name"] == "Acme Ltd" && maintainer["site"] == "https://acme.example/" && maintainer["verified_at"] != nil)
                #expect(try await Self.shown(ask, "rival/rita") == nil)
                #expect(try await ask(.get, "/v1/agents/acme/eliza", token: nil).headers[.eTag] != before)
                let card = try await ask(.get, "/agents/acme/eliza/.well-known/agent-card.json", token: nil)
                #expect(card.json["provider"]?["organization"] == "Acme Ltd" && card.json["provider"]?["url"] == "https://acme.example/")

                // Another one takes its place, without what it does not say.
                #expect(try await Self.verify(ask, "acme", #"{"name": " Acme & Sons "}"#).status == .ok)
                let other = try #require(try await Self.shown(ask))
                #expect(other["name"] == "Acme & Sons" && other["site"] == nil)

                let ended = try await Self.withdraw(ask)
                #expect(ended.status == .ok && ended.json["reason"] == "The domain is sold." && ended.json["withdrawn_at"] != nil)
                #expect(try await Self.shown(ask) == nil)
                let plain = try await ask(.get, "/agents/acme/eliza/.well-known/agent-card.json", token: nil)
                #expect(plain.json["provider"]?["organization"] == "acme")
            }
        }
    }

    @Test("narrows a search in every order and is counted; an agent that comes later is of it")
    func filtered() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza", "bio": "Listens."}"#)
            _ = try await fixture.publish(#"{"name": "Rita", "bio": "Listens."}"#, in: fixture.rival)
            try await fixture.asking { ask in
                #expect(try await Self.verify(ask).status == .ok)
                _ = try await fixture.publish(#"{"name": "Walter", "bio": "Listens."}"#)
                for query in ["", "&sort=forks", "&q=listens", "&q=listens&sort=newest", "&q=listens&sort=forks"] {
                    let all = try await ask(.get, "/v1/directory?facets=true\(query)", token: nil)
                    #expect(Set(all.names) == ["eliza", "rita", "walter"], "\(query)")
                    #expect(all.json["facets"]?["verified"]?[0]?["value"] == "true" && all.json["facets"]?["verified"]?[0]?["count"] == 2)
                    let verified = try await ask(.get, "/v1/directory?facets=true&verified=true\(query)", token: nil)
                    #expect(Set(verified.names) == ["eliza", "walter"] && verified.json["facets"]?["matches"] == 2, "\(query)")
                    let others = try await ask(.get, "/v1/directory?facets=true&verified=false\(query)", token: nil)
                    #expect(others.names == ["rita"] && others.json["facets"]?["verified"]?.elements?.isEmpty == true, "\(query)")
                }
                #expect(try await ask(.get, "/v1/directory?verified=perhaps", token: nil).status == .badRequest)
                #expect(try await Self.withdraw(ask).status == .ok)
                #expect(try await ask(.get, "/v1/directory?verified=true", token: nil).names == [])
            }
        }
    }

    @Test("whoever keeps a copy hears of it, and a feed has no news; what is hidden keeps the time at which it left")
    func followed() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            _ = try await fixture.publish(#"{"name": "Walter"}"#)
            try await fixture.asking { ask in
                let status = #"{"status": "quarantined", "reason": "It asks for keys."}"#
                #expect(try await ask(.put, "/v1/operations/directory/acme/walter/status", status, token: "operator").status == .ok)
                let feed = try await ask(.get, "/directory.atom", token: nil).text
                let acts: [@Sendable () async throws -> HTTPResponse.Status] = [
                    { try await Self.verify(ask).status }, { try await Self.withdraw(ask).status },
                ]
                for act in acts {
                    let since = try await Self.now(fixture)
                    #expect(try await ask(.get, "/v1/directory?updated_since=\(since)", token: nil).names == [])
                    #expect(try await act() == .ok)
                    #expect(try await ask(.get, "/v1/directory?updated_since=\(since)", token: nil).names == ["eliza"])
                    #expect(try await ask(.get, "/v1/directory/withdrawals?updated_since=\(since)", token: nil).names == [])
                    #expect(try await ask(.get, "/directory.atom", token: nil).text == feed)
                }
                // Back from quarantine, it has what its owner has.
                #expect(try await Self.verify(ask).status == .ok)
                let active = #"{"status": "active"}"#
                #expect(try await ask(.put, "/v1/operations/directory/acme/walter/status", active, token: "operator").status == .ok)
                #expect(try await ask(.get, "/v1/directory?verified=true", token: nil).names == ["walter", "eliza"])
            }
        }
    }

    @Test("is the workspace's: another slug keeps it, a freed one gives it to nobody, and the purge ends it")
    func workspace() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            try await fixture.asking { ask in
                #expect(try await Self.verify(ask).status == .ok)
                let heir = UUID()
                _ = try await fixture.database.psql(
                    """
                    update workspaces set slug = 'harbor' where id = '\(fixture.acme)';
                    update published_agents set owner = 'harbor' where workspace_id = '\(fixture.acme)';
                    delete from reserved_slugs where slug = 'acme';
                    insert into workspaces (id, slug, name) values ('\(heir)', 'acme', 'An heir');
                    """)
                _ = try await fixture.publish(#"{"name": "Walter"}"#, in: heir)
                #expect(try await Self.shown(ask, "harbor/eliza")?["name"] == "Acme Ltd")
                #expect(try await Self.shown(ask, "acme/walter") == nil)
                #expect(try await ask(.get, "/v1/directory?verified=true", token: nil).names == ["eliza"])
                let listed = try await ask(.get, Self.path, token: "operator")
                #expect(listed.json["items"]?.elements?.map { $0["owner"]?.string } == ["harbor"])
                #expect(try await Self.withdraw(ask, "acme").status == .notFound)

                let deleted = "update workspaces set deleted_at = mainstay_now() - interval '1 day', purge_at = mainstay_now()"
                _ = try await fixture.database.psql("\(deleted) where id = '\(fixture.acme)'")
                #expect(try await Self.verify(ask, "harbor", #"{"name": "Harbor"}"#).status == .notFound, "deleted")
                _ = try await fixture.database.psql(
                    "do $$ begin while purge_workspace('\(fixture.acme)', 100) > 0 loop end loop; end $$")
                #expect(try await fixture.count("select count(*) from owner_verifications") == 0)
                #expect(try await fixture.count("select count(*) from workspaces where id = '\(fixture.acme)'") == 0)
                #expect(try await ask(.get, Self.path, token: "operator").json["items"]?.elements?.isEmpty == true)
            }
        }
    }

    @Test("is written by operators alone, and only what everybody may read")
    func refused() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            try await fixture.asking { ask async throws in
                let strangers: [(token: String?, status: HTTPResponse.Status)] = [
                    ("acme", .forbidden), ("reader", .forbidden), (nil, .unauthorized),
                ]
                for (token, status) in strangers {
                    #expect(try await Self.verify(ask, token: token).status == status)
                    #expect(try await Self.withdraw(ask, token: token).status == status)
                    #expect(try await ask(.get, Self.path, token: token).status == status)
                    #expect(try await ask(.get, "\(Self.path)/acme", token: token).status == status)
                }
                let bad = [
                    "{}", #"{"name": " "}"#, "{\"name\": \"\(String(repeating: "x", count: 101))\"}", #"{"name": "Acme\nLtd"}"#,
                    #"{"name": "Acme \u202edtL"}"#, #"{"name": "Acme\u200b Ltd"}"#, #"{"name": "\u0410cme Ltd"}"#,
                    #"{"name": "Acme", "site": "http://acme.example"}"#, #"{"name": "Acme", "site": "https://"}"#,
                    #"{"name": "Acme", "site": "https://me@acme.example"}"#, #"{"name": "Acme", "site": "javascript:alert(1)"}"#,
                    #"{"name": "Acme", "site": "https://acme.example/#part"}"#, #"{"name": "Acme", "site": "https://\u0430cme.example/"}"#,
                ]
                for body in bad { #expect(try await Self.verify(ask, "acme", body).status == .unprocessableContent, "\(body)") }
                for owner in ["nobody", "Acme", "acme%2Feliza"] { #expect(try await Self.verify(ask, owner).status == .notFound, "\(owner)") }
                #expect(try await Self.withdraw(ask).status == .notFound, "it is not verified")
                #expect(try await ask(.get, "\(Self.path)/acme", token: "operator").status == .notFound)
                #expect(try await Self.verify(ask, "acme", #"{"name": "Bücher & Søn 株式会社", "site": "https://xn--bcher-kva.example"}"#).status == .ok)
                for body in ["{}", #"{"reason": " "}"#, "{\"reason\": \"\(String(repeating: "x", count: 501))\"}"] {
                    #expect(try await Self.withdraw(ask, "acme", body).status == .unprocessableContent, "\(body)")
                }
            }
            let statements: [SQL] = [
                "delete from owner_verifications", "update owner_verifications set name = 'x'", "select verified_by_token from owner_verifications",
                "insert into owner_verifications (workspace_id, id, name, verified_by_token) select workspace_id, id, name, id from owner_verifications",
            ]
            for sql in statements {
                for scope in [PostgresScope.workspaces([fixture.acme]), .unscoped] {
                    let error = try await #require(throws: PostgresError.self) { try await fixture.pool.execute(scope, sql) }
                    #expect(error.sqlState == "42501", "\(sql.label)")
                }
            }
        }
    }

    @Test("each act is told once in the access log, without name and reason; the owner and operators read what was withdrawn")
    func told() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.asking { ask in
                for _ in 0..<2 { #expect(try await Self.verify(ask, token: "ann").json["verified_by"] == "ann") }
                let bobs = try await Self.verify(ask, "acme", #"{"name": "Acme & Sons"}"#, token: "bob")
                #expect(bobs.json["verified_by"] == "bob")
                #expect(try await Self.withdraw(ask, token: "ann").json["withdrawn_by"] == "ann")
                #expect(try await Self.withdraw(ask, token: "ann").status == .notFound)
                let history = try #require(try await ask(.get, "\(Self.path)/acme", token: "ann").json["items"]?.elements)
                #expect(history.map { $0["name"]?.string } == ["Acme & Sons", "Acme Ltd"])
                #expect(history.map { $0["reason"]?.string } == ["The domain is sold.", nil])
                #expect(history.allSatisfy { $0["withdrawn_at"] != nil } && history[1]["withdrawn_by"] == "bob")
            }
            let told = try await fixture.text(
                "select string_agg(action || ' ' || actor || ' ' || subject, ', ' order by sequence) from access_log where action like 'owner.%'")
            let subject = "workspace:\(fixture.acme.lowercased)"
            #expect(told == "owner.verified ann \(subject), owner.verified bob \(subject), owner.unverified ann \(subject)")
            let free = "select count(*) from access_log where details::text like '%Acme%' or details::text like '%sold%'"
            #expect(try await fixture.count(free) == 0)

            let own: SQL = "select withdrawn_reason from owner_verifications order by id"
            let reasons = try await fixture.pool.query(.workspaces([fixture.acme]), own).map { try $0.decode(0, as: String?.self) }
            #expect(reasons == [nil, "The domain is sold."])
            let others = try await fixture.pool.query(.workspaces([fixture.rival]), own)
            #expect(others.isEmpty)
        }
    }

    @Test("agents that are published beside it are found as its own, whoever comes first")
    func beside() async throws {
        try await DirectoryFixture.with { fixture in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...12 { group.addTask { _ = try await fixture.publish("{\"name\": \"Tide \(number)\"}") } }
                group.addTask {
                    let order = VerificationOrder(name: "Acme Ltd", site: nil)
                    let desk = VerificationDesk(pool: fixture.pool)
                    _ = try await desk.verify("acme", order, by: ModerationOperator(token: UUID(), holder: nil))
                }
                try await group.waitForAll()
            }
            #expect(try await fixture.count("select count(*) from listing_index where is_verified") == 12)
            let differing = """
                select count(*) from published_agents p join listing_index l on l.listing_id = p.listing_id where l is distinct from listing_entry(p)
                """
            #expect(try await fixture.count(differing) == 0)
        }
    }
}
