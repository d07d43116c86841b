import Foundation
import HTTPTypes
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Verified owners in pages", .timeLimit(.minutes(1)))
struct VerifiedOwnersPagesTests {
    private typealias Fields = [(name: String, value: String?)]

    private static let place = "/moderation/owners"
    private static let badge = "Verified: <bdi>Acme &amp; Sons</bdi></span>"

    private static func verification(_ name: String = "Acme & Sons", owner: String = "acme", site: String = "https://acme.example/") -> Fields {
        [(name: "owner", value: owner), (name: "name", value: name), (name: "site", value: site)]
    }

    private static func withdrawal(_ reason: String = "The <domain> is sold.", confirmed: String? = nil) -> Fields {
        [(name: "owner", value: "acme"), (name: "reason", value: reason), (name: "confirmed", value: confirmed)]
    }

    /// A browser of an operator who has signed in.
    private static func operating(
        _ fixture: PagesFixture, _ browser: PageBrowser, scopes: Set<Scope> = [.directoryModerate]
    ) async throws -> PageBrowser {
        let other = await browser.other()
        let token = try await fixture.operatorToken("ann", scopes: scopes)
        _ = try await other.act("/moderation/sign-in", from: "/moderation/sign-in", [(name: "token", value: token)])
        return other
    }

    @Test("an operator verifies one by a form, and everybody reads it with its agents until that is taken back")
    func way() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(#"{"name": "Eliza", "bio": "Listens."}"#, as: "1.0.0")
            try await fixture.browsing { browser in
                let pages = ["/agents", "/agents?q=eliza", "/agents/acme/eliza", "/agents/acme/eliza/v/1.0.0"]
                for page in pages { #expect(try await !browser.get(page).text.contains("Verified"), "\(page)") }
                let before = try await browser.get("/agents/acme/eliza")
                #expect(before.text.contains("nobody has checked") && before.text.contains("\"name\":\"acme\""))

                let ann = try await Self.operating(fixture, browser)
                #expect(try await ann.get("/moderation").links(Self.place) == [Self.place])
                #expect(try await ann.get(Self.place).text.contains("No owner is verified."))
                let done = try await ann.act("\(Self.place)/verify", from: Self.place, Self.verification())
                #expect(done.status == .seeOther && done.location == "\(Self.place)?said=verified")
                let listed = try await ann.get("\(Self.place)?said=verified")
                #expect(listed.text.contains("It is verified.") && listed.text.contains("<bdi>Acme &amp; Sons</bdi>"))
                #expect(listed.links("/agents?owner=acme") == ["/agents?owner=acme"] && listed.text.contains("<td>ann</td>"))

                for page in pages { #expect(try await browser.get(page).text.contains(Self.badge), "\(page)") }
                let shown = try await browser.get("/agents/acme/eliza")
                #expect(shown.links("https://acme.example/") == ["https://acme.example/"] && !shown.text.contains("nobody has checked"))
                #expect(shown.text.contains("\"alternateName\":\"acme\"") && shown.headers[.eTag] != before.headers[.eTag])
                let found = try await browser.get("/agents")
                #expect(found.text.contains("<h2>Maintainer</h2>") && found.links("/agents?verified=true") == ["/agents?verified=true"])
                #expect(try await browser.get("/agents?verified=true").text.contains("Maintainer: <bdi>Verified</bdi>"))

                // It is asked about first.
                let question = try await ann.act("\(Self.place)/withdraw", from: Self.place, Self.withdrawal())
                #expect(question.status == .ok && question.text.contains("Take back that acme is verified?"))
                #expect(question.text.contains("The &lt;domain&gt; is sold.") && question.field("owner") == "acme")
                let changed = try await ann.act("\(Self.place)/withdraw", from: Self.place, Self.withdrawal(confirmed: "no"))
                #expect(changed.status == .ok && changed.text.contains("The &lt;domain&gt; is sold."))
                #expect(!changed.text.contains("Nothing was changed."))
                #expect(try await browser.get("/agents/acme/eliza").text.contains(Self.badge))
                let ended = try await ann.act("\(Self.place)/withdraw", from: Self.place, Self.withdrawal(confirmed: "yes"))
                #expect(ended.location == "\(Self.place)?said=withdrawn")
                for page in pages { #expect(try await !browser.get(page).text.contains("Verified"), "\(page)") }
            }
            #expect(try await fixture.directory.count("select count(*) from access_log where action like 'owner.%'") == 2)
        }
    }

    @Test("what is refused comes back in its form, and nobody else changes anything")
    func refused() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0")
            try await fixture.signedIn { visitor in
                #expect(try await visitor.get(Self.place).location == "/moderation/sign-in?next=%2Fmoderation%2Fowners")
                let reader = try await Self.operating(fixture, visitor, scopes: [.operationsRead])
                #expect(try await reader.get(Self.place).status == .seeOther)
                let ann = try await Self.operating(fixture, visitor)
                let word = try await ann.get(Self.place).field("form")
                let own = Self.verification() + [(name: "form", value: word)]
                #expect(try await ann.post("\(Self.place)/verify", own, headers: [.secFetchSite: "cross-site"]).status == .forbidden)
                #expect(try await ann.post("\(Self.place)/verify", Self.verification()).status == .forbidden)
                let foreign = try await visitor.get("/workspace").field("form")
                #expect(try await ann.post("\(Self.place)/verify", Self.verification() + [(name: "form", value: foreign)]).status == .forbidden)

                let fields = Self.verification("Acme\u{202E}", site: "http://acme.example")
                let wrong = try await ann.act("\(Self.place)/verify", from: Self.place, fields)
                #expect(wrong.status == .unprocessableContent && wrong.text.contains("Who stands behind it: Character 5, U+202E, is not seen."))
                #expect(wrong.text.contains("The site: Send an https address") && wrong.field("owner") == "acme")
                let none = try await ann.act("\(Self.place)/verify", from: Self.place, Self.verification(owner: "nobody"))
                #expect(none.status == .notFound && none.text.contains("There is no owner of this name."))
                let open = try await ann.act("\(Self.place)/withdraw", from: Self.place, Self.withdrawal(confirmed: "yes"))
                #expect(open.status == .notFound && open.text.contains("The owner is not verified."))
                let mute = try await ann.act("\(Self.place)/withdraw", from: Self.place, Self.withdrawal(" ", confirmed: "yes"))
                #expect(mute.status == .unprocessableContent && mute.text.contains("Why: Say why"))
                #expect(try await fixture.directory.count("select count(*) from owner_verifications") == 0)
            }
        }
    }
}
