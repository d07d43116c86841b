import Foundation
import Testing
import Web

@testable import Workspaces

@Suite("What a token says")
struct OIDCClaimsTests {
    private static let now = 1_800_000_000.0
    private let configuration: OIDCConfiguration

    init() throws {
        configuration = try OIDCConfiguration(issuer: "https://id.example.com", audience: "mainstay", workspaceClaim: "https://acme.example/ws")
    }

    private func read(_ more: [String: JSONValue], without left: String...) throws -> OIDCClaims {
        var claims: [String: JSONValue] = ["iss": "https://id.example.com", "sub": "ann", "aud": "mainstay", "exp": 1_800_000_300]
        claims.merge(more) { $1 }
        for name in left { claims[name] = nil }
        let document = JSONValue.object(claims.map { .init($0.key, $0.value) })
        return try OIDCClaims(document.bytes(), for: configuration, at: Self.now)
    }

    private func refusal(_ more: [String: JSONValue]) -> OIDCRefusal? {
        do {
            _ = try read(more)
            return nil
        } catch {
            return error as? OIDCRefusal
        }
    }

    @Test("the least that a token says, and all that is used")
    func used() throws {
        let least = try read([:])
        #expect(least.subject == "ann" && least.email == nil && least.workspace == nil && least.scopes == nil)
        let most = try read([
            "email": "Ann@acme.example", "email_verified": true, "https://acme.example/ws": "acme", "scope": "jobs:read  jobs:write openid",
            "workspace": "other",
        ])
        #expect(most.email == "Ann@acme.example" && most.workspace == "acme" && most.scopes == ["jobs:read", "jobs:write", "openid"])
    }

    @Test(
        "the issuer is compared character by character",
        arguments: ["https://id.example.com/", "https://ID.example.com", "http://id.example.com", "https://id.example.com.evil.example", ""])
    func issuer(_ text: String) {
        #expect(refusal(["iss": .string(text)]) == .issuer)
        #expect(refusal(["iss": ["https://id.example.com"]]) == .issuer)
    }

    @Test("an audience is a text or a list of texts, and ours is in it")
    func audience() {
        #expect(refusal(["aud": "mainstay"]) == nil)
        #expect(refusal(["aud": ["other", "mainstay"]]) == nil)
        for wrong: JSONValue in ["other", "Mainstay", "mainstay ", [], ["other"], [["mainstay"]], 1, .null, ["mainstay": true], ["main", "stay"]] {
            #expect(refusal(["aud": wrong]) == .audience, "\(wrong)")
        }
    }

    @Test(
        "a subject has 1 to 255 bytes",
        arguments: ["", .null, 7, ["ann"], .string(String(repeating: "a", count: 256)), .string(String(repeating: "é", count: 128))] as [JSONValue])
    func subject(_ value: JSONValue) {
        #expect(refusal(["sub": value]) == .claims)
        #expect(refusal(["sub": .string(String(repeating: "a", count: 255))]) == nil)
    }

    @Test("a token without an end is refused, and so is one whose times are no numbers")
    func times() throws {
        #expect(throws: OIDCRefusal.claims) { try read([:], without: "exp") }
        for wrong: JSONValue in ["1800000300", .null, true, []] {
            for name in ["exp", "nbf", "iat"] { #expect(refusal([name: wrong]) == .claims, "\(name): \(wrong)") }
        }
    }

    /// Seconds from now, and what comes of them.
    struct Moment: Sendable, CustomTestStringConvertible {
        let claim: String
        let offset: Double
        let refusal: OIDCRefusal?
        var testDescription: String { "\(claim) \(offset)" }
    }

    @Test(
        "clocks may be a minute apart, to the second",
        arguments: [
            Moment(claim: "exp", offset: 1, refusal: nil), Moment(claim: "exp", offset: -59, refusal: nil),
            Moment(claim: "exp", offset: -59.5, refusal: nil), Moment(claim: "exp", offset: -60, refusal: .expired),
            Moment(claim: "exp", offset: -1e9, refusal: .expired), Moment(claim: "exp", offset: 1e12, refusal: nil),
            Moment(claim: "nbf", offset: -5, refusal: nil), Moment(claim: "nbf", offset: 60, refusal: nil),
            Moment(claim: "nbf", offset: 60.5, refusal: .tooEarly), Moment(claim: "nbf", offset: 1e12, refusal: .tooEarly),
            Moment(claim: "iat", offset: 60, refusal: nil), Moment(claim: "iat", offset: 61, refusal: .tooEarly),
        ])
    func skew(_ moment: Moment) {
        #expect(refusal([moment.claim: .number(Self.now + moment.offset)]) == moment.refusal)
    }

    @Test("an address counts only where the issuer has verified it")
    func addresses() throws {
        #expect(try read(["email": "ann@acme.example", "email_verified": "true"]).email != nil)
        for flag: JSONValue in [false, "false", "yes", 1, .null] {
            #expect(try read(["email": "ann@acme.example", "email_verified": flag]).email == nil, "\(flag)")
        }
        #expect(try read(["email": "ann@acme.example"]).email == nil)
        // The second has a Kelvin sign, which is a k once it is in lower case.
        for text in ["ann", "\u{212A}ate@acme.example", "ann@acme.example\n", "@", ""] {
            #expect(try read(["email": .string(text), "email_verified": true]).email == nil, "\(text)")
        }
    }

    @Test("a workspace or scopes that cannot be read are not taken for none")
    func unreadable() throws {
        for wrong: JSONValue in [7, ["acme"], ["slug": "acme"], true] {
            #expect(refusal(["https://acme.example/ws": wrong]) == .claims, "\(wrong)")
        }
        for wrong: JSONValue in [7, .null, ["jobs:read", 1], ["jobs:read": true]] { #expect(refusal(["scope": wrong]) == .claims, "\(wrong)") }
        #expect(try read(["https://acme.example/ws": .null]).workspace == nil)
        #expect(try read(["scope": ""]).scopes == [] as Set<String>)
        #expect(try read(["scope": ["jobs:read", "jobs:write"]]).scopes == ["jobs:read", "jobs:write"])
    }

    @Test(
        "claims that are no object, or say something twice, are refused",
        arguments: ["", "[]", "7", "{", #"{"iss":"https://id.example.com","iss":"https://id.example.com"}"#, #"{"sub":"a\u0000b"}"#])
    func malformed(_ text: String) {
        #expect(throws: OIDCRefusal.malformed) { try OIDCClaims(Array(text.utf8), for: configuration, at: Self.now) }
    }
}
