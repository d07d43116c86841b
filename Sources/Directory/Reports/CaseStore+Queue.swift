import Foundation
import Postgres
import Workspaces

/// A case as operators see it in their queue.
struct CaseLine: Sendable {
    let id: UUID
    let kind: ModerationCase.Kind
    let standing: ModerationCase.Standing
    let owner: String
    let name: String
    /// Nil when the listing is gone.
    let status: ListingStatus?
    /// What the reports weigh that are believed.
    let score: Double
    let openedAt: Date
    let age: TimeInterval
    let reports: Int
    let reporters: Int
    /// Of the reporters, those that showed a token.
    let identified: Int
    let decision: ModerationDecision?
    let decidedAt: Date?
    let appeal: Appeal?
    /// By the list of reasons, with how often each was given.
    var reasons: [(reason: ReportReason, count: Int)] = []

    struct Appeal: Sendable {
        let text: String
        /// What it is against.
        let decision: ModerationDecision
        /// The case that it is decided with, where that one is open still.
        let decidedWith: UUID?
    }
}

/// A report as operators read it.
struct CaseReport: Sendable {
    let id: UUID
    let reason: ReportReason
    let version: Int
    let isIdentified: Bool
    let text: String
    let contact: String?
    let createdAt: Date
}

/// What operators look at, as upkeep.
extension CaseStore {
    /// Open cases, oldest first.
    /// - Parameter after: the last one of the page before.
    static func queue(
        after: UUID?, standing: ModerationCase.Standing?, limit: Int, in session: some PostgresSession
    ) async throws -> [CaseLine] {
        let ids = try await session.query(
            """
            -- queue of cases
            select id from agent_cases
            where decided_at is null and ($1::uuid is null or id > $1) and ($2::text is null or standing = $2)
            order by id limit $3
            """, after, standing?.rawValue, limit
        ).map { try $0.decode("id", as: UUID.self) }
        return try await lines(ids, in: session)
    }

    /// One case, decided or not.
    static func line(_ id: UUID, in session: some PostgresSession) async throws -> CaseLine? {
        try await lines([id], in: session).first
    }

    /// These cases, oldest first.
    private static func lines(_ ids: [UUID], in session: some PostgresSession) async throws -> [CaseLine] {
        guard !ids.isEmpty else { return [] }
        let lines = try await session.query(
            """
            -- show cases
            select c.id, c.kind, c.standing, coalesce(p.owner, c.owner) as owner, coalesce(p.name, c.name) as name, c.score, c.opened_at, c.decision,
              c.decided_at, p.status, extract(epoch from mainstay_now() - c.opened_at)::float8 as age, r.reports, r.reporters, r.identified,
              a.text as appeal_text, s.decision as appealed_decision, o.id as decided_with
            from agent_cases c
            left join published_agents p on p.workspace_id = c.owner_workspace_id and p.agent_id = c.agent_id
            left join agent_appeals a on a.workspace_id = c.owner_workspace_id and a.case_id = c.id
            left join agent_statements s on s.workspace_id = c.owner_workspace_id and s.id = c.statement_id
            left join agent_cases o on o.id = s.case_id and o.decided_at is null
            cross join lateral (
              select count(*) as reports, count(distinct reporter) as reporters, count(distinct reporter) filter (where is_identified) as identified
              from agent_reports where case_id = c.id
            ) r
            where c.id = any ($1::uuid[])
            order by c.id
            """, ids
        ).map(CaseLine.init)
        return try await withReasons(lines, in: session)
    }

    /// The newest reports of a case.
    static func reports(of caseID: UUID, limit: Int, in session: some PostgresSession) async throws -> [CaseReport] {
        try await session.query(
            """
            -- reports of a case
            select id, reason, version, is_identified, text, contact, created_at from agent_reports where case_id = $1
            order by created_at desc, id desc limit $2
            """, caseID, limit
        ).map { row in
            CaseReport(
                id: try row.decode("id"), reason: try row.stored("reason"), version: try row.decode("version"),
                isIdentified: try row.decode("is_identified"), text: try row.decode("text"), contact: try row.decode("contact"),
                createdAt: try row.decode("created_at"))
        }
    }

    private static func withReasons(_ lines: [CaseLine], in session: some PostgresSession) async throws -> [CaseLine] {
        let rows = try await session.query(
            """
            -- reasons in cases
            select case_id, reason, count(*) as count from agent_reports where case_id = any ($1::uuid[]) group by case_id, reason
            """, lines.map(\.id))
        var counts: [UUID: [ReportReason: Int]] = [:]
        for row in rows {
            let (caseID, reason) = (try row.decode("case_id", as: UUID.self), try row.stored("reason", as: ReportReason.self))
            counts[caseID, default: [:]][reason] = try row.decode("count", as: Int.self)
        }
        return lines.map { line in
            var line = line
            line.reasons = ReportReason.allCases.compactMap { reason in counts[line.id]?[reason].map { (reason: reason, count: $0) } }
            return line
        }
    }
}

extension CaseLine {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: try row.decode("id"), kind: try row.stored("kind"), standing: try row.stored("standing"), owner: try row.decode("owner"),
            name: try row.decode("name"), status: try row.storedIfPresent("status"), score: try row.decode("score"),
            openedAt: try row.decode("opened_at"), age: try row.decode("age"), reports: try row.decode("reports"),
            reporters: try row.decode("reporters"), identified: try row.decode("identified"), decision: try row.storedIfPresent("decision"),
            decidedAt: try row.decode("decided_at"), appeal: try Appeal(row))
    }
}

extension CaseLine.Appeal {
    fileprivate init?(_ row: PostgresRow) throws {
        guard let text = try row.decode("appeal_text", as: String?.self) else { return nil }
        self.init(text: text, decision: try row.stored("appealed_decision"), decidedWith: try row.decode("decided_with"))
    }
}
