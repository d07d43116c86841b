import Foundation
import TestSupport
import HTTPTypes
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Reporting an agent by a form", .timeLimit(.minutes(1)))
struct ReportPageTests {
    private static let page = "/agents/acme/eliza/report"

    @Test("anybody may, and is given a receipt with which to ask")
    func report() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0")
            try await fixture.browsing { browser in
                let form = try await browser.get(Self.page)
                #expect(form.status == .ok && form.headers[.cacheControl] == "no-store")
                for reason in ReportReason.allCases { #expect(form.text.contains("value=\"\(reason.rawValue)\"")) }
                let sent = try await browser.act(
                    Self.page, from: Self.page,
                    [(name: "reason", value: "malware"), (name: "text", value: "It sends <keys> away."), (name: "contact", value: "me@a.example")])
                #expect(sent.status == .ok && sent.text.contains("Thank you") && sent.headers[.cacheControl] == "no-store")
                let state = try #require(sent.links("/reports/").first)
                #expect(state.contains("?receipt="))
                let shown = try await browser.get(state)
                #expect(shown.status == .ok && shown.text.contains("Your report of acme/eliza") && shown.text.contains("Nobody has decided"))
                #expect(shown.headers[.cacheControl] == "no-store" && !shown.text.contains("keys"))
                #expect(try await browser.get(String(state.prefix { $0 != "?" })).status == .notFound, "without the receipt")
                let row = "select reason || ' ' || text || ' ' || contact from agent_reports"
                let written = try await fixture.directory.database.psql(row).trimmingCharacters(in: .whitespacesAndNewlines)
                #expect(written == "malware It sends <keys> away. me@a.example")
                // Loading the answer again sends the form again: it is one report, with one receipt.
                let again = try await browser.act(Self.page, from: Self.page, [(name: "reason", value: "malware")])
                #expect(again.links("/reports/") == [state])
                #expect(try await fixture.directory.count("select count(*) from agent_reports") == 1)
            }
        }
    }

    @Test("what is wrong with it is said in the words of the form, which keeps what was typed")
    func faults() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0")
            try await fixture.browsing { browser in
                let none = try await browser.act(Self.page, from: Self.page, [(name: "text", value: "a </textarea><b>")])
                #expect(none.status == .unprocessableContent && none.text.contains("choose one of the reasons"))
                #expect(none.text.contains("a &lt;/textarea&gt;&lt;b&gt;</textarea>"))
                let other = try await browser.act(Self.page, from: Self.page, [(name: "reason", value: "other"), (name: "text", value: " ")])
                #expect(other.status == .unprocessableContent && other.text.contains("In your words: The text is empty."))
                #expect(other.text.contains("value=\"other\" required checked"))
                #expect(try await fixture.directory.count("select count(*) from agent_reports") == 0)
                #expect(try await browser.get("/agents/acme/nobody/report").status == .notFound)
            }
        }
    }

    @Test("no other site sends one in a visitor's name, and no browser a form that it was not given")
    func forgery() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0")
            try await fixture.browsing { browser in
                let fields: [(name: String, value: String?)] = [(name: "reason", value: "malware")]
                let bare = try await browser.post(Self.page, fields)
                #expect(bare.status == .forbidden && bare.text.contains("too old"))
                let other = await browser.other()
                let foreign = try await other.get(Self.page).field("form")
                _ = try await browser.get(Self.page)
                #expect(try await browser.post(Self.page, fields + [(name: "form", value: foreign)]).status == .forbidden)
                let own = fields + [(name: "form", value: try await browser.get(Self.page).field("form"))]
                #expect(try await browser.post(Self.page, own, headers: [.secFetchSite: "cross-site"]).status == .forbidden)
                #expect(try await fixture.directory.count("select count(*) from agent_reports") == 0)
                #expect(try await browser.post(Self.page, own, headers: [.secFetchSite: "same-origin"]).status == .ok)
            }
        }
    }

    @Test("whoever has signed in is believed as whoever shows a token, and one address sends its share only")
    func reporters() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0")
            try await fixture.signedIn { browser in
                let known = try await browser.act(Self.page, from: Self.page, [(name: "reason", value: "malware")])
                #expect(known.status == .ok)
                #expect(try await fixture.directory.count("select count(*) from agent_reports where is_identified") == 1)
                let stranger = await browser.other()
                var statuses: [HTTPResponse.Status] = []
                for reason in ReportReason.allCases + ReportReason.allCases {
                    let agent = statuses.count < ReportReason.allCases.count ? "eliza" : "second"
                    if statuses.count == ReportReason.allCases.count { try await fixture.publish(#"{"name": "Second"}"#, as: "1.0.0") }
                    let page = "/agents/acme/\(agent)/report"
                    let fields: [(name: String, value: String?)] = [(name: "reason", value: reason.rawValue), (name: "text", value: "words")]
                    statuses.append(try await stranger.act(page, from: page, fields).status)
                }
                // One of the ten was the visitor's, who has the same address.
                #expect(statuses.count(where: { $0 == .ok }) == Int(ReportDesk.most) - 1)
                #expect(statuses.last == .tooManyRequests)
            }
        }
    }
}
