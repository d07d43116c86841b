import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Jobs
import JobsTesting
import NIOCore
import Postgres
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

/// A database of one's own with two workspaces, `acme`, which publishes, and `rival`, which forks; a producer; and a worker
/// when a test asks for one.
struct DirectoryFixture: Sendable {
    let database: TestDatabase
    let engine: TestEngine
    let acme = UUID()
    let rival = UUID()

    var pool: PostgresPool { engine.pool }
    var producer: JobProducer { engine.producer }
    var desk: AgentDesk { AgentDesk(pool: pool) }
    var directory: Directory { Directory(pool: pool, producer: producer) }

    /// Runs `body` with everything but a worker.
    static func with(_ body: @escaping @Sendable (DirectoryFixture) async throws -> Void) async throws {
        let (database, redis) = (try await TestDatabase.make(), try await TestStack.shared().redisURL)
        try await withEngine(redis: redis, postgres: database.serverURL, queues: [ForkAgent.kind.queue]) { engine in
            let fixture = DirectoryFixture(database: database, engine: engine)
            _ = try await database.psql(
                "insert into workspaces (id, slug, name) values ('\(fixture.acme)', 'acme', 'Acme'), ('\(fixture.rival)', 'rival', 'Rival')")
            try await body(fixture)
        }
    }

    /// Runs `body` while a worker serves forks.
    func withWorker(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await engine.serving { directory.register(in: &$0) }.withWorker(body)
    }

    // MARK: Material

    /// The real eliza where `MAINSTAY_DATA` has it, else the one of our samples that has secrets.
    static func character() throws -> CharacterFile {
        let samples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "ops/samples/agents/harbor-guide.character.json")
        let real = ProcessInfo.processInfo.environment["MAINSTAY_DATA"].map { URL(filePath: $0).appending(path: "characters/eliza.character.json") }
        let path = real.flatMap { FileManager.default.fileExists(atPath: $0.path()) ? $0 : nil } ?? samples
        return try CharacterFile(Array(try Data(contentsOf: path)))
    }

    /// Imports a character into acme, or another workspace, publishes it unless told otherwise, and returns its id.
    func publish(_ text: String, in workspace: UUID? = nil, publish: Bool = true) async throws -> UUID {
        try await self.publish(CharacterFile(Array(text.utf8)), in: workspace, publish: publish)
    }

    func publish(_ file: CharacterFile, in workspace: UUID? = nil, publish: Bool = true) async throws -> UUID {
        let name = try #require(AgentName(displayName: file.name))
        let workspace = workspace ?? acme
        let agent = try await desk.take(file, as: name, changelog: "", workspace: workspace, idempotency: nil).detail.agent.id
        if publish { _ = try await desk.publish(agent, workspace: workspace) }
        return agent
    }

    /// Says that an agent was forked so often, without the forks.
    func setForks(_ forks: Int, of agent: UUID) async throws {
        let change = "update fork_counts set forks = \(forks) where agent_id = '\(agent)' returning 1"
        #expect(try await count("with changed as (\(change)) select count(*) from changed") == 1)
    }

    /// What a query answers as superuser, where no policy hides anything.
    func count(_ query: String) async throws -> Int {
        try #require(Int(try await database.psql(query).trimmingCharacters(in: .whitespacesAndNewlines)), "\(query)")
    }

    /// Runs the handler as the engine does.
    func handle(_ payload: ForkAgent, id: UUID = .version7(), workspace: UUID? = nil) async throws -> ForkResult {
        let job = Job(id: id, workspace: workspace ?? rival, acceptedAt: Date(), payload: payload)
        let result = try await pool.transaction(.workspaces([job.workspace])) { try await ForkAgentHandler().handle(job, in: $0) }
        return try JSONDecoder().decode(ForkResult.self, from: Data(try #require(result).json))
    }

    // MARK: HTTP

    struct Answer: Sendable {
        let status: HTTPResponse.Status
        let headers: HTTPFields
        /// Null for a body of another type.
        let json: JSONValue
        let text: String

        var id: UUID? { json["id"]?.string.flatMap(UUID.init(uuidString:)) }
        var names: [String] { json["items"]?.elements?.compactMap { $0["name"]?.string } ?? [] }
        /// The body without what names this one request.
        var lasting: [JSONValue.Member] { (json.members ?? []).filter { !["request_id", "instance"].contains($0.name) } }
    }

    struct Asker: Sendable {
        let client: any TestClientProtocol

        func callAsFunction(
            _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, token: String? = "rival", headers: HTTPFields = [:]
        ) async throws -> Answer {
            var headers = headers
            if let token { headers[.authorization] = "Bearer \(token)" }
            if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
            return try await client.execute(uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }) { response in
                let bytes = Array(response.body.readableBytesView)
                let isJSON = response.headers[.contentType]?.contains("json") == true
                return Answer(
                    status: response.status, headers: response.headers,
                    json: bytes.isEmpty || !isJSON ? .null : try JSONBody.decode(JSONValue.self, from: bytes),
                    text: String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    /// The routes of the directory and of a workspace's agents in one router, as the server has them.
    func asking(_ body: @escaping @Sendable (Asker) async throws -> Void) async throws {
        let responder = WebResponder(
            authenticator: NamedTokens(acme: acme, rival: rival), features: [AgentRoutes(pool: pool).routes, directory.routes],
            options: .init(problems: ProblemMapping.table))
        #expect(OpenAPI.differences(routes: responder.routes, operations: responder.operations) == [])
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
            case "reader": Identity(workspace: rival, workspaceSlug: "rival", tokenID: UUID(), user: nil, scopes: ["agents:read"])
            case "operator": Identity(workspace: rival, workspaceSlug: "rival", tokenID: UUID(), user: nil, scopes: ["directory:moderate"])
            default: nil
            }
        }
    }
}
