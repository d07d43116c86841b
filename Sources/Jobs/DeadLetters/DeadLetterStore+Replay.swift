import Foundation
import Postgres

/// Replays: the one way back from a dead letter.
extension DeadLetterStore {
    /// What a replay committed.
    struct Replayed: Sendable {
        struct Job: Sendable {
            /// As a stream carries it.
            let envelope: Envelope
            let partition: QueuePartition

            var key: JobName { JobName(envelope) }
        }

        /// Of letters that were open; the others are as they were.
        let jobs: [Job]
        /// To be confirmed when all of `jobs` are in Redis; until then the relay looks after them.
        let group: UUID
    }

    /// Puts dead letters back among the accepted jobs, in one transaction; at most some hundreds a call.
    ///
    /// The commit makes the jobs owed again, whatever their kind promised at first: their acceptances stand, their dead
    /// outcomes are gone, and the relay appends them even if this process ends here. A letter that is not open is left
    /// alone, so that two replays at once are one.
    ///
    /// - Parameters:
    ///   - limit: bodies beyond it stay in PostgreSQL, and the envelope carries their reference.
    ///   - partition: of a workspace.
    func replay(
        _ keys: [JobName], by actor: String?, inline limit: Int, partition: @escaping @Sendable (UUID) -> Int
    ) async throws -> Replayed {
        let group = UUID.version7()
        guard !keys.isEmpty else { return Replayed(jobs: [], group: group) }
        return try await pool.transaction(.workspaces(Array(Set(keys.map(\.workspace)))), timeout: .seconds(60)) { transaction in
            let rows = try await transaction.query(Self.mark, keys.map(\.workspace), keys.map(\.id), actor, limit)
            let jobs = try rows.map { try Self.job($0, partition: partition) }
            // A transaction that marked nothing leaves nothing: no group without a job.
            guard !jobs.isEmpty else { return Replayed(jobs: [], group: group) }
            let (workspaces, ids) = (jobs.map(\.envelope.workspace), jobs.map(\.envelope.id))
            transaction.submit(Self.forgetDeath, workspaces, ids)
            OutcomeStore.submitReplayed(workspaces: workspaces, jobs: ids, in: transaction)
            // Who wanted the former life cancelled has not said so of this one.
            ControlStore.submitForgotten(jobs.map { JobName($0.envelope) }, in: transaction)
            transaction.submit("insert into append_groups (id) values ($1)", group)
            transaction.submit(Self.accept, workspaces, ids, jobs.map { Int16(clamping: $0.partition.index) }, group)
            return Replayed(jobs: jobs, group: group)
        }
    }

    /// The same for one letter.
    /// - Returns: the envelope to append, and the group to confirm after that; nil when it is not waiting for a replay.
    func replay(_ letter: DeadLetter, partition: Int) async throws -> (envelope: Envelope, group: UUID)? {
        let replayed = try await replay([letter.key], by: nil, inline: .max) { _ in partition }
        return replayed.jobs.first.map { (envelope: $0.envelope, group: replayed.group) }
    }

    /// When those of `jobs` that were replayed, and have not died again, were replayed last: ms since 1970.
    func replays(of jobs: [JobName]) async throws -> [JobName: Int64] {
        let rows = try await pool.query(
            .workspaces(Array(Set(jobs.map(\.workspace)))),
            """
            -- times of replays
            select workspace_id, id, floor(extract(epoch from replayed_at) * 1000)::int8 as at from dead_letters
            where (workspace_id, id) in (select * from unnest($1::uuid[], $2::uuid[])) and replayed_at is not null
            """, jobs.map(\.workspace), jobs.map(\.id))
        var times: [JobName: Int64] = [:]
        for row in rows { times[JobName(workspace: try row.decode("workspace_id"), id: try row.decode("id"))] = try row.decode("at") }
        return times
    }

    private static func job(_ row: PostgresRow, partition: @Sendable (UUID) -> Int) throws -> Replayed.Job {
        let workspace = try row.decode("workspace_id", as: UUID.self)
        let body = try row.decode("body", as: [UInt8]?.self)
        let acceptedAt = try row.decode("accepted_at", as: Date.self).timeIntervalSince1970 * 1000
        var envelope = Envelope(
            id: try row.decode("id"), workspace: workspace, kind: try row.decode("kind"),
            version: Int(try row.decode("version", as: Int16.self)), acceptedAt: Int64(acceptedAt.rounded()),
            // A copy of its former life may be on its way somewhere: whoever reads this one looks for an outcome first.
            marks: body == nil ? [.seen, .stored] : .seen, trace: try row.decode("trace", as: String?.self).flatMap { TraceParent(header: $0) },
            body: body ?? [])
        envelope.route = JobRoute(stored: try row.decode("route", as: String?.self))
        return Replayed.Job(envelope: envelope, partition: QueuePartition(queue: try row.decode("queue"), index: partition(workspace)))
    }

    // Locked in the order of their keys, so that two replays of the same letters wait for each other and do not deadlock. A
    // large body is not read: it is copied into its acceptance by the server.
    private static let mark: SQL = """
        -- replay dead letters
        update dead_letters d
        set replayed_at = clock_timestamp(),
            replays = d.replays || jsonb_build_array(jsonb_build_object(
              'at', floor(extract(epoch from clock_timestamp()) * 1000)::int8, 'by', $3::text))
        from (
          select workspace_id, id from dead_letters
          where (workspace_id, id) in (select * from unnest($1::uuid[], $2::uuid[]))
            and replayed_at is null and discarded_at is null and kind <> 'unreadable'
          order by workspace_id, id for update
        ) as open
        where d.workspace_id = open.workspace_id and d.id = open.id
        returning d.workspace_id, d.id, d.kind, d.version, d.queue, d.trace, d.accepted_at, d.route,
          case when octet_length(d.body) <= $4 then d.body end as body
        """

    // Whatever has an outcome is not owed, in every place that asks.
    private static let forgetDeath: SQL = """
        -- forget the deaths of replayed jobs
        delete from outcomes o using unnest($1::uuid[], $2::uuid[]) as given (workspace_id, id)
        where o.workspace_id = given.workspace_id and o.id = given.id and o.state = 'dead'
        """

    // The partition is that of today: their number may have been changed since, and the relay appends to this one.
    private static let accept: SQL = """
        -- accept replayed jobs
        insert into acceptances (workspace_id, id, kind, version, queue, partition, append_group, trace, body, accepted_at, route)
        select d.workspace_id, d.id, d.kind, d.version, d.queue, given.partition, $4, d.trace, d.body, d.accepted_at, d.route
        from unnest($1::uuid[], $2::uuid[], $3::int2[]) as given (workspace_id, id, partition)
        join dead_letters d on d.workspace_id = given.workspace_id and d.id = given.id
        order by d.workspace_id, d.id
        on conflict (workspace_id, id) do update set append_group = excluded.append_group, partition = excluded.partition
        """
}
