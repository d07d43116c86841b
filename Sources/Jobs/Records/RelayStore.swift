import Foundation
import Postgres

/// What the relay asks of the ledger. It belongs to no tenant and acts as upkeep.
struct RelayStore: Sendable {
    let pool: PostgresPool

    /// Groups that are looked at in one transaction.
    static let page = 20

    /// An accepted job that has no outcome, and where it belongs.
    struct Owed: Sendable {
        /// As a stream carries it.
        let envelope: Envelope
        let partition: QueuePartition
        let notBefore: Date?
    }

    /// Groups older than `age` that nobody confirmed, with the jobs of theirs that are still owed, one page of each.
    /// The page's groups are locked, so that one relay of the fleet works on them.
    /// - Parameter limit: bodies beyond so many bytes stay in PostgreSQL, and the envelope carries their reference.
    /// - Returns: whether the page was full and there may be more.
    func unconfirmed(olderThan age: Duration, inline limit: Int, relay: @Sendable ([Owed]) async throws -> Void) async throws -> Bool {
        try await pool.transaction(.role(.upkeep), timeout: .seconds(120)) { transaction in
            let groups = try await transaction.query(
                """
                delete from append_groups where id in (
                  select id from append_groups where created_at < clock_timestamp() - $1 * interval '1 second'
                  order by created_at limit $2 for update skip locked)
                returning id
                """, age.inSeconds, Int64(Self.page)
            ).map { try $0.decode("id", as: UUID.self) }
            guard !groups.isEmpty else { return false }
            // One after the other: a group of jobs that were enqueued together may be ten thousand, with their small bodies.
            for group in groups {
                let owed = try await transaction.query(
                    """
                    -- owed jobs of an unconfirmed group
                    select a.workspace_id, a.id, a.kind, a.version, a.queue, a.partition, a.trace, a.route, a.accepted_at, a.not_before,
                      case when octet_length(a.body) <= $2 then a.body end as body
                    from acceptances a
                    where a.append_group = $1 and not exists (select 1 from finished_jobs f where f.workspace_id = a.workspace_id and f.id = a.id)
                    order by a.id
                    """, group, limit
                ).map(Self.owed)
                // Appended before the groups are forgotten by the commit: a failure here leaves them for the next round.
                try await relay(owed)
            }
            return groups.count == Self.page
        }
    }

    func epoch(of partition: QueuePartition) async throws -> UUID? {
        try await pool.query(
            .role(.upkeep), "select epoch from partition_epochs where queue = $1 and partition = $2", partition.queue,
            Int16(clamping: partition.index)
        ).first?.decode("epoch")
    }

    func record(epoch: UUID, of partition: QueuePartition) async throws {
        _ = try await pool.execute(
            .role(.upkeep),
            """
            insert into partition_epochs (queue, partition, epoch) values ($1, $2, $3)
            on conflict (queue, partition) do update set epoch = excluded.epoch, since = clock_timestamp()
            """, partition.queue, Int16(clamping: partition.index), epoch)
    }

    /// - Parameter row: an acceptance; its body is null where it is to stay in PostgreSQL.
    static func owed(_ row: PostgresRow) throws -> Owed {
        let body = try row.decode("body", as: [UInt8]?.self)
        var envelope = Envelope(
            id: try row.decode("id"), workspace: try row.decode("workspace_id"), kind: try row.decode("kind"),
            version: Int(try row.decode("version", as: Int16.self)),
            acceptedAt: Int64((try row.decode("accepted_at", as: Date.self)).timeIntervalSince1970 * 1000),
            marks: body == nil ? [.seen, .stored] : .seen, trace: try row.decode("trace", as: String?.self).flatMap { TraceParent(header: $0) },
            body: body ?? [])
        envelope.route = JobRoute(stored: try row.decode("route", as: String?.self))
        return Owed(
            envelope: envelope, partition: QueuePartition(queue: try row.decode("queue"), index: Int(try row.decode("partition", as: Int16.self))),
            notBefore: try row.decode("not_before", as: Date?.self))
    }
}
