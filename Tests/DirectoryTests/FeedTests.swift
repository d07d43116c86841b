import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Postgres
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Feeds, sitemap and cards")
struct FeedTests {
    // MARK: Forms

    @Test(
        "XML is escaped, and holds nothing that it cannot hold",
        arguments: [
            ("a<b>&\"c\"", "a&lt;b&gt;&amp;&quot;c&quot;"), ("a\u{1}b\u{FFFE}", "a\u{FFFD}b\u{FFFD}"), ("a\tb\r\nc", "a&#9;b&#13;&#10;c"),
            ("ä🌊'", "ä🌊'"),
        ])
    func escaping(text: String, expected: String) {
        #expect(XMLWriter.escaped(text) == expected)
    }

    @Test("a feed has what Atom requires, and is the same each time")
    func atom() throws {
        let entry = AtomFeed.Entry(
            id: try #require(UUID(uuidString: "0190A000-0000-7000-8000-000000000001")), owner: "acme", name: "eliza", title: "Eliza <&>",
            summary: "Tides.",
            topics: ["sea & sand"], publishedAt: Date(timeIntervalSince1970: 0), releasedAt: Date(timeIntervalSince1970: 86_400))
        let text = String(decoding: AtomFeed(entries: [entry], base: "https://a.example").bytes(), as: UTF8.self)
        #expect(
            text == """
                <?xml version="1.0" encoding="utf-8"?>
                <feed xmlns="http://www.w3.org/2005/Atom">
                <id>https://a.example/directory.atom</id>
                <title>Published agents</title>
                <updated>1970-01-02T00:00:00.000Z</updated>
                <link rel="self" type="application/atom+xml" href="https://a.example/directory.atom"/>
                <link rel="alternate" type="application/json" href="https://a.example/v1/directory"/>
                <entry>
                <id>urn:uuid:0190a000-0000-7000-8000-000000000001</id>
                <title>Eliza &lt;&amp;&gt; (acme/eliza)</title>
                <link rel="alternate" type="text/html" href="https://a.example/agents/acme/eliza"/>
                <published>1970-01-01T00:00:00.000Z</published>
                <updated>1970-01-02T00:00:00.000Z</updated>
                <author>
                <name>acme</name>
                </author>
                <summary>Tides.</summary>
                <category term="sea &amp; sand"/>
                </entry>
                </feed>

                """)
        #expect(String(decoding: AtomFeed(entries: [], base: "x").bytes(), as: UTF8.self).contains("<updated>1970-01-01T00:00:00.000Z</updated>"))
    }

    @Test(
        "a host that is none is not written down",
        arguments: [
            ("agents.example", "agents.example"), ("[::1]:8080", "[::1]:8080"), (nil, "localhost"), ("", "localhost"), ("a/b", "localhost"),
            ("a\"><script>", "localhost"), (String(repeating: "a", count: 300), "localhost"),
        ] as [(String?, String)])
    func hosts(authority: String?, expected: String) {
        #expect(PublicSite.host(authority) == expected)
    }

    // MARK: Over HTTP

    @Test("the feed tells the latest version first", .timeLimit(.minutes(1)))
    func feed() async throws {
        try await DirectoryFixture.with { fixture in
            for name in ["One", "Two", "Three"] { _ = try await fixture.publish("{\"name\": \"\(name)\", \"topics\": [\"sea\"]}") }
            _ = try await fixture.publish(#"{"name": "One", "bio": "anew"}"#)
            try await fixture.asking { ask in
                let answer = try await ask(.get, "/directory.atom", token: nil, headers: [.forwardedProto: "https"])
                #expect(answer.status == .ok)
                #expect(answer.headers[.contentType] == "application/atom+xml; charset=utf-8")
                let links = answer.text.matches(of: #/href="https://localhost/agents/acme/([a-z]+)"/#).map { String($0.output.1) }
                #expect(links == ["one", "three", "two"])
            }
        }
    }

    @Test("what comes back with its workspace is told to copies of the directory, and is no news; a new version is", .timeLimit(.minutes(1)))
    func restored() async throws {
        try await DirectoryFixture.with { fixture in
            for name in ["One", "Two"] { _ = try await fixture.publish("{\"name\": \"\(name)\"}") }
            let three = try await fixture.publish(#"{"name": "Three"}"#, in: fixture.rival)
            let workspaces = WorkspaceStore(pool: fixture.pool, multiUser: true)
            let actor = AccessActor.operator("tester")
            try await fixture.asking { ask in
                let before = try await Self.times(in: ask)
                let since = try await fixture.database.psql(
                    #"select to_char(mainstay_now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"#
                ).trimmingCharacters(in: .whitespacesAndNewlines)
                #expect(try await Self.names(in: ask) == ["three", "two", "one"])
                _ = try await workspaces.delete(fixture.acme, grace: .standard, by: actor)
                #expect(try await Self.names(in: ask) == ["three"])
                _ = try await workspaces.restore(fixture.acme, by: actor)
                #expect(try await Self.names(in: ask) == ["three", "two", "one"])
                #expect(try await Self.times(in: ask) == before, "as if nothing had been")
                let changed = try await ask(.get, "/v1/directory?updated_since=\(since)", token: nil)
                #expect(Set(changed.names) == ["one", "two"])

                // Nor is another name or another status.
                _ = try await fixture.desk.rename(three, to: try #require(AgentName("three-anew")), workspace: fixture.rival)
                let body = #"{"status": "deprecated", "reason": "It is old."}"#
                _ = try await ask(.put, "/v1/operations/directory/acme/one/status", body, token: "operator")
                #expect(try await Self.names(in: ask) == ["three-anew", "two", "one"])
                #expect(try await Self.times(in: ask) == before)
                // What was published once more and says the same is no version.
                _ = try await fixture.publish(#"{"name": "One"}"#)
                #expect(try await Self.names(in: ask) == ["three-anew", "two", "one"])
                _ = try await fixture.publish(#"{"name": "One", "bio": "anew"}"#)
                #expect(try await Self.names(in: ask) == ["one", "three-anew", "two"])
            }
        }
    }

    private static func names(in ask: DirectoryFixture.Asker) async throws -> [String] {
        let text = try await ask(.get, "/directory.atom", token: nil).text
        return text.matches(of: #/href="http://localhost/agents/[a-z]+/([a-z-]+)"/#).map { String($0.output.1) }
    }

    private static func times(in ask: DirectoryFixture.Asker) async throws -> [String] {
        let text = try await ask(.get, "/directory.atom", token: nil).text
        return text.matches(of: #/<updated>([^<]+)</updated>/#).map { String($0.output.1) }
    }

    @Test("the feed is read by an index, however many listings there are", .timeLimit(.minutes(1)))
    func plan() async throws {
        try await DirectoryFixture.with { fixture in
            let plan = try await fixture.database.psql(
                """
                set enable_seqscan = off;
                explain select listing_id from published_agents where status in ('active', 'deprecated') and not is_withdrawn
                order by released_at desc, listing_id desc limit 50;
                """)
            #expect(plan.contains("published_agents_released"), "\(plan)")
        }
    }

    @Test("the sitemap is one list, and of more than one list an index; together the lists hold each page once", .timeLimit(.minutes(1)))
    func sitemap() async throws {
        try await DirectoryFixture.with { fixture in
            for number in 1...5 { _ = try await fixture.publish("{\"name\": \"Agent \(number)\"}") }
            let expected = (1...5).map { "agent-\($0)" }
            try await fixture.asking { ask in
                let answer = try await ask(.get, "/sitemap.xml", token: nil)
                #expect(answer.headers[.contentType] == "application/xml; charset=utf-8")
                #expect(answer.text.contains("<urlset"))
                #expect(Self.names(answer.text) == expected)
                #expect(try await ask(.get, "/sitemap.xml?after=x", token: nil).status == .badRequest)
                #expect(try await ask(.get, "/sitemap.xml?after=\(UUID())", token: nil).status == .notFound)
                #expect(try await ask(.get, "/sitemap.xml?after=\(Sitemap.start)", token: nil).text == answer.text)
            }
            for (length, lists) in [(5, 0), (4, 2), (2, 3), (1, 5)] {
                var routes = APIRoutes()
                FeedRoutes(pool: fixture.pool, site: PublicSite("https://a.example/"), listLength: length).mount(in: &routes)
                let responder = WebResponder(authenticator: NoTokens(), features: [routes])
                try await Application(responder: responder).test(.router) { client in
                    func get(_ path: String) async throws -> String {
                        try await client.execute(uri: path, method: .get) { String(decoding: $0.body.readableBytesView, as: UTF8.self) }
                    }
                    let first = try await get("/sitemap.xml")
                    let places = first.matches(of: #/<loc>https://a\.example(/sitemap\.xml\?after=[0-9a-f-]+)</loc>/#).map { String($0.output.1) }
                    #expect(places.count == lists, "\(length)")
                    var names = lists == 0 ? Self.names(first) : []
                    for place in places { names += Self.names(try await get(place)) }
                    #expect(names == expected, "\(length)")
                }
            }
        }
    }

    @Test("a sitemap is kept while nothing changes, and made anew when anything does", .timeLimit(.minutes(1)))
    func kept() async throws {
        try await DirectoryFixture.with { fixture in
            let one = try await fixture.publish(#"{"name": "One"}"#)
            _ = try await fixture.publish(#"{"name": "Two"}"#)
            try await fixture.asking { ask in
                func names() async throws -> [String] { Self.names(try await ask(.get, "/sitemap.xml", token: nil).text) }
                #expect(try await names() == ["one", "two"])
                // Behind the back of the triggers, as a superuser: what is shown is what was kept.
                _ = try await fixture.database.psql(
                    "set session_replication_role = replica; update published_agents set status = 'removed' where name = 'two'")
                #expect(try await names() == ["one", "two"])
                try await fixture.desk.unpublish(one, workspace: fixture.acme)
                #expect(try await names() == [])
                _ = try await fixture.publish(#"{"name": "Three"}"#)
                #expect(try await names() == ["three"])
            }
        }
    }

    @Test("the shelf of sitemaps keeps to its time, its revision and its bound")
    func shelf() {
        let (shelf, start) = (SitemapShelf(lifetime: .seconds(600), capacity: 100), ContinuousClock.now)
        func question(_ number: Int) -> SitemapShelf.Question { .init(base: "https://a.example", after: "\(number)") }
        shelf.keep(Array(repeating: 1, count: 40), for: question(1), revision: 7, at: start)
        #expect(shelf.find(question(1), revision: 7, at: start.advanced(by: .seconds(599)))?.count == 40)
        #expect(shelf.find(question(1), revision: 7, at: start.advanced(by: .seconds(600))) == nil)
        #expect(shelf.find(question(1), revision: 8, at: start) == nil && shelf.find(question(2), revision: 7, at: start) == nil)
        for number in 2...50 {
            shelf.keep(Array(repeating: 1, count: 40), for: question(number), revision: 7, at: start.advanced(by: .milliseconds(number)))
            #expect(shelf.size <= 100)
        }
        #expect(shelf.find(question(50), revision: 7, at: start) != nil && shelf.find(question(49), revision: 7, at: start) != nil)
        #expect(shelf.find(question(48), revision: 7, at: start) == nil, "the oldest goes first")
        shelf.keep(Array(repeating: 1, count: 101), for: question(51), revision: 7, at: start)
        #expect(shelf.find(question(51), revision: 7, at: start) == nil && shelf.size == 80)
    }

    @Test("a card has all that A2A requires", .timeLimit(.minutes(1)))
    func card() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza", "bio": "Reads the tides.", "topics": ["tides", "sea"]}"#)
            _ = try await fixture.publish(#"{"name": "Mute"}"#)
            try await fixture.asking { ask in
                let card = try await ask(.get, "/agents/acme/eliza/.well-known/agent-card.json", token: nil)
                #expect(card.status == .ok)
                #expect(card.json["name"] == "Eliza")
                #expect(card.json["description"] == "Reads the tides.")
                #expect(card.json["version"] == "1.0.0")
                let interface = try #require(card.json["supportedInterfaces"]?[0])
                for member in ["url", "protocolBinding", "protocolVersion"] { #expect(interface[member]?.string?.isEmpty == false, "\(member)") }
                #expect(interface["url"] == "http://localhost/v1/runs")
                #expect(card.json["capabilities"]?["streaming"] == true)
                #expect(card.json["securitySchemes"]?["bearer"]?["httpAuthSecurityScheme"]?["scheme"] == "Bearer")
                #expect(card.json["securityRequirements"]?[0]?["schemes"]?["bearer"]?["list"] == ["runs:read", "runs:write"])
                #expect(card.json["defaultInputModes"] == ["text/plain"] && card.json["defaultOutputModes"] == ["text/plain"])
                let skill = try #require(card.json["skills"]?[0])
                for member in ["id", "name", "description"] { #expect(skill[member]?.string?.isEmpty == false, "\(member)") }
                #expect(skill["tags"] == ["tides", "sea"])
                #expect(card.json["provider"]?["organization"] == "acme")
                #expect(card.json["documentationUrl"] == "http://localhost/agents/acme/eliza")
                #expect(card.headers[.cacheControl] == "public, max-age=60")

                let mute = try await ask(.get, "/agents/acme/mute/.well-known/agent-card.json", token: nil)
                #expect(mute.json["description"] == "Mute" && mute.json["skills"]?[0]?["tags"] == ["conversation"])
                #expect(try await ask(.get, "/agents/acme/nobody/.well-known/agent-card.json", token: nil).status == .notFound)
            }
        }
    }

    private static func names(_ text: String) -> [String] {
        text.matches(of: #//agents/acme/([a-z0-9-]+)</loc>/#).map { String($0.output.1) }
    }

    private struct NoTokens: Authenticator {
        func identity(bearer: String) async throws -> Identity? { nil }
    }
}
