import Foundation
package import Postgres

/// What a fork is told of the agent that it was made of.
extension AgentStore {
    /// How far a copy of `source` is behind. It reads what is public, in any scope.
    /// - Returns: nil when the original is not listed any more.
    package static func standing(of source: ForkSource, in session: some PostgresSession) async throws -> ForkStanding? {
        try await session.query(
            """
            -- standing of fork
            select p.semantic_version, p.status,
              (select count(*) from published_versions v where v.agent_id = p.agent_id and v.number > $2)::int8 as behind
            from published_agents p where p.agent_id = $1 and not p.is_withdrawn
            """, source.agent, source.version
        ).first.map { row in
            ForkStanding(behind: try row.decode("behind"), latest: try row.version("semantic_version"), status: try row.stored("status"))
        }
    }
}

extension [ForkSource] {
    /// Reads a `lineage` column. Of a fork that the release before this one made, `source` is all that is known.
    package init(_ row: PostgresRow, source: ForkSource?) throws {
        guard case .array(let elements) = try row.document("lineage"), !elements.isEmpty else {
            self = source.map { [$0] } ?? []
            return
        }
        self = elements.compactMap { element in
            guard let owner = element["owner"]?.text, let name = element["name"]?.text,
                case .number(let digits) = element["version"], let version = Int(digits),
                let agent = element["agent"]?.text.flatMap(UUID.init(uuidString:))
            else { return nil }
            return ForkSource(owner: owner, name: name, version: version, agent: agent)
        }
    }
}

extension PostgresRow {
    /// A semantic version that may be unknown.
    package func version(_ column: String) throws -> SemanticVersion? {
        guard let text = try decode(column, as: String?.self) else { return nil }
        guard let version = SemanticVersion(text) else {
            throw PostgresError(.decoding, "the column holds \(text), which is no semantic version", column: column)
        }
        return version
    }
}
