import Foundation
import HTTPTypes
import Jobs
import JobsTesting
import Testing
import Web
import Workspaces

@testable import Operations

@Suite("Signing in to the pages", .timeLimit(.minutes(1))) struct LoginTests {
    @Test("without a session every page leads to the sign-in, and from there back; the API says 401 and 403")
    func door() async throws {
        try await OperationsFixture.with { fixture in
            try await fixture.browsing { signedIn in
                let id = UUID().uuidString.lowercased()
                let browser = Browser(client: signedIn.client)
                for page in ["/ops", "/ops/queues/notes", "/ops/jobs", "/ops/jobs/\(id)", "/ops/dead-letters", "/ops/dead-letters/\(id)"] {
                    let answer = try await browser.get(page)
                    #expect(answer.status == .seeOther, "\(page)")
                    #expect(answer.location == PageAddress.query("/ops/login", [(name: "next", value: page)]))
                }
                for form in ["/ops/queues", "/ops/jobs/\(id)/cancel", "/ops/dead-letters/replay", "/ops/dead-letters/\(id)/discard"] {
                    let answer = try await browser.post(form, [(name: "act", value: "pause")])
                    #expect(answer.status == .seeOther && answer.location == "/ops/login", "\(form)")
                }
                #expect(try await browser.get("/ops/events").status == .unauthorized)
                let back = try await browser.signIn(fixture.operatorToken, next: "/ops/jobs?kind=test.note")
                #expect(back.status == .seeOther && back.location == "/ops/jobs?kind=test.note")
                #expect(try await browser.get("/ops/jobs?kind=test.note").status == .ok)
                #expect(try await browser.get("/ops/login?next=/ops/jobs").location == "/ops/jobs")
            }
        }
    }

    @Test("only an operator's token opens the door, and the cookie that it gives holds no token")
    func tokens() async throws {
        try await OperationsFixture.with { fixture in
            try await fixture.browsing { signedIn in
                let browser = Browser(client: signedIn.client)
                let wrong = try await browser.signIn("mst_nothing")
                #expect(wrong.status == .unauthorized && wrong.text.contains("not valid"))
                let tenant = try await browser.signIn(fixture.tenantToken)
                #expect(tenant.status == .forbidden && tenant.text.contains("not an operator"))
                #expect(try await browser.get("/ops").status == .seeOther)

                let https: HTTPFields = [.forwardedProto: "https"]
                let page = try await browser.get("/ops/login", headers: https)
                let good = try await browser.post(
                    "/ops/login", [(name: "form", value: page.formToken), (name: "token", value: " \(fixture.operatorToken) ")], headers: https)
                let field = try #require(good.headers[.setCookie])
                #expect(field.hasPrefix("__Host-mainstay_ops=") && field.contains("; Path=/; Max-Age="))
                #expect(!field.contains("Domain") && field.hasSuffix("; HttpOnly; SameSite=Strict; Secure"))
                #expect(!field.contains(fixture.operatorToken) && !good.text.contains(fixture.operatorToken))
                let secret = try #require(TokenSecret(fixture.operatorToken))
                #expect(!field.contains(Base64URL.encode(secret.hash)))
                let overview = try await browser.get("/ops", headers: https)
                #expect(overview.status == .ok && overview.text.contains("<span>ann</span>"))
                #expect(!overview.text.contains(fixture.operatorToken))
                let plain = try await Browser(client: signedIn.client).signIn(fixture.operatorToken)
                let cookie = try #require(plain.headers[.setCookie])
                #expect(plain.status == .seeOther && cookie.hasPrefix("mainstay_ops=") && cookie.contains("; Path=/ops; Max-Age="))
                #expect(cookie.hasSuffix("; HttpOnly; SameSite=Strict"))
            }
        }
    }

    @Test("a form that this server did not give out signs nobody in")
    func loginForm() async throws {
        try await OperationsFixture.with { fixture in
            try await fixture.browsing { signedIn in
                let browser = Browser(client: signedIn.client)
                let token: [(name: String, value: String?)] = [(name: "token", value: fixture.operatorToken)]
                #expect(try await browser.post("/ops/login", token).status == .forbidden, "no cookie, no word")
                let page = try await browser.get("/ops/login")
                #expect(try await browser.post("/ops/login", token).status == .forbidden, "no word")
                let other = Browser(client: signedIn.client)
                _ = try await other.get("/ops/login")
                let words = token + [(name: "form", value: page.formToken)]
                #expect(try await other.post("/ops/login", words).status == .forbidden, "another browser's word")
                #expect(
                    try await browser.post("/ops/login", words, headers: [.secFetchSite: "cross-site"]).status == .forbidden, "from another site")
                // A second tab does not spoil the first one's form.
                _ = try await browser.get("/ops/login")
                #expect(try await browser.post("/ops/login", words, headers: [.secFetchSite: "same-origin"]).status == .seeOther)
            }
        }
    }

    @Test("a form without this session's word changes nothing")
    func forgery() async throws {
        try await OperationsFixture.with { fixture in
            let control = QueueControl(pool: fixture.engine.pool)
            try await fixture.browsing { browser in
                let pause: [(name: String, value: String?)] = [(name: "queue", value: "notes"), (name: "act", value: "pause")]
                let token = try await browser.get("/ops").formToken
                let other = Browser(client: browser.client)
                try await other.signIn(fixture.operatorToken)
                let foreign = try await other.get("/ops").formToken
                #expect(token != foreign && token != nil)
                let (cross, same): (HTTPFields, HTTPFields) = ([.secFetchSite: "cross-site"], [.secFetchSite: "same-site"])
                let tries: [(String?, HTTPFields)] = [(nil, [:]), (foreign, [:]), ("", [:]), (token, cross), (token, same)]
                for (word, headers) in tries {
                    let answer = try await browser.post("/ops/queues", pause + [(name: "form", value: word)], headers: headers)
                    #expect(answer.status == .forbidden && answer.headers[.contentType] == "text/html; charset=utf-8")
                    #expect(try await control.paused().isEmpty)
                }
                let good = try await browser.post("/ops/queues", pause + [(name: "form", value: token)])
                #expect(good.status == .seeOther)
                #expect(try await control.paused().map(\.queue) == ["notes"])
            }
        }
    }

    @Test("a session ends with its token, at its sign-out, and with another server's key")
    func endings() async throws {
        try await OperationsFixture.with { fixture in
            try await fixture.browsing { browser in
                let cookie = await browser.cookie("mainstay_ops")
                #expect(try await browser.get("/ops").status == .ok)
                let out = try await browser.act("/ops/logout", from: "/ops")
                #expect(out.location == "/ops/login")
                #expect(await browser.cookie("mainstay_ops") == nil)
                #expect(try await browser.get("/ops").status == .seeOther)

                await browser.setCookie("mainstay_ops", cookie)
                #expect(try await browser.get("/ops").status == .seeOther, "a copy is over as well")
                try await browser.signIn(fixture.operatorToken)
                #expect(try await browser.get("/ops").status == .ok, "another session of the token is not")
                let tokens = fixture.workspaces.tokens
                let all = try await tokens.list(workspace: Workspace.defaultID, limit: 10)
                let ann = try #require(all.first { $0.name == "ann" })
                #expect(try await tokens.revoke(ann.id, workspace: Workspace.defaultID, by: .operator("tester")))
                #expect(try await browser.get("/ops").status == .seeOther)

                let forged = SessionSeal(secret: nil).cookie(of: OperatorSession(token: ann.id, workspace: Workspace.defaultID, now: Date()))
                await browser.setCookie("mainstay_ops", forged)
                #expect(try await browser.get("/ops").status == .seeOther)
            }
        }
    }

    @Test("a session is renewed with a page in its second half, and is over when its time is")
    func renewal() async throws {
        let (clock, start) = (ManualClock(), Date())
        try await OperationsFixture.with(now: { start.addingTimeInterval(clock.now.offset.inSeconds) }) { fixture in
            try await fixture.browsing { browser async throws in
                clock.advance(by: .seconds(60))
                #expect(try await browser.get("/ops").headers[.setCookie] == nil)
                clock.advance(by: .seconds(20 * 60))
                #expect(try await browser.get("/ops").headers[.setCookie]?.contains("Max-Age=1800") == true)
                clock.advance(by: .seconds(29 * 60))
                #expect(try await browser.get("/ops/jobs").status == .ok)
                clock.advance(by: .seconds(31 * 60))
                #expect(try await browser.get("/ops/jobs").status == .seeOther)
            }
        }
    }
}
