import Foundation
import HTTPTypes
import Postgres
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Changing an agent on a workspace's pages", .timeLimit(.minutes(1)))
struct ChangingPagesTests {
    private typealias Fields = [(name: String, value: String?)]

    private static let yes: Fields = [(name: "confirmed", value: "yes")]

    private static func address(_ agent: UUID) -> String { "/workspace/agents/\(agent.uuidString.lowercased())" }
    private static func name(_ name: String) -> Fields { [(name: "name", value: name)] }
    private static func reason(_ reason: String) -> Fields { [(name: "status", value: "deprecated"), (name: "reason", value: reason)] }

    @Test("a public agent is renamed after a question, and its old address leads to the new one")
    func renamed() async throws {
        try await PagesFixture.with { fixture in
            let address = Self.address(try await fixture.directory.publish(#"{"name": "Helper"}"#, in: fixture.directory.rival))
            try await fixture.signedIn { browser in
                let page = try await browser.get(address)
                #expect(page.field("name") == "helper" && page.text.contains("the old name stays yours"))
                let question = try await browser.act("\(address)/rename", from: address, Self.name("guide"))
                #expect(question.status == .ok && question.text.contains("Rename helper to guide?") && question.field("name") == "guide")
                for words in ["/agents/rival/guide", "/agents/rival/helper", "nobody else gets that name"] {
                    #expect(question.text.contains(words), "\(words)")
                }
                #expect(try await browser.get("/agents/rival/helper").status == .ok, "nobody has said yes")
                let no: Fields = [(name: "confirmed", value: "no")]
                let other = try await browser.act("\(address)/rename", from: address, Self.name("guide") + no)
                #expect(other.status == .ok && other.field("name") == "guide" && other.text.contains("<h2 id=\"naming\">"))
                #expect(!other.text.contains("name-fault"), "who thinks again has made no fault")

                let done = try await browser.act("\(address)/rename", from: address, Self.name(" guide ") + Self.yes)
                #expect(done.status == .seeOther && done.location == "\(address)?said=renamed")
                let shown = try await browser.get("\(address)?said=renamed")
                #expect(shown.text.contains("It has its new name.") && shown.links("/agents/rival/guide") == ["/agents/rival/guide"])
                let old = try await browser.get("/agents/rival/helper")
                #expect(old.status == .movedPermanently && old.location == "/agents/rival/guide")
                // The same form once more, as a second press of the button sends it.
                let again = try await browser.act("\(address)/rename", from: address, Self.name("guide") + Self.yes)
                #expect(again.location == "\(address)?said=renamed")
                #expect(try await fixture.directory.count("select count(*) from access_log where action = 'agent.renamed'") == 1)
            }
        }
    }

    @Test("an agent that nobody else sees is renamed at once, and a name that will not do comes back with the reason beside it")
    func refusedNames() async throws {
        try await PagesFixture.with { fixture in
            let rival = fixture.directory.rival
            _ = try await fixture.directory.publish(#"{"name": "Guide"}"#, in: rival, publish: false)
            let address = Self.address(try await fixture.directory.publish(#"{"name": "Helper"}"#, in: rival, publish: false))
            try await fixture.signedIn { browser in
                let done = try await browser.act("\(address)/rename", from: address, Self.name("aide"))
                #expect(done.location == "\(address)?said=renamed")
                let cases: [(typed: String, status: HTTPResponse.Status, words: String, value: String)] = [
                    ("Aide <b>", .unprocessableContent, "A name is lower-case letters", "Aide &lt;b&gt;"),
                    ("publish", .unprocessableContent, "A name is lower-case letters", "publish"),
                    ("guide", .conflict, "An agent of this workspace is named `guide`.", "guide"),
                ]
                for (typed, status, words, value) in cases {
                    let refused = try await browser.act("\(address)/rename", from: address, Self.name(typed))
                    #expect(refused.status == status && refused.text.contains("<p id=\"name-fault\">\(words)"), "\(typed)")
                    #expect(refused.text.contains("aria-invalid=\"true\" aria-describedby=\"name-fault\""), "\(typed)")
                    #expect(refused.field("name") == value, "\(typed)")
                }
                let page = try await browser.get(address)
                #expect(page.field("name") == "aide" && !page.text.contains("\(address)/status\""), "what nobody sees is not deprecated")
            }
        }
    }

    @Test("an agent is deprecated with a reason that everyone reads, which is changed and taken back")
    func deprecated() async throws {
        try await PagesFixture.with { fixture in
            let address = Self.address(try await fixture.directory.publish(#"{"name": "Helper"}"#, in: fixture.directory.rival))
            try await fixture.signedIn { browser in
                let page = try await browser.get(address)
                #expect(page.text.contains("Deprecate it") && !page.text.contains("End the deprecation"))
                for (typed, words) in [(" ", "Say why: everyone reads it."), (String(repeating: "x", count: 501), "Send at most 500 characters.")] {
                    let refused = try await browser.act("\(address)/status", from: address, Self.reason(typed))
                    #expect(refused.status == .unprocessableContent && refused.text.contains("<p id=\"reason-fault\">\(words)"))
                    #expect(refused.text.contains("aria-describedby=\"reason-fault\">\n\(typed)</textarea>"), "what was typed is there still")
                }
                for reason in ["Take <b>.", "Take acme/eliza."] {
                    let done = try await browser.act("\(address)/status", from: address, Self.reason(reason))
                    #expect(done.status == .seeOther && done.location == "\(address)?said=deprecated")
                }
                let shown = try await browser.get(address)
                for words in ["Everyone, deprecated", "Change the reason", "Take acme/eliza.</textarea>", "End the deprecation"] {
                    #expect(shown.text.contains(words), "\(words)")
                }
                let open = try await browser.get("/agents/rival/helper")
                #expect(open.text.contains("Take acme/eliza.") && !open.text.contains("Take &lt;b&gt;."))

                let end: Fields = [(name: "status", value: "active")]
                let ended = try await browser.act("\(address)/status", from: address, end)
                #expect(ended.location == "\(address)?said=undeprecated")
                let after = try await browser.get("/agents/rival/helper")
                #expect(!after.text.contains("Take acme/eliza."))
                let log = "select string_agg(action, ' ' order by sequence) from access_log where action like 'agent.deprecat%'"
                let told = try await fixture.directory.database.psql(log).trimmingCharacters(in: .whitespacesAndNewlines)
                #expect(told == "agent.deprecated agent.deprecation_ended")
            }
        }
    }

    @Test("who may not write sees neither form, and nothing is changed for another site, another workspace or without the session's word")
    func rights() async throws {
        try await PagesFixture.with { fixture in
            let address = Self.address(try await fixture.directory.publish(#"{"name": "Helper"}"#, in: fixture.directory.rival))
            let foreign = Self.address(try await fixture.directory.publish(#"{"name": "Eliza"}"#))
            let acts: [(path: String, fields: Fields)] = [("rename", Self.name("guide") + Self.yes), ("status", Self.reason("Old."))]
            try await fixture.signedIn { browser in
                let word: Fields = [(name: "form", value: try await browser.get(address).field("form"))]
                for (path, fields) in acts {
                    let unasked = try await browser.post("\(address)/\(path)", fields)
                    #expect(unasked.status == .forbidden, "\(path)")
                    let elsewhere = try await browser.post("\(address)/\(path)", fields + word, headers: [.secFetchSite: "cross-site"])
                    #expect(elsewhere.status == .forbidden, "\(path)")
                    let theirs = try await browser.post("\(foreign)/\(path)", fields + word)
                    #expect(theirs.status == .notFound, "\(path)")
                }
            }
            try await fixture.signedIn(scopes: [.agentsRead]) { reader in
                let page = try await reader.get(address)
                #expect(!page.text.contains("/rename\"") && !page.text.contains("/status\"") && page.text.contains("agents:write"))
                for (path, fields) in acts {
                    let refused = try await reader.act("\(address)/\(path)", from: address, fields)
                    #expect(refused.status == .forbidden && refused.text.contains("agents:write"), "\(path)")
                }
            }
            let untouched = "select count(*) from published_agents where name in ('helper', 'eliza') and status = 'active'"
            #expect(try await fixture.directory.count(untouched) == 2)
        }
    }

    @Test("what operators took out stays as it is, and a form of before is answered with the reason")
    func moderated() async throws {
        try await PagesFixture.with { fixture in
            let address = Self.address(try await fixture.directory.publish(#"{"name": "Helper"}"#, in: fixture.directory.rival))
            let isSet = try await fixture.directory.pool.transaction(.role(.upkeep)) { transaction in
                try await DirectoryStore.setStatus(.quarantined, reason: "It asks for keys.", owner: "rival", name: "helper", in: transaction)
            }
            #expect(isSet)
            try await fixture.signedIn { browser in
                let page = try await browser.get(address)
                #expect(!page.text.contains("/rename\"") && !page.text.contains("/status\""))
                for (path, fields) in [("rename", Self.name("guide")), ("status", Self.reason("Old."))] {
                    let refused = try await browser.act("\(address)/\(path)", from: "/workspace", fields)
                    #expect(refused.status == .conflict && refused.text.contains("The agent is in quarantine"), "\(path)")
                    #expect(refused.text.contains("The reason: It asks for keys."), "\(path)")
                }
            }
        }
    }
}
