import Foundation
import TestSupport
import HTTPTypes
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("A workspace's own pages", .timeLimit(.minutes(1)))
struct WorkspacePagesTests {
    @Test("show its agents and how far forks are behind, its tokens without secrets, and its members")
    func overview() async throws {
        try await PagesFixture.with { fixture in
            let rival = fixture.directory.rival
            try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0")
            let payload = ForkAgent(owner: "acme", name: "eliza", forkName: "listener")
            let fork = try await fixture.directory.handle(payload).agent
            try await fixture.publish(#"{"name": "Eliza", "bio": "New."}"#, as: "1.1.0")
            _ = try await fixture.directory.publish(#"{"name": "Own <b>"}"#, in: rival)
            _ = try await fixture.directory.database.psql(
                """
                insert into users (id, name, email) values ('\(UUID())', 'Rita <b>', 'rita@private.example');
                insert into members (workspace_id, user_id, role) select '\(rival)', id, 'owner' from users where name = 'Rita <b>';
                """)
            let secret = try await fixture.token("secondary")
            try await fixture.signedIn { browser in
                let page = try await browser.get("/workspace")
                let said = [
                    "Rival", "Own &lt;b&gt;", "Everyone", "version 1.0.0", "Only this workspace", "1 version<", "acme/eliza", "secondary",
                    "(this session’s)", "Valid", "Rita &lt;b&gt;", "owner",
                ]
                for words in said { #expect(page.text.contains(words), "\(words)") }
                #expect(page.links("/workspace/agents/").contains("/workspace/agents/\(fork)"))
                for hidden in [secret, String(secret.prefix(12)), "rita@private.example"] {
                    #expect(!page.text.contains(hidden), "\(hidden)")
                }
                #expect(!page.text.contains("This token may"))
            }
            try await fixture.signedIn(scopes: [.agentsRead]) { browser in
                let page = try await browser.get("/workspace")
                #expect(page.text.contains("This token may see neither") && !page.text.contains("secondary") && !page.text.contains("Rita"))
            }
        }
    }

    @Test("say where to begin while there is no agent, and go on where there are many")
    func pages() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.signedIn { browser in
                let empty = try await browser.get("/workspace")
                #expect(empty.text.contains("There is no agent here yet.") && empty.links("/agents").contains("/agents"))
                _ = try await fixture.directory.database.psql(
                    """
                    insert into agents (workspace_id, id, name, display_name)
                    select '\(fixture.directory.rival)', gen_random_uuid(), 'agent-' || n, 'Agent ' || n from generate_series(1, 60) n
                    """)
                let first = try await browser.get("/workspace")
                let second = try await browser.get(try #require(first.links("/workspace?cursor=").first))
                let links = [first, second].flatMap { $0.links("/workspace/agents/") }
                #expect(Set(links).count == 60 && links.count == 60)
                #expect(second.links("/workspace?cursor=").isEmpty && !second.text.contains("<h2 id=\"tokens\">"))
            }
        }
    }

    @Test("show an agent with what to set, where it came from and what changed there; and nobody else's")
    func agent() async throws {
        try await PagesFixture.with { fixture in
            let secrets = #""settings": {"secrets": {"OPENAI_API_KEY": "sk-0123"}}"#
            let original = try await fixture.publish(#"{"name": "Eliza", \#(secrets)}"#, as: "1.0.0")
            let fork = try await fixture.directory.handle(ForkAgent(owner: "acme", name: "eliza", forkName: nil)).agent
            try await fixture.publish(#"{"name": "Eliza", "bio": "New.", \#(secrets)}"#, as: "1.2.0")
            try await fixture.signedIn { browser in
                let page = try await browser.get("/workspace/agents/\(fork)")
                #expect(page.status == .ok)
                let said = [
                    "/settings/secrets/OPENAI_API_KEY", "type=\"checkbox\"", "1 version behind the original.", "Only this workspace sees it.",
                ]
                for words in said { #expect(page.text.contains(words), "\(words)") }
                let difference = try #require(page.links("/agents/acme/eliza/diff").first)
                #expect(difference == "/agents/acme/eliza/diff?from=1.0.0&to=1.2.0")
                #expect(try await browser.get(difference).text.contains("1 added."))
                for other in [original.uuidString.lowercased(), UUID().uuidString, "x"] {
                    #expect(try await browser.get("/workspace/agents/\(other)").status == .notFound, "\(other)")
                }
            }
        }
    }

    @Test("publish an agent, and take it back")
    func publish() async throws {
        try await PagesFixture.with { fixture in
            let agent = try await fixture.directory.publish(#"{"name": "Helper"}"#, in: fixture.directory.rival, publish: false)
            let address = "/workspace/agents/\(agent.uuidString.lowercased())"
            try await fixture.signedIn { browser in
                let done = try await browser.act(
                    "\(address)/publish", from: address, [(name: "version", value: "2.0.0"), (name: "changelog", value: "All new.")])
                #expect(done.status == .seeOther && done.location == "\(address)?said=published")
                let shown = try await browser.get(try #require(done.location))
                #expect(shown.text.contains("anyone may read and fork it") && shown.text.contains("Everyone sees version 2.0.0"))
                #expect(shown.links("/agents/rival/helper") == ["/agents/rival/helper"])
                let page = try await browser.get("/agents/rival/helper")
                #expect(page.text.contains("All new.") && page.text.contains("Version 2.0.0"))
                #expect(try await browser.act("\(address)/publish", from: address).location == "\(address)?said=published-before")
                let wrong = try await browser.act("\(address)/publish", from: address, [(name: "version", value: "latest <b>")])
                #expect(wrong.status == .unprocessableContent && wrong.text.contains("not a range"))
                #expect(wrong.text.contains("value=\"latest &lt;b&gt;\""), "what was typed is there still")

                let link = try #require(try await browser.get(address).links("\(address)/unpublish").first)
                let question = try await browser.get(link)
                #expect(question.status == .ok && question.text.contains("Forks of it stay") && question.links(address).contains(address))
                #expect(try await browser.act(link, from: link).text.contains("Take helper out of the directory?"), "nobody has said yes")
                #expect(try await browser.get("/agents/rival/helper").status == .ok)
                let back = try await browser.act(link, from: link, [(name: "confirmed", value: "yes")])
                #expect(back.location == "\(address)?said=taken-back")
                #expect(try await browser.get("/agents/rival/helper").status == .notFound)
                #expect(try await browser.get(address).text.contains("Only this workspace sees it."))
            }
        }
    }

    @Test("say in words what keeps an agent from being published")
    func refused() async throws {
        try await PagesFixture.with { fixture in
            let key = "ghp_" + "q7Rk2VbX9mTz4NcW8pLd6HsY3gFj5Ae1Uo0i"
            let character = #"{"name": "Helper", "bio": "Mail \#(key) to me."}"#
            let agent = try await fixture.directory.publish(character, in: fixture.directory.rival, publish: false)
            let address = "/workspace/agents/\(agent.uuidString.lowercased())"
            try await fixture.signedIn { browser in
                let page = try await browser.get(address)
                #expect(page.text.contains("It cannot be published as it is.") && page.text.contains("at <code>/bio</code>"))
                #expect(!page.text.contains("/publish\"") && !page.text.contains(key))
                // Another tab had the form still.
                let form = [(name: "form", value: page.field("form"))]
                let refused = try await browser.post("\(address)/publish", form)
                #expect(refused.status == .unprocessableContent && refused.text.contains("The agent holds what looks like keys"))
                #expect(refused.text.contains("at <code>/bio</code>") && !refused.text.contains(key))
                #expect(try await fixture.directory.count("select count(*) from published_agents") == 0)
            }
        }
    }

    @Test("a form without the session's word changes nothing, nor does a token that may not")
    func rights() async throws {
        try await PagesFixture.with { fixture in
            let agent = try await fixture.directory.publish(#"{"name": "Helper"}"#, in: fixture.directory.rival, publish: false)
            let address = "/workspace/agents/\(agent.uuidString.lowercased())"
            let token = try await fixture.token("second")
            try await fixture.signedIn { browser in
                let other = await browser.other()
                try await other.signIn(token)
                let (own, foreign) = (try await browser.get(address).field("form"), try await other.get(address).field("form"))
                #expect(own != nil && own != foreign)
                let tries: [(String?, HTTPFields)] = [
                    (nil, [:]), ("", [:]), (foreign, [:]), (own, [.secFetchSite: "cross-site"]), (own, [.secFetchSite: "same-site"]),
                ]
                for (word, headers) in tries {
                    let answer = try await browser.post("\(address)/publish", [(name: "form", value: word)], headers: headers)
                    #expect(answer.status == .forbidden && answer.headers[.contentType] == "text/html; charset=utf-8")
                }
                #expect(try await fixture.directory.count("select count(*) from published_agents") == 0)
            }
            try await fixture.signedIn(scopes: [.agentsRead]) { reader in
                let page = try await reader.get(address)
                #expect(page.status == .ok && !page.text.contains("/publish\"") && page.text.contains("agents:write"))
                let answer = try await reader.post("\(address)/publish", [(name: "form", value: page.field("form"))])
                #expect(answer.status == .forbidden && answer.text.contains("agents:write"))
            }
        }
    }
}
