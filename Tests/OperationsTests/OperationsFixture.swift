import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Jobs
import JobsTesting
import Logging
import NIOCore
import Postgres
import TestSupport
import Testing
import Web
import Workspaces

@testable import Operations

/// A kind that does as its payload says.
struct Note: JobPayload, Equatable {
    static let kind = JobKind(name: "test.note", queue: "notes", acceptance: .ledger, retry: quick)
    static let quick = RetryPolicy(base: .milliseconds(60), cap: .milliseconds(60), floor: .milliseconds(50), maximumAttempts: 3)

    var text: String
    /// What it dies of; nil to live.
    var death: String?
    /// Attempts that fail before one succeeds.
    var failures = 0
    var password = "correct-horse-battery"
}

struct NoteFault: Error, CustomStringConvertible {
    let description: String
}

struct NoteHandler: EffectHandler {
    func handle(_ job: Job<Note>, in transaction: PostgresTransaction) async throws -> JobResult? {
        if let death = job.payload.death { throw PermanentJobError(death, code: "broken") }
        if job.attempt <= job.payload.failures { throw NoteFault(description: "not yet, attempt \(job.attempt)") }
        return try JobResult(["note": job.payload.text])
    }
}

/// A kind that nobody cancels.
struct OwedNote: JobPayload {
    static let kind = JobKind(name: "test.owed", queue: "notes", acceptance: .ledger, isCancellable: false)
}

struct OwedNoteHandler: EffectHandler {
    func handle(_ job: Job<OwedNote>, in transaction: PostgresTransaction) async throws -> JobResult? { nil }
}

/// The pages and the API over a real engine, with an operator and a tenant who show real tokens.
struct OperationsFixture: Sendable {
    let database: TestDatabase
    let engine: TestEngine
    let workspaces: Workspaces
    let operations: Operations
    /// Of the scope `operator`; it is called "ann".
    let operatorToken: String
    /// Of everything inside a workspace.
    let tenantToken: String

    /// - Parameter overview: what the fleet is said to do; the truth when nil.
    static func with(
        overview: (@Sendable () async throws -> FleetOverview)? = nil, now: @escaping @Sendable () -> Date = { Date() },
        _ body: @escaping @Sendable (OperationsFixture) async throws -> Void
    ) async throws {
        let database = try await TestDatabase.make()
        let redis = try await TestStack.shared().redisURL
        try await withEngine(
            redis: redis, postgres: database.serverURL, workspace: Workspace.defaultID,
            handlers: {
                $0.register(effect: NoteHandler())
                $0.register(effect: OwedNoteHandler())
            }
        ) { engine in
            let workspaces = Workspaces(pool: engine.pool, multiUser: true, logger: Logger(label: "test.operations"))
            let fleet = FleetReader(pool: engine.pool, redis: engine.redis, configuration: engine.configuration, queues: ["notes"])
            let truth: @Sendable () async throws -> FleetOverview = { try await fleet.overview() }
            let operations = Operations(
                feed: OverviewFeed(lifetime: .zero, read: overview ?? truth),
                administration: JobAdministration(pool: engine.pool, redis: engine.redis, configuration: engine.configuration),
                control: QueueControl(pool: engine.pool), producer: engine.producer, workspaces: workspaces, queues: ["notes"],
                problems: ProblemMapping.table, seal: SessionSeal(secret: nil), now: now)
            let tokens = workspaces.tokens
            let ann = try await tokens.create(workspace: Workspace.defaultID, user: nil, name: "ann", scopes: [.operator], by: .operator("tester"))
            let tenant = try await tokens.create(
                workspace: Workspace.defaultID, user: nil, name: "tenant", scopes: Scope.workspace, by: .operator("tester"))
            try await body(
                OperationsFixture(
                    database: database, engine: engine, workspaces: workspaces, operations: operations,
                    operatorToken: try #require(ann.secret?.text), tenantToken: try #require(tenant.secret?.text)))
        }
    }

    var responder: WebResponder {
        WebResponder(
            authenticator: workspaces.authenticator, features: [operations.routes], pages: [operations.pages],
            options: .init(problems: ProblemMapping.table))
    }

    /// Asks the routes and pages as the server mounts them.
    func asking(_ body: @escaping @Sendable (Asker) async throws -> Void) async throws {
        try await Application(responder: responder).test(.router) { client in
            try await body(Asker(client: client, token: operatorToken))
        }
    }

    /// Looks at pages with an operator's browser that has signed in.
    func browsing(_ body: @escaping @Sendable (Browser) async throws -> Void) async throws {
        try await Application(responder: responder).test(.router) { client in
            let browser = Browser(client: client)
            try await browser.signIn(operatorToken)
            try await body(browser)
        }
    }

    /// Jobs that have died, the last one the newest.
    @discardableResult
    func die(of errors: String..., text: String = "a note") async throws -> [UUID] {
        var ids: [UUID] = []
        for error in errors { ids.append(try await engine.accept(Note(text: text, death: error))) }
        try await engine.drain()
        for id in ids { #expect(try await engine.status(of: id)?.state == .dead) }
        return ids
    }

    func letter(_ id: UUID) async throws -> DeadLetter {
        try #require(await DeadLetterStore(pool: engine.pool).find(id))
    }

    /// Ends the operator's token.
    func revokeAnn() async throws {
        let all = try await workspaces.tokens.list(workspace: Workspace.defaultID, limit: 10)
        let ann = try #require(all.first { $0.name == "ann" })
        #expect(try await workspaces.tokens.revoke(ann.id, workspace: Workspace.defaultID, by: .operator("tester")))
    }

    /// Another workspace, with the slug `other`.
    func otherWorkspace() async throws -> UUID {
        try await workspaces.workspaces.create(slug: try Slug("other"), name: "Other", by: .operator("tester")).id
    }
}
