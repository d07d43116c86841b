import Foundation
import HTTPTypes
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Inviting somebody on a workspace's pages", .timeLimit(.minutes(1)))
struct InvitationPagesTests {
    @Test("whoever looks after members makes an invitation, and its code is on the answer and nowhere else")
    func invite() async throws {
        try await PagesFixture.with { fixture in
            let ann = try await fixture.member("Ann", as: .maintainer)
            try await fixture.browsing { browser in
                try await browser.signIn(ann)
                let workspace = try await browser.get("/workspace")
                #expect(workspace.links("/workspace/invitations") == ["/workspace/invitations"])
                let empty = try await browser.get("/workspace/invitations")
                #expect(empty.status == .ok && empty.text.contains("Nobody yet.") && empty.field("days") == "7")

                let invited = try await browser.invite("member", email: "bob@guests.example", days: "3")
                #expect(invited.status == .ok && invited.headers[.cacheControl] == "no-store")
                #expect(invited.links(PagesFixture.site) == ["\(PagesFixture.site)/invitation"], "the code is in no address")
                let code = try #require(invited.secret(.invitation))
                let list = try await browser.get("/workspace/invitations")
                for words in ["bob@guests.example", "member", "Open", "\(code.prefix)…"] { #expect(list.text.contains(words), "\(words)") }
                #expect(!list.text.contains(code.text) && list.links("/workspace/invitations/").count == 1)
            }
            let kept = try #require(try await fixture.workspaces.invitations.list(workspace: fixture.directory.rival, limit: 2).first)
            #expect(kept.role == .member && kept.email == "bob@guests.example" && kept.invitedBy != nil && kept.state == .open)
            #expect(kept.expiresAt.timeIntervalSince(kept.createdAt) == 3 * 86_400)
        }
    }

    @Test("bad wishes are refused with every fault, and what was typed is there still")
    func faults() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.signedIn { browser in
                let refused = try await browser.invite("king", email: "<nobody>", days: "31")
                #expect(refused.status == .unprocessableContent)
                for words in ["This is no role.", "This is no address.", "An invitation is good for 1 to 30 days.", "value=\"&lt;nobody&gt;\""] {
                    #expect(refused.text.contains(words), "\(words)")
                }
                let soon = try await browser.invite("viewer", days: "soon")
                #expect(soon.status == .unprocessableContent && soon.field("days") == "soon")
            }
            #expect(try await fixture.directory.count("select count(*) from invitations") == 0)
        }
    }

    @Test("who is below maintainer invites nobody, and a maintainer no owner", arguments: [Member.Role.viewer, .member, .maintainer])
    func rights(_ role: Member.Role) async throws {
        try await PagesFixture.with { fixture in
            let (bob, made) = (try await fixture.member("Bob", as: role), try await fixture.invitation())
            let revoke = "/workspace/invitations/\(made.invitation.id.uuidString.lowercased())/revoke"
            try await fixture.browsing { browser in
                try await browser.signIn(bob)
                let owner = [(name: "role", value: "owner"), (name: "confirmed", value: "yes")] as [(name: String, value: String?)]
                if role == .maintainer {
                    let page = try await browser.get("/workspace/invitations")
                    #expect(page.text.contains("value=\"maintainer\"") && !page.text.contains("value=\"owner\""))
                } else {
                    let links = try await browser.get("/workspace").links("/workspace/invitations")
                    #expect(links.isEmpty)
                    for path in ["/workspace/invitations", revoke] {
                        let shown = try await browser.get(path)
                        #expect(shown.status == .forbidden && shown.text.contains("members:admin"), "\(path)")
                        let acted = try await browser.act(path, from: "/workspace", owner)
                        #expect(acted.status == .forbidden && acted.text.contains("members:admin"), "\(path)")
                    }
                }
                let raised = try await browser.act("/workspace/invitations", from: "/workspace", owner)
                #expect(raised.status == .forbidden && raised.secret(.invitation) == nil)
            }
            let listed = try await fixture.workspaces.invitations.list(workspace: fixture.directory.rival, limit: 9)
            #expect(listed.map(\.state) == [.open])
        }
    }

    @Test("a form without the session's word, or from another site, invites nobody and ends nothing")
    func forms() async throws {
        try await PagesFixture.with { fixture in
            let made = try await fixture.invitation()
            let revoke = "/workspace/invitations/\(made.invitation.id.uuidString.lowercased())/revoke"
            try await fixture.signedIn { browser in
                let fields = [(name: "role", value: "viewer"), (name: "confirmed", value: "yes")] as [(name: String, value: String?)]
                let own = try await browser.get("/workspace/invitations").field("form")
                for path in ["/workspace/invitations", revoke] {
                    for word in [nil, "x"] {
                        let answer = try await browser.post(path, fields + [(name: "form", value: word)])
                        #expect(answer.status == .forbidden, "\(path)")
                    }
                    let foreign = try await browser.post(path, fields + [(name: "form", value: own)], headers: [.secFetchSite: "cross-site"])
                    #expect(foreign.status == .forbidden, "\(path)")
                }
            }
            let listed = try await fixture.workspaces.invitations.list(workspace: fixture.directory.rival, limit: 9)
            #expect(listed.map(\.state) == [.open])
        }
    }

    @Test("an invitation is ended by the page that says what will happen; nobody comes in by it, and another workspace's is none")
    func revoke() async throws {
        try await PagesFixture.with { fixture in
            let made = try await fixture.invitation()
            let foreign = try await fixture.workspaces.invitations.create(
                workspace: fixture.directory.acme, role: .viewer, email: nil, inviter: nil, as: .owner, by: .system("test"))
            try await fixture.signedIn { browser in
                let address = try #require(try await browser.get("/workspace/invitations").links("/workspace/invitations/").first)
                let question = try await browser.get(address)
                #expect(question.status == .ok && question.text.contains("End the invitation for whoever has its code?"))
                let unsure = try await browser.act(address, from: address)
                #expect(unsure.text.contains("End the invitation"))
                let offered = try await browser.other().paste(made.secret.text)
                #expect(offered.status == .ok)
                let yes = [(name: "confirmed", value: "yes")] as [(name: String, value: String?)]
                let done = try await browser.act(address, from: address, yes)
                #expect(done.status == .seeOther && done.location == "/workspace/invitations?said=invitation-revoked")
                let after = try await browser.get("/workspace/invitations?said=invitation-revoked")
                #expect(after.text.contains("nobody comes in by it any more") && after.text.contains("Ended") && after.links(address).isEmpty)
                let refused = try await browser.other().paste(made.secret.text)
                #expect(refused.status == .notFound)

                let other = "/workspace/invitations/\(foreign.invitation.id.uuidString.lowercased())/revoke"
                let unknown = try await browser.get(other)
                let kept = try await browser.act(other, from: "/workspace", yes)
                #expect(unknown.status == .notFound && kept.status == .notFound)
            }
            let entries = "select count(*) from access_log where action = 'invitation.revoked' and actor_kind = 'token'"
            #expect(try await fixture.directory.count(entries) == 1)
        }
    }

    @Test("many invitations are listed page by page, and the form is on the first")
    func pages() async throws {
        try await PagesFixture.with { fixture in
            for _ in 0..<51 { _ = try await fixture.invitation() }
            try await fixture.signedIn { browser in
                let first = try await browser.get("/workspace/invitations")
                let second = try await browser.get(try #require(first.links("/workspace/invitations?cursor=").first))
                let links = [first, second].flatMap { $0.links("/workspace/invitations/") }
                #expect(links.count == 51 && Set(links).count == 51)
                #expect(first.text.contains("Make the invitation") && !second.text.contains("Make the invitation"))
            }
        }
    }
}
