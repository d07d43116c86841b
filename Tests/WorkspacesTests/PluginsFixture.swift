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

/// A database of one's own, and the registry's importer and routes over it.
struct PluginsFixture: Sendable {
    let database: TestDatabase
    let pool: PostgresPool

    static func with(_ body: @Sendable (PluginsFixture) async throws -> Void) async throws {
        let database = try await TestDatabase.make()
        try await withPool(database.serverURL, size: 8) { pool in
            try await body(PluginsFixture(database: database, pool: pool))
        }
    }

    /// What a query answers as superuser, where no policy hides anything.
    func text(_ query: String) async throws -> String {
        try await database.psql(query).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Everything in the registry's two tables, so that any change shows.
    func everything() async throws -> String {
        try await text(
            """
            select string_agg(r::text, chr(10) order by name) from plugin_records r;
            select string_agg(r::text, chr(10) order by plugin, version) from plugin_releases r
            """)
    }

    /// Lets time pass for the database.
    func pass(days: Int) async throws {
        _ = try await database.psql("update time_offset set amount = amount + interval '\(days) days'")
    }

    @discardableResult
    func take(_ texts: String..., insists: Bool = false, isDryRun: Bool = false) async throws -> PluginImportSummary {
        try await PluginImporter(pool: pool).run(PluginSamples.snapshot(texts), insists: insists, isDryRun: isDryRun, by: .tester)
    }

    func stored(_ name: String) async throws -> StoredPlugin? {
        try await pool.transaction(.unscoped) { try await PluginStore.find([name], in: $0) }.first
    }

    /// Lists an agent that names these plugins, as publishing does.
    func list(_ agent: String, naming plugins: [String], status: String = "active") async throws {
        let named = plugins.map { "{\"name\": \"\($0)\"}" }.joined(separator: ", ")
        _ = try await database.psql(
            """
            insert into agents (workspace_id, id, name, display_name) select id, gen_random_uuid(), '\(agent)', '\(agent)'
              from workspaces where slug = 'default';
            insert into published_agents (owner, name, listing_id, workspace_id, agent_id, version, digest, shape, display_name, summary, plugins,
              character, status)
            select 'default', '\(agent)', gen_random_uuid(), workspace_id, id, 1, decode(repeat('ab', 32), 'hex'), 'v1', '\(agent)', '',
              '[\(named)]', '{}', '\(status)'
            from agents where name = '\(agent)'
            """)
    }

    // MARK: HTTP

    struct Answer: Sendable {
        let status: HTTPResponse.Status
        let headers: HTTPFields
        let json: JSONValue

        var names: [String] { (json["items"]?.elements ?? []).compactMap { $0["name"]?.string } }
    }

    /// - Parameter body: is given what sends GET requests, without a token.
    func asking(_ body: @escaping @Sendable (@Sendable (String) async throws -> Answer) async throws -> Void) async throws {
        let responder = WebResponder(
            authenticator: Nobody(), features: [PluginRoutes(pool: pool).routes], options: .init(problems: ProblemMapping.table))
        try await Application(responder: responder).test(.router) { client in
            try await body { path in
                try await client.execute(uri: path, method: .get) { response in
                    let bytes = Array(response.body.readableBytesView)
                    return Answer(
                        status: response.status, headers: response.headers,
                        json: bytes.isEmpty ? .null : try JSONBody.decode(JSONValue.self, from: bytes))
                }
            }
        }
    }

    private struct Nobody: Authenticator {
        func identity(bearer: String) async throws -> Identity? { nil }
    }
}

/// Registries that tests read: our own, shaped like real ones, and real ones where `MAINSTAY_DATA` has them.
enum PluginSamples {
    static func file(_ text: String, named name: String = "registry.json") throws -> PluginRegistryFile {
        try PluginRegistryFile(Array(text.utf8), named: name)
    }

    static func snapshot(_ texts: [String]) throws -> PluginRegistrySnapshot {
        try PluginRegistrySnapshot(try texts.enumerated().map { try file($1, named: "\($0).json") })
    }

    /// The first moment of the day on which the tests run, in UTC. What a signal is depends on how long ago something was.
    private static let today = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 / 86_400).rounded(.down) * 86_400)

    static func day(_ ago: Int) -> Date { today.addingTimeInterval(Double(-ago) * 86_400) }

    /// A full registry of a day.
    ///
    /// - Parameter fraction: of a second after the day began, as a file writes it.
    static func full(_ ago: Int, fraction: String = "", _ entries: [String: String]) -> String {
        let date = day(ago).formatted(.iso8601).replacing("Z", with: fraction + "Z")
        let members = entries.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
        return "{\"lastUpdatedAt\": \"\(date)\", \"registry\": {\(members.joined(separator: ", "))}}"
    }

    /// An entry of a full registry, with one release of the line v1.
    ///
    /// - Parameters:
    ///   - version: nil for a plugin that has only its repository.
    ///   - range: the cores that the release asks for.
    static func entry(
        _ repository: String, version: String? = "1.0.0", range: String? = "^1.0.0", v0: Bool = false, v1: Bool = true, stars: Int = 1,
        more: String = ""
    ) -> String {
        func quoted(_ text: String?) -> String { text.map { "\"\($0)\"" } ?? "null" }
        return """
            {"git": {"repo": "\(repository)", "v0": {"version": null, "branch": null}, "v1": {"version": \(quoted(version.map { "v" + $0 })), \
            "branch": "1.x"}}, "npm": {"repo": "\(repository)", "v0": null, "v1": \(quoted(version)), "v0CoreRange": null, \
            "v1CoreRange": \(quoted(version == nil ? nil : range))}, "supports": {"v0": \(v0), "v1": \(v1)}, "description": "About tides.", \
            "homepage": null, "topics": ["water"], "stargazers_count": \(stars), "language": "TypeScript"\(more)}
            """
    }

    /// Real registry files, by path; none where there are none.
    static let real: [String] = {
        guard let data = ProcessInfo.processInfo.environment["MAINSTAY_DATA"] else { return [] }
        let folder = URL(filePath: data).appending(path: "plugins")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted().map { folder.appending(path: $0).path() }
    }()
}
