import Testing

@testable import Workspaces

@Suite("What an issuer of tokens is set up with")
struct OIDCConfigurationTests {
    private func faults(
        issuer: String = "https://id.example.com", audience: String = "mainstay", algorithms: [String] = ["ES256"],
        claim: String = "workspace", skew: Duration = .seconds(60)
    ) -> [OIDCConfiguration.Fault] {
        do {
            _ = try OIDCConfiguration(issuer: issuer, audience: audience, algorithms: algorithms, workspaceClaim: claim, skew: skew)
            return []
        } catch {
            return error.faults
        }
    }

    @Test(
        "an issuer is https, or http on loopback",
        arguments: [
            "https://id.example.com", "https://id.example.com/", "https://id.example.com/realms/acme", "https://id.example.com:8443",
            "http://127.0.0.1:8081", "http://localhost", "http://localhost:8081/realms/acme", "http://[::1]:8081", "HTTPS://id.example.com",
        ])
    func issuers(_ text: String) {
        #expect(faults(issuer: text).isEmpty)
    }

    @Test(
        "and nothing else is one",
        arguments: [
            "", "id.example.com", "http://id.example.com", "http://127.0.0.1.example.com", "http://localhost.example.com",
            "http://127.0.0.1@example.com", "http://10.0.0.1", "ftp://id.example.com", "https://", "https:///path", "https://me@id.example.com",
            "https://me:secret@id.example.com", "https://id.example.com/#part", "https://id.example.com?x=1", "https://id.example.com/ a",
            "https://id.example.com\\@evil.example", "https://id.example.com/\u{0}", "https://idé.example.com",
            "https://id.example.com/" + String(repeating: "a", count: 512),
        ])
    func strangers(_ text: String) {
        #expect(faults(issuer: text).map(\.setting) == [.issuer])
    }

    @Test("the place of the description is below the issuer's path")
    func discovery() {
        #expect(OIDCAddress("https://a.example")?.discovery?.text == "https://a.example/.well-known/openid-configuration")
        #expect(OIDCAddress("https://a.example/")?.discovery?.text == "https://a.example/.well-known/openid-configuration")
        #expect(OIDCAddress("https://a.example/r/x")?.discovery?.text == "https://a.example/r/x/.well-known/openid-configuration")
    }

    @Test(
        "no signature, and a shared secret, are never allowed",
        arguments: ["none", "None", "NONE", "HS256", "HS384", "hs512", "RS1", "", "RS257"])
    func algorithms(_ word: String) {
        #expect(faults(algorithms: [word]).map(\.setting) == [.algorithms])
        #expect(faults(algorithms: ["ES256", word]).map(\.setting) == [.algorithms])
    }

    @Test("what is allowed by itself is RS256, ES256 and EdDSA, with a minute between clocks")
    func standard() throws {
        let configuration = try OIDCConfiguration(issuer: "https://id.example.com", audience: "mainstay")
        #expect(configuration.algorithms == [.rs256, .es256, .edDSA])
        #expect(configuration.skew == .seconds(60) && configuration.workspaceClaim == "workspace" && !configuration.linksByEmail)
    }

    @Test("a claim that means something already names no workspace", arguments: ["sub", "iss", "aud", "exp", "email", "scope", "", "a\u{7}b"])
    func claims(_ name: String) {
        #expect(faults(claim: name).map(\.setting) == [.workspaceClaim])
        #expect(faults(claim: "https://acme.example/workspace").isEmpty)
    }

    @Test("all that is wrong is said at once, each with its setting")
    func together() {
        let found = faults(issuer: "http://id.example.com", audience: "", algorithms: ["none"], claim: "sub", skew: .seconds(301))
        #expect(found.map(\.setting) == [.issuer, .audience, .workspaceClaim, .algorithms, .skew])
        #expect(found.allSatisfy { $0.detail.contains("wanted") })
        #expect(faults(algorithms: []).map(\.setting) == [.algorithms])
    }
}
