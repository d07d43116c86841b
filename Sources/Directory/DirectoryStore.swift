import Foundation
package import Postgres
package import Workspaces

/// The SQL of the directory. It reads the published copies and nothing else, so it needs no scope.
package enum DirectoryStore {
    /// One published agent with its character, whatever its status.
    package static func find(owner: String, name: String, in session: some PostgresSession) async throws -> PublishedCharacter? {
        try await session.query(
            """
            -- find published agent
            select p.listing_id, p.owner, p.name, p.agent_id, p.version, p.semantic_version, p.digest, p.shape, p.display_name, p.summary, p.topics,
              p.plugins, p.secret_places, p.forked_from_owner, p.forked_from_name, p.forked_from_version, p.forked_from_agent, p.lineage, p.status,
              p.status_reason, p.status_changed_at, p.published_at, p.updated_at, resembled_agent(p.resembles, p.display_name) as resembles,
              m.name as maintainer_name, m.site as maintainer_site, m.verified_at as maintainer_verified_at,
              coalesce(c.forks, 0) as forks, p.character
            from published_agents p left join fork_counts c on c.agent_id = p.agent_id
              left join owner_verifications m on m.workspace_id = p.workspace_id and m.withdrawn_at is null
            where p.owner = $1 and p.name = $2 and not p.is_withdrawn
            """, owner, name
        ).first.map { PublishedCharacter(listing: try Listing($0), character: try $0.document("character")) }
    }

    /// What an agent is and may be used for, without the rest of it.
    struct Standing: Sendable {
        let agent: UUID
        let workspace: UUID
        let status: ListingStatus
        let reason: String?
    }

    static func standing(owner: String, name: String, in session: some PostgresSession) async throws -> Standing? {
        try await session.query(
            """
            -- standing of published agent
            select agent_id, workspace_id, status, status_reason from published_agents where owner = $1 and name = $2 and not is_withdrawn
            """, owner, name
        ).first.map { row in
            Standing(
                agent: try row.decode("agent_id"), workspace: try row.decode("workspace_id"), status: try row.stored("status"),
                reason: try row.decode("status_reason"))
        }
    }

    /// What somebody who forks an agent should know of it beforehand.
    struct Needs: Sendable {
        let plugins: [PluginReference]
        /// Where it has secrets, which are never copied.
        let secretPlaces: [String]
    }

    static func needs(of place: ListingPlace, in session: some PostgresSession) async throws -> Needs? {
        try await session.query(
            """
            -- needs of published agent
            select plugins, secret_places from published_agents where owner = $1 and name = $2 and not is_withdrawn
            """, place.owner, place.name
        ).first.map { row in
            Needs(plugins: PluginReference.list(try row.document("plugins")), secretPlaces: try row.decode("secret_places"))
        }
    }

    /// Where an agent is listed now that was listed here before it was renamed.
    /// - Returns: nil when no listed agent ever had this address.
    package static func moved(owner: String, name: String, in session: some PostgresSession) async throws -> ListingPlace? {
        try await session.query(
            """
            -- where a published agent moved
            select p.owner, p.name
            from reserved_names r join published_agents p on p.workspace_id = r.publisher_id and p.agent_id = r.agent_id
            where r.owner = $1 and r.name = $2 and not p.is_withdrawn
            """, owner, name
        ).first.map { ListingPlace(owner: try $0.decode("owner"), name: try $0.decode("name")) }
    }

    /// Sets what may be done with a published agent, and says why.
    ///
    /// In the scope of the workspace that published it `active` and `deprecated` change into each other; a trigger refuses the rest
    /// (SQLSTATE 42501). Operators do it as upkeep (`.role(.upkeep)`), and set any of the four.
    /// - Parameter reason: at most ``ListingStatus/maximumReason`` characters; nil for none.
    /// - Returns: false when nothing is published there, or not by a workspace in scope.
    @discardableResult
    package static func setStatus(
        _ status: ListingStatus, reason: String?, owner: String, name: String, in session: some PostgresSession
    ) async throws -> Bool {
        try await session.execute(
            """
            -- set status of published agent
            update published_agents set
              status = $3, status_reason = $4,
              status_changed_at = case when status = $3 and status_reason is not distinct from $4 then status_changed_at else mainstay_now() end,
              updated_at = case when status = $3 and status_reason is not distinct from $4 then updated_at else mainstay_now() end
            where owner = $1 and name = $2
            """, owner, name, status.rawValue, reason) > 0
    }
}

extension Listing {
    init(_ row: PostgresRow) throws {
        let source = try ForkSource(row)
        self.init(
            id: try row.decode("listing_id"), owner: try row.decode("owner"), name: try row.decode("name"), agent: try row.decode("agent_id"),
            version: try row.decode("version"), semanticVersion: try row.version("semantic_version"),
            digest: CharacterDigest(bytes: try row.decode("digest")), shape: try row.stored("shape"), displayName: try row.decode("display_name"),
            summary: try row.decode("summary"), topics: try row.decode("topics"), plugins: PluginReference.list(try row.document("plugins")),
            secretPlaces: try row.decode("secret_places"), forkedFrom: source, lineage: try [ForkSource](row, source: source),
            forks: try row.decode("forks"), status: try row.stored("status"), statusReason: try row.decode("status_reason"),
            statusChangedAt: try row.decode("status_changed_at"), publishedAt: try row.decode("published_at"),
            updatedAt: try row.decode("updated_at"), resembles: try ResembledAgent(row), maintainer: try VerifiedMaintainer(row))
    }
}
