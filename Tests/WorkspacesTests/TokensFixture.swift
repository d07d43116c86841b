import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Postgres
import Synchronization
import TestSupport
import Web

@testable import Workspaces

/// A database with two workspaces, each with an owner and a token of that owner.
struct TokensFixture: Sendable {
    struct Side: Sendable {
        let workspace: Workspace
        let owner: User
        let token: Token
        let secret: TokenSecret
    }

    let database: TestDatabase
    let pool: PostgresPool
    let workspaces: WorkspaceStore
    let tokens: TokenStore
    let acme: Side
    let other: Side

    static func make() async throws -> TokensFixture {
        let database = try await TestDatabase.make()
        let pool = PostgresPool(configuration: try PostgresConfiguration(url: database.serverURL), size: 4, logger: Logger(label: "test.workspaces"))
        let workspaces = WorkspaceStore(pool: pool, multiUser: true)
        let tokens = TokenStore(pool: pool)
        func side(_ slug: String) async throws -> Side {
            let owner = try await workspaces.createUser(name: "Owner of \(slug)", email: "owner@\(slug).example")
            let workspace = try await workspaces.create(slug: Slug(slug), name: slug.capitalized, owner: owner.id, by: .tester)
            let secret = TokenSecret()
            let made = try await tokens.create(
                workspace: workspace.id, user: owner.id, name: "first", scopes: Scope.workspace, by: .tester, secret: secret)
            return Side(workspace: workspace, owner: owner, token: made.token, secret: secret)
        }
        return TokensFixture(
            database: database, pool: pool, workspaces: workspaces, tokens: tokens, acme: try await side("acme"), other: try await side("other"))
    }

    /// Moves the database's time.
    func moveTime(by seconds: Int) async throws {
        _ = try await database.psql("update time_offset set amount = interval '\(seconds) seconds'")
    }

    /// The routes of this module over the stores of this database; tokens are looked up afresh each time.
    func application(_ more: [APIRoutes] = [], watch: IdentityWatch? = nil) -> some ApplicationProtocol {
        let authenticator = TokenAuthenticator(
            store: tokens, clock: ContinuousClock(), logger: Logger(label: "test.workspaces"), lifetime: .zero)
        var options = WebResponder.Options(problems: ProblemMapping.table)
        options.identityWatch = watch
        let responder = WebResponder(
            authenticator: authenticator, features: [TokenRoutes(workspaces: workspaces, tokens: tokens).routes()] + more, options: options)
        return Application(responder: responder)
    }
}

extension AccessActor {
    /// Whoever does what a test does through a store.
    static let tester = AccessActor.operator("tester")
}

extension HTTPFields {
    static func bearing(_ secret: TokenSecret, _ more: HTTPFields = [:]) -> HTTPFields {
        var fields = more
        fields[.authorization] = "Bearer \(secret.text)"
        fields[.contentType] = "application/json"
        return fields
    }
}

/// A clock that stands still until it is moved, and on which nobody sleeps.
final class StillClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        var offset: Duration = .zero
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (first: Instant, second: Instant) -> Bool { first.offset < second.offset }
    }

    private let box = Mutex(Instant())
    var now: Instant { box.withLock { $0 } }
    var minimumResolution: Duration { .nanoseconds(1) }

    func advance(by duration: Duration) { box.withLock { $0 = $0.advanced(by: duration) } }
    func sleep(until deadline: Instant, tolerance: Duration?) async throws { throw CancellationError() }
}
