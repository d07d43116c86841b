import Foundation
import HTTPTypes
import HummingbirdTesting
import Jobs
import NIOCore
import Postgres
import Redis
import Testing
import Web

@testable import Workspaces

@Suite("Errors of the stores and the engine as problems")
struct ProblemMappingTests {
    private func map(_ error: any Error) -> Problem? {
        for row in [ProblemMapping.jobs, ProblemMapping.postgres, ProblemMapping.redis, ProblemMapping.workspaces] {
            if let problem = row(error) { return problem }
        }
        return nil
    }

    @Test("an outage is 503 with Retry-After, whatever is away and however it shows")
    func outages() {
        var unknown = PostgresError(.connection, "the connection broke")
        unknown.commitUnknown = true
        let outages: [any Error] = [
            PostgresError(.connection, "refused at 10.0.0.7"), PostgresError(.timeout, "no answer"), PostgresError(.overloaded, "too many wait"),
            PostgresError(.server, "shutting down", sqlState: "57P01"), PostgresError(.server, "deadlock", sqlState: "40P01"),
            PostgresError(.server, "read only", sqlState: "25006"), unknown, PostgresError(.cancelled, "cancelled"),
            PostgresError(.connection, "password authentication failed", sqlState: "28P01"),
            RedisError(.connection, "broke"), RedisError(.timeout, "no reply"), RedisError(.overloaded, "too many"),
            RedisError(serverReply: "LOADING Redis is loading", command: "XADD"), RedisError(.cancelled, "cancelled"),
            JobError(.unavailable, subject: "tickets", message: "away"), JobError(.backlogFull, subject: "tickets", message: "full"),
        ]
        for error in outages {
            let problem = map(error)
            #expect(problem?.status == .serviceUnavailable, "\(error)")
            #expect(problem?.retryAfter != nil, "\(error)")
            #expect(problem?.detail?.contains("10.0.0.7") != true)
        }
    }

    @Test("a job that may be accepted is not said to be refused: the problem has its own type, and says what to do with and without a key")
    func unknownAcceptance() throws {
        func problem(mayBeAccepted: Bool) throws -> Problem {
            let error = JobError(.unavailable, subject: "tickets", message: "lost", retryAfter: .seconds(7), mayBeAccepted: mayBeAccepted)
            return try #require(map(error))
        }
        let unknown = try problem(mayBeAccepted: true)
        #expect(unknown.status == .serviceUnavailable && unknown.retryAfter == .seconds(7) && unknown.name == "acceptance-unknown")
        let detail = try #require(unknown.detail)
        #expect(detail.contains("not known whether the job was accepted") && !detail.contains("was not accepted"))
        #expect(detail.contains("the same Idempotency-Key") && detail.contains("Without a key"))
        let refused = try problem(mayBeAccepted: false)
        #expect(refused.retryAfter == .seconds(7) && refused.detail?.contains("was not accepted") == true && refused.type != unknown.type)
    }

    @Test("the engine's own Retry-After is passed on")
    func retryAfter() {
        #expect(map(JobError(.backlogFull, subject: "q", message: "full", retryAfter: .seconds(17)))?.retryAfter == .seconds(17))
    }

    @Test("a workspace over its bound in a queue is told so with 429, and when to come again")
    func workspaceBound() {
        let problem = map(JobError(.workspaceBacklogFull, subject: "q", message: "secret detail", retryAfter: .seconds(17)))
        #expect(problem?.status == .tooManyRequests && problem?.name == "workspace-backlog-full" && problem?.retryAfter == .seconds(17))
        #expect(problem?.detail?.contains("secret detail") == false)
        #expect(map(JobError(.workspaceBacklogFull, subject: "q", message: "full"))?.retryAfter == .seconds(5))
    }

    @Test("so it comes over HTTP: 429, Retry-After in whole seconds, a problem with a type of its own", .timeLimit(.minutes(1)))
    func workspaceBoundOverHTTP() async throws {
        let routes = JobRoutes(status: { _, _, _ in
            throw JobError(.workspaceBacklogFull, subject: "q", message: "full", retryAfter: .milliseconds(16_200))
        })
        let response = try await answer(to: "/v1/jobs/\(UUID())", from: routes.routes(), scopes: ["jobs:read"]).response
        #expect(response.status == .tooManyRequests && response.headers[.retryAfter] == "17")
        #expect(response.headers[.contentType] == "application/problem+json")
        let body = try JSONDecoder().decode(JSONValue.self, from: Data(response.body.readableBytesView))
        #expect(body["type"]?.string == "urn:mainstay:problem:workspace-backlog-full" && body["status"] == 429)
    }

    @Test(
        "what a caller did has its own status",
        arguments: [
            ("23505", 409), ("23503", 422), ("23514", 422), ("23502", 422), ("22001", 422), ("22021", 422), ("22P02", 422), ("22003", 422),
        ])
    func sqlStates(_ state: String, _ status: Int) {
        #expect(map(PostgresError(.server, "secret detail", sqlState: state))?.status.code == status)
    }

    @Test("what is the program's own fault is nobody's problem here, and so a 500", arguments: ["42501", "42P01", "42703", "XX000", "MS001"])
    func defects(_ state: String) {
        #expect(map(PostgresError(.server, "x", sqlState: state)) == nil)
        #expect(map(PostgresError(.decoding, "column x")) == nil)
        #expect(map(PostgresError(.usage, "x")) == nil)
        #expect(map(RedisError(serverReply: "WRONGTYPE x", command: "GET")) == nil)
        #expect(map(JobError(.unknownKind, subject: "x", message: "x")) == nil)
    }

    @Test("Idempotency-Key: another request 422, under way 409; a payload that is too large 413")
    func engine() {
        #expect(map(JobError(.idempotencyMismatch, subject: "k", message: "x"))?.status == .unprocessableContent)
        #expect(map(JobError(.inFlight, subject: "k", message: "x"))?.status == .conflict)
        let refused = map(JobError(.refused, subject: "k", message: "a job of the kind k cannot be cancelled"))
        #expect(refused?.status == .conflict && refused?.name == "refused" && refused?.detail?.contains("cannot be cancelled") == true)
        #expect(map(JobError(.payloadTooLarge, subject: "k", message: "x"))?.status == .contentTooLarge)
        #expect(map(WorkspaceError(.idempotencyMismatch, "x"))?.type == map(JobError(.idempotencyMismatch, subject: "k", message: "x"))?.type)
        #expect(map(WorkspaceError(.slugTaken, "x"))?.status == .conflict)
        #expect(map(WorkspaceError(.multiUserOff, "x"))?.status == .forbidden)
    }
}
