import Foundation
import HTTPTypes
import Synchronization
import Testing
import Web

@testable import Workspaces

@Suite("Who a token of an issuer belongs to", .timeLimit(.minutes(1)))
struct OIDCAuthenticatorTests {
    /// Members as the test says; counts how often it is asked.
    private final class Places: Sendable {
        private let state: Mutex<(place: ExternalPlace, questions: [ExternalQuestion])>

        init(_ place: ExternalPlace) { state = Mutex((place: place, questions: [])) }

        var questions: [ExternalQuestion] { state.withLock { $0.questions } }
        func set(_ place: ExternalPlace) { state.withLock { $0.place = place } }
        func lookUp(_ question: ExternalQuestion) -> ExternalPlace {
            state.withLock { state in
                state.questions.append(question)
                return state.place
            }
        }
    }

    private static let user = UUID()
    private static let workspace = UUID()
    private static func member(_ role: Member.Role) -> ExternalPlace { .member(user: user, workspace: workspace, slug: "acme", role: role) }

    private let key: IssuerKey

    init() async throws { key = try await .edDSA("k1") }

    private func made(
        _ place: ExternalPlace, linksByEmail: Bool = false, onlyWorkspace: String? = nil
    ) throws -> (fixture: OIDCFixture, places: Places, authenticator: OIDCAuthenticator<StillClock>) {
        let fixture = try OIDCFixture([key], linksByEmail: linksByEmail, onlyWorkspace: onlyWorkspace)
        let places = Places(place)
        return (fixture, places, fixture.authenticator { places.lookUp($0) })
    }

    @Test("a member is who it is, with all that its role may", arguments: Member.Role.allCases)
    func member(_ role: Member.Role) async throws {
        let (fixture, _, authenticator) = try made(Self.member(role))
        let identity = try #require(try await authenticator.identity(bearer: key.sign(fixture.claims(["workspace": "acme"]))))
        #expect(identity.workspace == Self.workspace && identity.workspaceSlug == "acme" && identity.user == Self.user)
        #expect(identity.scopes == Set(role.scopes.map(\.rawValue)))
        #expect(identity.tokenID == ExternalIdentity(issuer: TestIssuer.address, subject: "ann").id)
        // Five minutes, and the minute that its clock is forgiven: for what is open until then.
        #expect(identity.expires == Date(timeIntervalSince1970: OIDCFixture.beginning + 360))
    }

    @Test("a token's scopes are cut by the role, and never add to it")
    func scopes() async throws {
        let (fixture, _, authenticator) = try made(Self.member(.viewer))
        func scopes(_ claim: JSONValue) async throws -> Set<String>? {
            try await authenticator.identity(bearer: key.sign(fixture.claims(["workspace": "acme", "scope": claim])))?.scopes
        }
        #expect(try await scopes("tickets:read jobs:read") == ["tickets:read", "jobs:read"])
        #expect(try await scopes("tickets:read tickets:write operator workspace:admin openid") == ["tickets:read"])
        #expect(try await scopes("openid profile") == [])
        #expect(try await scopes("") == [])
    }

    @Test("what is no JSON Web Token, or too long for one, is nobody's: no key is fetched and nobody looked up")
    func otherForms() async throws {
        let (fixture, places, authenticator) = try made(Self.member(.owner))
        let huge = "eyJh.\(String(repeating: "A", count: 64 << 10)).AAAA"
        for text in ["", "mst_x", TokenSecret().text, "a.b.c", huge] { #expect(try await authenticator.identity(bearer: text) == nil) }
        #expect(fixture.issuer.fetches == 0 && places.questions.isEmpty)
    }

    @Test("an expired token is told so, and another that is refused is not told why")
    func refused() async throws {
        let (fixture, places, authenticator) = try made(Self.member(.owner))
        let expired = try await key.sign(fixture.claims(["exp": fixture.time(in: -61)]))
        #expect(try await problemName { try await authenticator.identity(bearer: expired) } == "token-expired")
        for claims in [fixture.claims(["aud": "other"]), fixture.claims(["nbf": fixture.time(in: 99)]), fixture.claims(without: "sub")] {
            #expect(try await authenticator.identity(bearer: key.sign(claims)) == nil)
        }
        #expect(places.questions.isEmpty)
    }

    @Test("a token that claims a key of the issuer's and was made by another is told from other bad ones here, and not to its sender")
    func forged() async throws {
        let (fixture, places, authenticator) = try made(Self.member(.owner))
        let token = try await IssuerKey.edDSA("k1").sign(fixture.claims(["workspace": "acme"]))
        let error = await #expect(throws: WorkspaceError.self) { try await authenticator.identity(bearer: token) }
        #expect(error?.code == .forgedToken && places.questions.isEmpty)
        let told = try #require(error.flatMap { ProblemMapping.workspaces($0) })
        #expect(told.json == Problem.unauthorized(.invalid).json)
    }

    @Test("without the issuer's keys nobody gets in and nobody is refused: 503, and when to come again")
    func away() async throws {
        let (fixture, _, authenticator) = try made(Self.member(.owner))
        fixture.issuer.leave()
        let token = try await key.sign(fixture.claims(["workspace": "acme"]))
        let problem = await #expect(throws: Problem.self) { try await authenticator.identity(bearer: token) }
        #expect(problem?.status == .serviceUnavailable && problem?.retryAfter == .seconds(10))
    }

    @Test("the workspace is the token's, else the request's, else the only one; the token's is not to be changed")
    func workspaces() async throws {
        let (fixture, places, authenticator) = try made(Self.member(.owner))
        let (bound, free) = (try await key.sign(fixture.claims(["workspace": "acme"])), try await key.sign(fixture.claims()))
        func ask(_ token: String, naming header: String?, of authenticator: OIDCAuthenticator<StillClock>) async throws -> String? {
            try await problemName { try await NamedWorkspace.$current.withValue(header) { try await authenticator.identity(bearer: token) } }
        }
        #expect(try await ask(bound, naming: nil, of: authenticator) == nil)
        #expect(try await ask(bound, naming: "acme", of: authenticator) == nil)
        #expect(try await ask(bound, naming: "other", of: authenticator) == "workspace-mismatch")
        #expect(try await ask(free, naming: "other", of: authenticator) == nil)
        #expect(try await ask(free, naming: nil, of: authenticator) == "bad-request")
        #expect(places.questions.map(\.slug) == ["acme", "other"])

        let (_, single, alone) = try made(Self.member(.owner), onlyWorkspace: "default")
        #expect(try await ask(free, naming: nil, of: alone) == nil)
        #expect(single.questions.map(\.slug) == ["default"])
    }

    @Test("what cannot be a slug is not looked for", arguments: ["", "Acme", "a/b", "ac\u{0301}me", String(repeating: "a", count: 40)])
    func slugs(_ slug: String) async throws {
        let (fixture, places, authenticator) = try made(Self.member(.owner))
        let token = try await key.sign(fixture.claims(["workspace": .string(slug)]))
        #expect(try await problemName { try await authenticator.identity(bearer: token) } == "not-a-member")
        #expect(places.questions.isEmpty)
    }

    @Test("who is nobody here, or no member, is told what to do; an unknown workspace and a foreign one are one answer")
    func outside() async throws {
        let (fixture, places, authenticator) = try made(.unlinked)
        let token = try await key.sign(fixture.claims(["workspace": "acme", "email": "ann@acme.example", "email_verified": true]))
        let unknown = await #expect(throws: Problem.self) { try await authenticator.identity(bearer: token) }
        #expect(unknown?.status == .forbidden && unknown?.type == "urn:mainstay:problem:identity-unknown")
        #expect(unknown?.detail?.contains("operator") == true)
        #expect(unknown?.json["subject"]?.string == "ann" && unknown?.json["issuer"]?.string == TestIssuer.address)
        // Linking by address is off, so the store is not asked to.
        #expect(places.questions.map(\.email) == [nil])
        places.set(.stranger)
        fixture.clock.advance(by: .milliseconds(500))
        #expect(try await problemName { try await authenticator.identity(bearer: token) } == "not-a-member")
        places.set(.deleted)
        fixture.clock.advance(by: .milliseconds(500))
        await #expect(throws: WorkspaceError.self) { try await authenticator.identity(bearer: token) }
    }

    @Test("an address is handed on for linking where that is on and the issuer has verified it")
    func linking() async throws {
        let (fixture, places, authenticator) = try made(Self.member(.member), linksByEmail: true)
        for flag: JSONValue in [true, false] {
            let claims = fixture.claims(["workspace": "acme", "email": "ann@acme.example", "email_verified": flag])
            #expect(try await authenticator.identity(bearer: key.sign(claims)) != nil)
        }
        #expect(places.questions.map(\.email) == ["ann@acme.example", nil])
    }

    @Test("a place is believed for half a second, for all tokens of an identity; then a lower role holds")
    func remembered() async throws {
        let (fixture, places, authenticator) = try made(Self.member(.owner))
        for number in 0..<5 {
            let token = try await key.sign(fixture.claims(["workspace": "acme", "jti": .integer(Int64(number))]))
            #expect(try await authenticator.identity(bearer: token)?.scopes.contains("workspace:admin") == true)
        }
        #expect(places.questions.count == 1)
        places.set(Self.member(.viewer))
        fixture.clock.advance(by: .milliseconds(500))
        let token = try await key.sign(fixture.claims(["workspace": "acme"]))
        #expect(try await authenticator.identity(bearer: token)?.scopes.contains("workspace:admin") == false)
        #expect(places.questions.count == 2)
    }

    @Test("each kind of token is asked about where it belongs, and what the one refuses the other is not asked")
    func either() async throws {
        let (fixture, places, authenticator) = try made(Self.member(.owner))
        let own = NamedTokens()
        let both = EitherAuthenticator(own: own, external: authenticator)
        let token = try await key.sign(fixture.claims(["workspace": "acme"]))
        #expect(try await both.identity(bearer: token)?.user == Self.user)
        #expect(own.asked.isEmpty)
        #expect(try await both.identity(bearer: "a.b.c") == nil)
        #expect(own.asked.isEmpty)
        for text in ["mst_x", "", "ey.J"] { #expect(try await both.identity(bearer: text) == nil) }
        #expect(own.asked == ["mst_x", "", "ey.J"] && places.questions.count == 1)
    }

    private final class NamedTokens: Authenticator {
        private let texts = Mutex<[String]>([])
        var asked: [String] { texts.withLock { $0 } }
        func identity(bearer: String) async throws -> Identity? {
            texts.withLock { $0.append(bearer) }
            return nil
        }
    }
}
