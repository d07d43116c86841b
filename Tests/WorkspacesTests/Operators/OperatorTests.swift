import Foundation
import HTTPTypes
import Logging
import Postgres
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Operators and their tokens", .timeLimit(.minutes(1)))
struct OperatorTests {
    /// A token of an operator that lies in acme.
    private static func token(
        _ name: String, in fixture: TokensFixture, scopes: Set<Scope> = [.operationsRead]
    ) async throws -> (token: Token, secret: TokenSecret, holder: Operator) {
        let (holder, secret) = (try await OperatorStore(pool: fixture.pool).named(name), TokenSecret())
        let made = try await fixture.tokens.create(
            workspace: fixture.acme.workspace.id, user: nil, operator: holder, name: holder.name, scopes: scopes, by: .tester, secret: secret)
        return (made.token, secret, holder)
    }

    private static func identity(_ secret: TokenSecret, _ fixture: TokensFixture) async throws -> Identity {
        guard case .valid(let identity) = try await fixture.tokens.verdict(hash: secret.hash) else { throw TestSupportError("it is not valid") }
        return identity
    }

    @Test("a name is one operator, in any case of its letters and however many ask at once")
    func names() async throws {
        let fixture = try await TokensFixture.make()
        let store = OperatorStore(pool: fixture.pool)
        let found = try await withThrowingTaskGroup(of: Operator.self, returning: Set<Operator>.self) { group in
            for name in ["ann", "Ann", "ANN", "ann"] { group.addTask { try await store.named(name) } }
            return try await group.reduce(into: []) { $0.insert($1) }
        }
        #expect(found.count == 1 && found.first?.name == "ann")
        let bob = try await store.named("bob")
        #expect(!found.contains(bob))
    }

    @Test("a token says whose it is, and so does the one that takes its place; a session names the operator and not the token")
    func identities() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let ann = try await Self.token("Ann", in: fixture)
        let made = try await fixture.tokens.rotate(ann.token.id, workspace: workspace, for: nil, by: .tester)
        let rotated = try await Self.identity(try #require(made.secret), fixture)
        let first = try await Self.identity(ann.secret, fixture)
        #expect(first.operator == ann.holder && rotated.operator == ann.holder && first.tokenID != rotated.tokenID)
        #expect(first.actor == .known(ann.holder, token: ann.token.id))
        let tenant = try await Self.identity(fixture.acme.secret, fixture)
        #expect(tenant.operator == nil && tenant.actor == .token(fixture.acme.token.id))

        _ = try await fixture.database.psql("update tokens set name = 'a desk' where id = '\(ann.token.id)'")
        let standing = try await fixture.tokens.standing(of: ann.token.id, workspace: workspace)
        #expect(standing?.name == "ann" && standing?.operator == ann.holder && standing?.scopes == ["operations:read"])
        let session = TokenSession(token: ann.token.id, workspace: workspace, now: Date())
        #expect(try await fixture.tokens.identity(of: session)?.operator == ann.holder)
        #expect(try await fixture.tokens.find(ann.secret)?.operator == ann.holder)
    }

    @Test("the access log names the operator, with the token that it showed")
    func log() async throws {
        let fixture = try await TokensFixture.make()
        let start = try await fixture.log.head()
        let ann = try await Self.token("ann", in: fixture)
        let actor = try await Self.identity(ann.secret, fixture).actor
        try await fixture.log.append(.paused("notes", by: actor))
        let told = try await fixture.log.entries(after: start, limit: 10)
        #expect(told.map { "\($0.action) \($0.actorKind):\($0.actor)" } == ["token.made operator:tester", "queue.paused operator:ann"])
        #expect(told.map { $0.details?["operator"] } == ["ann", nil])
        #expect(told.map { $0.details?["token"] } == [nil, "\(ann.token.id)".lowercased()])
    }

    @Test("whoever looks after a workspace neither sees an operator's token in it nor rotates, bounds or revokes one")
    func hidden() async throws {
        let fixture = try await TokensFixture.make()
        let ann = try await Self.token("ann", in: fixture)
        let guest = try await fixture.join("mia", as: .maintainer)
        let workspace = fixture.acme.workspace.id
        let counted = try await fixture.log.head()
        try await fixture.asking { ask async throws in
            for secret in [guest.secret, fixture.acme.secret] {
                let listed = try await ask(.get, "/v1/tokens", as: secret).text
                #expect(listed.contains("\(guest.token.id)".lowercased()) && !listed.contains("\(ann.token.id)".lowercased()))
                for (method, path) in [(HTTPRequest.Method.delete, ""), (.post, "/rotate")] {
                    let answer = try await ask(method, "/v1/tokens/\(ann.token.id)\(path)", as: secret)
                    let unknown = try await ask(method, "/v1/tokens/\(UUID())\(path)", as: secret)
                    #expect(answer.status == .notFound && answer.status == unknown.status && answer.json["detail"] == unknown.json["detail"])
                }
                let asker = try await Self.identity(secret, fixture)
                let isEnded = try await fixture.tokens.revoke(ann.token.id, workspace: workspace, for: asker, by: asker.actor)
                #expect(!isEnded)
            }
        }
        #expect(try await fixture.tokens.find(ann.token.id, workspace: workspace) == nil)
        #expect(try await fixture.log.head() == counted)
        #expect(try await Self.identity(ann.secret, fixture).operator == ann.holder)

        var reader = ExportReader(workspace, pool: fixture.pool, by: .tester, limit: 200)
        var lines: [String] = []
        while let page = try await reader.next() { lines += page }
        let tokens = lines.filter { $0.hasPrefix("{\"table\":\"tokens\"") }
        #expect(tokens.count == 2 && !lines.joined().contains("\(ann.token.id)".lowercased()) && !lines.joined().contains("operator_id"))
    }

    @Test("the command line lists, finds and ends operators' tokens, and a revocation holds within a second")
    func commandLine() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let bob = try await Self.token("bob", in: fixture)
        let ann = try await Self.token("ann", in: fixture)
        let held = try await OperatorStore(pool: fixture.pool).tokens(limit: 10)
        #expect(held.map(\.operator.name) == ["ann", "bob"] && held.map(\.token.id) == [ann.token.id, bob.token.id])
        #expect(held.allSatisfy { $0.workspace == "acme" })
        #expect(try await fixture.tokens.find(ann.token.id, workspace: workspace, orOperators: true)?.id == ann.token.id)

        let clock = StillClock()
        let authenticator = TokenAuthenticator(store: fixture.tokens, clock: clock, logger: Logger(label: "test.operators"))
        #expect(try await authenticator.identity(bearer: ann.secret.text)?.operator == ann.holder)
        #expect(try await fixture.tokens.revoke(ann.token.id, workspace: workspace, by: .tester))
        clock.advance(by: .seconds(1))
        #expect(try await authenticator.identity(bearer: ann.secret.text) == nil)
        #expect(try await fixture.tokens.standing(of: ann.token.id, workspace: workspace) == nil)
    }

    @Test("nobody makes an operator's token over HTTP, not even one who holds the scope")
    func overHTTP() async throws {
        let fixture = try await TokensFixture.make()
        let ann = try await Self.token("ann", in: fixture, scopes: [.tokensAdmin, .jobsRead, .operationsRead])
        try await fixture.asking { ask async throws in
            let refused = try await ask(.post, "/v1/tokens", #"{"name":"more","scopes":["jobs:read","operations:read"]}"#, as: ann.secret)
            #expect(refused.status == .unprocessableContent && refused.pointers == ["#/scopes/1"])
            let made = try await ask(.post, "/v1/tokens", #"{"name":"more","scopes":["jobs:read"]}"#, as: ann.secret)
            #expect(made.status == .created)
        }
        #expect(try await fixture.count("select count(*) from tokens where operator_id is not null") == 1)
    }

    @Test("a workspace's scope shows no operator, upkeep no token of a workspace and no hash, and nobody changes an operator")
    func rights() async throws {
        let fixture = try await TokensFixture.make()
        let ann = try await Self.token("ann", in: fixture)
        let scope = PostgresScope.workspaces([fixture.acme.workspace.id])
        let refused: [(PostgresScope, SQL)] = [
            (scope, "select 1 from operators"), (.role(.upkeep), "select hash from tokens"), (.role(.upkeep), "update operators set name = 'x'"),
            (.role(.upkeep), "update tokens set revoked_at = null"), (.role(.auth), "delete from operators"),
        ]
        for (scope, statement) in refused {
            let error = await #expect(throws: PostgresError.self) { try await fixture.pool.query(scope, statement) }
            #expect(error?.sqlState == "42501", "\(statement.label)")
        }
        let seen = try await fixture.pool.query(.role(.upkeep), "select id from tokens").map { try $0.decode("id", as: UUID.self) }
        #expect(seen == [ann.token.id])
    }
}
