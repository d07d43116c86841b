package import Foundation
import Postgres

/// How dead letters are found. An operator's view: over all workspaces unless one is named.
extension DeadLetterStore {
    /// Open letters, the newest first.
    package func list(workspace: UUID? = nil, kind: String? = nil, limit: Int = 50) async throws -> [DeadLetterLine] {
        var filter = DeadLetterFilter()
        filter.workspace = workspace
        filter.kind = kind
        return try await list(filter, limit: limit)
    }

    /// The letters that a filter means, the newest first.
    /// - Parameter last: the last one of the page before.
    package func list(_ filter: DeadLetterFilter, after last: DeadLetterLine? = nil, limit: Int) async throws -> [DeadLetterLine] {
        try await list(filter, behind: last.map { DeadLetterCursor($0) }, limit: limit)
    }

    /// The same from a place in the list that somebody kept.
    package func list(
        _ filter: DeadLetterFilter, behind place: DeadLetterCursor?, limit: Int, timeout: Duration? = nil
    ) async throws -> [DeadLetterLine] {
        try await pool.query(
            .role(.upkeep), Self.page, filter.kind, filter.code, filter.queue, filter.workspace, filter.since, filter.until, filter.text,
            filter.states.contains(.open), filter.states.contains(.replayed), filter.states.contains(.discarded), filter.jobsOnly, place?.diedAt,
            place?.id, limit, timeout: timeout
        ).map(Self.line)
    }

    /// How many letters a filter means, by kind and code; the largest group first.
    package func summary(_ filter: DeadLetterFilter, timeout: Duration? = nil) async throws -> [DeadLetterGroup] {
        try await pool.query(
            .role(.upkeep), Self.groups, filter.kind, filter.code, filter.queue, filter.workspace, filter.since, filter.until, filter.text,
            filter.states.contains(.open), filter.states.contains(.replayed), filter.states.contains(.discarded), filter.jobsOnly,
            timeout: timeout
        ).map { row in
            DeadLetterGroup(
                kind: try row.decode("kind"), code: try row.decode("code"), count: try row.decode("letters"), oldest: try row.decode("oldest"),
                newest: try row.decode("newest"))
        }
    }

    /// Letters of these jobs, in whatever state; those that there are.
    package func lines(of jobs: [UUID]) async throws -> [DeadLetterLine] {
        try await pool.query(.role(.upkeep), Self.named, jobs).map(Self.line)
    }

    /// The whole letter of a job; nil when it has none.
    package func find(_ id: UUID) async throws -> DeadLetter? {
        try await pool.query(.role(.upkeep), "select * from dead_letters where id = $1 limit 1", id).first.map(Self.letter)
    }

    /// The database's time: letters are dated by it.
    func now() async throws -> Date {
        guard let row = try await pool.query(.role(.upkeep), "select clock_timestamp() as now").first else { return Date() }
        return try row.decode("now")
    }

    private static func line(_ row: PostgresRow) throws -> DeadLetterLine {
        DeadLetterLine(
            key: JobName(workspace: try row.decode("workspace_id"), id: try row.decode("id")), kind: try row.decode("kind"),
            queue: try row.decode("queue"), attempts: Int(try row.decode("attempts", as: Int16.self)), code: try row.decode("code"),
            error: try row.decode("error"), acceptedAt: try row.decode("accepted_at"), diedAt: try row.decode("died_at"),
            state: DeadLetterState(
                replayedAt: try row.decode("replayed_at", as: Date?.self), discardedAt: try row.decode("discarded_at", as: Date?.self)),
            replays: Int(try row.decode("replays", as: Int32.self)))
    }

    // The two that follow ask the same question of each row. The states are three flags and no list, so that the planner,
    // which sees the values, can use the index of what is open.

    private static let page: SQL = """
        -- list dead letters
        select workspace_id, id, kind, queue, attempts, code, left(error, 2000) as error, accepted_at, died_at, replayed_at, discarded_at,
          jsonb_array_length(replays) as replays
        from dead_letters
        where ($1::text is null or kind = $1) and ($2::text is null or code = $2) and ($3::text is null or queue = $3)
          and ($4::uuid is null or workspace_id = $4) and ($5::timestamptz is null or died_at >= $5)
          and ($6::timestamptz is null or died_at < $6) and ($7::text is null or position(lower($7) in lower(error)) > 0)
          and (($8::boolean and replayed_at is null and discarded_at is null)
            or ($9::boolean and replayed_at is not null and discarded_at is null) or ($10::boolean and discarded_at is not null))
          and (not $11::boolean or kind <> 'unreadable')
          and ($12::timestamptz is null or (died_at, id) < ($12, $13::uuid))
        order by died_at desc, id desc limit $14
        """

    private static let groups: SQL = """
        -- count dead letters
        select kind, code, count(*) as letters, min(died_at) as oldest, max(died_at) as newest
        from dead_letters
        where ($1::text is null or kind = $1) and ($2::text is null or code = $2) and ($3::text is null or queue = $3)
          and ($4::uuid is null or workspace_id = $4) and ($5::timestamptz is null or died_at >= $5)
          and ($6::timestamptz is null or died_at < $6) and ($7::text is null or position(lower($7) in lower(error)) > 0)
          and (($8::boolean and replayed_at is null and discarded_at is null)
            or ($9::boolean and replayed_at is not null and discarded_at is null) or ($10::boolean and discarded_at is not null))
          and (not $11::boolean or kind <> 'unreadable')
        group by kind, code order by letters desc, kind, code
        """

    private static let named: SQL = """
        -- list dead letters by id
        select workspace_id, id, kind, queue, attempts, code, left(error, 2000) as error, accepted_at, died_at, replayed_at, discarded_at,
          jsonb_array_length(replays) as replays
        from dead_letters where id = any($1) order by id
        """
}
