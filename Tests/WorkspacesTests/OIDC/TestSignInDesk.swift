import Crypto
import Synchronization
import Testing
import Web

@testable import Workspaces

/// Where people sign in at a test issuer: its page, and the endpoint that exchanges codes. A code is good once, for the client that it was
/// given out for and with the verifier of its challenge.
final class TestSignInDesk: Sendable {
    private struct Code {
        let challenge: String
        let redirect: String
        let token: String
    }

    private let authorization: String?
    private let codes = Mutex<[String: Code]>([:])

    /// - Parameter authorization: what the client shows; nil for a public one, which names itself in the form.
    init(authorization: String?) {
        self.authorization = authorization
    }

    /// Somebody signs in on the page that its browser was sent to.
    /// - Parameter token: the ID token with this nonce.
    /// - Returns: the query that the browser is sent back with.
    func signIn(at address: String, _ token: (_ nonce: String) async throws -> String) async throws -> String {
        let parts = address.split(separator: "?", maxSplits: 1)
        #expect(parts.first == "https://id.example.com/authorize")
        let asked = try Query(String(try #require(parts.last)))
        #expect(asked["response_type"] == "code" && asked["client_id"] == SignInFixture.client && asked["code_challenge_method"] == "S256")
        let code = "code \(SessionSeal.word())"
        let given = Code(
            challenge: try #require(asked["code_challenge"]), redirect: try #require(asked["redirect_uri"]),
            token: try await token(try #require(asked["nonce"])))
        codes.withLock { $0[code] = given }
        return String(PageAddress.query("", [("code", code), ("state", asked["state"]), ("iss", TestIssuer.address)]).dropFirst())
    }

    func exchange(_ request: OIDCTokenRequest) throws -> OIDCTokenAnswer {
        #expect(request.address.text == "https://id.example.com/token")
        let form = try Query(request.body)
        guard request.authorization == authorization, form["client_id"] == (authorization == nil ? SignInFixture.client : nil) else {
            return Self.answer(401, ["error": "invalid_client"])
        }
        let code = codes.withLock { $0.removeValue(forKey: form["code"] ?? "") }
        let challenge = Base64URL.encode(Array(SHA256.hash(data: Array((form["code_verifier"] ?? "").utf8))))
        guard let code, code.challenge == challenge, code.redirect == form["redirect_uri"], form["grant_type"] == "authorization_code" else {
            return Self.answer(400, ["error": "invalid_grant"])
        }
        return Self.answer(200, ["access_token": "opaque", "token_type": "Bearer", "id_token": .string(code.token)])
    }

    private static func answer(_ status: Int, _ document: JSONValue) -> OIDCTokenAnswer {
        OIDCTokenAnswer(status: status, body: document.bytes())
    }
}
