import Foundation
import HTTPTypes
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Signing in for a workspace", .timeLimit(.minutes(1)))
struct SignInTests {
    @Test("without a session every page of a workspace leads to the sign-in, and from there back")
    func door() async throws {
        try await PagesFixture.with { fixture in
            let (id, token) = (UUID().uuidString.lowercased(), try await fixture.token())
            try await fixture.browsing { browser in
                let pages = ["/workspace", "/workspace?cursor=x", "/workspace/agents/\(id)", "/workspace/forks/\(id)", "/agents/acme/eliza/fork"]
                for page in pages {
                    let answer = try await browser.get(page)
                    #expect(answer.status == .seeOther && answer.location == PageAddress.query("/sign-in", [(name: "next", value: page)]), "\(page)")
                }
                for form in ["/workspace/agents/\(id)/publish", "/workspace/agents/\(id)/unpublish", "/sign-out"] {
                    #expect(try await browser.post(form).location == "/sign-in", "\(form)")
                }
                let form = try await browser.get("/sign-in?next=%2Fworkspace%2Fforks%2F\(id)")
                #expect(form.field("next") == "/workspace/forks/\(id)")
                let back = try await browser.signIn(token, next: "/agents/acme/eliza/fork")
                #expect(back.status == .seeOther && back.location == "/agents/acme/eliza/fork")
                #expect(try await browser.get("/sign-in?next=%2Fagents").location == "/agents")
            }
        }
    }

    @Test("only a token that reads agents opens the door, and the cookie that it gives holds no token")
    func tokens() async throws {
        try await PagesFixture.with { fixture in
            let (good, other) = (try await fixture.token(), try await fixture.token("ticketer", scopes: [.ticketsRead]))
            try await fixture.browsing { browser in
                #expect(try await browser.signIn("mst_nothing").status == .unauthorized)
                let refused = try await browser.signIn(other)
                #expect(refused.status == .forbidden && refused.text.contains("may not read a workspace’s agents"))
                #expect(try await browser.get("/workspace").status == .seeOther)
                let https: HTTPFields = [.forwardedProto: "https"]
                let page = try await browser.get("/sign-in", headers: https)
                let fields: [(name: String, value: String?)] = [(name: "form", value: page.field("form")), (name: "token", value: " \(good) ")]
                let answer = try await browser.post("/sign-in", fields, headers: https)
                let cookie = try #require(answer.headers[.setCookie])
                #expect(cookie.hasPrefix("__Host-mainstay_workspace=") && cookie.contains("; Path=/; Max-Age="))
                #expect(cookie.hasSuffix("; HttpOnly; SameSite=Strict; Secure") && !cookie.contains(good))
                let workspace = try await browser.get("/workspace", headers: https)
                #expect(workspace.status == .ok && workspace.text.contains("<b>rita</b>") && !workspace.text.contains(good))
                #expect(workspace.headers[.cacheControl] == "no-store" && workspace.headers[.contentSecurityPolicy] == PageHeaders.policy)
            }
        }
    }

    @Test("a form that this browser was not given signs nobody in")
    func forms() async throws {
        try await PagesFixture.with { fixture in
            let token: [(name: String, value: String?)] = [(name: "token", value: try await fixture.token())]
            try await fixture.browsing { browser in
                #expect(try await browser.post("/sign-in", token).status == .forbidden)
                let foreign = try await browser.other().get("/sign-in").field("form")
                let own = try await browser.get("/sign-in").field("form")
                #expect(try await browser.post("/sign-in", token + [(name: "form", value: foreign)]).status == .forbidden)
                let form = token + [(name: "form", value: own)]
                #expect(try await browser.post("/sign-in", form, headers: [.secFetchSite: "cross-site"]).status == .forbidden)
                #expect(try await browser.post("/sign-in", form).status == .seeOther)
            }
        }
    }

    @Test("a session ends with its sign-out and with its token")
    func endings() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.signedIn { browser in
                let cookie = await browser.cookie("mainstay_workspace")
                #expect(try await browser.post("/sign-out").status == .forbidden, "without the session's word")
                #expect(try await browser.get("/workspace").status == .ok)
                let out = try await browser.act("/sign-out", from: "/workspace")
                #expect(out.location == "/agents")
                #expect(try await browser.get("/workspace").status == .seeOther)
                await browser.setCookie("mainstay_workspace", cookie)
                #expect(try await browser.get("/workspace").status == .seeOther, "a copy is over as well")
                #expect(try await fixture.directory.count("select count(*) from ended_sessions") == 1)
                _ = try await browser.signIn(try await fixture.token("again"))
                #expect(try await browser.get("/workspace").status == .ok, "another session of the workspace is not")
                let rival = fixture.directory.rival
                let tokens = try await fixture.workspaces.tokens.list(workspace: rival, limit: 10)
                let revoke = "update tokens set revoked_at = now() where id = '\(try #require(tokens.first).id)' returning 1"
                #expect(try await fixture.directory.count("with ended as (\(revoke)) select count(*) from ended") == 1)
                #expect(try await browser.get("/workspace").status == .seeOther)
            }
        }
    }

    @Test("leads to a page of ours, whatever the address says")
    func next() {
        for good in ["/workspace", "/workspace/agents/x?said=y", "/agents?q=a%20b", "/agents/acme/eliza/fork"] {
            #expect(WorkspacePages.safe(good) == good)
        }
        let others: [String?] = [
            nil, "", "//evil.example/workspace", "https://evil.example", "/workspaces", "/agentsx", "/ops", "/sign-in",
            "/workspace\r\nSet-Cookie: a=b", "/agents/\\evil", "/agents/é",
        ]
        for bad in others { #expect(WorkspacePages.safe(bad) == "/workspace", "\(bad ?? "nothing")") }
    }
}
