import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Postgres
import TestSupport
import Testing
import Web

@testable import Workspaces

extension AgentDesk {
    /// For those who test something else than who did it.
    func publish(_ agent: UUID, _ wish: Wish = Wish(), workspace: UUID) async throws -> Published {
        try await publish(agent, wish, workspace: workspace, by: .tester)
    }

    func unpublish(_ agent: UUID, workspace: UUID) async throws { try await unpublish(agent, workspace: workspace, by: .tester) }
}

/// A database of one's own with two workspaces, `acme` and `rival`, and the routes over it.
///
/// Tokens: `acme` and `rival` may do everything with agents, `reader` may read acme's.
struct AgentsFixture: Sendable {
    let database: TestDatabase
    let pool: PostgresPool
    let acme = UUID()
    let rival = UUID()

    var desk: AgentDesk { AgentDesk(pool: pool) }

    static func with(_ body: @Sendable (AgentsFixture) async throws -> Void) async throws {
        let database = try await TestDatabase.make()
        try await withPool(database.serverURL, size: 8) { pool in
            let fixture = AgentsFixture(database: database, pool: pool)
            _ = try await database.psql(
                "insert into workspaces (id, slug, name) values ('\(fixture.acme)', 'acme', 'Acme'), ('\(fixture.rival)', 'rival', 'Rival')")
            try await body(fixture)
        }
    }

    /// What a query answers as superuser, where no policy hides anything.
    func count(_ query: String) async throws -> Int {
        try #require(Int(try await database.psql(query).trimmingCharacters(in: .whitespacesAndNewlines)), "\(query)")
    }

    /// Imports a file of our own samples into acme.
    func imported(_ name: String) async throws -> AgentDesk.Imported {
        try await take(CharacterFile(AgentSamples.own(name)))
    }

    func take(_ file: CharacterFile, workspace: UUID? = nil) async throws -> AgentDesk.Imported {
        let name = try #require(AgentName(displayName: file.name))
        return try await desk.take(file, as: name, changelog: "", workspace: workspace ?? acme, idempotency: nil)
    }

    // MARK: HTTP

    /// One answer: its status, headers, and body as JSON.
    struct Answer: Sendable {
        let status: HTTPResponse.Status
        let headers: HTTPFields
        let json: JSONValue
        let text: String

        var pointers: [String] { (json["errors"]?.elements ?? []).compactMap { $0["pointer"]?.string } }

        /// The body without what names this one request.
        var lasting: [JSONValue.Member] { (json.members ?? []).filter { !["request_id", "instance"].contains($0.name) } }
    }

    struct Asker: Sendable {
        let client: any TestClientProtocol

        func callAsFunction(
            _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]? = nil, token: String? = "acme", headers: HTTPFields = [:]
        ) async throws -> Answer {
            var headers = headers
            if let token { headers[.authorization] = "Bearer \(token)" }
            if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
            return try await client.execute(uri: path, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0) }) { response in
                let bytes = Array(response.body.readableBytesView)
                return Answer(
                    status: response.status, headers: response.headers,
                    json: bytes.isEmpty ? .null : try JSONBody.decode(JSONValue.self, from: bytes),
                    text: String(decoding: bytes, as: UTF8.self))
            }
        }

        func callAsFunction(
            _ method: HTTPRequest.Method, _ path: String, _ body: String, token: String? = "acme", headers: HTTPFields = [:]
        ) async throws -> Answer {
            try await self(method, path, Array(body.utf8), token: token, headers: headers)
        }
    }

    func asking(_ body: @escaping @Sendable (Asker) async throws -> Void) async throws {
        let responder = WebResponder(
            authenticator: NamedTokens(acme: acme, rival: rival), features: [AgentRoutes(pool: pool).routes],
            options: .init(problems: ProblemMapping.table))
        try await Application(responder: responder).test(.router) { client in try await body(Asker(client: client)) }
    }

    private struct NamedTokens: Authenticator {
        let acme: UUID
        let rival: UUID

        func identity(bearer: String) async throws -> Identity? {
            let all: Set<String> = ["agents:read", "agents:write"]
            return switch bearer {
            case "acme": Identity(workspace: acme, workspaceSlug: "acme", tokenID: UUID(), user: nil, scopes: all)
            case "rival": Identity(workspace: rival, workspaceSlug: "rival", tokenID: UUID(), user: nil, scopes: all)
            case "reader": Identity(workspace: acme, workspaceSlug: "acme", tokenID: UUID(), user: nil, scopes: ["agents:read"])
            default: nil
            }
        }
    }
}
