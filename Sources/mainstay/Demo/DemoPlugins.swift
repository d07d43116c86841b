import Logging
import Postgres
import Workspaces

/// Fills the plugin registry of a private stack, so that agents are published and forked with advice on what they name.
struct DemoPlugins: Sendable {
    let settings: Settings
    /// Registry files.
    let files: [String]

    /// - Returns: what became of it, for people.
    func fill() async throws -> String {
        if files.isEmpty { return "plugin registry: the input has none" }
        let snapshot = try PluginRegistrySnapshot(try files.map(PluginFiles.read))
        var logger = Logger(label: "mainstay.demo")
        logger.logLevel = .error
        let done = try await PostgresPool.with(try settings.postgres(for: "demo"), logger: logger) { pool in
            try await Self.take(snapshot, into: pool)
        }
        guard let done else { return "plugin registry: left as it is, for it has plugins of its own, or is newer" }
        let core = settings.text("core.version").map { "weighed against core \($0)" } ?? "no core to weigh them against"
        return "plugin registry: \(snapshot.count) plugins, \(done.added.count) of them new, \(core)"
    }

    /// Imports a registry where that marks nothing as gone: whoever has imported one of their own keeps it.
    /// - Returns: nil when nothing was done.
    static func take(_ snapshot: PluginRegistrySnapshot, into pool: PostgresPool) async throws -> PluginImportSummary? {
        let importer = PluginImporter(pool: pool)
        let plan = try await importer.run(snapshot, isDryRun: true, by: .commandLine)
        guard plan.gone.isEmpty, plan.objections.isEmpty else { return nil }
        return try await importer.run(snapshot, by: .commandLine)
    }
}
