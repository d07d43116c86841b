import Foundation
import Jobs
import Web
import Workspaces

/// A case as operators see it in their queue.
struct CaseAnswer: Encodable, Sendable {
    struct Reason: Encodable, Sendable {
        let reason: ReportReason
        let reports: Int
        /// What one such report weighs by somebody unknown.
        let weight: Double
    }

    struct Appeal: Encodable, Sendable {
        let text: String
        let against: ModerationDecision
        let decidedWith: String?

        private enum CodingKeys: String, CodingKey {
            case text, against
            case decidedWith = "decided_with"
        }
    }

    /// What pages are cut at; `id` is how it is written.
    let key: UUID
    let id: String
    let kind: ModerationCase.Kind
    let standing: ModerationCase.Standing
    let agent: String
    let status: String?
    let openedAt: Date
    let ageSeconds: Double
    let reports: Int
    let reporters: Int
    let identified: Int
    let score: Double
    let threshold: Double
    let reasons: [Reason]
    let appeal: Appeal?
    let decision: ModerationDecision?
    let decidedAt: Date?
    let url: String

    init(_ line: CaseLine, policy: ReportPolicy) {
        key = line.id
        id = line.id.lowercased
        kind = line.kind
        standing = line.standing
        agent = "\(line.owner)/\(line.name)"
        status = line.status?.rawValue
        openedAt = line.openedAt
        ageSeconds = line.age
        reports = line.reports
        reporters = line.reporters
        identified = line.identified
        score = line.score
        threshold = policy.threshold
        reasons = line.reasons.map { Reason(reason: $0.reason, reports: $0.count, weight: policy.weight(of: $0.reason)) }
        appeal = line.appeal.map { Appeal(text: $0.text, against: $0.decision, decidedWith: $0.decidedWith?.lowercased) }
        decision = line.decision
        decidedAt = line.decidedAt
        url = "/v1/operations/agent-reports/\(id)"
    }

    private enum CodingKeys: String, CodingKey {
        case kind, standing, agent, status, reports, reporters, identified, score, threshold, reasons, appeal, decision, url
        case id = "case"
        case openedAt = "opened_at"
        case ageSeconds = "age_seconds"
        case decidedAt = "decided_at"
    }

    static let schema = JSONSchema.named(
        "ReportCase",
        .object(
            [
                "case": .uuid, "kind": .string(oneOf: ModerationCase.Kind.allCases.map(\.rawValue)),
                "standing": .string("What reports alone have come to.", oneOf: ModerationCase.Standing.allCases.map(\.rawValue)),
                "agent": .string("`owner/name`."), "status": .string("Of the listing; absent when it is gone."), "opened_at": .time,
                "age_seconds": .number(minimum: 0), "reports": .integer(minimum: 0), "reporters": .integer(minimum: 0),
                "identified": .integer("Reporters that showed a token.", minimum: 0),
                "score": .number("What the reports weigh that are believed.", minimum: 0),
                "threshold": .number("The score at which an agent is quarantined.", minimum: 0),
                "reasons": .array(
                    of: .object([
                        "reason": .string(oneOf: ReportReason.allCases.map(\.rawValue)), "reports": .integer(minimum: 1),
                        "weight": .number(minimum: 0),
                    ])),
                "appeal": .object(
                    [
                        "text": .string(), "against": .string(oneOf: ModerationDecision.allCases.map(\.rawValue)),
                        "decided_with": .string("The open case that decides this one as well.", format: "uuid"),
                    ], optional: ["decided_with"]),
                "decision": .string(oneOf: ModerationDecision.allCases.map(\.rawValue)), "decided_at": .time,
                "url": .string("Where it is read with its reports.", format: "uri-reference"),
            ], optional: ["status", "appeal", "decision", "decided_at"]))
}

/// A case with what was reported.
struct CaseDetailAnswer: Encodable, Sendable {
    struct Report: Encodable, Sendable {
        let id: String
        let reason: ReportReason
        let version: Int
        let isIdentified: Bool
        let text: String
        let contact: String?
        let createdAt: Date

        private enum CodingKeys: String, CodingKey {
            case id, reason, version, text, contact
            case isIdentified = "identified"
            case createdAt = "created_at"
        }
    }

    let line: CaseAnswer
    let reports: [Report]

    init(_ detail: CaseDesk.Detail, policy: ReportPolicy) {
        line = CaseAnswer(detail.line, policy: policy)
        reports = detail.reports.map { report in
            Report(
                id: report.id.lowercased, reason: report.reason, version: report.version, isIdentified: report.isIdentified, text: report.text,
                contact: report.contact, createdAt: report.createdAt)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case line = "summary"
        case reports
    }

    static let schema = JSONSchema.named(
        "ReportCaseDetail",
        .object([
            "summary": CaseAnswer.schema,
            "reports": .array(
                of: .object(
                    [
                        "id": .uuid, "reason": .string(oneOf: ReportReason.allCases.map(\.rawValue)),
                        "version": .integer("Of the agent, when it was reported.", minimum: 1), "identified": .boolean, "text": .string(),
                        "contact": .string(), "created_at": .time,
                    ], optional: ["contact"], description: "The newest \(CaseDesk.reportLimit), newest first.")),
        ]))
}

/// The answer to a decision.
struct DecidedAnswer: Encodable, Sendable {
    let id: String
    let decision: ModerationDecision
    let ground: ReportReason
    let facts: String
    let rule: String
    let automated: Bool
    let status: String?
    let statement: String?
    let decidedAt: Date

    init(_ decided: CaseDesk.Decided) {
        id = decided.id.lowercased
        decision = decided.order.decision
        ground = decided.order.ground
        facts = decided.order.facts
        rule = decided.order.rule
        automated = decided.order.automated
        status = decided.status?.rawValue
        statement = decided.statement?.lowercased
        decidedAt = decided.at
    }

    private enum CodingKeys: String, CodingKey {
        case decision, ground, facts, rule, automated, status, statement
        case id = "case"
        case decidedAt = "decided_at"
    }

    static let schema = JSONSchema.named(
        "CaseDecision",
        .object(
            [
                "case": .uuid, "decision": .string(oneOf: ModerationDecision.allCases.map(\.rawValue)),
                "ground": .string(oneOf: ReportReason.allCases.map(\.rawValue)), "facts": .string(), "rule": .string(), "automated": .boolean,
                "status": .string("Of the listing; absent when it is gone."),
                "statement": .string("What the owner was told; absent when the owner's workspace is gone.", format: "uuid"), "decided_at": .time,
            ], optional: ["status", "statement"]))
}
