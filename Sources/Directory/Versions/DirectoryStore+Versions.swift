import Foundation
import Postgres
import Workspaces

/// The versions of a listed agent. The agent and its workspace are those of its listing: what is listed no more shows no version.
extension DirectoryStore {
    /// Versions by precedence, the highest first.
    /// - Parameter before: the version that the page before ended with.
    static func versions(
        of agent: UUID, workspace: UUID, before: SemanticVersion?, limit: Int, in session: some PostgresSession
    ) async throws -> [PublishedVersion] {
        try await session.query(
            """
            -- versions of published agent
            select version, number, publisher, digest, shape, secret_places, changelog, published_at
            from published_versions
            where workspace_id = $1 and agent_id = $2 and ($3::text is null or precedence < $3)
            order by precedence desc limit $4
            """, workspace, agent, before?.precedence, limit
        ).map(PublishedVersion.init)
    }

    /// One version with its document.
    static func version(
        _ version: SemanticVersion, of agent: UUID, workspace: UUID, in session: some PostgresSession
    ) async throws -> PublishedDocument? {
        try await session.query(
            """
            -- version of published agent
            select version, number, publisher, digest, shape, secret_places, changelog, published_at, character
            from published_versions
            where workspace_id = $1 and agent_id = $2 and precedence = $3
            """, workspace, agent, version.precedence
        ).first.map { PublishedDocument(version: try PublishedVersion($0), character: try $0.document("character")) }
    }
}

extension PublishedVersion {
    init(_ row: PostgresRow) throws {
        guard let version = try row.version("version") else { throw PostgresError(.decoding, "the version is null", column: "version") }
        self.init(
            version: version, number: try row.decode("number"), publisher: try row.decode("publisher"),
            digest: CharacterDigest(bytes: try row.decode("digest")), shape: try row.stored("shape"),
            secretPlaces: try row.decode("secret_places"), changelog: try row.decode("changelog"), publishedAt: try row.decode("published_at"))
    }
}
