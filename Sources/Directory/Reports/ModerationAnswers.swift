import Foundation
import Jobs
import Web

/// A statement of reasons, for the owner of the agent.
struct StatementAnswer: Encodable, Sendable {
    /// What pages are cut at; `id` is how it is written.
    let key: UUID
    let id: String
    let agent: String
    let decision: ModerationDecision
    let ground: ReportReason
    let facts: String
    let rule: String
    let automated: Bool
    let redress: String
    let appealUntil: Date?
    let createdAt: Date
    let liftedAt: Date?
    let appeal: AppealAnswer?

    init(_ statement: ModerationStatement) {
        key = statement.id
        id = statement.id.lowercased
        agent = "\(statement.owner)/\(statement.name)"
        decision = statement.order.decision
        ground = statement.order.ground
        facts = statement.order.facts
        rule = statement.order.rule
        automated = statement.order.automated
        redress = statement.redress
        appealUntil = statement.appealUntil
        createdAt = statement.createdAt
        liftedAt = statement.liftedAt
        appeal = statement.appeal.map(AppealAnswer.init)
    }

    private enum CodingKeys: String, CodingKey {
        case id, agent, decision, ground, facts, rule, automated, redress, appeal
        case appealUntil = "appeal_until"
        case createdAt = "created_at"
        case liftedAt = "lifted_at"
    }

    static let schema = JSONSchema.named(
        "ModerationStatement",
        .object(
            [
                "id": .uuid, "agent": .string("`owner/name`, as it was."), "decision": .string(oneOf: ModerationDecision.allCases.map(\.rawValue)),
                "ground": .string(oneOf: ReportReason.allCases.map(\.rawValue)), "facts": .string("What was found."),
                "rule": .string("What it follows from."), "automated": .boolean, "redress": .string("What can be done against it."),
                "appeal_until": .string("Absent where there is nothing to appeal against. RFC 3339, UTC.", format: "date-time"), "created_at": .time,
                "lifted_at": .string("When a later decision took it back. RFC 3339, UTC.", format: "date-time"), "appeal": AppealAnswer.schema,
            ], optional: ["appeal_until", "lifted_at", "appeal"]))
}

/// What an owner said against a decision, and what came of it.
struct AppealAnswer: Encodable, Sendable {
    let id: String
    let statement: String
    let text: String
    let state: String
    let outcome: AppealOutcome?
    let createdAt: Date
    let decidedAt: Date?

    init(_ appeal: ModerationAppeal) {
        id = appeal.id.lowercased
        statement = appeal.statement.lowercased
        text = appeal.text
        state = appeal.outcome == nil ? "open" : "decided"
        outcome = appeal.outcome
        createdAt = appeal.createdAt
        decidedAt = appeal.decidedAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, statement, text, state, outcome
        case createdAt = "created_at"
        case decidedAt = "decided_at"
    }

    static let schema = JSONSchema.named(
        "Appeal",
        .object(
            [
                "id": .uuid, "statement": .string("What it is against.", format: "uuid"), "text": .string(),
                "state": .string(oneOf: ["open", "decided"]),
                "outcome": .string(oneOf: AppealOutcome.allCases.map(\.rawValue)), "created_at": .time, "decided_at": .time,
            ], optional: ["outcome", "decided_at"]))
}

/// What the owner of a fork is told.
struct NoticeAnswer: Encodable, Sendable {
    struct Source: Encodable, Sendable {
        let agent: String
        let decision: ModerationDecision
        let ground: ReportReason
        let decidedAt: Date
        let liftedAt: Date?

        private enum CodingKeys: String, CodingKey {
            case agent, decision, ground
            case decidedAt = "decided_at"
            case liftedAt = "lifted_at"
        }
    }

    /// What pages are cut at; `id` is how it is written.
    let key: UUID
    let id: String
    let kind = "origin_removed"
    let state: String
    let agent: String
    let name: String
    let source: Source
    let createdAt: Date
    let readAt: Date?

    init(_ notice: AgentNotice) {
        key = notice.id
        id = notice.id.lowercased
        state = notice.state.rawValue
        agent = notice.agent.lowercased
        name = notice.agentName
        source = Source(
            agent: "\(notice.source.owner)/\(notice.source.name)", decision: notice.source.decision, ground: notice.source.ground,
            decidedAt: notice.source.decidedAt, liftedAt: notice.source.liftedAt)
        createdAt = notice.createdAt
        readAt = notice.readAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, kind, state, agent, name, source
        case createdAt = "created_at"
        case readAt = "read_at"
    }

    static let schema = JSONSchema.named(
        "AgentNotice",
        .object(
            [
                "id": .uuid, "kind": .string(oneOf: ["origin_removed"]), "state": .string(oneOf: AgentNotice.State.allCases.map(\.rawValue)),
                "agent": .string("The id of the workspace's own agent, a fork.", format: "uuid"), "name": .string("Its name."),
                "source": .object(
                    [
                        "agent": .string("`owner/name` of its origin."), "decision": .string(oneOf: ["quarantine", "remove"]),
                        "ground": .string(oneOf: ReportReason.allCases.map(\.rawValue)), "decided_at": .time,
                        "lifted_at": .string("When the origin came back. RFC 3339, UTC.", format: "date-time"),
                    ], optional: ["lifted_at"]), "created_at": .time, "read_at": .time,
            ], optional: ["read_at"]))
}
