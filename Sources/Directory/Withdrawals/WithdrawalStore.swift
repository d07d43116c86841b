import Foundation
import Postgres
import Workspaces

/// The SQL of what has left the directory. It belongs to nobody and is read in any scope.
///
/// Nothing is written for it: a name that is free stands among the reserved ones, and what is not found for another reason is a listing still.
enum WithdrawalStore {
    /// Addresses that left at this time or later and are not found now, the earliest first.
    /// - Parameter after: the last one of the page before.
    static func page(since: Date, after: WithdrawalCursor?, limit: Int, in session: some PostgresSession) async throws -> [Withdrawal] {
        try await session.query(
            """
            -- what left the directory
            with bounds as materialized (
              select greatest($1::timestamptz, timestamptz 'epoch' + $2::int8 * interval '1 microsecond') as first,
                timestamptz 'epoch' + $2::int8 * interval '1 microsecond' as last
            ), gone as (
              (select p.owner, p.name, case when p.is_withdrawn then 'withdrawn' else p.status end as status, null as moved_to_owner,
                null as moved_to_name, p.updated_at as left_at
              from published_agents p
              where (p.is_withdrawn or p.status in ('quarantined', 'removed')) and p.updated_at >= (select first from bounds)
                and ($2::int8 is null or (p.updated_at, p.owner, p.name) > ((select last from bounds), $3::text, $4::text))
              order by p.updated_at, p.owner, p.name limit $5)
              union all
              (select r.owner, r.name, case when n.name is null then 'withdrawn' else 'renamed' end, n.owner, n.name, r.reserved_at
              from reserved_names r
                left join published_agents n on n.workspace_id = r.publisher_id and n.agent_id = r.agent_id and not n.is_withdrawn
              where not exists (select 1 from published_agents p where p.owner = r.owner and p.name = r.name)
                and r.reserved_at >= (select first from bounds)
                and ($2::int8 is null or (r.reserved_at, r.owner, r.name) > ((select last from bounds), $3::text, $4::text))
              order by r.reserved_at, r.owner, r.name limit $5)
            )
            select owner, name, status, moved_to_owner, moved_to_name, left_at, (extract(epoch from left_at) * 1000000)::int8 as place
            from gone order by left_at, owner, name limit $5
            """, since, after?.at, after?.owner, after?.name, limit
        ).map(Withdrawal.init)
    }
}

extension Withdrawal {
    init(_ row: PostgresRow) throws {
        let (owner, name) = (try row.decode("owner", as: String.self), try row.decode("name", as: String.self))
        var movedTo: ListingPlace?
        if let owner = try row.decode("moved_to_owner", as: String?.self) {
            movedTo = ListingPlace(owner: owner, name: try row.decode("moved_to_name"))
        }
        self.init(
            place: ListingPlace(owner: owner, name: name), status: try row.stored("status"), movedTo: movedTo,
            updatedAt: try row.decode("left_at"), cursor: WithdrawalCursor(at: try row.decode("place"), owner: owner, name: name))
    }
}
