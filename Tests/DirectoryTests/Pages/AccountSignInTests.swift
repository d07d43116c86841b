import Foundation
import HTTPTypes
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Signing in for a workspace with an account at the issuer", .timeLimit(.minutes(1)))
struct AccountSignInTests {
    @Test("without a client at the issuer there is no button, and the addresses are not there")
    func without() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.browsing { browser in
                let page = try await browser.get("/sign-in?next=%2Fagents")
                #expect(page.status == .ok && page.links("/sign-in/oidc").isEmpty && !page.text.contains("Or with a token"))
                for path in ["/sign-in/oidc", "\(OIDCRelyingParty.path)?code=a&state=b"] {
                    let answer = try await browser.get(path)
                    #expect(answer.status == .notFound, "\(path)")
                }
                let answer = try await browser.post(OIDCSignIn.choicePath)
                #expect(answer.status == .notFound)
            }
        }
    }

    @Test("from the button to the issuer, back, and on to where it was to lead: signed in by name, and out again")
    func whole() async throws {
        try await PagesFixture.with { plain in
            let fixture = try plain.withAccounts()
            try await fixture.person("Ann <b>", subject: "ann", [(fixture.directory.rival, .owner)])
            try await fixture.browsing { browser in
                let page = try await browser.get("/sign-in?next=%2Fagents%2Facme%2Feliza%2Ffork")
                #expect(page.text.contains("Sign in at id.example.com"))
                let button = try #require(page.links("/sign-in/oidc").first)
                let sent = try await browser.get(button)
                #expect(sent.status == .seeOther && sent.location?.hasPrefix("https://id.example.com/authorize?response_type=code&") == true)
                let back = try await browser.get(try ScriptedIssuer.back("ann", from: sent.location))
                #expect(back.status == .ok && back.headers[.refresh] == "0; url=/agents/acme/eliza/fork" && back.headers[.location] == nil)
                #expect(back.links("/agents/acme/eliza/fork").count == 1 && back.headers[.cacheControl] == "no-store")
                let cookies = back.headers[values: .setCookie]
                let session = try #require(cookies.first { $0.hasPrefix("mainstay_workspace=") })
                #expect(session.contains("; Path=/; Max-Age=") && session.hasSuffix("; HttpOnly; SameSite=Strict"))
                let forgotten = await browser.cookie("mainstay_oidc")
                #expect(cookies.count == 2 && forgotten == nil)

                let workspace = try await browser.get("/workspace")
                #expect(workspace.status == .ok && workspace.text.contains("Signed in as <b>Ann &lt;b&gt;</b>"))
                let cookie = await browser.cookie("mainstay_workspace")
                let out = try await browser.act("/sign-out", from: "/workspace")
                #expect(out.location == "/agents")
                await browser.setCookie("mainstay_workspace", cookie)
                let copy = try await browser.get("/workspace")
                #expect(copy.status == .seeOther, "a copy is over as well")
            }
        }
    }

    @Test("a sign-in leads to pages of ours only, and one that was not begun here signs nobody in")
    func refusals() async throws {
        try await PagesFixture.with { plain in
            let fixture = try plain.withAccounts()
            try await fixture.person("Ann", subject: "ann", [(fixture.directory.rival, .owner)])
            try await fixture.browsing { browser in
                let evil = try await browser.signIn(as: "ann", next: "//evil.example/workspace")
                #expect(evil.headers[.refresh] == "0; url=/workspace")
                let other = await browser.other()
                let sent = try await browser.get("/sign-in/oidc")
                let stranger = try await other.get(try ScriptedIssuer.back("ann", from: sent.location))
                #expect(stranger.status == .forbidden && stranger.text.contains("Begin it again"))
                #expect(!stranger.text.contains("aria-invalid") && stranger.links("/sign-in/oidc").count == 1)
                let signedOut = try await other.get("/workspace")
                #expect(signedOut.status == .seeOther)
                let declined = try await browser.get("/sign-in/oidc")
                let asked = String(try #require(declined.location?.split(separator: "?").last))
                let state = try #require(try Query(asked)["state"])
                let answer = try await browser.get("\(OIDCRelyingParty.path)?error=access_denied&state=\(state)")
                #expect(answer.status == .forbidden && answer.text.contains("did not sign you in"))
            }
        }
    }

    @Test("an account without a place is told so, with what an operator needs to know")
    func outsiders() async throws {
        try await PagesFixture.with { plain in
            let fixture = try plain.withAccounts()
            try await fixture.person("Guest", subject: "guest", [])
            try await fixture.browsing { browser in
                let unknown = try await browser.signIn(as: "it's me")
                #expect(unknown.status == .forbidden && unknown.text.contains("Your account is not known here"))
                #expect(unknown.text.contains("mainstay workspace link-account "))
                let guest = try await browser.signIn(as: "guest")
                #expect(guest.status == .forbidden && guest.text.contains("You are no member of the workspace"))
                #expect(!guest.text.contains("link-account"))
                let page = try await browser.get("/workspace")
                #expect(page.status == .seeOther)
            }
        }
        #expect(OutsiderPage.quoted("8f14e45f") == "8f14e45f" && OutsiderPage.quoted("a b") == "'a b'")
        #expect(OutsiderPage.quoted("it's") == #"'it'\''s'"# && OutsiderPage.quoted("--yes") == "'--yes'")
    }

    @Test("a member of two workspaces chooses one, and is signed in for that one")
    func choice() async throws {
        try await PagesFixture.with { plain in
            let fixture = try plain.withAccounts()
            let (acme, rival) = (fixture.directory.acme, fixture.directory.rival)
            try await fixture.person("Ann", subject: "ann", [(acme, .owner), (rival, .viewer)])
            try await fixture.browsing { browser in
                let page = try await browser.signIn(as: "ann", next: "/agents")
                #expect(page.status == .ok && page.text.contains("value=\"acme\"") && page.text.contains("value=\"rival\""))
                let closed = try await browser.get("/workspace")
                #expect(closed.status == .seeOther)
                let form: [(name: String, value: String?)] = [(name: "form", value: page.field("form")), (name: "workspace", value: "rival")]
                let strange = try await browser.post(OIDCSignIn.choicePath, form, headers: [.secFetchSite: "cross-site"])
                #expect(strange.status == .forbidden)
                let chosen = try await browser.post(OIDCSignIn.choicePath, form)
                #expect(chosen.status == .ok && chosen.headers[.refresh] == "0; url=/agents" && chosen.text.contains("<bdi>Rival</bdi>"))
                let workspace = try await browser.get("/workspace")
                #expect(workspace.status == .ok && workspace.text.contains("Rival"))
                let again = try await browser.post(OIDCSignIn.choicePath, form)
                #expect(again.status == .forbidden, "a choice is made once")
            }
        }
    }

    @Test("an owner without any token restores at the sign-in what it deleted, and is signed in for it")
    func restoring() async throws {
        try await PagesFixture.with { plain in
            let fixture = try plain.withAccounts()
            let rival = fixture.directory.rival
            try await fixture.person("Olga", subject: "olga", [(rival, .owner)])
            try await fixture.person("Mia", subject: "mia", [(rival, .maintainer)])
            let deleted = "select count(*) from workspaces where deleted_at is not null"
            try await fixture.browsing { owner in
                let maintainer = await owner.other()
                try await owner.signIn(as: "olga")
                let question = try await owner.get("/workspace/delete")
                #expect(question.text.contains("an owner restores it: by signing in again with an account"))
                let yes: [(name: String, value: String?)] = [(name: "confirmed", value: "yes"), (name: "word", value: "rival")]
                let done = try await owner.act("/workspace/delete", from: "/workspace/delete", yes)
                #expect(done.status == .ok && done.text.contains("by signing in again with an account"))
                let other = try await maintainer.signIn(as: "mia")
                #expect(other.status == .forbidden && other.text.contains("You are no member of the workspace"))

                let page = try await owner.signIn(as: "olga", next: "/agents")
                #expect(page.status == .ok && page.field("restore") == "rival" && !page.text.contains("type=\"radio\""))
                let form: [(name: String, value: String?)] = [(name: "form", value: page.field("form")), (name: "restore", value: "rival")]
                let strange = try await owner.post(OIDCSignIn.choicePath, form, headers: [.secFetchSite: "cross-site"])
                #expect(strange.status == .forbidden)
                let without = try await maintainer.post(OIDCSignIn.choicePath, form)
                #expect(without.status == .forbidden, "another browser's form")
                #expect(try await fixture.directory.count(deleted) == 1)
                let back = try await owner.post(OIDCSignIn.choicePath, form)
                #expect(back.status == .ok && back.headers[.refresh] == "0; url=/agents" && back.text.contains("<bdi>Rival</bdi>"))
                #expect(try await fixture.directory.count(deleted) == 0)
                let entry = "select count(*) from access_log where action = 'workspace.restored' and actor_kind = 'token'"
                #expect(try await fixture.directory.count(entry) == 1)
                let workspace = try await owner.get("/workspace")
                #expect(workspace.status == .ok && workspace.text.contains("Signed in as <b>Olga</b>"))
                let again = try await owner.post(OIDCSignIn.choicePath, form)
                #expect(again.status == .forbidden, "a choice is made once")
            }
        }
    }

    @Test("who is removed, or whose account is unlinked, is signed out with the next page; who is in sees and does what the role allows")
    func endings() async throws {
        try await PagesFixture.with { plain in
            let fixture = try plain.withAccounts()
            let rival = fixture.directory.rival
            try await fixture.person("Olga", subject: "olga", [(rival, .owner)])
            let vera = try await fixture.person("Vera", subject: "vera", [(rival, .viewer)])
            try await fixture.browsing { owner in
                let viewer = await owner.other()
                try await owner.signIn(as: "olga")
                try await viewer.signIn(as: "vera")
                let seen = try await viewer.get("/workspace")
                #expect(seen.text.contains("Your role may not see the workspace’s tokens"))
                // Vera may remove nobody but herself.
                let own = seen.links("/workspace/members/")
                #expect(own.count == 1)
                let question = try await viewer.get(try #require(own.first))
                #expect(question.text.contains("This is you: you leave."))
                let all = try await owner.get("/workspace").links("/workspace/members/")
                #expect(all.count == 2 && Set(all).isSuperset(of: own))
                let removed = try await owner.act(own[0], from: own[0], [(name: "confirmed", value: "yes")])
                #expect(removed.location == "/workspace?said=member-removed")
                let out = try await viewer.get("/workspace")
                #expect(out.status == .seeOther)
                let gone = try await viewer.signIn(as: "vera")
                #expect(gone.status == .forbidden)

                let still = try await owner.get("/workspace")
                #expect(still.status == .ok)
                let ended = try await fixture.workspaces.identities.unlink(ScriptedIssuer.account("olga"), by: .system("test"))
                let after = try await owner.get("/workspace")
                #expect(ended && after.status == .seeOther)
            }
            let left = try await fixture.directory.count("select count(*) from members where user_id = '\(vera)'")
            #expect(left == 0)
        }
    }
}
