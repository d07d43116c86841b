import Foundation
import Jobs
import Logging
import Testing
import Web

@testable import Directory
@testable import Workspaces

/// An issuer that signs nothing: what it says of an account is taken as it stands. (Signatures, codes and states have tests of their own.)
///
/// A code of it is the account's subject, a tilde and the nonce.
enum ScriptedIssuer {
    static let address = "https://id.example.com"
    static let client = "pages"

    static func account(_ subject: String) -> ExternalIdentity { ExternalIdentity(issuer: address, subject: subject) }

    /// Lets accounts in, which operators have linked.
    static func signIn(_ fixture: PagesFixture) throws -> OIDCSignIn {
        let configuration = try OIDCConfiguration(issuer: address, audience: "mainstay")
        return OIDCSignIn(
            configuration, party: try OIDCRelyingParty(id: client, secret: nil, site: PagesFixture.site),
            issuer: .init(
                discovery: { try OIDCDiscovery(Self.description.bytes(), of: configuration.issuer) },
                claims: { token in
                    try OIDCClaims(token.payload, for: configuration.madeOut(for: Self.client), at: Date().timeIntervalSince1970)
                }, exchange: { try Self.answer(to: $0) }),
            identities: fixture.workspaces.identities, seal: SessionSeal(secret: nil, purpose: "test"), logger: Logger(label: "test.pages"))
    }

    /// What its page sends a browser back with, after somebody has signed in there.
    static func back(_ subject: String, from location: String?) throws -> String {
        let asked = try Query(String(try #require(location?.split(separator: "?", maxSplits: 1).last)))
        let code = "\(subject)~\(try #require(asked["nonce"]))"
        return PageAddress.query(OIDCRelyingParty.path, [("code", code), ("state", asked["state"])])
    }

    private static let description: JSONValue = [
        "issuer": .string(address), "jwks_uri": .string("\(address)/keys"), "authorization_endpoint": .string("\(address)/authorize"),
        "token_endpoint": .string("\(address)/token"),
    ]

    private static func answer(to request: OIDCTokenRequest) throws -> OIDCTokenAnswer {
        let parts = try #require(try Query(request.body)["code"]).split(separator: "~", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return OIDCTokenAnswer(status: 400, body: Array(#"{"error": "invalid_grant"}"#.utf8)) }
        let claims: JSONValue = [
            "iss": .string(address), "sub": .string(parts[0]), "aud": .string(client), "nonce": .string(parts[1]),
            "exp": .integer(Int64(Date().timeIntervalSince1970) + 60),
        ]
        let token = "\(Base64URL.encode(Array(#"{"alg": "ES256"}"#.utf8))).\(Base64URL.encode(claims.bytes())).AAAA"
        return OIDCTokenAnswer(status: 200, body: JSONValue.object([.init("id_token", .string(token))]).bytes())
    }
}

extension PagesFixture {
    /// These pages, with the scripted issuer.
    func withAccounts() throws -> PagesFixture {
        PagesFixture(directory: directory, workspaces: workspaces, pages: pages.signingIn(with: try ScriptedIssuer.signIn(self)))
    }

    /// A user with an account of that subject, and with these roles.
    @discardableResult
    func person(_ name: String, subject: String, _ roles: [(workspace: UUID, role: Member.Role)]) async throws -> UUID {
        let user = try await workspaces.workspaces.createUser(name: name, email: nil)
        for (workspace, role) in roles {
            try await workspaces.workspaces.add(user: user.id, to: workspace, role: role, by: .system("test"))
        }
        #expect(try await workspaces.identities.link(ScriptedIssuer.account(subject), user: user.id, by: .system("test")))
        return user.id
    }
}

extension PageBrowser {
    /// Signs in at the issuer, and comes back.
    @discardableResult
    func signIn(as subject: String, next: String? = nil) async throws -> PageAnswer {
        let sent = try await get(PageAddress.query("/sign-in/oidc", [("next", next)]))
        return try await get(ScriptedIssuer.back(subject, from: sent.location))
    }
}
