import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing
import Web

@testable import Workspaces

@Suite("Sessions of pages") struct SessionGateTests {
    private static let secret = "0123456789abcdef0123456789abcdef"
    private static let start = Date(timeIntervalSince1970: 1_800_000_000)
    private static let realm = SessionRealm(cookie: "test_session", path: "/pages", scope: .agentsRead)

    @Test("what was signed for one sort of pages is nothing for another, under one secret")
    func purposes() {
        let (one, other) = (SessionSeal(secret: Self.secret, purpose: "one"), SessionSeal(secret: Self.secret, purpose: "other"))
        let session = TokenSession(token: UUID(), workspace: UUID(), now: Self.start)
        let cookie = one.cookie(of: session)
        #expect(one.session(in: cookie, at: Self.start) == session && other.session(in: cookie, at: Self.start) == nil)
        #expect(SessionSeal(secret: Self.secret, purpose: "one").session(in: cookie, at: Self.start) == session, "another ingress")
        #expect(SessionSeal(secret: nil, purpose: "one").session(in: cookie, at: Self.start) == nil)
        #expect(!other.isGood(formToken: one.formToken(of: session), of: session))
        let word = SessionSeal.word()
        #expect(SessionSeal.isWord(word) && !SessionSeal.isWord("") && !SessionSeal.isWord(cookie))
        #expect(one.isGood(wordToken: one.wordToken(for: word), for: word) && !other.isGood(wordToken: one.wordToken(for: word), for: word))
        #expect(!one.isGood(wordToken: one.formToken(of: session), for: word) && !one.isGood(formToken: one.wordToken(for: word), of: session))
    }

    /// Knows two tokens, one that may see the pages and one that may not.
    private struct Two: Authenticator {
        let identity: Identity

        func identity(bearer: String) async throws -> Identity? {
            switch bearer {
            case "good": identity
            case "expired": throw Problem.unauthorized(.expired)
            case "other":
                Identity(workspace: identity.workspace, workspaceSlug: "w", tokenID: UUID(), user: nil, scopes: ["tickets:read"])
            default: nil
            }
        }
    }

    @Test("a token that is good for the pages begins a session, and another is told why not")
    func signIn() async throws {
        let identity = Identity(workspace: UUID(), workspaceSlug: "w", tokenID: UUID(), user: nil, scopes: ["agents:read"])
        let gate = SessionGate(
            realm: Self.realm, authenticator: Two(identity: identity), standing: { _, _ in nil },
            seal: SessionSeal(secret: nil, purpose: "test"), now: { Self.start })
        let session = try await gate.signIn("good").get()
        #expect(session.token == identity.tokenID && session.workspace == identity.workspace && session.begun == 1_800_000_000)
        for (token, refusal) in [("", SessionGate.Refusal.invalid), ("expired", .expired), ("other", .missingScope)] {
            await #expect(throws: refusal, "\(token)") { try await gate.signIn(token).get() }
        }
    }

    /// Counts what the watch is told.
    private final class Noted: PageWatching {
        private let refused = Mutex(0)
        var refusedTokens: Int { refused.withLock { $0 } }

        func noteRefusedToken() { refused.withLock { $0 += 1 } }
        func noteStranger(_ account: UUID, slug: String) {}
        func noteFork(by visitor: SessionVisitor) {}
        func answering(_ visitor: SessionVisitor, slug: () async -> String?, _ answer: () async throws -> Response) async throws -> Response {
            try await answer()
        }
    }

    @Test("a token that is shown and refused is told to the watch; an empty field, a good token and one that may not see the pages are not")
    func watched() async throws {
        let identity = Identity(workspace: UUID(), workspaceSlug: "w", tokenID: UUID(), user: nil, scopes: ["agents:read"])
        let gate = SessionGate(
            realm: Self.realm, authenticator: Two(identity: identity), standing: { _, _ in nil },
            seal: SessionSeal(secret: nil, purpose: "test"), now: { Self.start })
        let noted = Noted()
        for (token, count) in [("", 0), ("good", 0), ("other", 0), ("expired", 1), ("unknown", 2)] {
            _ = try await PageWatch.$current.withValue(noted) { try await gate.signIn(token) }
            #expect(noted.refusedTokens == count, "\(token)")
        }
    }

    @Test("a visitor is whom the token's row says at this moment: with its scopes, or nobody")
    func visitor() async throws {
        let session = TokenSession(token: UUID(), workspace: UUID(), now: Self.start)
        let seal = SessionSeal(secret: nil, purpose: "test")
        for (scopes, isLetIn) in [(["agents:read", "agents:write"], true), (["tickets:read"], false), ([], false)] as [(Set<String>, Bool)] {
            let gate = SessionGate(
                realm: Self.realm, authenticator: Two(identity: Self.nobody),
                standing: { _, _ in TokenStanding(name: "rita", scopes: scopes) }, seal: seal, now: { Self.start })
            let found = try await Self.answer(cookie: "test_session=\(seal.cookie(of: session))") { request in
                guard let visitor = try await gate.visitor(of: request) else { return "nobody" }
                return "\(visitor.name) \(visitor.may(.agentsWrite)) \(seal.isGood(formToken: visitor.formToken, of: session))"
            }
            #expect(found == (isLetIn ? "rita true true" : "nobody"))
            #expect(try await gate.isGood(session) == isLetIn)
        }
    }

    @Test("over HTTPS a cookie is of this host alone, on all of its pages; over HTTP it has the plain name and its own path")
    func cookies() async throws {
        let cookie = PageCookie("test_word", path: "/pages", sameSite: .lax)
        let https: HTTPFields = [.forwardedProto: "https"]
        let ways: [(headers: HTTPFields, given: String, gone: String)] = [
            (https, "__Host-test_word=a; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure", "__Host-test_word=; Path=/; Max-Age=0;"),
            ([:], "test_word=a; Path=/pages; Max-Age=60; HttpOnly; SameSite=Lax", "test_word=; Path=/pages; Max-Age=0;"),
        ]
        for (headers, given, gone) in ways {
            let set = try await Self.answer(cookie: nil, headers) { request in cookie.header("a", seconds: 60, for: request) }
            #expect(set == given)
            let taken = try await Self.answer(cookie: nil, headers) { request in cookie.forgotten(for: request) }
            #expect(taken.hasPrefix(gone))
            for (name, isHTTPS) in [("__Host-test_word", true), ("test_word", false)] {
                let found = try await Self.answer(cookie: "\(name)=b", headers) { request in cookie.value(in: request) ?? "none" }
                #expect(found == (isHTTPS == !headers.isEmpty ? "b" : "none"), "\(name) \(headers)")
            }
        }
    }

    @Test("a form for people without a session is good in the browser that it was given to")
    func strangers() async throws {
        let forms = StrangerForms(cookie: "test_form", path: "/pages", seal: SessionSeal(secret: nil, purpose: "test"))
        let given = try await Self.answer(cookie: nil) { request in
            let ticket = forms.ticket(for: request)
            return "\(ticket.token) \(ticket.cookie)"
        }
        let parts = given.split(separator: " ", maxSplits: 1).map(String.init)
        #expect(parts[1].hasSuffix("; Path=/pages; Max-Age=3600; HttpOnly; SameSite=Strict"))
        let cookie = String(parts[1].prefix { $0 != ";" })
        for (kept, token, isGood) in [(cookie, parts[0], true), (cookie, "", false), ("test_form=\(SessionSeal.word())", parts[0], false)] {
            let form = try Query("form=\(token)")
            let found = try await Self.answer(cookie: kept) { request in
                "\(forms.isOurs(form, in: request)) \(forms.ticket(for: request).token == token)"
            }
            #expect(found.hasPrefix("\(isGood) "))
            // A second form in another tab does not spoil the first one.
            if isGood { #expect(found == "true true") }
        }
    }

    private static let nobody = Identity(workspace: UUID(), workspaceSlug: "w", tokenID: UUID(), user: nil, scopes: [])

    /// What is made of a request with a cookie.
    private static func answer(
        cookie: String?, _ more: HTTPFields = [:], _ body: @escaping @Sendable (Request) async throws -> String
    ) async throws -> String {
        let router = Router()
        router.get("/pages") { request, _ in try await body(request) }
        return try await Application(router: router).test(.router) { client in
            var headers = more
            if let cookie { headers[.cookie] = cookie }
            return String(buffer: try await client.executeRequest(uri: "/pages", method: .get, headers: headers, body: nil).body)
        }
    }
}
