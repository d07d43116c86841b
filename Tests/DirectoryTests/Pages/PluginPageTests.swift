import TestSupport
import Foundation
import HTTPTypes
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("A plugin's page", .timeLimit(.minutes(1)))
struct PluginPageTests {
    private static let path = "/plugins/%40elizaos%2Fplugin-tide"

    private static func fill(_ fixture: PagesFixture) async throws {
        try await fixture.register(
            [PagesFixture.plugin("@elizaos/plugin-tide", about: "Reads the <tides>.", homepage: "javascript:alert(1)")],
            releases: [
                "@elizaos/plugin-tide": [
                    PagesFixture.release("1.2.0", core: "^1.3.1"), PagesFixture.release("1.10.0", core: nil),
                ]
            ])
    }

    @Test("says whose it is, what its versions work with, and whether it is looked after and why")
    func show() async throws {
        try await PagesFixture.with { fixture in
            try await Self.fill(fixture)
            try await fixture.browsing { browser in
                let page = try await browser.get(Self.path)
                #expect(page.status == .ok && page.headers[.contentType] == "text/html; charset=utf-8")
                let said = [
                    "<h1><bdi>@elizaos/plugin-tide</bdi></h1>", "Reads the &lt;tides&gt;.", "<th scope=\"row\">1.2.0",
                    "<td><code>^1.3.1</code></td>", "not said", "Maintained</span> it supports v1 and was updated on", "Works here</span>",
                    "The platform has core 1.5.0: release 1.2.0 works with core ^1.3.1.", "MIT", "No published agent names it.",
                ]
                for words in said { #expect(page.text.contains(words), "\(words)") }
                #expect(page.links("https://github.com/") == ["https://github.com/elizaos/a-repository"])
                #expect(page.links("javascript").isEmpty && page.links("/plugins?q=elizaos") == ["/plugins?q=elizaos"])
                #expect(page.links("/v1/plugins/") == ["/v1/plugins/%40elizaos%2Fplugin-tide"])
                #expect(page.text.contains("<link rel=\"canonical\" href=\"\(PagesFixture.site)\(Self.path)\">"))
                let versions = page.text.matches(of: #/<th scope="row">([0-9.]+)/#).map { String($0.output.1) }
                #expect(versions == ["1.10.0", "1.2.0"], "newest first")
            }
        }
    }

    @Test("names the agents that use it, under either spelling, and leads to all of them")
    func agents() async throws {
        try await PagesFixture.with { fixture in
            try await Self.fill(fixture)
            let often = try await fixture.directory.publish(#"{"name": "Often", "plugins": ["@elizaos/plugin-tide"]}"#)
            _ = try await fixture.directory.publish(#"{"name": "Seldom", "plugins": ["@elizaos/plugin-tide"]}"#)
            _ = try await fixture.directory.publish(#"{"name": "Earlier", "plugins": ["@elizaos-plugins/plugin-tide"]}"#)
            _ = try await fixture.directory.publish(#"{"name": "Other", "plugins": ["@elizaos/plugin-tides"]}"#)
            _ = try await fixture.directory.publish(#"{"name": "Kept", "plugins": ["@elizaos/plugin-tide"]}"#, publish: false)
            try await fixture.directory.setForks(7, of: often)
            try await fixture.browsing { browser in
                let page = try await browser.get(Self.path)
                let agents = page.links("/agents/acme/")
                #expect(agents.first == "/agents/acme/often" && page.text.contains("7 forks"))
                #expect(Set(agents) == ["/agents/acme/often", "/agents/acme/seldom", "/agents/acme/earlier"])
                let facets = page.links("/agents?plugin=")
                #expect(facets == ["/agents?plugin=%40elizaos%2Fplugin-tide", "/agents?plugin=%40elizaos-plugins%2Fplugin-tide"])
                #expect(page.text.contains(">2 agents</a>") && page.text.contains(">1 agent</a>"))
                for (facet, count) in zip(facets, ["2 agents<", "1 agent<"]) {
                    #expect(try await browser.get(facet).text.contains(count), "\(facet)")
                }
                try await fixture.setStatus(.removed, reason: "Malware.", of: "seldom")
                let after = try await browser.get(Self.path)
                #expect(after.links("/agents/acme/seldom").isEmpty && after.text.contains("1 agent</a>"))
            }
        }
    }

    @Test("is where agents' pages lead, also under the ecosystem's other scope")
    func fromAgents() async throws {
        try await PagesFixture.with { fixture in
            try await Self.fill(fixture)
            try await fixture.publish(#"{"name": "Eliza", "plugins": ["@elizaos-plugins/plugin-tide", "@else/unheard"]}"#, as: "1.0.0")
            try await fixture.browsing { browser in
                let page = try await browser.get("/agents/acme/eliza")
                #expect(page.links("/plugins/") == [Self.path])
                #expect(page.links("/agents?plugin=") == ["/agents?plugin=%40else%2Funheard"], "of what the registry does not know there is no page")
                #expect(page.links("/plugins") == ["/plugins", Self.path])
            }
        }
    }

    @Test("is one page, however its name is written; what the registry does not know has none")
    func addresses() async throws {
        try await PagesFixture.with { fixture in
            try await Self.fill(fixture)
            try await fixture.browsing { browser in
                for path in ["/plugins/@elizaos/plugin-tide", "/plugins/%40elizaos-plugins%2Fplugin-tide"] {
                    let answer = try await browser.get(path)
                    #expect(answer.status == .seeOther && answer.location == Self.path, "\(path)")
                }
                #expect(try await browser.get("/plugins/@elizaos%2Fplugin-tide").status == .ok)
                for path in ["%40elizaos%2Fnever-was", "%27%20or%20true", "%40elizaos%2F", "a/b"] {
                    let none = try await browser.get("/plugins/\(path)")
                    #expect(none.status == .notFound && none.text.contains("<h1>") && none.headers[.cacheControl] == "no-store", "\(path)")
                }
                #expect(try await browser.get("/plugins/%ff").status == .badRequest)
            }
        }
    }

    @Test("is kept by whoever has it until something changes, as the list is, and is in a sitemap")
    func kept() async throws {
        try await PagesFixture.with { fixture in
            try await Self.fill(fixture)
            try await fixture.browsing { browser in
                for path in ["/plugins", Self.path] {
                    let first = try await browser.get(path)
                    let tag = try #require(first.headers[.eTag], "\(path)")
                    #expect(first.headers[.cacheControl] == "public, no-cache" && first.headers[.setCookie] == nil, "\(path)")
                    #expect(first.headers[.contentSecurityPolicy] == PageHeaders.policy)
                    #expect(try await browser.get(path, headers: [.ifNoneMatch: tag]).status == .notModified, "\(path)")
                    _ = try await fixture.directory.database.psql("update plugin_records set description = description || ' And waves.'")
                    #expect(try await browser.get(path, headers: [.ifNoneMatch: tag]).status == .ok, "\(path)")
                }
                let map = try await browser.get("/sitemap-plugins.xml")
                #expect(map.headers[.contentType] == "application/xml; charset=utf-8")
                #expect(map.text.contains("<loc>http://localhost\(Self.path)</loc>") && map.text.components(separatedBy: "<url>").count == 2)
                #expect(try await browser.get("/robots.txt").text.contains("Sitemap: \(PagesFixture.site)/sitemap-plugins.xml\n"))
            }
        }
    }
}
