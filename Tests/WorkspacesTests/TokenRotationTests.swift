import Foundation
import HTTPTypes
import Logging
import Postgres
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("A token in another's place", .timeLimit(.minutes(1)))
struct TokenRotationTests {
    /// A token of acme that nobody's user holds.
    private func make(
        _ fixture: TokensFixture, scopes: Set<Scope> = [.jobsRead], expiresIn seconds: TimeInterval? = nil
    ) async throws -> (token: Token, secret: TokenSecret) {
        let secret = TokenSecret()
        let made = try await fixture.tokens.create(
            workspace: fixture.acme.workspace.id, user: nil, name: "ci", scopes: scopes,
            expiresAt: seconds.map { Date().addingTimeInterval($0) }, by: .tester, secret: secret)
        return (made.token, secret)
    }

    private func rotate(
        _ token: Token, _ fixture: TokensFixture, overlap: Int = 3600, for asker: Identity? = nil
    ) async throws -> TokenStore.Made {
        try await fixture.tokens.rotate(
            token.id, workspace: token.workspace, overlap: TokenOverlap(seconds: overlap), for: asker, by: .tester)
    }

    private func now(_ token: Token, _ fixture: TokensFixture) async throws -> Token {
        try #require(try await fixture.tokens.list(workspace: token.workspace, limit: 100).first { $0.id == token.id })
    }

    private func identity(_ secret: TokenSecret, _ fixture: TokensFixture) async throws -> Identity {
        guard case .valid(let identity) = try await fixture.tokens.verdict(hash: secret.hash) else { throw TestSupportError("it is not valid") }
        return identity
    }

    @Test("both are good through the overlap, and then the new one alone; it has the name, the scopes and the user of the old one")
    func overlap() async throws {
        let fixture = try await TokensFixture.make()
        let bob = try await fixture.join("bob", as: .member)
        let made = try await rotate(bob.token, fixture)
        let secret = try #require(made.secret)
        #expect(made.token.name == bob.token.name && made.token.scopes == bob.token.scopes && made.token.user == bob.token.user)
        #expect(made.token.id != bob.token.id && made.token.expiresAt == nil && made.token.state == .valid)

        let old = try await now(bob.token, fixture)
        #expect(old.replacedBy == made.token.id && old.state == .valid)
        let end = try #require(old.expiresAt)
        #expect(abs(end.timeIntervalSinceNow - 3600) < 60)
        for each in [bob.secret, secret] { #expect(try await identity(each, fixture).user == bob.member.user.id) }
        try await fixture.moveTime(by: 3601)
        #expect(try await fixture.tokens.verdict(hash: bob.secret.hash) == .expired)
        #expect(try await identity(secret, fixture).tokenID == made.token.id)
    }

    @Test("the old one ends everywhere within a second of the overlap, with the cache before the database")
    func soon() async throws {
        let fixture = try await TokensFixture.make()
        let clock = StillClock()
        let authenticator = TokenAuthenticator(store: fixture.tokens, clock: clock, logger: Logger(label: "test.tokens"))
        let (token, secret) = try await make(fixture)
        #expect(try await authenticator.identity(bearer: secret.text)?.tokenID == token.id)
        _ = try await rotate(token, fixture, overlap: 0)
        clock.advance(by: .milliseconds(999))
        let error = await #expect(throws: Problem.self) { try await authenticator.identity(bearer: secret.text) }
        #expect(error?.type == "urn:mainstay:problem:token-expired")
    }

    @Test("one that expires is replaced by one that lives as long, and is made no longer-lived itself")
    func expiry() async throws {
        let fixture = try await TokensFixture.make()
        let (token, _) = try await make(fixture, expiresIn: 10 * 3600)
        try await fixture.moveTime(by: 9 * 3600)
        let made = try await rotate(token, fixture, overlap: 24 * 3600)
        let new = try #require(made.token.expiresAt)
        #expect(abs(new.timeIntervalSinceNow - 19 * 3600) < 60, "ten hours from the moved time on")
        let (end, before) = (try #require(try await now(token, fixture).expiresAt), try #require(token.expiresAt))
        #expect(abs(end.timeIntervalSince(before)) < 0.001)
    }

    @Test("one that would live beyond the year 9999 ends there")
    func farAway() async throws {
        let fixture = try await TokensFixture.make()
        let (token, _) = try await make(fixture, expiresIn: 7900 * 365.2425 * 86_400)
        try await fixture.moveTime(by: 100 * 366 * 86_400)
        let new = try #require(try await rotate(token, fixture).token.expiresAt)
        #expect(WireCoding.text(new) == "9999-12-31T00:00:00.000Z")
    }

    @Test("what was revoked, has expired, was replaced or is no token of the workspace is not rotated, and nothing is made")
    func refusals() async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let (revoked, _) = try await make(fixture)
        let (expired, _) = try await make(fixture, expiresIn: 60)
        let (replaced, _) = try await make(fixture)
        _ = try await fixture.tokens.revoke(revoked.id, workspace: workspace, by: .tester)
        try await fixture.moveTime(by: 61)
        let successor = try await rotate(replaced, fixture).token
        let count = try await fixture.count("select count(*) from tokens")

        #expect(await refusal { try await rotate(revoked, fixture) } == .tokenEnded)
        #expect(await refusal { try await rotate(expired, fixture) } == .tokenEnded)
        #expect(await refusal { try await rotate(replaced, fixture) } == .tokenReplaced)
        #expect(await refusal { try await rotate(fixture.other.token, fixture, for: nil) } == nil, "in its own workspace it is")
        let foreign = await refusal {
            try await fixture.tokens.rotate(fixture.other.token.id, workspace: workspace, for: nil, by: .tester)
        }
        let unknown = await refusal { try await fixture.tokens.rotate(UUID(), workspace: workspace, for: nil, by: .tester) }
        #expect([foreign, unknown] == [.unknownToken, .unknownToken])
        #expect(try await fixture.count("select count(*) from tokens") == count + 1)
        // Whoever has lost the new secret rotates the new one.
        #expect(try await rotate(successor, fixture).token.id != successor.id)
    }

    @Test("of many who rotate one at once, one does")
    func concurrency() async throws {
        let fixture = try await TokensFixture.make()
        let (token, _) = try await make(fixture)
        let codes: [WorkspaceError.Code?] = await withTaskGroup(of: WorkspaceError.Code?.self) { group in
            for _ in 0..<8 { group.addTask { await refusal { try await rotate(token, fixture) } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.filter { $0 == nil }.count == 1 && codes.filter { $0 == .tokenReplaced }.count == 7)
        #expect(try await fixture.count("select count(*) from tokens where replaced_by is not null") == 1)
    }

    @Test("nobody is given a token of another holder, or more scopes than its own; who has both may")
    func holders() async throws {
        let fixture = try await TokensFixture.make()
        let bob = try await fixture.join("bob", as: .maintainer)
        let owner = try await identity(fixture.acme.secret, fixture)
        let maintainer = try await identity(bob.secret, fixture)
        let (nobodys, _) = try await make(fixture)
        let (desk, secret) = try await make(fixture, scopes: [.tokensAdmin, .jobsRead])
        let tool = try await identity(secret, fixture)

        #expect(await refusal { try await rotate(bob.token, fixture, for: owner) } == .otherHolder)
        #expect(await refusal { try await rotate(fixture.acme.token, fixture, for: maintainer) } == .otherHolder)
        #expect(await refusal { try await rotate(nobodys, fixture, for: owner) } == .otherHolder)
        #expect(await refusal { try await rotate(bob.token, fixture, for: tool) } == .otherHolder)
        let (wide, _) = try await make(fixture, scopes: [.workspaceAdmin])
        let problem = await #expect(throws: Problem.self) { try await rotate(wide, fixture, for: tool) }
        #expect(problem?.status == .forbidden && problem?.type == "urn:mainstay:problem:missing-scope")

        #expect(try await rotate(nobodys, fixture, for: tool).token.user == nil)
        #expect(try await rotate(bob.token, fixture, for: maintainer).token.user == bob.member.user.id)
        // Itself, too.
        #expect(try await rotate(desk, fixture, for: tool).token.scopes == desk.scopes)
    }

    @Test("a lock is no part of what is handed on, and is ended by an operator within a second")
    func locks() async throws {
        let fixture = try await TokensFixture.make()
        let clock = StillClock()
        let authenticator = TokenAuthenticator(store: fixture.tokens, clock: clock, logger: Logger(label: "test.tokens"))
        let (token, secret) = try await make(fixture)
        _ = try await fixture.database.psql("update tokens set locked_until = now() + interval '1 hour' where id = '\(token.id)'")
        let made = try await rotate(token, fixture)
        #expect(made.token.state == .valid && made.token.lockedUntil == nil)
        #expect(try await now(token, fixture).state == .locked)
        await #expect(throws: Problem.self) { try await authenticator.identity(bearer: secret.text) }
        #expect(try await TokenLockStore(pool: fixture.pool).unlock(token.id, workspace: token.workspace, by: .tester))
        clock.advance(by: .milliseconds(999))
        #expect(try await authenticator.identity(bearer: secret.text)?.tokenID == token.id)
        #expect(try await now(token, fixture).state == .valid)
    }

    @Test("a member who leaves takes both along; a new one that goes first leaves the old one behind")
    func leaving() async throws {
        let fixture = try await TokensFixture.make()
        let bob = try await fixture.join("bob", as: .member)
        let made = try await rotate(bob.token, fixture)
        try await fixture.members.remove(bob.member.id, from: fixture.acme.workspace.id, as: .owner, by: .tester)
        for secret in [bob.secret, try #require(made.secret)] {
            #expect(try await fixture.tokens.verdict(hash: secret.hash) == .invalid)
        }
        let (token, _) = try await make(fixture)
        let successor = try await rotate(token, fixture).token
        // As the purge of a workspace does it, page by page.
        _ = try await fixture.database.psql("delete from tokens where id = '\(successor.id)'")
        #expect(try await now(token, fixture).replacedBy == nil)
    }

    @Test("a secret's holder learns what becomes of it, and no other does")
    func inspection() async throws {
        let fixture = try await TokensFixture.make()
        let (token, secret) = try await make(fixture, expiresIn: 3600)
        let successor = try await rotate(token, fixture, overlap: 60).token
        func found() async throws -> TokenStore.Inspected? { try await fixture.tokens.find(secret) }
        #expect(try await found()?.token.state == .valid)
        #expect(try await found()?.token.replacedBy == successor.id)
        #expect(try await found()?.workspace == "acme")
        try await fixture.moveTime(by: 61)
        #expect(try await found()?.token.state == .expired)
        _ = try await fixture.tokens.revoke(token.id, workspace: token.workspace, by: .tester)
        #expect(try await found()?.token.state == .revoked)
        #expect(try await found()?.isWorkspaceDeleted == false)
        _ = try await fixture.workspaces.delete(token.workspace, grace: .standard, by: .tester)
        #expect(try await found()?.isWorkspaceDeleted == true)
        #expect(try await fixture.tokens.find(TokenSecret()) == nil)
    }
}
