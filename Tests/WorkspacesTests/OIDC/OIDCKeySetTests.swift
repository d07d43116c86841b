import Testing
import Web

@testable import Workspaces

@Suite("What an issuer shows", .timeLimit(.minutes(1)))
struct OIDCKeySetTests {
    private static let all = Set(OIDCAlgorithm.allCases)

    private func set(_ keys: [JSONValue], allowing: Set<OIDCAlgorithm> = Self.all) throws -> OIDCKeySet {
        try OIDCKeySet(JSONValue.object([.init("keys", .array(keys))]).bytes(), allowing: allowing)
    }

    private func changed(_ key: IssuerKey, _ more: [String: JSONValue]) -> JSONValue {
        let kept = (key.shown.members ?? []).filter { more[$0.name] == nil }
        return .object(kept + more.map { JSONValue.Member($0.key, $0.value) })
    }

    @Test("keys that are of no use here are left out, and the others serve")
    func mixed() async throws {
        let good = try await IssuerKey.es256("good")
        let others: [JSONValue] = [
            ["kty": "oct", "k": "c2VjcmV0", "kid": "shared", "alg": "HS256"],
            changed(good, ["kid": "wraps", "use": "enc"]),
            changed(good, ["kid": "signs", "key_ops": ["sign"]]),
            changed(good, ["kid": "private", "d": "AAAA"]),
            changed(good, ["kid": "other-curve", "crv": "secp256k1"]),
            changed(good, ["kid": "future", "alg": "ES999"]),
            changed(good, ["kid": "crossed", "alg": "RS256"]),
            changed(good, ["kid": "off-the-curve", "x": "AAAA"]),
            changed(good, ["kid": 7]),
            ["kty": "OKP", "crv": "X25519", "x": "AAAA", "kid": "agrees"],
            ["kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "weak", "alg": "RS256"],
            ["kty": "RSA", "n": .string(String(repeating: "A", count: 2000)), "e": "AQAB", "kid": "huge"],
            "not a key", .null,
        ]
        let set = try set(others + [good.shown])
        #expect(set.keys.map(\.id) == ["good"])
    }

    @Test("a set without a key that can be used is a fault, and so is what is no set")
    func faults() async throws {
        let key = try await IssuerKey.es256("k1")
        #expect(throws: OIDCFault.self) { try set([]) }
        #expect(throws: OIDCFault.self) { try set([key.shown], allowing: [.rs256, .edDSA]) }
        for text in ["", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[],"keys":[]}"#, "<html>"] {
            #expect(throws: OIDCFault.self, "\(text)") { try OIDCKeySet(Array(text.utf8), allowing: Self.all) }
        }
    }

    @Test("a key is for the algorithm that the issuer says, or for those of its kind, and never for one that is not allowed")
    func algorithms() async throws {
        let (silent, saying) = (try await IssuerKey.rsa("silent", says: nil), try await IssuerKey.es256("saying"))
        let keys = try set([silent.shown, changed(silent, ["kid": "pss", "alg": "PS256"]), saying.shown]).keys
        #expect(keys.map(\.algorithms) == [[.rs256, .ps256], [.ps256], [.es256]])
        #expect(try set([silent.shown], allowing: [.rs256]).keys.map(\.algorithms) == [[.rs256]])
    }

    @Test("a key is found by id and algorithm; of one id several may be, and without an id all of the algorithm, up to four")
    func candidates() async throws {
        let first = try await IssuerKey.es256("k1")
        let second = try await IssuerKey.es256("k1")
        let other = try await IssuerKey.edDSA("k1")
        let set = try set([first.shown, other.shown, second.shown])
        #expect(set.candidates(for: OIDCHeader(algorithm: "ES256", keyID: "k1"), .es256).count == 2)
        #expect(set.candidates(for: OIDCHeader(algorithm: "EdDSA", keyID: "k1"), .edDSA).count == 1)
        #expect(set.candidates(for: OIDCHeader(algorithm: "ES256", keyID: "K1"), .es256).isEmpty)
        #expect(set.candidates(for: OIDCHeader(algorithm: "ES256", keyID: nil), .es256).count == 2)
        #expect(set.candidates(for: OIDCHeader(algorithm: "RS256", keyID: "k1"), .rs256).isEmpty)
        let many = try self.set(Array(repeating: first.shown, count: 50))
        #expect(many.candidates(for: OIDCHeader(algorithm: "ES256", keyID: nil), .es256).count == 4)
    }

    @Test("a key is the same one whatever it is called, and no two are")
    func fingerprints() async throws {
        let first = try await IssuerKey.es256("k1")
        let set = try set([first.shown, changed(first, ["kid": "k2"]), try await IssuerKey.es256("k3").shown])
        #expect(set.keys[0].fingerprint == set.keys[1].fingerprint && set.keys[1].fingerprint != set.keys[2].fingerprint)
        #expect(set.keys.allSatisfy { set.holds($0.fingerprint) } && !set.holds([1]))
    }

    @Test("an issuer says where its keys are, in its own name and at a safe address")
    func discovery() throws {
        func read(_ document: JSONValue, of issuer: String = "https://id.example.com") throws -> String {
            let address = try #require(OIDCAddress(issuer))
            return try OIDCDiscovery(document.bytes(), of: address).keys.text
        }
        let (name, local): (JSONValue, JSONValue) = ("https://id.example.com", "http://127.0.0.1:8081")
        #expect(try read(["issuer": name, "jwks_uri": "https://keys.example.net/k?v=1", "x": [1]]) == "https://keys.example.net/k?v=1")
        #expect(try read(["issuer": local, "jwks_uri": "http://127.0.0.1:8081/k"], of: "http://127.0.0.1:8081") == "http://127.0.0.1:8081/k")
        let wrong: [JSONValue] = [
            ["issuer": "https://id.example.com/", "jwks_uri": "https://id.example.com/k"], ["jwks_uri": "https://id.example.com/k"],
            ["issuer": name], ["issuer": name, "jwks_uri": "http://id.example.com/k"], ["issuer": name, "jwks_uri": "http://127.0.0.1/k"],
            ["issuer": name, "jwks_uri": "file:///etc/passwd"], ["issuer": name, "jwks_uri": ["https://id.example.com/k"]], [], "text",
        ]
        for document in wrong {
            #expect(throws: OIDCFault.self, "\(document)") { try read(document) }
        }
    }

    @Test("an issuer that names no safe place to sign in is one all the same, and nobody signs in there")
    func places() throws {
        func read(_ members: [JSONValue.Member]) throws -> [String?] {
            let issuer = try #require(OIDCAddress("https://id.example.com"))
            let known: [JSONValue.Member] = [.init("issuer", "https://id.example.com"), .init("jwks_uri", "https://id.example.com/k")]
            let discovery = try OIDCDiscovery(JSONValue.object(known + members).bytes(), of: issuer)
            return [discovery.authorization?.text, discovery.token?.text]
        }
        let both = try read([
            .init("authorization_endpoint", "https://id.example.com/in?tenant=a"), .init("token_endpoint", "https://api.example.net/token"),
        ])
        #expect(both == ["https://id.example.com/in?tenant=a", "https://api.example.net/token"])
        let unsafe = try read([
            .init("authorization_endpoint", "http://id.example.com/in"), .init("token_endpoint", "http://127.0.0.1/token"),
        ])
        let none = try read([])
        #expect(unsafe == [nil, nil] && none == [nil, nil])
    }

    /// The table in the documentation of `OIDCFreshness`, and what a careless issuer may write.
    static let lifetimes: [(String?, String?, Int)] = [
        (nil, nil, 600), (nil, "600", 600), ("public", nil, 600), ("max-age=3600", nil, 3600), ("max-age=3600", "600", 3000),
        ("max-age=5", nil, 60), ("no-store", nil, 60), ("no-cache, max-age=3600", nil, 60), ("max-age=604800", nil, 86_400),
        ("Public, Max-Age = 3600 , must-revalidate", nil, 3600), ("max-age=\"3600\"", nil, 3600), ("max-age=3600", "99999999999999999999", 60),
        ("max-age=99999999999999999999", nil, 86_400), ("max-age=-1", nil, 600), ("max-age=", nil, 600), ("max-age=1e9", nil, 600),
        ("s-maxage=3600", nil, 600), ("max-age=3600", "soon", 3600), ("", nil, 600),
    ]

    @Test("keys are kept as long as the issuer says, from a minute to a day")
    func freshness() {
        for (cacheControl, age, seconds) in Self.lifetimes {
            let found = OIDCFreshness.lifetime(cacheControl: cacheControl, age: age)
            #expect(found == .seconds(seconds), "\(cacheControl ?? "none"), \(age ?? "none")")
        }
    }
}
