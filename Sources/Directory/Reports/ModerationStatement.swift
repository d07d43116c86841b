import Foundation

/// Why something was decided about an agent, for its owner: what was decided, on what ground and facts, by which rule, whether by a
/// person, and what can be done against it.
struct ModerationStatement: Sendable, Equatable {
    /// How long an owner may appeal, in days.
    static let appealDays = 180

    let id: UUID
    let caseID: UUID
    let agent: UUID
    let owner: String
    let name: String
    let order: ModerationOrder
    let redress: String
    /// Nil where there is nothing to appeal against.
    let appealUntil: Date?
    let createdAt: Date
    /// When a later decision took it back.
    let liftedAt: Date?
    let appeal: ModerationAppeal?

    /// What its owner may do against a decision.
    static func redress(against decision: ModerationDecision, in kind: ModerationCase.Kind, agent: UUID) -> String {
        if decision.isRestriction {
            return """
                Within \(appealDays) days you may appeal: POST /v1/agents/\(agent.uuidString.lowercased())/appeals. Another person than the one who \
                decided looks at it again. Bodies that settle disputes out of court, and courts, are open to you at any time.
                """
        }
        if decision == .dismiss, kind == .appeal {
            return "The decision that you appealed against stands. Bodies that settle disputes out of court, and courts, are open to you at any time."
        }
        return "Nothing is taken from you by this decision."
    }

    /// What a threshold's own statement says of its facts: counts, and nothing of who reported.
    static func facts(reports: Int, score: Double, policy: ReportPolicy) -> String {
        """
        \(reports) reports weigh \(String(format: "%g", score)) together, and \(String(format: "%g", policy.threshold)) take an agent out of the directory \
        until an operator has looked at them.
        """
    }
}

/// What an owner said against a decision.
struct ModerationAppeal: Sendable, Equatable {
    let id: UUID
    let statement: UUID
    let text: String
    let createdAt: Date
    /// Nil while nobody has decided.
    let outcome: AppealOutcome?
    let decidedAt: Date?
}
