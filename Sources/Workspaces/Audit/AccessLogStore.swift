package import Foundation
package import Postgres
import Web

/// The access log in PostgreSQL: appending for everyone, reading for upkeep. Checkpoints are in `AccessLogStore+Checkpoints`.
package struct AccessLogStore: Sendable {
    /// Rows of a page: of the largest ones, 16 MB.
    static let page = 1000

    let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    // MARK: Appending

    /// Appends an entry in the caller's transaction, whatever its scope: it is there if and only if what it tells of is.
    ///
    /// It costs no trip, for it goes out with the next statement or with COMMIT. From then on every other appender waits for this
    /// transaction's end: append last.
    package static func append(_ event: AccessEvent, in transaction: PostgresTransaction) {
        transaction.submit(Self.insert, parameters: event.parameters)
    }

    /// Appends an entry by itself.
    package func append(_ event: AccessEvent) async throws { try await append([event]) }

    /// Appends entries by themselves, all of them or none.
    package func append(_ events: [AccessEvent]) async throws {
        guard !events.isEmpty else { return }
        try await pool.transaction(.unscoped) { transaction in
            for event in events { Self.append(event, in: transaction) }
        }
    }

    // MARK: Reading

    /// Which entries are wanted.
    package struct Filter: Sendable, Hashable {
        package var workspace: UUID?
        package var action: AccessAction?

        package init(workspace: UUID? = nil, action: AccessAction? = nil) {
            self.workspace = workspace
            self.action = action
        }
    }

    /// The newest entries, oldest of them first.
    package func newest(_ filter: Filter = Filter(), limit: Int) async throws -> [AccessLogEntry] {
        try await pool.query(.role(.upkeep), Self.newest, filter.workspace, filter.action?.rawValue, limit).map(Self.entry)
    }

    /// Entries behind a number, in order. Numbers are given in the order of commits, so whoever asks again behind the last one that
    /// it saw misses none.
    package func entries(after sequence: Int, _ filter: Filter = Filter(), limit: Int) async throws -> [AccessLogEntry] {
        try await pool.query(.role(.upkeep), Self.following, sequence, filter.workspace, filter.action?.rawValue, limit).map(Self.entry)
    }

    /// The number of the last entry; 0 in an empty log.
    package func head() async throws -> Int { try await bounds().head }

    /// How far the log and its checkpoints go at one moment: what comes after it is for the next look.
    func bounds() async throws -> (head: Int, checkpoint: Int) {
        guard let row = try await pool.query(.role(.upkeep), Self.bounds).first else { return (0, 0) }
        return (try row.decode("head"), try row.decode("checkpoint"))
    }

    /// A page of entries up to a number.
    func page(after sequence: Int, through last: Int) async throws -> [AccessLogEntry] {
        try await pool.query(.role(.upkeep), Self.paged, sequence, last, Self.page).map(Self.entry)
    }

    // MARK: Rows

    private static func entry(_ row: PostgresRow) throws -> AccessLogEntry {
        AccessLogEntry(
            sequence: try row.decode("sequence"), microseconds: try row.decode("microseconds"), workspace: try row.decode("workspace"),
            actorKind: try row.decode("actor_kind"), actor: try row.decode("actor"), action: try row.decode("action"),
            subject: try row.decode("subject"),
            // What is not as we write it is a finding of whoever looks, and no error.
            details: try? row.decode("details", as: PostgresJSON.self).decode([String: String].self, with: WireCoding.decoder),
            previousHash: try row.decode("previous_hash"), hash: try row.decode("hash"))
    }

    // MARK: SQL

    private static let insert: SQL = """
        -- append to the access log
        select append_access_log($1, $2, $3, $4, $5, $6)
        """
    private static let newest: SQL = """
        -- read the end of the access log
        select * from (
          select sequence, (extract(epoch from at) * 1000000)::int8 as microseconds, workspace, actor_kind, actor, action, subject, details,
            previous_hash, hash
          from access_log where ($1::uuid is null or workspace = $1) and ($2::text is null or action = $2)
          order by sequence desc limit $3
        ) newest order by sequence
        """
    private static let following: SQL = """
        -- follow the access log
        select sequence, (extract(epoch from at) * 1000000)::int8 as microseconds, workspace, actor_kind, actor, action, subject, details,
          previous_hash, hash
        from access_log where sequence > $1 and ($2::uuid is null or workspace = $2) and ($3::text is null or action = $3)
        order by sequence limit $4
        """
    private static let bounds: SQL = """
        -- look how far the access log goes
        select coalesce((select max(sequence) from access_log), 0) as head,
          coalesce((select max(sequence) from access_log_checkpoints), 0) as checkpoint
        """
    private static let paged: SQL = """
        -- read a page of the access log
        select sequence, (extract(epoch from at) * 1000000)::int8 as microseconds, workspace, actor_kind, actor, action, subject, details,
          previous_hash, hash
        from access_log where sequence > $1 and sequence <= $2 order by sequence limit $3
        """
}
