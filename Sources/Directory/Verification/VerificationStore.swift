import Foundation
import Postgres
import Web
import Workspaces

/// The SQL of verifying owners. All of it runs as upkeep, for operators look at all workspaces; what a listing shows of it is read with the
/// listing, in any scope.
enum VerificationStore {
    // MARK: Writing

    /// Finds the workspace of an owner, and keeps its other verifications, and agents of it that are published for the first time, waiting
    /// until this transaction ends; their trigger (`index_listing`) takes the same lock, shared.
    static func lock(_ owner: String, in transaction: PostgresTransaction) async throws -> OwnerWorkspace? {
        guard let found = try await workspace(of: owner, in: transaction) else { return nil }
        transaction.submit(
            """
            -- lock an owner's verification
            select pg_advisory_xact_lock(hashtext('mainstay.verification'), uuid_hash($1))
            """, found.id)
        // What was read before the lock may have changed.
        return try await workspace(of: owner, in: transaction).flatMap { $0.id == found.id ? $0 : nil }
    }

    private static func workspace(of owner: String, in session: some PostgresSession) async throws -> OwnerWorkspace? {
        try await session.query(
            """
            -- workspace of an owner
            select w.id as workspace, w.deleted_at is not null as is_deleted, v.id, v.name, v.site
            from workspaces w left join owner_verifications v on v.workspace_id = w.id and v.withdrawn_at is null
            where w.slug = $1
            """, owner
        ).first.map(OwnerWorkspace.init)
    }

    static func verify(
        _ id: UUID, _ order: VerificationOrder, workspace: UUID, by actor: ModerationOperator, in transaction: PostgresTransaction
    ) {
        transaction.submit(
            """
            -- verify an owner
            insert into owner_verifications (workspace_id, id, name, site, verified_by_token, verified_by_operator) values ($1, $2, $3, $4, $5, $6)
            """, workspace, id, order.name, order.site, actor.token, actor.holder?.id)
    }

    /// - Parameter reason: nil where another verification takes its place.
    static func withdraw(
        _ id: UUID, reason: String?, workspace: UUID, by actor: ModerationOperator, in transaction: PostgresTransaction
    ) {
        transaction.submit(
            """
            -- withdraw the verification of an owner
            update owner_verifications set withdrawn_at = mainstay_now(), withdrawn_by_token = $3, withdrawn_by_operator = $4, withdrawn_reason = $5
            where workspace_id = $1 and id = $2 and withdrawn_at is null
            """, workspace, id, actor.token, actor.holder?.id, reason)
    }

    /// Lets the owner's listings be written anew where search reads them, and told to whoever keeps a copy of the directory. Those that are
    /// not found keep the time at which they left; they are written all the same, so that whoever opens one at this moment comes before or after.
    static func touch(listingsOf workspace: UUID, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- touch the listings of an owner
            with listed as (select listing_id from published_agents where workspace_id = $1 order by listing_id for update)
            update published_agents set
              updated_at = case when status in ('active', 'deprecated') and not is_withdrawn then mainstay_now() else updated_at end
            from listed where listed.listing_id = published_agents.listing_id
            """, workspace)
    }

    // MARK: Reading

    /// What holds, by owner.
    /// - Parameter owner: the last one of the page before.
    static func page(after owner: String?, limit: Int, in session: some PostgresSession) async throws -> [OwnerVerification] {
        try await session.query(
            """
            -- verified owners
            select v.id, w.slug as owner, v.name, v.site, v.verified_at, o.name as verified_by, v.withdrawn_at, v.withdrawn_reason,
              null::text as withdrawn_by,
              (select count(*) from published_agents p where p.workspace_id = w.id and p.status in ('active', 'deprecated') and not p.is_withdrawn)::int8 as listings
            from owner_verifications v join workspaces w on w.id = v.workspace_id left join operators o on o.id = v.verified_by_operator
            where v.withdrawn_at is null and ($1::text is null or w.slug > $1)
            order by w.slug limit $2
            """, owner, limit
        ).map(OwnerVerification.init)
    }

    /// All that was verified of one owner, the newest first.
    static func history(of owner: String, limit: Int, in session: some PostgresSession) async throws -> [OwnerVerification] {
        try await session.query(
            """
            -- verifications of an owner
            select v.id, w.slug as owner, v.name, v.site, v.verified_at, o.name as verified_by, v.withdrawn_at, v.withdrawn_reason,
              b.name as withdrawn_by,
              (select count(*) from published_agents p where p.workspace_id = w.id and p.status in ('active', 'deprecated') and not p.is_withdrawn)::int8 as listings
            from workspaces w join owner_verifications v on v.workspace_id = w.id
              left join operators o on o.id = v.verified_by_operator left join operators b on b.id = v.withdrawn_by_operator
            where w.slug = $1
            order by v.id desc limit $2
            """, owner, limit
        ).map(OwnerVerification.init)
    }
}

extension OwnerWorkspace {
    fileprivate init(_ row: PostgresRow) throws {
        var held: Held?
        if let id = try row.decode("id", as: UUID?.self) {
            held = Held(id: id, order: VerificationOrder(name: try row.decode("name"), site: try row.decode("site")))
        }
        self.init(id: try row.decode("workspace"), isDeleted: try row.decode("is_deleted"), held: held)
    }
}

extension OwnerVerification {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: try row.decode("id"), owner: try row.decode("owner"),
            maintainer: VerifiedMaintainer(
                name: try row.decode("name"), site: try row.decode("site"), verifiedAt: try row.decode("verified_at")),
            verifiedBy: try row.decode("verified_by"), withdrawnAt: try row.decode("withdrawn_at"),
            withdrawnReason: try row.decode("withdrawn_reason"), withdrawnBy: try row.decode("withdrawn_by"), listings: try row.decode("listings"))
    }
}
