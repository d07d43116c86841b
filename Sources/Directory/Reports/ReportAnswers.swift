import Foundation
import Jobs
import Web

/// The answer to a report: where it is asked for, and with what.
struct ReportReceiptAnswer: Encodable, Sendable {
    let id: String
    let receipt: String
    let url: String

    init(_ receipt: ReportDesk.Receipt) {
        id = receipt.report.lowercased
        self.receipt = receipt.secret
        url = "/v1/reports/\(id)"
    }

    static let schema = JSONSchema.named(
        "ReportReceipt",
        .object([
            "id": .uuid, "receipt": .string("A secret: whoever has it may read what becomes of the report. Keep it."),
            "url": .string("Where to ask, with the receipt as the parameter `receipt`.", format: "uri-reference"),
        ]))
}

/// What became of a report, for whoever made it.
struct ReportStateAnswer: Encodable, Sendable {
    let id: String
    let agent: String
    let reason: ReportReason
    let state: String
    let decision: ModerationDecision?
    let createdAt: Date
    let decidedAt: Date?

    init(_ state: ReportStore.State) {
        id = state.id.lowercased
        agent = "\(state.owner)/\(state.name)"
        reason = state.reason
        self.state = state.decidedAt == nil ? "received" : "decided"
        decision = state.decision
        createdAt = state.createdAt
        decidedAt = state.decidedAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, agent, reason, state, decision
        case createdAt = "created_at"
        case decidedAt = "decided_at"
    }

    static let schema = JSONSchema.named(
        "ReportState",
        .object(
            [
                "id": .uuid, "agent": .string("`owner/name`."), "reason": .string(oneOf: ReportReason.allCases.map(\.rawValue)),
                "state": .string(oneOf: ["received", "decided"]), "decision": .string(oneOf: ModerationDecision.allCases.map(\.rawValue)),
                "created_at": .time, "decided_at": .time,
            ], optional: ["decision", "decided_at"]))
}

/// A line of the public log of removals.
struct RemovalAnswer: Encodable, Sendable {
    /// What pages are cut at; not shown.
    let key: UUID
    let agent: String
    let owner: String
    let name: String
    let decision: ModerationDecision
    let ground: ReportReason
    let decidedAt: Date
    let appealOutcome: AppealOutcome?
    let liftedAt: Date?

    init(_ removal: Removal) {
        key = removal.id
        agent = "\(removal.owner)/\(removal.name)"
        owner = removal.owner
        name = removal.name
        decision = removal.decision
        ground = removal.ground
        decidedAt = removal.decidedAt
        appealOutcome = removal.appealOutcome
        liftedAt = removal.liftedAt
    }

    private enum CodingKeys: String, CodingKey {
        case agent, owner, name, decision, ground
        case decidedAt = "decided_at"
        case appealOutcome = "appeal_outcome"
        case liftedAt = "lifted_at"
    }

    static let schema = JSONSchema.named(
        "Removal",
        .object(
            [
                "agent": .string("`owner/name`."), "owner": .string(), "name": .string(), "decision": .string(oneOf: ["quarantine", "remove"]),
                "ground": .string(oneOf: ReportReason.allCases.map(\.rawValue)), "decided_at": .time,
                "appeal_outcome": .string("Absent while there was no appeal, or it was not decided.", oneOf: AppealOutcome.allCases.map(\.rawValue)),
                "lifted_at": .string("When a later decision put the agent back. RFC 3339, UTC.", format: "date-time"),
            ], optional: ["appeal_outcome", "lifted_at"]))
}
