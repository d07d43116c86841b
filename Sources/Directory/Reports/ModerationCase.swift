import Foundation
import Web
import Workspaces

/// What an operator decides about a published agent.
///
/// | decision | of reports | of an appeal |
/// |---|---|---|
/// | `dismiss` | nothing is wrong; what the threshold quarantined goes back to where it was | the decision stands |
/// | `restore` | active | active |
/// | `deprecate` | deprecated: found and not recommended | deprecated |
/// | `quarantine` | quarantined, for as long as it takes | quarantined |
/// | `remove` | removed | removed |
package enum ModerationDecision: String, Sendable, Codable, CaseIterable {
    case dismiss
    case restore
    case deprecate
    case quarantine
    case remove

    /// Whether it takes something from the agent's owner, who may then appeal.
    package var isRestriction: Bool { self == .deprecate || self == .quarantine || self == .remove }

    /// Whether it stands in the public log.
    var isLogged: Bool { self == .quarantine || self == .remove }

    /// The one by which an operator sets a status.
    init(setting status: ListingStatus) {
        switch status {
        case .active: self = .restore
        case .deprecated: self = .deprecate
        case .quarantined: self = .quarantine
        case .removed: self = .remove
        }
    }

    /// What the listing becomes; nil for what it is.
    /// - Parameters:
    ///   - current: what the listing is; nil when there is none any more.
    ///   - before: what the threshold took it out of.
    func status(in kind: ModerationCase.Kind, current: ListingStatus?, before: ListingStatus?) -> ListingStatus? {
        switch self {
        // Only what the reports alone have done is taken back, and not what somebody has decided since.
        case .dismiss: kind == .report && current == .quarantined ? before : nil
        case .restore: .active
        case .deprecate: .deprecated
        case .quarantine: .quarantined
        case .remove: .removed
        }
    }

    /// What was stated about the agent before, and is over with it.
    enum Lifting: Sendable, Equatable {
        case nothing
        /// What the threshold has done in the case, and no earlier decision.
        case ownCase
        case everything
    }

    func lifting(in kind: ModerationCase.Kind) -> Lifting {
        switch self {
        case .restore: .everything
        case .dismiss: kind == .report ? .ownCase : .nothing
        case .deprecate, .quarantine, .remove: .nothing
        }
    }

    /// Whether an agent that was out of the directory is back with it.
    var bringsBack: Bool { self == .restore || self == .deprecate }

    /// What it means for an appeal against `appealed`.
    func outcome(against appealed: ModerationDecision, in kind: ModerationCase.Kind) -> AppealOutcome {
        switch self {
        case .dismiss: kind == .appeal ? .upheld : .reversed
        case .restore: .reversed
        case .deprecate, .quarantine, .remove: self == appealed ? .upheld : .changed
        }
    }

    /// `` `a`, `b` ``, for whoever has sent something else.
    static var list: String { allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ") }
}

/// What an appeal came to.
enum AppealOutcome: String, Sendable, Codable, CaseIterable {
    /// The decision stands.
    case upheld
    /// Another decision takes its place.
    case changed
    case reversed
}

/// What operators decide about: the reports of one agent, or an appeal. An operator who sets a status without a report decides a case
/// of reports that has none.
///
///     opened ──▶ noted ──threshold──▶ quarantined ─┐
///                  └──many at once──▶ alerted ─────┴──an operator──▶ decided, once
struct ModerationCase: Sendable, Equatable {
    enum Kind: String, Sendable, Codable, CaseIterable {
        case report
        case appeal
    }

    /// What reports alone have come to.
    enum Standing: String, Sendable, Codable, CaseIterable {
        case noted
        case alerted
        case quarantined

        /// What the policy's word makes of it. A quarantine is not taken back by reports.
        func after(_ verdict: ReportPolicy.Verdict) -> Standing {
            switch (self, verdict) {
            case (.quarantined, _), (_, .quarantine): .quarantined
            case (_, .alert): .alerted
            case (_, .none): self
            }
        }
    }

    /// What was decided about it.
    struct Verdict: Sendable, Equatable {
        let order: ModerationOrder
        let at: Date
        /// Of the statement that the owner was given; nil where the owner's workspace was gone.
        let statement: UUID?
    }

    /// Where the agent is listed, under the name that it was reported by or a newer one.
    struct Listed: Sendable, Equatable {
        let owner: String
        let name: String
        let status: ListingStatus
    }

    let id: UUID
    let kind: Kind
    let standing: Standing
    /// As it was when the case was opened.
    let owner: String
    let name: String
    let agent: UUID
    let workspace: UUID
    let statusBefore: ListingStatus?
    /// Nil when there is no listing any more.
    let listed: Listed?
    let verdict: Verdict?
    /// Of an appeal: what it is about.
    let appealed: Appealed?

    var status: ListingStatus? { listed?.status }
    /// What the agent is called now; where it is listed no more, what it was called.
    var place: (owner: String, name: String) { (listed?.owner ?? owner, listed?.name ?? name) }

    struct Appealed: Sendable, Equatable {
        let statement: UUID
        let decision: ModerationDecision
        /// The case that the statement decided, or in which the threshold was reached.
        let origin: UUID
        /// Whether that case waits for its own decision still.
        let originIsOpen: Bool
        /// Who decided it; nil for a token that was no operator's.
        let operatorID: UUID?
        let operatorToken: UUID?

        /// Whether the one who is to decide decided the first time: by the operator, whatever token it showed; by the token where no
        /// operator is known.
        func wasDecided(by actor: ModerationOperator) -> Bool {
            operatorToken == actor.token || operatorID != nil && operatorID == actor.holder?.id
        }
    }
}

/// A decision with its reasons, as an operator gives it.
struct ModerationOrder: Sendable, Equatable {
    let decision: ModerationDecision
    let ground: ReportReason
    /// What was found, in the operator's words, which the owner reads.
    let facts: String
    /// The rule that it follows from.
    let rule: String
    /// Whether no person has decided.
    let automated: Bool
}

/// Who decides.
struct ModerationOperator: Sendable, Equatable {
    let token: UUID
    /// Nil where the token is no operator's: one that the release before operators made.
    let holder: Operator?

    /// As the access log names it.
    var actor: AccessActor { AccessActor(token: token, of: holder) }
}

extension ModerationOperator {
    /// Who asks by the API.
    init(_ identity: Identity) {
        self.init(token: identity.tokenID, holder: identity.operator)
    }
}
