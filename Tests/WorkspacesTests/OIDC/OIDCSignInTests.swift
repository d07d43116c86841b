import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing
import Web

@testable import Workspaces

@Suite("Signing in at the issuer", .timeLimit(.minutes(2)))
struct OIDCSignInTests {
    @Test("a member comes back signed in, where the sign-in was to lead; the cookie holds neither state, nonce nor verifier")
    func whole() async throws {
        let fixture = try await SignInFixture.make()
        try await fixture.browsing { (browser) async throws in
            let https: HTTPFields = [.forwardedProto: "https"]
            let sent = try await browser.begin(next: "/agents/acme/eliza/fork", headers: https)
            let value = try #require(sent.cookie.split(separator: "=").last)
            #expect(sent.setCookie.hasPrefix("__Host-mainstay_oidc="))
            #expect(sent.setCookie.hasSuffix("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure") && !sent.setCookie.contains("Domain"))
            let plain = try await browser.begin()
            #expect(plain.setCookie.hasPrefix("mainstay_oidc="))
            #expect(plain.setCookie.hasSuffix("; Path=/sign-in/oidc/callback; Max-Age=600; HttpOnly; SameSite=Lax"))
            let asked = try Query(String(try #require(sent.address.split(separator: "?").last)))
            #expect(asked["redirect_uri"] == "https://agents.example/sign-in/oidc/callback" && asked["scope"] == "openid email")
            let kept = String(decoding: try #require(Base64URL.decode(String(value))), as: UTF8.self)
            for name in ["state", "nonce", "code_challenge"] {
                let word = try #require(asked[name])
                #expect(word.utf8.count == 43 && !kept.contains(word) && !sent.cookie.contains(word), "\(name)")
            }
            #expect(Set(["state", "nonce", "code_challenge"].compactMap { asked[$0] }).count == 3)
            let back = try await fixture.desk.signIn(at: sent.address) { try await fixture.token($0) }
            // Another host of the domain may have planted what has no prefix: an attempt of its own, to sign this browser in as somebody else.
            let planted = try await browser.comeBack(back, cookie: sent.cookie.replacing("__Host-", with: ""), headers: https)
            #expect(planted.words == "refused stale")
            let answer = try await browser.comeBack(back, cookie: sent.cookie, headers: https)
            #expect(answer.words == "member acme owner /agents/acme/eliza/fork")
        }
        #expect(fixture.noted.refusedTokens == 0)
        #expect(try await fixture.tokens.count("select count(*) from access_log where action = 'identity.linked'") == 1)
    }

    @Test("another browser's, another attempt's and nobody's state is none", arguments: ["none", "other", "changed", "attempt", "state"])
    func state(_ kind: String) async throws {
        let fixture = try await SignInFixture.make()
        try await fixture.browsing { (browser) async throws in
            let (sent, other) = (try await browser.begin(), try await browser.begin())
            let back = try await fixture.desk.signIn(at: sent.address) { try await fixture.token($0) }
            let answer =
                switch kind {
                case "none": try await browser.comeBack(back, cookie: nil)
                case "other": try await browser.comeBack(back, cookie: other.cookie)
                case "changed": try await browser.comeBack(back, cookie: sent.cookie.replacing("mainstay_oidc=", with: "mainstay_oidc=A"))
                case "attempt": try await browser.comeBack(back, cookie: "mainstay_oidc=\(SessionSeal.word())")
                default: try await browser.comeBack(back.replacing("&state=", with: "&state=A"), cookie: sent.cookie)
                }
            #expect(answer.words == "refused stale")
            // The code is good still, for the browser that it was given to.
            let good = try await browser.comeBack(back, cookie: sent.cookie)
            #expect(good.words.hasPrefix("member acme"))
        }
        // Somebody without a cookie may have waited too long; a state that is not the cookie's was made up, or picked up.
        #expect(fixture.noted.refusedTokens == (["other", "state"].contains(kind) ? 1 : 0))
    }

    @Test("an ID token that is not of this attempt, not for this client or not of the issuer signs nobody in")
    func tokens() async throws {
        let fixture = try await SignInFixture.make()
        let evil = try await IssuerKey.es256("k1")
        try await fixture.browsing { (browser) async throws in
            let claims: [[String: JSONValue]] = [
                ["nonce": "another"], ["nonce": .null], ["aud": .string(TestIssuer.audience)], ["azp": "another"], ["azp": 1],
                ["exp": fixture.oidc.time(in: -61)], ["iss": "https://id.example.net"],
            ]
            for more in claims {
                let answer = try await fixture.comeIn(with: browser, more)
                #expect(answer.words == "refused invalid", "\(more)")
            }
            for text in ["a.b.c", "text"] {
                let sent = try await browser.begin()
                let back = try await fixture.desk.signIn(at: sent.address) { _ in text }
                let answer = try await browser.comeBack(back, cookie: sent.cookie)
                #expect(answer.words == "refused invalid", "\(text)")
            }
            let sent = try await browser.begin()
            let back = try await fixture.desk.signIn(at: sent.address) { nonce in
                try await evil.sign(fixture.oidc.claims(["aud": .string(SignInFixture.client), "nonce": .string(nonce)]))
            }
            let forged = try await browser.comeBack(back, cookie: sent.cookie)
            #expect(forged.words == "refused invalid")
            #expect(fixture.noted.refusedTokens == 10)
            let good = try await fixture.comeIn(with: browser, ["azp": .string(SignInFixture.client)])
            #expect(good.words == "member acme owner /agents")
        }
    }

    @Test("a code is good once, and an answer is the issuer's that was asked")
    func codes() async throws {
        let fixture = try await SignInFixture.make()
        try await fixture.browsing { (browser) async throws in
            let sent = try await browser.begin()
            let back = try await fixture.desk.signIn(at: sent.address) { try await fixture.token($0) }
            let elsewhere = try await browser.comeBack("\(back)&iss=https%3A%2F%2Fid.example.net", cookie: sent.cookie)
            #expect(elsewhere.words == "refused invalid")
            let first = try await browser.comeBack(back, cookie: sent.cookie)
            let second = try await browser.comeBack(back, cookie: sent.cookie)
            #expect(first.words.hasPrefix("member") && second.words == "refused spent")
            // A code of another attempt is none without that one's verifier.
            let other = try await browser.begin()
            let stolen = try Query(try await fixture.desk.signIn(at: sent.address) { try await fixture.token($0) })["code"]
            let state = try Query(String(try #require(other.address.split(separator: "?").last)))["state"]
            let mixed = PageAddress.query("", [("code", stolen), ("state", state)]).dropFirst()
            let third = try await browser.comeBack(String(mixed), cookie: other.cookie)
            #expect(third.words == "refused spent")
        }
    }

    @Test("an attempt lasts ten minutes, and what the issuer says instead of a code is told apart")
    func ends() async throws {
        let fixture = try await SignInFixture.make()
        try await fixture.browsing { (browser) async throws in
            let sent = try await browser.begin()
            let asked = String(try #require(sent.address.split(separator: "?").last))
            let state = try #require(try Query(asked)["state"])
            for (query, words) in [("error=access_denied", "declined"), ("error=server_error", "failed"), ("", "failed"), ("code=", "failed")] {
                let answer = try await browser.comeBack("state=\(state)&\(query)", cookie: sent.cookie)
                #expect(answer.words == "refused \(words)", "\(query)")
            }
            fixture.oidc.clock.advance(by: .seconds(599))
            let back = try await fixture.desk.signIn(at: sent.address) { try await fixture.token($0) }
            let late = try await fixture.desk.signIn(at: sent.address) { try await fixture.token($0) }
            let answer = try await browser.comeBack(back, cookie: sent.cookie)
            #expect(answer.words == "member acme owner /agents")
            fixture.oidc.clock.advance(by: .seconds(1))
            let over = try await browser.comeBack(late, cookie: sent.cookie)
            #expect(over.words == "refused stale")
            let long = try await browser.begin(next: "/agents?q=\(String(repeating: "a", count: 1000))")
            let far = try await fixture.desk.signIn(at: long.address) { try await fixture.token($0) }
            let home = try await browser.comeBack(far, cookie: long.cookie)
            #expect(home.words == "member acme owner ", "what does not fit leads to the first page")
        }
    }

    @Test("a client with a secret shows it, in its header alone; with another one the issuer does nothing for it")
    func secret() async throws {
        let shown = "Basic \(Data("pages:s%2Fcret".utf8).base64EncodedString())"
        let cases: [(String?, String)] = [("s/cret", "member acme owner /agents"), ("another", "refused failed"), (nil, "refused failed")]
        for (secret, words) in cases {
            let fixture = try await SignInFixture.make(secret: secret, authorization: shown)
            try await fixture.browsing { (browser) async throws in
                let answer = try await fixture.comeIn(with: browser)
                #expect(answer.words == words, "\(secret ?? "none")")
            }
        }
        let party = try OIDCRelyingParty(id: "pages", secret: "s/cret", site: SignInFixture.site)
        var text = ""
        dump(party, to: &text)
        #expect(!text.contains("s/cret") && !"\(party)".contains("s/cret"))
    }

    @Test("while the issuer is away, or has no pages to sign in at, nobody is sent anywhere")
    func away() async throws {
        for isAway in [true, false] {
            let fixture = try await SignInFixture.make()
            if isAway { fixture.oidc.issuer.leave() } else { fixture.oidc.issuer.hidePages() }
            try await fixture.browsing { (browser) async throws in
                let answer = try await browser.client.executeRequest(uri: "/sign-in/oidc", method: .get, headers: [:], body: nil)
                #expect(answer.status == .serviceUnavailable && answer.headers[.setCookie] == nil, "\(isAway)")
            }
        }
    }

    @Test("a client is registered with an address that is https, or of this machine")
    func party() {
        func faults(_ id: String = "pages", _ secret: String? = nil, _ site: String = "https://agents.example") -> [OIDCConfiguration.Fault] {
            do {
                _ = try OIDCRelyingParty(id: id, secret: secret, site: site)
                return []
            } catch {
                return error.faults
            }
        }
        #expect(faults().isEmpty && faults("pages", "secret", "http://localhost:8080/").isEmpty)
        for site in ["http://agents.example", "agents.example", "https://agents.example?x=1", "https://agents.example/#a", ""] {
            #expect(faults("pages", nil, site).map(\.setting) == [.site], "\(site)")
        }
        let all = faults("", "a\u{7}hidden", "ftp://agents.example")
        #expect(all.map(\.setting) == [.clientID, .clientSecret, .site] && !all.contains { $0.detail.contains("hidden") })
    }
}
