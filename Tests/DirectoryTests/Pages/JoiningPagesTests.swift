import Foundation
import HTTPTypes
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Accepting an invitation on a page", .timeLimit(.minutes(1)))
struct JoiningPagesTests {
    @Test("a code shows what it offers; accepted, it makes a member with a token that is shown once, and signs the browser in; all of it once")
    func life() async throws {
        try await PagesFixture.with { fixture in
            let ann = try await fixture.member("Ann <b>", as: .owner)
            try await fixture.browsing { browser in
                let form = try await browser.get("/invitation")
                #expect(form.status == .ok && form.headers[.cacheControl] == "no-store")
                try await browser.signIn(ann)
                let code = try #require(try await browser.invite("viewer").secret(.invitation)).text

                let guest = await browser.other()
                let offer = try await guest.paste(" \(code) ")
                #expect(offer.status == .ok && offer.field("code") == code && offer.headers[.location] == nil)
                for words in ["Rival", "<b>viewer</b>", "Ann &lt;b&gt;", " UTC</time>"] { #expect(offer.text.contains(words), "\(words)") }
                #expect(try await fixture.members == 1, "whoever looks has not joined")

                let joined = try await guest.join(code, name: " Bob <i> ", email: "bob@guests.example")
                #expect(joined.status == .ok && joined.headers[.cacheControl] == "no-store" && joined.text.contains("It never expires by itself."))
                let token = try #require(joined.secret(.token))
                let workspace = try await guest.get("/workspace")
                #expect(workspace.status == .ok && !workspace.text.contains(token.text) && workspace.links("/workspace/invitations").isEmpty)
                let found = try #require(try await fixture.workspaces.tokens.find(token)?.token)
                #expect(found.scopes == Set(Member.Role.viewer.scopes.map(\.rawValue)) && found.expiresAt == nil)
                let people = try await fixture.workspaces.workspaces.members(of: fixture.directory.rival)
                let bob = try #require(people.first { $0.user.id == found.user })
                #expect(bob.role == .viewer && bob.user.name == "Bob <i>" && bob.user.email == "bob@guests.example")

                let again = try await guest.join(code)
                #expect(again.status == .notFound && again.secret(.token) == nil)
                #expect(try await fixture.members == 2)
                let elsewhere = try await browser.other().signIn(token.text)
                #expect(elsewhere.status == .seeOther)
            }
            let tokens = "select count(*) from access_log where action in ('member.joined', 'token.made') and actor = 'invitation'"
            #expect(try await fixture.directory.count(tokens) == 2)
        }
    }

    @Test("a code that never was, was revoked or accepted, has expired, or is none is answered alike by both forms")
    func closed() async throws {
        try await PagesFixture.with { fixture in
            let (revoked, accepted) = (try await fixture.invitation(), try await fixture.invitation())
            let expired = try await fixture.invitation(days: 1)
            try await fixture.workspaces.invitations.revoke(revoked.invitation.id, workspace: fixture.directory.rival, by: .system("test"))
            _ = try await fixture.workspaces.invitations.accept(accepted.secret, name: "Eve", email: nil)
            _ = try await fixture.directory.database.psql("update time_offset set amount = interval '86401 seconds'")
            let codes = [revoked, accepted, expired].map(\.secret.text) + [TokenSecret(.invitation).text, TokenSecret().text, "msi_nothing", ""]
            try await fixture.browsing { browser in
                var pages: Set<String> = []
                for code in codes {
                    for answer in [try await browser.paste(code), try await browser.join(code)] {
                        #expect(answer.status == .notFound && answer.text.contains("There is no such invitation, or it is not open any more."))
                        pages.insert(answer.text)
                    }
                }
                #expect(pages.count == 1, "not a byte tells them apart")
                let session = await browser.cookie("mainstay_workspace")
                #expect(session == nil)
            }
            #expect(try await fixture.members == 1)
        }
    }

    @Test("a form that this browser was not given shows nothing and lets nobody in")
    func forms() async throws {
        try await PagesFixture.with { fixture in
            let code = try await fixture.invitation().secret.text
            let fields = [(name: "code", value: code), (name: "name", value: "Guest")] as [(name: String, value: String?)]
            try await fixture.browsing { browser in
                let foreign = try await browser.other().get("/invitation").field("form")
                let own = try await browser.get("/invitation").field("form")
                let signIn = try await browser.get("/sign-in").field("form")
                for path in ["/invitation", "/invitation/accept"] {
                    for word in [nil, foreign, signIn] {
                        let answer = try await browser.post(path, fields + [(name: "form", value: word)])
                        #expect(answer.status == .forbidden && !answer.text.contains("Rival"), "\(path)")
                    }
                    let site = try await browser.post(path, fields + [(name: "form", value: own)], headers: [.secFetchSite: "cross-site"])
                    #expect(site.status == .forbidden && !site.text.contains("Rival"), "\(path)")
                }
                #expect(try await fixture.members == 0)
                let joined = try await browser.post("/invitation/accept", fields + [(name: "form", value: own)])
                #expect(joined.status == .ok)
            }
            #expect(try await fixture.members == 1)
        }
    }

    @Test("who accepts says when the first token expires; what cannot be is refused, and the invitation stays open")
    func expiry() async throws {
        try await PagesFixture.with { fixture in
            let code = try await fixture.invitation().secret.text
            try await fixture.browsing { browser in
                for days in ["0", "36501", "soon", "-1"] {
                    let refused = try await browser.join(code, name: "Guest <b>", email: "nobody", days: days)
                    #expect(refused.status == .unprocessableContent && refused.field("days") == days, "\(days)")
                    for words in ["A token expires after 1 to 36500 days, or never.", "This is no address.", "value=\"Guest &lt;b&gt;\""] {
                        #expect(refused.text.contains(words), "\(words)")
                    }
                }
                let nameless = try await browser.join(code, name: "  ")
                #expect(nameless.status == .unprocessableContent && nameless.text.contains("A name has 1 to 200 characters."))
                #expect(try await fixture.members == 0)
                let joined = try await browser.join(code, days: "90")
                #expect(joined.status == .ok && joined.text.contains("It expires on "))
                let token = try #require(joined.secret(.token))
                let found = try #require(try await fixture.workspaces.tokens.find(token)?.token)
                let life = try #require(found.expiresAt).timeIntervalSince(found.createdAt)
                #expect(abs(life - 90 * 86_400) < 3600)
            }
        }
    }

    @Test("an invitation for an address is its owner's; who is a member already, or takes another's address, is told so")
    func addresses() async throws {
        try await PagesFixture.with { fixture in
            _ = try await fixture.member("Vera", as: .viewer, email: "vera@rival.example")
            let (open, taken) = (try await fixture.invitation(email: "new@guests.example"), try await fixture.invitation())
            let member = try await fixture.invitation(as: .owner, email: "vera@rival.example")
            try await fixture.browsing { browser in
                let again = try await browser.join(member.secret.text)
                #expect(again.status == .conflict && again.text.contains("is a member of the workspace already"))
                let other = try await browser.join(taken.secret.text, email: "Vera@Rival.example")
                #expect(other.status == .conflict && other.text.contains("Somebody has this mail address."))
                #expect(other.field("email") == "Vera@Rival.example" && other.secret(.token) == nil)

                let offer = try await browser.paste(open.secret.text)
                #expect(offer.text.contains("new@guests.example") && !offer.text.contains("name=\"email\""))
                #expect(offer.text.contains("whoever runs this installation"))
                let joined = try await browser.join(open.secret.text, email: "ignored@guests.example")
                #expect(joined.status == .ok)
            }
            let people = try await fixture.workspaces.workspaces.members(of: fixture.directory.rival)
            #expect(Set(people.map(\.user.email)) == ["vera@rival.example", "new@guests.example"])
            #expect(people.first { $0.user.name == "Vera" }?.role == .viewer)
        }
    }

    @Test("the page to sign in leads there")
    func link() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.browsing { browser in
                let page = try await browser.get("/sign-in")
                #expect(page.links("/invitation") == ["/invitation"])
            }
        }
    }
}
