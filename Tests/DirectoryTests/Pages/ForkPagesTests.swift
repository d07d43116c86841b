import Foundation
import HTTPTypes
import Jobs
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Forking by a button", .timeLimit(.minutes(1)))
struct ForkPagesTests {
    private static let path = "/agents/acme/eliza/fork"

    /// What the form of the page hides.
    private static func fields(_ page: PageAnswer, name: String? = nil) -> [(name: String, value: String?)] {
        [(name: "form", value: page.field("form")), (name: "key", value: page.field("key")), (name: "name", value: name)]
    }

    @Test("leads from the public page over the sign-in to the fork")
    func way() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(#"{"name": "Eliza", "settings": {"secrets": {"A": "x"}}}"#, as: "1.0.0")
            let token = try await fixture.token()
            try await fixture.browsing { browser in
                let button = try await browser.post(Self.path)
                #expect(button.status == .seeOther && button.location == "/sign-in?next=%2Fagents%2Facme%2Feliza%2Ffork")
                let signedIn = try await browser.signIn(token, next: Self.path)
                #expect(signedIn.location == Self.path)
                // Signed in, the button of the public page leads to the visitor's own form.
                let again = try await browser.post(Self.path)
                #expect(again.status == .seeOther && again.location == Self.path)
                let form = try await browser.get(Self.path)
                #expect(form.text.contains("Fork <bdi>Eliza</bdi>") && form.text.contains("version 1.0.0") && form.text.contains("1 of them"))
                let accepted = try await browser.post(Self.path, Self.fields(form))
                #expect(accepted.status == .seeOther)
                let place = try #require(accepted.location)
                #expect(place.hasPrefix("/workspace/forks/"))

                let waiting = try await browser.get(place)
                #expect(waiting.status == .ok && waiting.text.contains("Accepted") && waiting.text.contains("data-live"))
                #expect(waiting.text.contains("<noscript><meta http-equiv=\"refresh\" content=\"2\"></noscript>"))
                let job = try #require(UUID(uuidString: String(place.dropFirst("/workspace/forks/".count))))
                try await fixture.directory.withWorker {
                    let status = try await fixture.directory.producer.wait(job, workspace: fixture.directory.rival, timeout: .seconds(20))
                    #expect(status?.state == .done)
                }
                let done = try await browser.get(place)
                #expect(done.status == .seeOther && done.location == "/workspace/agents/\(job.lowercased)?said=forked")
                let fork = try await browser.get(try #require(done.location))
                #expect(fork.text.contains("The fork is yours") && fork.text.contains("/settings/secrets/A"))
            }
        }
    }

    @Test("the form says before it hurts which plugins are not looked after, and the fork's answer says it again")
    func plugins() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(#"{"name": "Eliza", "plugins": ["@elizaos/plugin-gone", "@elizaos/plugin-new"]}"#, as: "1.0.0")
            _ = try await fixture.directory.database.psql(
                """
                insert into plugin_records (name, owner, repository, lines, first_seen_at, gone_at, maintenance, maintenance_reason, source_digest)
                values ('@elizaos/plugin-gone', 'elizaos', 'https://github.com/elizaos/gone', '{v1}', now(), now(), 'gone', 'gone', sha256('x'));
                """)
            try await fixture.signedIn { browser in
                let form = try await browser.get(Self.path)
                #expect(form.text.contains("<b>No longer looked after: @elizaos/plugin-gone.</b>"))
                #expect(form.text.contains("<code>@elizaos/plugin-new</code>") && form.text.contains("Not known"))
                let wrong = try await browser.post(Self.path, Self.fields(form, name: "Not a name"))
                #expect(wrong.text.contains("<b>No longer looked after: @elizaos/plugin-gone.</b>"), "and on the form that comes back")
            }
            let fork = try await fixture.directory.handle(ForkAgent(owner: "acme", name: "eliza", forkName: nil))
            #expect(fork.pluginWarnings.map { "\($0.name) \($0.verdict)" } == ["@elizaos/plugin-gone unmaintained"])
        }
    }

    @Test("one form is one fork, however often it is sent, and another name in it is another request")
    func once() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0")
            try await fixture.signedIn { browser in
                let form = try await browser.get(Self.path)
                let first = try await browser.post(Self.path, Self.fields(form))
                for _ in 0..<3 {
                    let again = try await browser.post(Self.path, Self.fields(form))
                    #expect(again.location == first.location && again.status == .seeOther)
                }
                #expect(try await browser.post(Self.path, Self.fields(form, name: "mine")).location != first.location)
                let other = try await browser.get(Self.path)
                #expect(other.field("key") != form.field("key"))
                #expect(try await browser.post(Self.path, Self.fields(other)).location != first.location)
                #expect(try await fixture.directory.count("select count(*) from acceptances where kind = 'agent.fork'") == 3)
            }
        }
    }

    @Test("says what is wrong with a name, and why a fork came to nothing")
    func faults() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0")
            _ = try await fixture.directory.publish(#"{"name": "Mine"}"#, in: fixture.directory.rival, publish: false)
            try await fixture.signedIn { browser in
                let form = try await browser.get(Self.path)
                let wrong = try await browser.post(Self.path, Self.fields(form, name: "Not <a> name"))
                #expect(wrong.status == .unprocessableContent && wrong.text.contains("A name is lower-case letters"))
                #expect(wrong.text.contains("value=\"Not &lt;a&gt; name\"") && wrong.text.contains("aria-invalid=\"true\""))
                let taken = try #require(try await browser.post(Self.path, Self.fields(form, name: "mine")).location)
                let job = try #require(UUID(uuidString: String(taken.dropFirst("/workspace/forks/".count))))
                try await fixture.directory.withWorker {
                    let status = try await fixture.directory.producer.wait(job, workspace: fixture.directory.rival, timeout: .seconds(20))
                    #expect(status?.state == .dead)
                }
                let failed = try await browser.get(taken)
                #expect(failed.status == .ok && failed.text.contains("Failed") && failed.text.contains("an agent named mine already"))
                #expect(!failed.text.contains("data-live") && !failed.text.contains("http-equiv=\"refresh\""))
            }
        }
    }

    @Test("no other site forks in a visitor's name, no reader does, and nobody sees another's fork")
    func rights() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0")
            let stranger = try await fixture.token("stranger", in: fixture.directory.acme)
            try await fixture.signedIn { browser in
                let form = try await browser.get(Self.path)
                let cross = try await browser.post(Self.path, Self.fields(form), headers: [.secFetchSite: "cross-site"])
                #expect(cross.status == .forbidden)
                let forged: [(name: String, value: String?)] = [(name: "form", value: "x"), (name: "key", value: form.field("key"))]
                #expect(try await browser.post(Self.path, forged).status == .forbidden)
                #expect(try await fixture.directory.count("select count(*) from acceptances where kind = 'agent.fork'") == 0)
                let keyless: [(name: String, value: String?)] = [(name: "form", value: form.field("form"))]
                #expect(try await browser.post(Self.path, keyless).status == .badRequest)

                let place = try #require(try await browser.post(Self.path, Self.fields(form)).location)
                let other = await browser.other()
                try await other.signIn(stranger)
                #expect(try await other.get(place).status == .notFound)
                #expect(try await browser.get("/workspace/forks/\(UUID())").status == .notFound)
            }
            try await fixture.signedIn(scopes: [.agentsRead]) { reader in
                let form = try await reader.get(Self.path)
                #expect(form.status == .forbidden && form.text.contains("agents:write"))
            }
        }
    }

    @Test("an agent in quarantine is not forked, a removed one is gone, and a renamed one leads on")
    func statuses() async throws {
        try await PagesFixture.with { fixture in
            let agent = try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0")
            try await fixture.signedIn { browser in
                let form = try await browser.get(Self.path)
                try await fixture.setStatus(.quarantined, reason: "Reports.")
                #expect(try await browser.get(Self.path).status == .conflict)
                #expect(try await browser.post(Self.path, Self.fields(form)).status == .conflict)
                try await fixture.setStatus(.removed, reason: "It sends keys away.")
                #expect(try await browser.get(Self.path).status == .gone)
                try await fixture.setStatus(.active, reason: "A mistake.")
                let name = try #require(AgentName("elise"))
                _ = try await fixture.directory.desk.rename(agent, to: name, workspace: fixture.directory.acme)
                #expect(try await browser.get(Self.path).location == "/agents/acme/elise/fork")
                #expect(try await browser.post(Self.path, Self.fields(form)).location == "/agents/acme/elise/fork")
            }
        }
    }
}
