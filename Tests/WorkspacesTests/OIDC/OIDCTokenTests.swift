import Foundation
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("The form of a JSON Web Token")
struct OIDCTokenTests {
    private func header(_ text: String) throws -> OIDCHeader { try OIDCHeader(Array(text.utf8)) }

    @Test("three parts in base64url, and nothing else")
    func form() {
        #expect(OIDCToken("eyJh.eyJi.AAAA") != nil)
        for text in ["", ".", "..", "a.b.c", "AAAA.AAAA", "AAAA.AAAA.", ".AAAA.AAAA", "AAAA..AAAA", "AAAA.AAAA.AAAA.AAAA", "AA+A.AAAA.AAAA"] {
            #expect(OIDCToken(text) == nil, "\(text)")
        }
        for text in ["AAAA.AAAA.AA=", "AAAA.AAAA.AAA A", "AAAA.AAAA.AAAA\n", "AAAA.AAAA.A", "AAAA.AAAÄ.AAAA", TokenSecret().text] {
            #expect(OIDCToken(text) == nil, "\(text)")
        }
    }

    @Test("a token is written in one way: the spare bits at the end of a part are zero")
    func canonical() {
        #expect(OIDCToken("AAAA.AAAA.AA") != nil && OIDCToken("AAAA.AAAA.AAA") != nil)
        #expect(OIDCToken("AAAA.AAAA.AB") == nil && OIDCToken("AAAA.AAAA.AAB") == nil)
        #expect(OIDCToken("AAAA.AAAA.AQ") != nil && OIDCToken("AAAA.AAAA.AAE") != nil)
    }

    @Test("one of 16 KiB is looked at, and one byte more is not")
    func size() {
        let rest = OIDCToken.limit - "AAAA..AAAA".utf8.count
        let longest = "AAAA.\(String(repeating: "A", count: rest - rest % 4)).AAAA"
        #expect(OIDCToken(longest) != nil)
        #expect(longest.utf8.count > OIDCToken.limit - 4)
        #expect(OIDCToken("AAAA.\(String(repeating: "A", count: rest - rest % 4 + 4)).AAAA") == nil)
    }

    @Test("whose token it may be is told by its dots, and none of ours has one")
    func whose() {
        var generator = SplitMix64(seed: 26)
        for _ in 0..<200 { #expect(!OIDCToken.hasForm(TokenSecret(using: &generator).text)) }
        #expect(OIDCToken.hasForm("a.b.c") && !OIDCToken.hasForm("a.b") && !OIDCToken.hasForm("a.b.c.d"))
    }

    @Test("a header says algorithm and key, and what else it says is left alone")
    func headers() throws {
        #expect(try header(#"{"alg":"ES256","kid":"k1","typ":"JWT"}"#) == OIDCHeader(algorithm: "ES256", keyID: "k1"))
        #expect(try header(#"{"alg":"ES256","typ":"at+jwt"}"#) == OIDCHeader(algorithm: "ES256", keyID: nil))
        #expect(try header(#"{"alg":"ES256","typ":"application/AT+JWT"}"#).algorithm == "ES256")
        #expect(try header(#"{"alg":"ES256","jku":"https://evil.example","jwk":{"kty":"oct"},"x5c":[1e300]}"#).keyID == nil)
    }

    @Test(
        "a header that cannot be read for certain is refused",
        arguments: [
            "", "[]", "null", "{", #"{"kid":"k1"}"#, #"{"alg":1}"#, #"{"alg":"ES256","alg":"none"}"#, #"{"alg":"ES256","kid":7}"#,
            #"{"alg":"ES256"} "x""#, #"{"alg":"ES256","kid":""# + String(repeating: "k", count: 257) + #""}"#,
            String(repeating: "[", count: 5000),
        ])
    func unreadable(_ text: String) {
        #expect(throws: OIDCRefusal.malformed) { try header(text) }
    }

    @Test(
        "a token for another purpose, or with an extension that has to be understood, is refused",
        arguments: [
            #"{"alg":"ES256","typ":"logout+jwt"}"#, #"{"alg":"ES256","typ":"dpop+jwt"}"#, #"{"alg":"ES256","typ":1}"#,
            #"{"alg":"ES256","crit":["exp"]}"#, #"{"alg":"ES256","crit":[],"b64":false}"#, #"{"alg":"ES256","crit":null}"#,
        ])
    func otherKinds(_ text: String) {
        #expect(throws: OIDCRefusal.otherKind) { try header(text) }
    }
}
