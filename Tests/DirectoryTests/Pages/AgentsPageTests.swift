import Foundation
import TestSupport
import HTTPTypes
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("The list of agents as a page", .timeLimit(.minutes(1)))
struct AgentsPageTests {
    @Test("is what the first address leads to, and shows each agent with what people choose by")
    func list() async throws {
        try await PagesFixture.with { fixture in
            let agent = try await fixture.publish(
                #"{"name": "Eliza", "bio": "Listens & answers", "topics": ["Support", "DeFi"], "plugins": ["@elizaos/plugin-x"]}"#, as: "1.2.0")
            try await fixture.directory.setForks(1200, of: agent)
            try await fixture.browsing { browser in
                let root = try await browser.get("/")
                #expect(root.status == .seeOther && root.location == "/agents")
                let page = try await browser.get("/agents")
                #expect(page.status == .ok && page.headers[.contentType] == "text/html; charset=utf-8")
                let said = [
                    "Eliza", "Listens &amp; answers", "Version 1.2.0", "1,200 forks", "published by its owner", "1 agent<",
                    "Updated <time datetime=\"",
                ]
                for words in said { #expect(page.text.contains(words), "\(words)") }
                #expect(page.links("/agents/acme/eliza") == ["/agents/acme/eliza", "/agents/acme/eliza/report"])
                #expect(page.links("/agents?tag=").contains("/agents?tag=defi") && page.links("/agents?owner=").contains("/agents?owner=acme"))
                #expect(page.links("/agents?plugin=") == ["/agents?plugin=%40elizaos%2Fplugin-x"])
                #expect(page.links("/directory.atom").count == 2 && page.text.contains("type=\"application/atom+xml\""))
                #expect(page.text.contains("<meta property=\"og:url\" content=\"\(PagesFixture.site)/agents\">"))
                #expect(page.text.contains("<link rel=\"canonical\" href=\"\(PagesFixture.site)/agents\">"))
                let owner = try await browser.get("/agents/acme")
                #expect(owner.status == .seeOther && owner.location == "/agents?owner=acme")
            }
        }
    }

    @Test("finds, filters and sorts by links that keep the rest of the question, and goes on page by page")
    func search() async throws {
        try await PagesFixture.with { fixture in
            for number in 1...27 {
                let topic = number.isMultiple(of: 2) ? "even" : "odd"
                _ = try await fixture.directory.publish(#"{"name": "Helper \#(number)", "bio": "Helps.", "topics": ["\#(topic)"]}"#)
            }
            try await fixture.browsing { browser in
                let first = try await browser.get("/agents?q=helper")
                #expect(first.links("/agents/acme/").filter { !$0.hasSuffix("/report") }.count == DirectoryPages.cards)
                #expect(first.text.contains("27 agents") && first.text.contains("value=\"helper\""))
                #expect(first.text.contains("name=\"robots\" content=\"noindex\"") && !first.text.contains("rel=\"canonical\""))
                #expect(first.links("/agents?q=helper&tag=") == ["/agents?q=helper&tag=odd", "/agents?q=helper&tag=even"])
                #expect(first.links("/agents?q=helper&sort=").contains("/agents?q=helper&sort=forks"))
                let more = try #require(first.links("/agents?q=helper&cursor=").first)
                let second = try await browser.get(more)
                let names = [first, second].flatMap { page in page.links("/agents/acme/").filter { !$0.hasSuffix("/report") } }
                #expect(Set(names).count == 27 && names.count == 27)
                #expect(second.links("/agents?q=helper&cursor=").isEmpty)

                let odd = try await browser.get("/agents?q=helper&tag=odd&sort=newest")
                #expect(odd.text.contains("14 agents") && odd.text.contains("Topic: <bdi>odd</bdi>"))
                #expect(odd.text.contains("<a href=\"/agents?q=helper&amp;sort=newest\" aria-current=\"true\"><bdi>odd</bdi>"), "takes it back")
                #expect(odd.text.contains("<input type=\"hidden\" name=\"tag\" value=\"odd\">"), "a new search keeps it")
                #expect(try await browser.get("/agents?q=helper&tag=odd&sort=nonsense").status == .ok)
                let wrong = try await browser.get("/agents?cursor=nonsense")
                #expect(wrong.status == .badRequest && wrong.headers[.contentType] == "text/html; charset=utf-8")
            }
        }
    }

    @Test("says so where nothing is found, and what may have been meant")
    func empty() async throws {
        try await PagesFixture.with { fixture in
            _ = try await fixture.directory.publish(#"{"name": "Harbor Guide", "topics": ["ships"]}"#)
            try await fixture.browsing { browser in
                let none = try await browser.get("/agents?q=harvesters%20market")
                #expect(none.status == .ok && none.text.contains("No agent matches “<bdi>harvesters market</bdi>”"))
                #expect(none.text.contains("Did you mean") && none.links("/agents/acme/harbor-guide") == ["/agents/acme/harbor-guide"])
                let filtered = try await browser.get("/agents?q=harbor&tag=trains")
                #expect(filtered.text.contains("with these filters") && filtered.links("/agents?q=harbor").contains("/agents?q=harbor"))
                let typo = try await browser.get("/agents?q=habror%20guide")
                #expect(typo.links("/agents/acme/harbor-guide").isEmpty == false)
            }
        }
    }

    @Test("names the plugins that nobody looks after, and names that resemble others")
    func warnings() async throws {
        try await PagesFixture.with { fixture in
            let agent = try await fixture.publish(#"{"name": "Eliza", "plugins": ["@elizaos/plugin-gone", "@elizaos/plugin-new"]}"#, as: "1.0.0")
            _ = try await fixture.directory.database.psql(
                """
                insert into plugin_records (name, owner, repository, lines, first_seen_at, gone_at, maintenance, maintenance_reason, source_digest)
                values ('@elizaos/plugin-gone', 'elizaos', 'https://github.com/elizaos/gone', '{v1}', now(), now(), 'gone', 'gone', sha256('x'));
                update published_agents set looks_like = 'rival/eliza' where agent_id = '\(agent)';
                """)
            try await fixture.browsing { browser in
                for page in try await [browser.get("/agents"), browser.get("/agents/acme/eliza")] {
                    #expect(page.text.contains("No longer looked after"))
                    #expect(page.links("/agents/rival/eliza") == ["/agents/rival/eliza"] && !page.text.contains("published by its owner"))
                }
            }
        }
    }

    @Test("is kept by whoever has it, as all public pages are, and has nothing in it that runs")
    func headers() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0")
            let agent = try await fixture.publish(#"{"name": "Eliza", "bio": "New."}"#, as: "1.1.0")
            let paths = ["/agents", "/agents/acme/eliza", "/agents/acme/eliza/v/1.0.0", "/agents/acme/eliza/diff"]
            let token = try await fixture.token()
            try await fixture.browsing { browser in
                for path in paths {
                    let first = try await browser.get(path)
                    let tag = try #require(first.headers[.eTag], "\(path)")
                    #expect(first.headers[.cacheControl] == "public, no-cache" && first.headers[.setCookie] == nil, "\(path)")
                    #expect(first.headers[.contentSecurityPolicy] == PageHeaders.policy && first.headers[.xContentTypeOptions] == "nosniff")
                    let second = try await browser.get(path, headers: [.ifNoneMatch: tag])
                    #expect(second.status == .notModified && second.text.isEmpty, "\(path)")
                    // The same for everybody: who has signed in sees no other page.
                    let other = await browser.other()
                    try await other.signIn(token)
                    #expect(try await other.get(path).headers[.eTag] == tag, "\(path)")
                }
                let before = try await browser.get("/agents/acme/eliza").headers[.eTag]
                try await fixture.directory.setForks(7, of: agent)
                #expect(try await browser.get("/agents/acme/eliza").headers[.eTag] != before)
            }
        }
    }

    @Test("loads its style and its script from us, under addresses that change with them")
    func assets() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.browsing { browser in
                let page = try await browser.get("/agents")
                for asset in [PageAsset.style, PageAsset.script] {
                    #expect(page.text.contains("\"\(asset.address)\""))
                    let file = try await browser.get(asset.address)
                    #expect(file.status == .ok && file.text == String(decoding: asset.bytes, as: UTF8.self))
                    #expect(file.headers[.cacheControl] == "public, max-age=86400" && file.headers[.xContentTypeOptions] == "nosniff")
                    #expect(try await browser.get(asset.path).headers[.cacheControl] == "public, no-cache")
                }
                #expect(try await browser.get(PageAsset.style.address).headers[.contentType] == "text/css; charset=utf-8")
                #expect(try await browser.get(PageAsset.script.address).headers[.contentType] == "text/javascript; charset=utf-8")
            }
        }
    }

    @Test("search engines are told where the agents are, and to leave a workspace's pages alone")
    func robots() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.browsing { browser in
                let answer = try await browser.get("/robots.txt")
                #expect(answer.status == .ok && answer.headers[.contentType] == "text/plain; charset=utf-8")
                #expect(answer.text.contains("Sitemap: \(PagesFixture.site)/sitemap.xml\n") && answer.text.contains("Disallow: /workspace\n"))
                #expect(!answer.text.contains("Disallow: /agents"))
            }
        }
    }
}
