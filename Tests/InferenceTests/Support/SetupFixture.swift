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
import Workspaces

@testable import Inference

/// Two workspaces in a database of one's own, and the routes of what they set up for runs.
struct SetupFixture: Sendable {
    let database: TestDatabase
    let pool: PostgresPool
    let workspace = UUID()
    let other = UUID()
    /// A token of ``workspace``, as `owner` shows it.
    let token = UUID()
    let logger = Logger(label: "test.setup")

    /// Keys of which the first seals; the second is an older one.
    static let oldKey = "old:\(Data(repeating: 1, count: 32).base64EncodedString())"
    static let newKey = "new:\(Data(repeating: 2, count: 32).base64EncodedString())"

    static func with<R: Sendable>(_ body: @Sendable (SetupFixture) async throws -> R) async throws -> R {
        let database = try await TestDatabase.make()
        return try await withPool(database.serverURL, size: 4) { pool in
            let fixture = SetupFixture(database: database, pool: pool)
            _ = try await database.psql(
                """
                insert into workspaces (id, slug, name) values ('\(fixture.workspace)', 'mine', 'Mine'), ('\(fixture.other)', 'theirs', 'Theirs');
                insert into tokens (workspace_id, id, name, prefix, hash, scopes)
                values ('\(fixture.workspace)', '\(fixture.token)', 't', 'mst_0000', sha256('\(fixture.token)'), '{runs:write}');
                """)
            return try await body(fixture)
        }
    }

    /// Runs `body` with the routes, asked without a socket.
    func asking(
        keys: String? = SetupFixture.oldKey, allowing: [String] = [], _ body: @escaping @Sendable (SetupAsker) async throws -> Void
    ) async throws {
        let configuration = InferenceSetup.Configuration(
            keys: try keys.map { try SealingKeys($0) } ?? SealingKeys.none, addresses: try AddressPolicy(allowing: allowing))
        let setup = InferenceSetup(configuration: configuration, pool: pool, logger: logger)
        let responder = WebResponder(
            authenticator: Tokens(workspace: workspace, other: other, token: token), features: setup.routes,
            options: .init(problems: ProblemMapping.table))
        try await Application(responder: responder).test(.router) { client in try await body(SetupAsker(client: client, setup: setup)) }
    }
}

/// `owner` and `member` of one workspace, `theirs` of another.
private struct Tokens: Authenticator {
    let workspace: UUID
    let other: UUID
    let token: UUID

    private static let all: Set<String> = ["workspace:admin", "agents:read", "agents:write", "runs:read", "runs:write"]

    func identity(bearer: String) async throws -> Identity? {
        switch bearer {
        case "owner": Identity(workspace: workspace, workspaceSlug: "mine", tokenID: token, user: nil, scopes: Self.all)
        case "member": Identity(workspace: workspace, workspaceSlug: "mine", tokenID: UUID(), user: nil, scopes: ["agents:read", "runs:read"])
        case "theirs": Identity(workspace: other, workspaceSlug: "theirs", tokenID: UUID(), user: nil, scopes: Self.all)
        default: nil
        }
    }
}

extension AccessActor {
    /// Whoever does what a test does through a store.
    static let tester = AccessActor.operator("tester")
}

extension SetupFixture {
    /// What the access log tells of, as `action kind:actor subject name=value …`, the oldest first.
    func told() async throws -> [String] {
        try await AccessLogStore(pool: pool).newest(limit: 100).map { entry in
            let details = (entry.details ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return ([entry.action, "\(entry.actorKind):\(entry.actor)", entry.subject] + details).joined(separator: " ")
        }
    }
}

/// Asks the routes.
struct SetupAsker: Sendable {
    struct Answer: Sendable {
        let status: HTTPResponse.Status
        let headers: HTTPFields
        let json: JSONValue

        var text: String { String(decoding: json.bytes(), as: UTF8.self) }
        var pointers: [String] { (json["errors"]?.elements ?? []).compactMap { $0["pointer"]?.string } }
    }

    let client: any TestClientProtocol
    let setup: InferenceSetup

    func callAsFunction(
        _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, as token: String = "owner", headers: HTTPFields = [:]
    ) async throws -> Answer {
        var headers = headers
        headers[.authorization] = "Bearer \(token)"
        if body != nil { headers[.contentType] = "application/json" }
        return try await client.execute(uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }) { response in
            let bytes = Array(response.body.readableBytesView)
            return Answer(
                status: response.status, headers: response.headers, json: bytes.isEmpty ? .null : try JSONBody.decode(JSONValue.self, from: bytes))
        }
    }
}
