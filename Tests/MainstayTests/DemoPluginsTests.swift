import Foundation
import Postgres
import TestSupport
import Testing
import Workspaces

@testable import mainstay

@Suite(.timeLimit(.minutes(1))) struct DemoPluginsTests {
    private static let samples = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("ops/samples").path

    private static func registry() throws -> PluginRegistrySnapshot {
        try PluginRegistrySnapshot([try PluginFiles.read("\(samples)/plugins.json")])
    }

    @Test("the samples' registry has all that the samples' agents name, and shows what fits, what does not, and what nobody looks after")
    func advice() async throws {
        let database = try await TestDatabase.make()
        let snapshot = try Self.registry()
        #expect(snapshot.faults.isEmpty)
        let references = try CharacterFiles.paths(["\(Self.samples)/agents"]).flatMap { try CharacterFiles.read($0).plugins }
        let core = try #require(SemanticVersion(StackSetting.coreVersion.make()))
        try await withPool(database.serverURL) { pool in
            let first = try await DemoPlugins.take(snapshot, into: pool)
            #expect(first?.added.count == snapshot.count)
            let advice = try await PluginAdvisor(pool: pool, core: core).advice(for: references)
            let verdicts = Dictionary(advice.map { ($0.key.name, $0.value.verdict) }) { first, _ in first }
            #expect(
                verdicts == [
                    "@elizaos/plugin-bootstrap": .ok, "@elizaos/plugin-sql": .incompatible, "@elizaos/plugin-solana": .unmaintained,
                ])
            let second = try await DemoPlugins.take(snapshot, into: pool)
            #expect(second?.unchanged == snapshot.count && second?.added.isEmpty == true)
        }
    }

    @Test("a registry that somebody has imported is left as it is")
    func others() async throws {
        let database = try await TestDatabase.make()
        let own = try PluginRegistryFile(Array(#"{"@acme/plugin-own": "github:acme/plugin-own"}"#.utf8), named: "index.json")
        try await withPool(database.serverURL) { pool in
            _ = try await PluginImporter(pool: pool).run(try PluginRegistrySnapshot([own]), by: .commandLine)
            let taken = try await DemoPlugins.take(try Self.registry(), into: pool)
            #expect(taken == nil)
        }
        #expect(try await database.psql("select name from plugin_records where gone_at is null") == "@acme/plugin-own\n")
    }
}
