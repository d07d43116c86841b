import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Jobs
import NIOCore
import Synchronization
import Testing
import Web

@testable import Workspaces

@Suite("A job's state over HTTP", .timeLimit(.minutes(1)))
struct JobRoutesTests {
    private struct Asked: Equatable {
        let id: UUID
        let workspace: UUID
        let wait: Duration
    }

    private func get(
        _ uri: String, scopes: Set<String> = ["jobs:read"], status: @escaping @Sendable (UUID, UUID, Duration) async throws -> JobStatus?
    ) async throws -> (response: TestResponse, workspace: UUID) {
        try await answer(to: uri, from: JobRoutes(status: status).routes(), scopes: scopes)
    }

    @Test("is asked for in the caller's workspace, and shown with what is known")
    func shown() async throws {
        let asked = Mutex<[Asked]>([])
        let id = UUID()
        let (response, workspace) = try await get("/v1/jobs/\(id)") { id, workspace, wait in
            asked.withLock { $0.append(Asked(id: id, workspace: workspace, wait: wait)) }
            return JobStatus(
                id: id, kind: "ticket.create", state: .retrying, attempts: 2, error: "the store said no", result: Array(#"{"a":[1]}"#.utf8),
                acceptedAt: Date(timeIntervalSince1970: 1_769_848_200), progress: 0.5, note: "half")
        }
        #expect(response.status == .ok)
        #expect(asked.withLock { $0 } == [Asked(id: id, workspace: workspace, wait: .zero)])
        let body = try JSONDecoder().decode(JSONValue.self, from: Data(response.body.readableBytesView))
        let text = id.uuidString.lowercased()
        #expect(
            body == [
                "accepted_at": "2026-01-31T08:30:00.000Z", "attempts": 2, "error": "the store said no", "id": .string(text), "kind": "ticket.create",
                "note": "half", "progress": 0.5, "result": ["a": [1]], "state": "retrying", "url": .string("/v1/jobs/\(text)"),
            ])
    }

    @Test(
        "is waited for as long as is asked",
        arguments: [("10s", Duration.seconds(10)), ("60", .seconds(60)), ("250ms", .milliseconds(250)), ("0", .zero)])
    func waited(_ text: String, _ wait: Duration) async throws {
        let asked = Mutex<[Duration]>([])
        let (response, _) = try await get("/v1/jobs/\(UUID())?wait=\(text)") { id, _, wait in
            asked.withLock { $0.append(wait) }
            return JobStatus(id: id, kind: "x", state: .done, attempts: 1, acceptedAt: Date())
        }
        #expect(response.status == .ok)
        #expect(asked.withLock { $0 } == [wait])
    }

    @Test("an answer behind a wait closes its connection and says so, also when there is no such job; any other keeps it")
    func connection() async throws {
        for isKnown in [true, false] {
            let status: @Sendable (UUID, UUID, Duration) async throws -> JobStatus? = { id, _, _ in
                isKnown ? JobStatus(id: id, kind: "x", state: .done, attempts: 1, acceptedAt: Date()) : nil
            }
            let waited = try await get("/v1/jobs/\(UUID())?wait=1s", status: status).response
            #expect(waited.status == (isKnown ? .ok : .notFound))
            #expect(waited.headers[.connection] == "close")
            #expect(try await get("/v1/jobs/\(UUID())", status: status).response.headers[.connection] == nil)
        }
    }

    @Test("a wait that is too long or none is refused", arguments: ["61s", "2m", "x", "-1", ""])
    func refused(_ text: String) async throws {
        let (response, _) = try await get("/v1/jobs/\(UUID())?wait=\(text)") { _, _, _ in
            Issue.record("the engine was asked")
            return nil
        }
        #expect(response.status == .badRequest)
    }

    @Test("one that the workspace does not have is 404; so is what is no id; the scope is needed")
    func absent() async throws {
        #expect(try await get("/v1/jobs/\(UUID())") { _, _, _ in nil }.response.status == .notFound)
        #expect(try await get("/v1/jobs/7") { _, _, _ in nil }.response.status == .notFound)
        #expect(try await get("/v1/jobs/\(UUID())", scopes: ["tickets:read"]) { _, _, _ in nil }.response.status == .forbidden)
    }

    @Test("a wish to cancel is asked in the caller's workspace: 202 while it may help, 200 after the end, 404 for another's, 409 where it cannot be")
    func cancelled() async throws {
        let (known, ended, owed) = (UUID(), UUID(), UUID())
        func post(_ id: String, scopes: Set<String> = ["jobs:write"], body: String = "") async throws -> TestResponse {
            let responder = WebResponder(
                authenticator: Doorkeeper(scopes: scopes),
                features: [
                    JobRoutes(
                        status: { _, _, _ in nil },
                        cancel: { id, _, _ in
                            if id == owed { throw JobError(.refused, subject: "x", message: "a job of the kind x cannot be cancelled") }
                            guard id == known || id == ended else { return nil }
                            return JobStatus(id: id, kind: "x", state: id == known ? .queued : .done, attempts: 1, acceptedAt: Date())
                        }
                    ).routes()
                ], options: .init(problems: ProblemMapping.table))
            return try await Application(responder: responder).test(.router) { client in
                try await client.execute(
                    uri: "/v1/jobs/\(id)/cancel", method: .post, headers: [.authorization: "Bearer good"], body: ByteBuffer(string: body))
            }
        }
        let statuses = [
            try await post("\(known)").status, try await post("\(known)", body: "{}").status, try await post("\(ended)").status,
            try await post("\(UUID())").status, try await post("7").status, try await post("\(known)", scopes: ["jobs:read"]).status,
            try await post("\(known)", body: "{").status, try await post("\(owed)").status,
        ]
        #expect(statuses == [.accepted, .accepted, .ok, .notFound, .notFound, .forbidden, .badRequest, .conflict])
    }

    @Test("the description names every state, and says what `queued` does and does not mean")
    func described() throws {
        let document = OpenAPI.document(info: .init(title: "x", version: "1", description: ""), operations: [JobRoutes.get])
        let state = try #require(document["components"]?["schemas"]?["Job"]?["properties"]?["state"])
        #expect(state["enum"] == ["queued", "running", "retrying", "done", "dead", "cancelled"])
        #expect(state["description"]?.string?.contains("in a worker's hands") == true)
    }

    @Test("a store that is away is 503 with Retry-After")
    func away() async throws {
        let (response, _) = try await get("/v1/jobs/\(UUID())") { _, _, _ in
            throw JobError(.unavailable, subject: "status", message: "redis is away", retryAfter: .seconds(3))
        }
        #expect(response.status == .serviceUnavailable)
        #expect(response.headers[.retryAfter] == "3")
    }
}
