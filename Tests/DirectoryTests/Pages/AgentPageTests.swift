import Foundation
import HTTPTypes
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("An agent's page", .timeLimit(.minutes(1)))
struct AgentPageTests {
    private static let first = """
        {"name": "Eliza", "bio": ["Listens.", "Asks <why>."], "topics": ["therapy"], "plugins": ["@elizaos/plugin-x"],
         "settings": {"secrets": {"OPENAI_API_KEY": "sk-0123"}}}
        """
    private static let second = #"{"name": "Eliza", "bio": ["Listens."], "topics": ["therapy", "talk"], "lore": ["old"]}"#

    @Test("says what people ask before they fork, and leads on to all the rest")
    func show() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(Self.first, as: "1.0.0", changelog: "The <first> one.")
            try await fixture.browsing { browser in
                let page = try await browser.get("/agents/acme/eliza")
                #expect(page.status == .ok)
                let said = [
                    "<p dir=\"auto\">Listens.</p>", "Asks &lt;why&gt;.", "@elizaos/plugin-x", "Not known", "/settings/secrets/OPENAI_API_KEY",
                    "The &lt;first&gt; one.", "Version 1.0.0", "0 forks", "Shown now", "published by its owner",
                ]
                for words in said { #expect(page.text.contains(words), "\(words)") }
                #expect(!page.text.contains("sk-0123"))
                #expect(page.text.contains("<form method=\"post\" action=\"/agents/acme/eliza/fork\""))
                let links = [
                    "/agents/acme/eliza/.well-known/agent-card.json", "/v1/agents/acme/eliza", "/agents/acme/eliza/report", "/agents?tag=therapy",
                    "/agents?owner=acme", "/agents/acme/eliza/v/1.0.0", "/agents?plugin=%40elizaos%2Fplugin-x",
                ]
                for link in links { #expect(page.links(link).contains(link), "\(link)") }
                #expect(try await browser.get("/agents/acme/eliza/.well-known/agent-card.json").status == .ok)
                #expect(page.text.contains("<meta property=\"og:title\" content=\"Eliza by acme\">"))
                #expect(page.text.contains("\"@type\":\"SoftwareApplication\"") && page.text.contains("\"softwareVersion\":\"1.0.0\""))
                for path in ["/agents/acme/nobody", "/agents/nobody/eliza", "/agents/acme/%FF"] {
                    let none = try await browser.get(path)
                    #expect(none.status.code >= 400 && none.headers[.contentType] == "text/html; charset=utf-8", "\(path)")
                    #expect(none.text.contains("<h1>") && none.headers[.cacheControl] == "no-store")
                }
            }
        }
    }

    @Test("has a page for each version, which says what it said, and leads to what the directory shows")
    func versions() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(Self.first, as: "1.0.0")
            try await fixture.publish(Self.second, as: "1.1.0+build.5")
            try await fixture.browsing { browser in
                let old = try await browser.get("/agents/acme/eliza/v/1.0.0")
                #expect(old.text.contains("Asks &lt;why&gt;.") && old.text.contains("This is version 1.0.0"))
                #expect(old.text.contains("The directory shows version 1.1.0+build.5") && !old.text.contains("/fork\""))
                #expect(old.text.contains("/v/1.0.0\" aria-current=\"true\">1.0.0</a>"))
                let shown = try await browser.get("/agents/acme/eliza")
                #expect(!shown.text.contains("Asks") && !shown.text.contains("This is version"))
                #expect(shown.links("/agents/acme/eliza/diff").contains("/agents/acme/eliza/diff?from=1.0.0&to=1.1.0%2Bbuild.5"))
                let newest = try await browser.get("/agents/acme/eliza/v/1.1.0%2Bbuild.5")
                #expect(newest.status == .ok && !newest.text.contains("This is version"))
                for version in ["9.9.9", "latest"] {
                    #expect(try await browser.get("/agents/acme/eliza/v/\(version)").status == .notFound, "\(version)")
                }
            }
        }
    }

    @Test("tells what changed between two versions, by words and place by place")
    func difference() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(Self.first, as: "1.0.0")
            try await fixture.browsing { browser in
                #expect(try await browser.get("/agents/acme/eliza/diff").text.contains("one version only"))
                try await fixture.publish(Self.second, as: "1.1.0")
                let page = try await browser.get("/agents/acme/eliza/diff")
                #expect(page.text.contains("From 1.0.0 to 1.1.0") && page.text.contains("<option value=\"1.0.0\" selected>"))
                #expect(page.text.contains(" added, ") && page.text.contains(" removed"))
                #expect(page.text.contains("</span> Added</span>") && page.text.contains("<code>/topics/1</code>"))
                #expect(page.text.contains("</span> Removed</span>") && page.text.contains("<code>/bio/1</code>"))
                #expect(page.text.contains("&quot;Asks &lt;why&gt;.&quot;") && page.text.contains("<span class=\"quiet\">nothing</span>"))
                let back = try await browser.get("/agents/acme/eliza/diff?from=1.1.0&to=1.0.0")
                #expect(back.text.contains("From 1.1.0 to 1.0.0"))
                #expect(try await browser.get("/agents/acme/eliza/diff?from=1.0.0&to=1.0.0").text.contains("say the same"))
                for query in ["from=1.0.0&to=9.0.0", "from=x"] {
                    #expect(try await browser.get("/agents/acme/eliza/diff?\(query)").status == .notFound, "\(query)")
                }
            }
        }
    }

    @Test("shows where a fork came from, and how far it is behind")
    func lineage() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(Self.first, as: "1.0.0")
            let made = try await fixture.directory.handle(ForkAgent(owner: "acme", name: "eliza", forkName: "listener"))
            let fork = try #require(UUID(uuidString: made.agent))
            _ = try await WorkspaceDesk(pool: fixture.directory.pool).publish(
                fork, version: nil, changelog: nil, of: fixture.directory.rival, by: .token(UUID()))
            try await fixture.browsing { browser in
                let fresh = try await browser.get("/agents/rival/listener")
                #expect(fresh.links("/agents/acme/eliza") == ["/agents/acme/eliza"] && fresh.text.contains("Up to date with the original."))
                #expect(try await browser.get("/agents/acme/eliza").text.contains("1 fork<"))
                try await fixture.publish(Self.second, as: "1.1.0")
                #expect(try await browser.get("/agents/rival/listener").text.contains("1 version behind the original."))
            }
        }
    }

    @Test("warns of what its owner advises against, hides what operators look into, and says why one was removed")
    func statuses() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(Self.first, as: "1.0.0")
            try await fixture.publish(Self.second, as: "1.1.0")
            try await fixture.browsing { browser in
                try await fixture.setStatus(.deprecated, reason: "Use <other> instead.")
                let deprecated = try await browser.get("/agents/acme/eliza")
                #expect(deprecated.status == .ok && deprecated.text.contains("Deprecated") && deprecated.text.contains("Use &lt;other&gt; instead."))
                #expect(deprecated.text.contains("/fork\"") && deprecated.text.contains("Listens."))

                try await fixture.setStatus(.quarantined, reason: "Reports of malware are being looked at.")
                let hidden = try await browser.get("/agents/acme/eliza")
                #expect(hidden.status == .ok && hidden.text.contains("In quarantine") && hidden.text.contains("Reports of malware"))
                #expect(!hidden.text.contains("Listens.") && !hidden.text.contains("/fork\"") && !hidden.text.contains("therapy"))
                #expect(hidden.text.contains("noindex") && !hidden.text.contains("og:title") && !hidden.text.contains("ld+json"))
                for path in ["/v/1.0.0", "/diff"] {
                    #expect(try await browser.get("/agents/acme/eliza\(path)").status == .conflict, "\(path)")
                }

                try await fixture.setStatus(.removed, reason: "It <sent> keys away.")
                for path in ["", "/v/1.0.0", "/diff", "/report"] {
                    let gone = try await browser.get("/agents/acme/eliza\(path)")
                    #expect(gone.status == .gone && gone.text.contains("It &lt;sent&gt; keys away."), "\(path)")
                }
            }
        }
    }

    @Test("leads from an old name to the new one, whatever part was asked for")
    func renamed() async throws {
        try await PagesFixture.with { fixture in
            let agent = try await fixture.publish(Self.first, as: "1.0.0")
            let name = try #require(AgentName("elise"))
            _ = try await fixture.directory.desk.rename(agent, to: name, workspace: fixture.directory.acme)
            try await fixture.browsing { browser in
                for path in ["", "/v/1.0.0", "/diff?from=1.0.0&to=1.0.0", "/report"] {
                    let answer = try await browser.get("/agents/acme/eliza\(path)")
                    #expect(answer.status == .movedPermanently && answer.location == "/agents/acme/elise\(path)", "\(path)")
                }
                #expect(try await browser.get("/agents/acme/elise").text.contains("Listens."))
            }
        }
    }
}
