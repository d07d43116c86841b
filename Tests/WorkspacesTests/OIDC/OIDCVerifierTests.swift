import Foundation
import JWTKit
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Believing a token", .timeLimit(.minutes(2)))
struct OIDCVerifierTests {
    @Test("a token by each kind of key is believed, where its algorithm is allowed")
    func kinds() async throws {
        let keys: [IssuerKey] = [
            try await .rsa("rs"), try await .rsa("ps", says: "PS256", isPSS: true), try await .es256("es"), try await .es384("es3"),
            try await .edDSA("ed"),
        ]
        let all = try OIDCFixture(keys, algorithms: OIDCAlgorithm.allCases.map(\.rawValue))
        let standard = try OIDCFixture(keys)
        for key in keys {
            let text = try await key.sign(all.claims())
            #expect(try await all.refusal(of: text) == nil, "\(key.id ?? "")")
            let isStandard = ["rs", "es", "ed"].contains(key.id)
            #expect(try await standard.refusal(of: text) == (isStandard ? nil : .algorithm), "\(key.id ?? "")")
        }
    }

    @Test("a token without a signature is refused, however it is written", arguments: ["none", "None", "NONE", "nOnE", ""])
    func none(_ word: String) async throws {
        let key = try await IssuerKey.es256("k1")
        let fixture = try OIDCFixture([key])
        let signed = try await key.sign(fixture.claims())
        let signature = String(signed.split(separator: ".")[2])
        for (text, wanted) in [("", OIDCRefusal.malformed), ("AAAA", .algorithm), (signature, .algorithm)] {
            let header: JSONValue = ["alg": .string(word), "kid": "k1", "typ": "JWT"]
            let token = WrittenToken.text(header: header, claims: fixture.claims(), signature: text)
            #expect(try await fixture.refusal(of: token) == wanted, "\(text)")
        }
    }

    @Test("the public key as a shared secret opens nothing, whatever the header says")
    func confusion() async throws {
        let keys: [IssuerKey] = [try await .rsa("k1"), try await .es256("k1"), try await .edDSA("k1")]
        for key in keys {
            let fixture = try OIDCFixture([key])
            let honest = try await key.signWithPublicKey(fixture.claims())
            #expect(try await fixture.refusal(of: honest) == .algorithm)
            for (word, wanted) in [("RS256", "RSA"), ("ES256", "EC"), ("EdDSA", "OKP")] {
                let lying = try await key.signWithPublicKey(fixture.claims(), header: ["alg": .string(word)])
                let isOfItsKind = key.shown["kty"]?.string == wanted
                #expect(try await fixture.refusal(of: lying) == (isOfItsKind ? .signature : .unknownKey), "\(word)")
            }
        }
    }

    @Test("a key in the header, or an address of one, is not used")
    func brought() async throws {
        let (good, evil) = (try await IssuerKey.es256("k1"), try await IssuerKey.es256("k1"))
        let fixture = try OIDCFixture([good])
        let key: [String: JWTHeaderField] = ["kty": "EC", "crv": "P-256", "x": .string(evil.shown["x"]?.string ?? ""), "y": "AAAA"]
        let token = try await evil.sign(fixture.claims(), header: ["jwk": .object(key), "jku": "https://evil.example/keys"])
        #expect(try await fixture.refusal(of: token) == .signature)
    }

    @Test("what a token says is looked at once its signature is good")
    func claims() async throws {
        let key = try await IssuerKey.edDSA("k1")
        let fixture = try OIDCFixture([key])
        func refusal(_ claims: [String: JSONValue]) async throws -> OIDCRefusal? { try await fixture.refusal(of: key.sign(claims)) }
        #expect(try await refusal(fixture.claims(["iss": "https://evil.example"])) == .issuer)
        #expect(try await refusal(fixture.claims(["aud": "other"])) == .audience)
        #expect(try await refusal(fixture.claims(["aud": []])) == .audience)
        #expect(try await refusal(fixture.claims(["aud": ["other", "mainstay"]])) == nil)
        #expect(try await refusal(fixture.claims(["exp": fixture.time(in: -60)])) == .expired)
        #expect(try await refusal(fixture.claims(["nbf": fixture.time(in: 61)])) == .tooEarly)
        #expect(try await refusal(fixture.claims(["iat": fixture.time(in: 61)])) == .tooEarly)
        #expect(try await refusal(fixture.claims(without: "exp")) == .claims)
        #expect(try await refusal(fixture.claims(without: "sub")) == .claims)
    }

    @Test("a stranger's key, an unknown id, and another key under a known id are refused")
    func keys() async throws {
        let (good, stranger, namesake) = (try await IssuerKey.es256("k1"), try await IssuerKey.es256("k9"), try await IssuerKey.es256("k1"))
        let fixture = try OIDCFixture([good])
        #expect(try await fixture.refusal(of: stranger.sign(fixture.claims())) == .unknownKey)
        #expect(try await fixture.refusal(of: namesake.sign(fixture.claims())) == .signature)
        #expect(try await fixture.refusal(of: good.sign(fixture.claims(), header: ["kid": "k2"])) == .unknownKey)
        #expect(fixture.issuer.fetches == 1)
    }

    @Test("two keys of one id do not stand in each other's way, of another kind or of the same")
    func collision() async throws {
        let keys: [IssuerKey] = [try await .es256("k1"), try await .edDSA("k1"), try await .es256("k1")]
        let fixture = try OIDCFixture(keys)
        for key in keys { #expect(try await fixture.refusal(of: key.sign(fixture.claims())) == nil) }
    }

    @Test("a key without an id serves tokens without one")
    func nameless() async throws {
        let (first, second) = (try await IssuerKey.es256(nil), try await IssuerKey.es256(nil))
        let fixture = try OIDCFixture([first, second])
        #expect(try await fixture.refusal(of: first.sign(fixture.claims())) == nil)
        #expect(try await fixture.refusal(of: second.sign(fixture.claims())) == nil)
        #expect(try await fixture.refusal(of: first.sign(fixture.claims(), header: ["kid": "k1"])) == .unknownKey)
    }

    @Test("a new key is believed with its first token, and one that was withdrawn no longer, not even for tokens that were believed before")
    func rotation() async throws {
        let (old, new) = (try await IssuerKey.es256("k1"), try await IssuerKey.es256("k2"))
        let fixture = try OIDCFixture([old])
        let before = try await old.sign(fixture.claims())
        #expect(try await fixture.refusal(of: before) == nil)
        fixture.issuer.show([new])
        fixture.clock.advance(by: .seconds(10))
        #expect(try await fixture.refusal(of: new.sign(fixture.claims())) == nil)
        #expect(fixture.issuer.fetches == 2)
        #expect(try await fixture.refusal(of: before) == .unknownKey)
    }

    @Test("invented ids cost the issuer one fetch every ten seconds, however many come")
    func flood() async throws {
        let (good, stranger) = (try await IssuerKey.edDSA("k1"), try await IssuerKey.edDSA("k9"))
        let fixture = try OIDCFixture([good])
        for round in 1...3 {
            for number in 0..<50 {
                let token = try await stranger.sign(fixture.claims(), header: ["kid": .string("\(round)-\(number)")])
                #expect(try await fixture.refusal(of: token) == .unknownKey)
            }
            #expect(fixture.issuer.fetches == round)
            fixture.clock.advance(by: .seconds(10))
        }
        // Nothing of it stands in the way of a good one.
        #expect(try await fixture.refusal(of: good.sign(fixture.claims())) == nil)
    }

    @Test("while the issuer is away good tokens are believed, and one with an unknown key may be good later")
    func away() async throws {
        let (good, new) = (try await IssuerKey.edDSA("k1"), try await IssuerKey.edDSA("k2"))
        let fixture = try OIDCFixture([good])
        #expect(try await fixture.refusal(of: good.sign(fixture.claims())) == nil)
        fixture.issuer.leave()
        fixture.clock.advance(by: .seconds(10))
        let token = try await new.sign(fixture.claims())
        await #expect(throws: OIDCKeysMissing.self) { try await fixture.refusal(of: token) }
        #expect(try await fixture.refusal(of: good.sign(fixture.claims(["sub": "bob"]))) == nil)
        fixture.issuer.comeBack()
        fixture.issuer.show([good, new])
        fixture.clock.advance(by: .seconds(10))
        #expect(try await fixture.refusal(of: token) == nil)
    }

    @Test("a token that is remembered expires like any other, and the memory stays within its bound")
    func memory() async throws {
        let key = try await IssuerKey.edDSA("k1")
        let fixture = try OIDCFixture([key], capacity: 4)
        let first = try await key.sign(fixture.claims())
        #expect(try await fixture.refusal(of: first) == nil)
        for number in 0..<20 { #expect(try await fixture.refusal(of: key.sign(fixture.claims(["sub": .string("u\(number)")]))) == nil) }
        let last = try await key.sign(fixture.claims())
        #expect(try await fixture.refusal(of: last) == nil)
        fixture.clock.advance(by: .seconds(359))
        #expect(try await fixture.refusal(of: first) == nil)
        #expect(try await fixture.refusal(of: last) == nil)
        fixture.clock.advance(by: .seconds(1))
        #expect(try await fixture.refusal(of: first) == .expired)
        #expect(try await fixture.refusal(of: last) == .expired)
    }

    @Test("a token with one character changed is never believed", arguments: [1, 2, 3] as [UInt64])
    func changed(_ seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let key = try await seed == 2 ? IssuerKey.edDSA("k1") : IssuerKey.es256("k1")
        let fixture = try OIDCFixture([key])
        let good = Array(try await key.sign(fixture.claims()).utf8)
        #expect(try await fixture.refusal(of: String(decoding: good, as: UTF8.self)) == nil)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+ ".utf8)
        for _ in 0..<150 {
            var bytes = good
            let place = Int.random(in: bytes.indices, using: &generator)
            let byte = alphabet[Int.random(in: alphabet.indices, using: &generator)]
            guard byte != bytes[place] else { continue }
            bytes[place] = byte
            #expect(try await fixture.refusal(of: String(decoding: bytes, as: UTF8.self)) != nil, "seed \(seed), \(place): \(byte)")
        }
    }

    @Test("a token that was cut off is never believed, wherever the cut is")
    func truncated() async throws {
        let key = try await IssuerKey.edDSA("k1")
        let fixture = try OIDCFixture([key])
        let good = try await key.sign(fixture.claims())
        for length in 0..<good.count {
            #expect(try await fixture.refusal(of: String(good.prefix(length))) != nil, "\(length)")
            #expect(try await fixture.refusal(of: String(good.suffix(length))) != nil, "\(length)")
        }
    }

    @Test("a token of one header and another's claims is refused")
    func spliced() async throws {
        let key = try await IssuerKey.edDSA("k1")
        let fixture = try OIDCFixture([key])
        let one = try await key.sign(fixture.claims()).split(separator: ".")
        let other = try await key.sign(fixture.claims(["sub": "bob"])).split(separator: ".")
        #expect(try await fixture.refusal(of: "\(one[0]).\(other[1]).\(one[2])") == .signature)
    }
}
