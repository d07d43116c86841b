import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Tokens of an issuer over HTTP", .timeLimit(.minutes(1)))
struct OIDCRoutesTests {
    /// What was answered to "who am I".
    private struct Answer: Sendable {
        let status: Int
        let json: JSONValue
        let challenge: String?
        var problem: String? { json["type"]?.string?.split(separator: ":").last.map(String.init) }
    }

    /// The routes of this module for both kinds of tokens. Places are looked up afresh each time.
    private func asking(
        _ fixture: TokensFixture, _ oidc: OIDCFixture, watch: AccessWatch<LeapingClock>? = nil,
        _ body: @escaping @Sendable (_ ask: @escaping @Sendable (_ token: String, _ workspaces: [String]) async throws -> Answer) async throws -> Void
    ) async throws {
        let (store, logger) = (ExternalIdentityStore(pool: fixture.pool), Logger(label: "test.oidc"))
        let places = LookUps<ExternalQuestion, ExternalPlace, StillClock>(
            lookUp: { try await OIDC.place($0, store, logger) }, clock: oidc.clock, lifetime: .zero)
        let external = OIDCAuthenticator(oidc.configuration, verifier: oidc.verifier, places: places, logger: logger)
        let own = TokenAuthenticator(store: fixture.tokens, clock: ContinuousClock(), logger: logger, lifetime: .zero)
        var options = WebResponder.Options(problems: ProblemMapping.table)
        if let watch {
            options.beforeAuthentication = [SourceWatchMiddleware(watch: watch)]
            options.afterAuthentication = [WatchMiddleware(watch: watch)]
        }
        options.beforeAuthentication.append(NamedWorkspaceMiddleware())
        let responder = WebResponder(
            authenticator: EitherAuthenticator(own: own, external: external),
            features: [TokenRoutes(workspaces: fixture.workspaces, tokens: fixture.tokens).routes()], options: options)
        try await Application(responder: responder).test(.router) { client in
            try await body { token, workspaces in
                var headers: HTTPFields = [.authorization: "Bearer \(token)"]
                for name in workspaces { headers.append(HTTPField(name: .workspace, value: name)) }
                return try await client.execute(uri: "/v1/workspace", method: .get, headers: headers) { response in
                    Answer(
                        status: response.status.code, json: try JSONBody.decode(JSONValue.self, from: Array(response.body.readableBytesView)),
                        challenge: response.headers[.wwwAuthenticate])
                }
            }
        }
    }

    @Test("a member by its issuer's token: linked at first sight, in the workspace that it names, until it is none any more")
    func life() async throws {
        let fixture = try await TokensFixture.make()
        let key = try await IssuerKey.es256("k1")
        let oidc = try OIDCFixture([key], linksByEmail: true)
        let owner = fixture.acme.owner
        let person: [String: JSONValue] = ["email": "owner@acme.example", "email_verified": true]
        let token = try await key.sign(oidc.claims(person))
        let narrow = try await key.sign(oidc.claims(["scope": "jobs:read", "workspace": "acme"]))
        let identity = ExternalIdentity(issuer: TestIssuer.address, subject: "ann")
        try await asking(fixture, oidc) { ask in
            let first = try await ask(token, ["acme"])
            #expect(first.status == 200 && first.json["slug"]?.string == "acme")
            #expect(first.json["user"]?.string == owner.id.uuidString.lowercased())
            #expect(first.json["token"]?["id"]?.string == identity.id.uuidString.lowercased())
            #expect(try await ask(narrow, []).json["token"]?["scopes"]?.elements == ["jobs:read"])

            #expect(try await ask(token, ["other"]).problem == "not-a-member")
            #expect(try await ask(token, ["nowhere"]).json["detail"] == ask(token, ["other"]).json["detail"])
            #expect(try await ask(narrow, ["other"]).problem == "workspace-mismatch")
            #expect(try await ask(token, []).status == 400)
            #expect(try await ask(token, ["acme", "other"]).status == 400)
            // A token of ours does not ask for the header.
            #expect(try await ask(fixture.acme.secret.text, ["other"]).json["slug"]?.string == "acme")

            #expect(try await ExternalIdentityStore(pool: fixture.pool).unlink(identity, by: .tester))
            #expect(try await ask(narrow, []).problem == "identity-unknown")
        }
    }

    @Test("who left the workspace is refused, and so is a deleted workspace")
    func leaving() async throws {
        let fixture = try await TokensFixture.make()
        let key = try await IssuerKey.es256("k1")
        let oidc = try OIDCFixture([key], linksByEmail: true)
        let bob = try await fixture.join("bob", as: .member)
        let claims = oidc.claims(["sub": "bob", "email": "bob@acme.example", "email_verified": true, "workspace": "acme"])
        let token = try await key.sign(claims)
        try await asking(fixture, oidc) { ask in
            #expect(try await ask(token, []).status == 200)
            _ = try await fixture.members.change(bob.member.id, to: .viewer, in: fixture.acme.workspace.id, as: .owner, by: .tester)
            #expect(try await ask(token, []).json["token"]?["scopes"]?.elements?.contains("tickets:write") == false)
            try await fixture.members.remove(bob.member.id, from: fixture.acme.workspace.id, as: .owner, by: .tester)
            #expect(try await ask(token, []).problem == "not-a-member")
            try await fixture.workspaces.add(user: bob.member.user.id, to: fixture.acme.workspace.id, role: .viewer, by: .tester)
            #expect(try await ask(token, []).status == 200)
            _ = try await fixture.workspaces.delete(fixture.acme.workspace.id, grace: .standard, by: .tester)
            #expect(try await ask(token, []).problem == "workspace-deleted")
        }
    }

    @Test("an account that names one workspace after the other is told of and slowed, there and in its own; nobody else is")
    func askingAround() async throws {
        let fixture = try await TokensFixture.make()
        let key = try await IssuerKey.es256("k1")
        let oidc = try OIDCFixture([key], linksByEmail: true)
        let token = try await key.sign(oidc.claims(["email": "owner@acme.example", "email_verified": true]))
        let watched = WatchFixture { $0.foreignWorkspaces.response = .slow }
        try await asking(fixture, oidc, watch: watched.watch) { ask in
            let own = try await ask(token, ["acme"])
            #expect(own.status == 200)
            for slug in ["other", "nowhere", "other", "other"] {
                let answer = try await ask(token, [slug])
                #expect(answer.problem == "not-a-member")
            }
            #expect(!watched.watch.isRestricting)
            let third = try await ask(token, ["Not a slug"])
            #expect(third.problem == "not-a-member" && watched.watch.isRestricting && watched.clock.slept.isEmpty)
            let fourth = try await ask(token, ["elsewhere"])
            #expect(fourth.problem == "not-a-member" && watched.clock.slept == [.seconds(1)])
            let slowed = try await ask(token, ["acme"])
            #expect(slowed.status == 200 && watched.clock.slept == [.seconds(1), .seconds(1)])
            let other = try await ask(fixture.acme.secret.text, [])
            #expect(other.status == 200 && watched.clock.slept.count == 2)
        }
        let events = watched.events()
        #expect(events.map(\.signal) == [.foreignWorkspaces] && events.map(\.response) == [.slow])
        #expect(events.map(\.subject) == [.account(ExternalIdentity(issuer: TestIssuer.address, subject: "ann").id)])
    }

    @Test("a token that is not good is answered like any other that is not")
    func refused() async throws {
        let fixture = try await TokensFixture.make()
        let (key, evil) = (try await IssuerKey.es256("k1"), try await IssuerKey.es256("k1"))
        let oidc = try OIDCFixture([key])
        let forged = try await evil.sign(oidc.claims(["workspace": "acme"]))
        let expired = try await key.sign(oidc.claims(["workspace": "acme", "exp": oidc.time(in: -61)]))
        try await asking(fixture, oidc) { ask in
            let unknown = try await ask("mst_unknown", [])
            let answer = try await ask(forged, [])
            #expect(answer.status == 401 && answer.json["detail"] == unknown.json["detail"] && answer.challenge == unknown.challenge)
            #expect(try await ask(expired, []).problem == "token-expired")
        }
    }
}
