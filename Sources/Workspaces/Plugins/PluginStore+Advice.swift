package import Postgres

extension PluginStore {
    /// What to say of each of these references, in their order: two statements, however many they are.
    ///
    /// A plugin that the registry has under the ecosystem's other scope is found as well.
    ///
    /// - Parameter core: the version of the platform's core; nil where nobody has said.
    package static func advice(
        for references: [PluginReference], core: SemanticVersion?, in session: some PostgresSession
    ) async throws -> [PluginAdvice] {
        if references.isEmpty { return [] }
        let spellings = references.map { PluginName($0.name)?.spellings ?? [] }
        let wanted = Set(spellings.joined())
        if wanted.isEmpty { return references.map { PluginAdvice($0, known: nil, releases: [], core: core) } }
        let found = try await find(wanted.sorted(), in: session)
        let plugins = Dictionary(found.map { ($0.record.name, $0) }) { first, _ in first }
        let releases = try await releases(of: Array(plugins.keys), in: session)
        return zip(references, spellings).map { reference, spellings in
            let known = spellings.compactMap { plugins[$0] }.first
            return PluginAdvice(reference, known: known, releases: known.flatMap { releases[$0.record.name] } ?? [], core: core)
        }
    }
}

/// Gives advice with a pool and the platform's core at hand, for answers that show it.
package struct PluginAdvisor: Sendable {
    private let pool: PostgresPool
    private let core: SemanticVersion?

    /// - Parameter core: the version of the platform's core; nil where nobody has said, and then nothing is incompatible.
    package init(pool: PostgresPool, core: SemanticVersion?) {
        self.pool = pool
        self.core = core
    }

    /// Advice on each of these, for a page of listings at once.
    package func advice(for references: [PluginReference]) async throws -> [PluginReference: PluginAdvice] {
        if references.isEmpty { return [:] }
        let advice = try await pool.transaction(.unscoped) { try await PluginStore.advice(for: references, core: core, in: $0) }
        return Dictionary(advice.map { ($0.reference, $0) }) { first, _ in first }
    }
}

extension PluginAdvisor {
    /// Advice on the plugins of an agent's newest version.
    package func advice(on detail: AgentDetail) async throws -> [PluginReference: PluginAdvice] {
        try await advice(for: CharacterFile(document: detail.version.character).plugins)
    }
}
