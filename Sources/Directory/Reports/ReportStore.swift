import Foundation
import Postgres
import Workspaces

/// The SQL of taking reports in. All of it runs as upkeep: a reporter may have no workspace, and must read nothing of other reports.
enum ReportStore {
    /// What was published under the name that somebody reports.
    struct Target: Sendable {
        let owner: String
        let name: String
        let agent: UUID
        let workspace: UUID
        let version: Int
        let status: ListingStatus
    }

    /// A report to be written down.
    struct New: Sendable {
        let id: UUID
        let caseID: UUID
        let agent: UUID
        let version: Int
        let reason: ReportReason
        let reporter: [UInt8]
        let isIdentified: Bool
        let text: String
        let contact: String?
    }

    // MARK: Keys

    /// The keys that are there, by name.
    static func keys(_ names: [String], in session: some PostgresSession) async throws -> [String: [UInt8]] {
        let rows = try await session.query("-- keys of reports\nselect name, key from report_keys where name = any ($1::text[])", names)
        var keys: [String: [UInt8]] = [:]
        for row in rows {
            let name = try row.decode("name", as: String.self)
            keys[name] = try row.decode("key", as: [UInt8].self)
        }
        return keys
    }

    /// Keeps keys under names that have none. Whoever comes first wins.
    static func keep(_ keys: [[UInt8]], named names: [String], in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- keep keys of reports
            insert into report_keys (name, key)
            select name, key from unnest($1::text[], $2::bytea[]) as given (name, key)
            order by name
            on conflict (name) do nothing
            """, names, keys)
    }

    // MARK: The agent

    /// What is published under this name, or was before it was renamed; nil for what never was, is private, or was removed.
    static func target(owner: String, name: String, in session: some PostgresSession) async throws -> Target? {
        try await session.query(
            """
            -- find the listing that is reported
            select owner, name, agent_id, workspace_id, version, status from (
              select owner, name, agent_id, workspace_id, version, status, 1 as rank from published_agents
              where owner = $1 and name = $2 and not is_withdrawn
              union all
              select p.owner, p.name, p.agent_id, p.workspace_id, p.version, p.status, 2
              from reserved_names r join published_agents p on p.workspace_id = r.publisher_id and p.agent_id = r.agent_id
              where r.owner = $1 and r.name = $2 and not p.is_withdrawn
            ) as found
            order by rank limit 1
            """, owner, name
        ).first.flatMap { row -> Target? in
            let status = try row.stored("status", as: ListingStatus.self)
            guard status != .removed else { return nil }
            return Target(
                owner: try row.decode("owner"), name: try row.decode("name"), agent: try row.decode("agent_id"),
                workspace: try row.decode("workspace_id"), version: try row.decode("version"), status: status)
        }
    }

    /// Lets this transaction alone count the reports of an agent, or decide about it.
    static func lock(agent: UUID, in transaction: PostgresTransaction) {
        transaction.submit(
            "-- lock the case of an agent\nselect pg_advisory_xact_lock(hashtextextended('mainstay.directory.case:' || $1::uuid::text, 0))", agent)
    }

    // MARK: The reporter

    /// The report that this reporter has made of this agent for this reason.
    static func earlier(agent: UUID, reason: ReportReason, reporter: [UInt8], in session: some PostgresSession) async throws -> UUID? {
        try await session.query(
            "-- earlier report\nselect id from agent_reports where agent_id = $1 and reason = $2 and reporter = $3", agent, reason.rawValue, reporter
        ).first?.decode("id")
    }

    /// Takes a token from a bucket of `most`, into which `perSecond` come back.
    /// - Returns: false when it is empty.
    static func takeToken(of reporter: [UInt8], most: Double, perSecond: Double, in session: some PostgresSession) async throws -> Bool {
        try await !session.query(
            """
            -- take a token of a reporter's bucket
            insert into report_budgets as b (reporter, tokens, refilled_at) values ($1, $2 - 1, mainstay_now())
            on conflict (reporter) do update set
              tokens = least($2, b.tokens + greatest(0, extract(epoch from excluded.refilled_at - b.refilled_at)::float8) * $3) - 1,
              refilled_at = excluded.refilled_at
            where least($2, b.tokens + greatest(0, extract(epoch from excluded.refilled_at - b.refilled_at)::float8) * $3) >= 1
            returning 1
            """, reporter, most, perSecond
        ).isEmpty
    }

    // MARK: The case

    /// The open case of an agent's reports, and what they have come to.
    static func openCase(of agent: UUID, in session: some PostgresSession) async throws -> (id: UUID, standing: ModerationCase.Standing)? {
        try await session.query(
            "-- open case of an agent\nselect id, standing from agent_cases where agent_id = $1 and kind = 'report' and decided_at is null", agent
        ).first.map { (id: try $0.decode("id"), standing: try $0.stored("standing")) }
    }

    /// Opens the case of an agent's reports, or of what an operator decides without any.
    static func open(_ id: UUID, of agent: UUID, at place: ListingPlace, workspace: UUID, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- open a case of reports
            insert into agent_cases (id, kind, owner, name, agent_id, owner_workspace_id) values ($1, 'report', $2, $3, $4, $5)
            """, id, place.owner, place.name, agent, workspace)
    }

    static func write(_ report: New, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- write a report
            insert into agent_reports (id, case_id, agent_id, version, reason, reporter, is_identified, text, contact)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """, report.id, report.caseID, report.agent, report.version, report.reason.rawValue, report.reporter, report.isIdentified, report.text,
            report.contact)
    }

    /// The reports of a case, the first ones: more than any threshold needs.
    static func filings(of caseID: UUID, in session: some PostgresSession) async throws -> [ReportPolicy.Filing] {
        try await session.query(
            """
            -- reports to weigh
            select reporter, is_identified, reason, created_at from agent_reports where case_id = $1 order by created_at limit 2000
            """, caseID
        ).map { row in
            ReportPolicy.Filing(
                reporter: try row.decode("reporter"), isIdentified: try row.decode("is_identified"), reason: try row.stored("reason"),
                at: try row.decode("created_at"))
        }
    }

    /// - Parameter before: what the agent was before it was quarantined by this report; nil for any other one.
    static func note(
        score: Double, standing: ModerationCase.Standing, before: ListingStatus?, of caseID: UUID, in transaction: PostgresTransaction
    ) {
        transaction.submit(
            """
            -- note what reports have come to
            update agent_cases set score = $2, standing = $3, status_before = coalesce($4, status_before) where id = $1
            """, caseID, score, standing.rawValue, before?.rawValue)
    }

    // MARK: What became of it

    /// A report as its reporter may see it.
    struct State: Sendable {
        let id: UUID
        let owner: String
        let name: String
        let reason: ReportReason
        let createdAt: Date
        /// Nil while nobody has decided.
        let decision: ModerationDecision?
        let decidedAt: Date?
    }

    static func state(of report: UUID, in session: some PostgresSession) async throws -> State? {
        try await session.query(
            """
            -- state of a report
            select r.id, c.owner, c.name, r.reason, r.created_at, c.decision, c.decided_at
            from agent_reports r join agent_cases c on c.id = r.case_id where r.id = $1
            """, report
        ).first.map { row in
            State(
                id: try row.decode("id"), owner: try row.decode("owner"), name: try row.decode("name"), reason: try row.stored("reason"),
                createdAt: try row.decode("created_at"), decision: try row.storedIfPresent("decision"), decidedAt: try row.decode("decided_at"))
        }
    }

    // MARK: Housekeeping

    /// Takes away full buckets, and the keys of days that are over.
    /// - Returns: how many rows.
    static func clean(in session: some PostgresSession) async throws -> Int {
        let budgets = try await session.execute(
            "-- forget full buckets\ndelete from report_budgets where refilled_at < mainstay_now() - interval '1 day'")
        let keys = try await session.execute(
            "-- forget keys of addresses\ndelete from report_keys where name like 'addresses:%' and made_at < mainstay_now() - interval '2 days'")
        return budgets + keys
    }
}

extension PostgresRow {
    /// A word of a closed set, or null.
    func storedIfPresent<Word: RawRepresentable>(_ column: String) throws -> Word? where Word.RawValue == String {
        try decode(column, as: String?.self) == nil ? nil : stored(column)
    }
}
