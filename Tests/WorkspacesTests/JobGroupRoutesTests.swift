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

@Suite("A group of jobs over HTTP", .timeLimit(.minutes(1)))
struct JobGroupRoutesTests {
    private func get(
        _ uri: String, scopes: Set<String> = ["jobs:read"], status: @escaping @Sendable (UUID, UUID) async throws -> JobGroupStatus?
    ) async throws -> (response: TestResponse, workspace: UUID) {
        try await answer(to: uri, from: JobGroupRoutes(status: status).routes(), scopes: scopes)
    }

    @Test("shows how far it has come, and its follow-up", arguments: [true, false])
    func shown(isClosed: Bool) async throws {
        let asked = Mutex<[UUID]>([])
        let (id, then) = (UUID(), UUID())
        let (response, workspace) = try await get("/v1/job-groups/\(id)") { id, workspace in
            asked.withLock { $0 += [id, workspace] }
            return JobGroupStatus(
                id: id, total: 3, remaining: isClosed ? 0 : 2, dead: isClosed ? 0 : 1, then: then, thenKind: "test.then",
                createdAt: Date(timeIntervalSince1970: 1_769_848_200), closedAt: isClosed ? Date(timeIntervalSince1970: 1_769_848_260) : nil)
        }
        #expect(response.status == .ok)
        #expect(asked.withLock { $0 } == [id, workspace])
        let body = try JSONDecoder().decode(JSONValue.self, from: Data(response.body.readableBytesView))
        #expect(body["state"]?.string == (isClosed ? "closed" : "open") && body["remaining"] == .integer(isClosed ? 0 : 2))
        #expect(body["total"] == .integer(3) && body["dead"] == .integer(isClosed ? 0 : 1))
        #expect(body["id"]?.string == id.lowercased && body["then"]?["id"]?.string == then.lowercased)
        #expect(body["then"]?["kind"]?.string == "test.then")
        #expect(body["then"]?["url"]?.string == (isClosed ? "/v1/jobs/\(then.lowercased)" : nil))
        #expect(body["closed_at"]?.string == (isClosed ? "2026-01-31T08:31:00.000Z" : nil))
    }

    @Test("a group that is not there, or not the caller's to read, is refused")
    func refused() async throws {
        #expect(try await get("/v1/job-groups/\(UUID())") { _, _ in nil }.response.status == .notFound)
        #expect(try await get("/v1/job-groups/x") { _, _ in nil }.response.status == .notFound)
        #expect(try await get("/v1/job-groups/\(UUID())", scopes: []) { _, _ in nil }.response.status == .forbidden)
    }
}
