import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Jobs
import JobsTesting
import Logging
import Postgres
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

/// A database of one's own with two workspaces: `acme`, which has published `eliza`, and `rival`, which may fork it; operators, and
/// workspaces that only report.
struct ReportsFixture: Sendable {
    let database: TestDatabase
    let engine: TestEngine
    let acme = UUID.version7()
    let rival = UUID.version7()
    let eliza = UUID.version7()

    static let ann = Operator(id: UUID(), name: "ann")
    static let bob = Operator(id: UUID(), name: "bob")

    var pool: PostgresPool { engine.pool }
    var reports: AgentReports { AgentReports(pool: pool, producer: engine.producer) }

    static func with(_ body: @escaping @Sendable (ReportsFixture) async throws -> Void) async throws {
        let (database, redis) = (try await TestDatabase.make(), try await TestStack.shared().redisURL)
        try await withEngine(redis: redis, postgres: database.serverURL, queues: [NoteAgentRemoval.kind.queue]) { engine in
            let fixture = ReportsFixture(database: database, engine: engine)
            _ = try await database.psql(
                "insert into workspaces (id, slug, name) values ('\(fixture.acme)', 'acme', 'Acme'), ('\(fixture.rival)', 'rival', 'Rival')")
            _ = try await database.psql("insert into operators (id, name) values ('\(ann.id)', 'ann'), ('\(bob.id)', 'bob')")
            try await fixture.publish("eliza", as: fixture.eliza)
            try await body(fixture)
        }
    }

    // MARK: Material

    /// An agent of acme in the directory.
    func publish(_ name: String, as agent: UUID) async throws {
        _ = try await database.psql(
            """
            insert into agents (workspace_id, id, name, display_name, visibility) values ('\(acme)', '\(agent)', '\(name)', '\(name)', 'public');
            insert into published_agents (owner, name, listing_id, workspace_id, agent_id, version, digest, shape, display_name, summary, character)
            values ('acme', '\(name)', '\(UUID.version7())', '\(acme)', '\(agent)', 1, sha256('\(name)'), 'v1', '\(name)', 'An agent.', '{"name": "x"}');
            """)
    }

    /// A fork of eliza.
    @discardableResult
    func fork(as name: String, in workspace: UUID) async throws -> UUID {
        let fork = UUID.version7()
        _ = try await database.psql(
            """
            insert into workspaces (id, slug, name) values ('\(workspace)', 'w\(workspace.lowercased.suffix(12))', 'A forker') on conflict do nothing;
            insert into agents (workspace_id, id, name, display_name, forked_from_owner, forked_from_name, forked_from_version, forked_from_agent)
            values ('\(workspace)', '\(fork)', '\(name)', '\(name)', 'acme', 'eliza', 1, '\(eliza)');
            """)
        return fork
    }

    func status(of name: String = "eliza") async throws -> String {
        try await text("select status from published_agents where name = '\(name)'")
    }

    /// What a query answers as superuser, where no policy hides anything.
    func text(_ query: String) async throws -> String {
        try await database.psql(query).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func count(_ query: String) async throws -> Int {
        let text = try await text(query)
        return try #require(Int(text), "\(query) answered \(text)")
    }

    /// Moves the database's time.
    func moveTime(by seconds: Int) async throws {
        _ = try await database.psql("update time_offset set amount = interval '\(seconds) seconds'")
    }

    // MARK: HTTP

    /// The routes as the server has them, behind one proxy.
    func asking(_ body: @escaping @Sendable (DirectoryFixture.Asker) async throws -> Void) async throws {
        let kept = TokenAuthenticator(
            store: TokenStore(pool: pool), clock: ContinuousClock(), logger: Logger(label: "test.reports"), lifetime: .zero)
        let tokens = Tokens(acme: acme, rival: rival, kept: kept)
        let responder = WebResponder(
            authenticator: tokens,
            features: [Directory(pool: pool, producer: engine.producer).routes]
                + reports.routes(authenticator: tokens, trustedProxies: 1, peer: { _ in "198.51.100.1" }),
            options: .init(problems: ProblemMapping.table))
        #expect(OpenAPI.differences(routes: responder.routes, operations: responder.operations) == [])
        try await Application(responder: responder).test(.router) { client in try await body(DirectoryFixture.Asker(client: client)) }
    }

    /// Malware, by three workspaces: enough for the threshold.
    func quarantine(_ ask: DirectoryFixture.Asker) async throws {
        for number in 1...3 { _ = try await ask.report("malware", from: "203.0.113.\(number)", token: "w\(number)") }
        let status = try await status()
        #expect(status == "quarantined")
    }

    /// Reported once by somebody unknown; the case.
    func reported(_ ask: DirectoryFixture.Asker, reason: String = "misleading", agent: String = "acme/eliza") async throws -> String {
        let answer = try await ask.report(reason, from: "203.0.113.200", agent: agent)
        #expect(answer.status == .accepted)
        return try #require(try await ask.cases().last?["case"]?.string)
    }

    /// Who shows `acme`, `rival`, `w1`…`w99`, or is an operator: `ann` and `bob`, each time with another token, or `desk` and `phone`, tokens of
    /// which no operator is known. `mst_…` are the tokens of the database.
    private struct Tokens: Authenticator {
        let acme: UUID
        let rival: UUID
        let kept: any Authenticator

        private static let (desk, phone) = (UUID(), UUID())

        func identity(bearer: String) async throws -> Identity? {
            let all: Set<String> = ["agents:read", "agents:write"]
            switch bearer {
            case "acme": return Identity(workspace: acme, workspaceSlug: "acme", tokenID: UUID(), user: nil, scopes: all)
            case "rival": return Identity(workspace: rival, workspaceSlug: "rival", tokenID: UUID(), user: nil, scopes: all)
            case "ann": return Self.moderator(UUID(), of: ReportsFixture.ann)
            case "bob": return Self.moderator(UUID(), of: ReportsFixture.bob)
            case "desk": return Self.moderator(Self.desk, of: nil)
            case "phone": return Self.moderator(Self.phone, of: nil)
            case let secret where secret.hasPrefix("mst_"): return try await kept.identity(bearer: secret)
            default:
                guard bearer.hasPrefix("w"), let number = UInt8(bearer.dropFirst()) else { return nil }
                let workspace = UUID(uuid: (1, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, number))
                return Identity(workspace: workspace, workspaceSlug: bearer, tokenID: UUID(), user: nil, scopes: all)
            }
        }

        private static func moderator(_ token: UUID, of holder: Operator?) -> Identity {
            Identity(
                workspace: Workspace.defaultID, workspaceSlug: "default", tokenID: token, user: nil, operator: holder,
                scopes: ["directory:moderate"])
        }
    }
}

extension DirectoryFixture.Asker {
    /// Reports an agent from an address, or with a token.
    func report(
        _ reason: String, from address: String, token: String? = nil, text: String = "words", agent: String = "acme/eliza"
    ) async throws -> DirectoryFixture.Answer {
        try await self(
            .post, "/v1/agents/\(agent)/reports", #"{"reason": "\#(reason)", "text": "\#(text)"}"#, token: token,
            headers: [.literal("x-forwarded-for"): address])
    }

    /// The queue, as an operator sees it.
    func cases(_ query: String = "") async throws -> [JSONValue] {
        try await self(.get, "/v1/operations/agent-reports\(query)", token: "ann").json["items"]?.elements ?? []
    }

    func decide(
        _ caseID: String, _ decision: String, ground: String = "malware", facts: String = "It sends keys away.", as token: String = "ann"
    ) async throws -> DirectoryFixture.Answer {
        try await self(
            .post, "/v1/operations/agent-reports/\(caseID)/decision",
            #"{"decision": "\#(decision)", "ground": "\#(ground)", "facts": "\#(facts)", "automated": false}"#, token: token)
    }

    /// Sets the status of eliza, as an operator does without naming a case.
    func setStatus(
        _ status: String, reason: String? = "It sends keys away.", ground: String? = nil, as token: String = "ann"
    ) async throws -> DirectoryFixture.Answer {
        let members: [(name: String, value: String?)] = [("status", status), ("reason", reason), ("ground", ground)]
        let body = members.compactMap { member in member.value.map { "\"\(member.name)\": \"\($0)\"" } }.joined(separator: ", ")
        return try await self(.put, "/v1/operations/directory/acme/eliza/status", "{\(body)}", token: token)
    }

    func appeal(
        _ agent: UUID, _ text: String = "It is not so.", token: String = "acme", headers: HTTPFields = [:]
    ) async throws -> DirectoryFixture.Answer {
        try await self(.post, "/v1/agents/\(agent.lowercased)/appeals", #"{"text": "\#(text)"}"#, token: token, headers: headers)
    }

    /// What was decided about an agent, newest first, as its owner reads it.
    func statements(_ agent: UUID, token: String = "acme") async throws -> [JSONValue] {
        try await self(.get, "/v1/agents/\(agent.lowercased)/moderation", token: token).json["items"]?.elements ?? []
    }

    func removals() async throws -> [JSONValue] {
        try await self(.get, "/v1/directory/removals", token: nil).json["items"]?.elements ?? []
    }
}
