import Foundation
import Logging
import Synchronization
import Web

@testable import Workspaces

/// An issuer without a network: it answers what the test says, and counts how often it is asked.
final class TestIssuer: Sendable {
    static let address = "https://id.example.com"
    static let audience = "mainstay"

    private struct State {
        var keys: [JSONValue]
        var cacheControl: String? = "max-age=3600"
        var isAway = false
        var signsIn = true
        var fetches = 0
        var gate: [CheckedContinuation<Void, Never>]?
    }
    private let state: Mutex<State>

    init(_ keys: [IssuerKey]) {
        state = Mutex(State(keys: keys.map(\.shown)))
    }

    /// How often somebody began to fetch the keys.
    var fetches: Int { state.withLock { $0.fetches } }
    func show(_ keys: [IssuerKey]) { state.withLock { $0.keys = keys.map(\.shown) } }
    func leave() { state.withLock { $0.isAway = true } }
    func comeBack() { state.withLock { $0.isAway = false } }
    /// Names no pages to sign in at from now on.
    func hidePages() { state.withLock { $0.signsIn = false } }
    func allowCaching(_ words: String?) { state.withLock { $0.cacheControl = words } }

    /// Answers wait until `open()`.
    func close() { state.withLock { $0.gate = [] } }
    func open() {
        let waiting = state.withLock { state in
            defer { state.gate = nil }
            return state.gate ?? []
        }
        for continuation in waiting { continuation.resume() }
    }

    func fetch(_ address: OIDCAddress) async throws -> OIDCAnswer {
        let isDiscovery = address.text == "\(Self.address)/.well-known/openid-configuration"
        if isDiscovery { state.withLock { $0.fetches += 1 } }
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if state.gate == nil { return true }
                state.gate?.append(continuation)
                return false
            }
            if isOpen { continuation.resume() }
        }
        let (isAway, signsIn, keys, cacheControl) = state.withLock { ($0.isAway, $0.signsIn, $0.keys, $0.cacheControl) }
        if isAway { throw OIDCFault(.away, "the issuer is away") }
        let document: JSONValue = isDiscovery ? Self.description(signsIn: signsIn) : ["keys": .array(keys)]
        return OIDCAnswer(body: document.bytes(), cacheControl: cacheControl)
    }

    private static func description(signsIn: Bool) -> JSONValue {
        var members: [JSONValue.Member] = [.init("issuer", .string(address)), .init("jwks_uri", .string("\(address)/keys"))]
        if signsIn {
            members.append(.init("authorization_endpoint", .string("\(address)/authorize")))
            members.append(.init("token_endpoint", .string("\(address)/token")))
        }
        return .object(members)
    }
}

/// A checker of tokens, on a clock that stands still.
struct OIDCFixture: Sendable {
    /// What the clock's beginning is called in tokens.
    static let beginning = 1_800_000_000.0

    let issuer: TestIssuer
    let configuration: OIDCConfiguration
    let clock = StillClock()
    let keys: OIDCKeys<StillClock>
    let verifier: OIDCVerifier<StillClock>

    init(
        _ keys: [IssuerKey], algorithms: [String] = ["RS256", "ES256", "EdDSA"], linksByEmail: Bool = false, onlyWorkspace: String? = nil,
        capacity: Int = 16
    ) throws {
        let issuer = TestIssuer(keys)
        self.issuer = issuer
        configuration = try OIDCConfiguration(
            issuer: TestIssuer.address, audience: TestIssuer.audience, algorithms: algorithms, linksByEmail: linksByEmail,
            onlyWorkspace: onlyWorkspace)
        let clock = clock
        self.keys = OIDCKeys(configuration, fetch: { try await issuer.fetch($0) }, clock: clock, logger: Logger(label: "test.oidc"))
        verifier = OIDCVerifier(configuration, keys: self.keys, now: { Self.time(clock) }, capacity: capacity)
    }

    static func time(_ clock: StillClock) -> Date {
        let passed = clock.now.offset.components
        return Date(timeIntervalSince1970: beginning + Double(passed.seconds) + Double(passed.attoseconds) / 1e18)
    }

    /// Seconds since 1970, so many from now.
    func time(in seconds: Int = 0) -> JSONValue { .integer(Int64(Self.time(clock).timeIntervalSince1970) + Int64(seconds)) }

    /// Good claims, five minutes long, with these over them.
    func claims(_ more: [String: JSONValue] = [:], without left: String...) -> [String: JSONValue] {
        var claims: [String: JSONValue] = [
            "iss": .string(TestIssuer.address), "sub": "ann", "aud": .string(TestIssuer.audience), "exp": time(in: 300), "iat": time(),
        ]
        claims.merge(more) { $1 }
        for name in left { claims[name] = nil }
        return claims
    }

    /// Why a token is not accepted; nil when it is. What has not even the form counts as malformed.
    func refusal(of text: String) async throws -> OIDCRefusal? {
        guard let token = OIDCToken(text) else { return .malformed }
        do {
            _ = try await verifier.claims(of: token)
            return nil
        } catch let refusal as OIDCRefusal {
            return refusal
        }
    }

    /// Finds members as `lookUp` says.
    func authenticator(_ lookUp: @escaping @Sendable (ExternalQuestion) async throws -> ExternalPlace) -> OIDCAuthenticator<StillClock> {
        OIDCAuthenticator(
            configuration, verifier: verifier, places: LookUps(lookUp: lookUp, clock: clock), logger: Logger(label: "test.oidc"))
    }
}

/// The problem that a piece of work was refused with, by the last word of its type; nil when it was done.
func problemName(_ body: () async throws -> some Any) async throws -> String? {
    do {
        _ = try await body()
        return nil
    } catch {
        guard let problem = error as? Problem ?? ProblemMapping.workspaces(error) else { throw error }
        return problem.type.split(separator: ":").last.map(String.init)
    }
}
