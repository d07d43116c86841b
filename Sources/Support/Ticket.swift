import Foundation

/// What somebody asked of support. Its id is the id of the job that made it.
struct Ticket: Sendable, Equatable {
    let id: UUID
    var state: TicketState
    let priority: TicketPriority
    let subject: String
    /// Nil in lists: a body may be large.
    let body: String?
    let category: TicketCategory?
    /// The address that the question is about, as it was given.
    let wallet: String?
    /// Who asks, in the words of the producer: a name, an address, a handle.
    let requester: String?
    /// When the ingress promised to keep it. Clocks count from here.
    let acceptedAt: Date
    /// When its row was written.
    let createdAt: Date
    /// When support first replied.
    var answeredAt: Date?
    var closedAt: Date?
}

/// How urgent a ticket is; decides which promise holds for it.
enum TicketPriority: String, Sendable, Codable, CaseIterable {
    case low
    case normal
    case high
    case urgent
}

/// One message below a ticket.
struct TicketReply: Sendable, Equatable {
    let id: UUID
    let author: ReplyAuthor
    let body: String
    let createdAt: Date
}

/// Who wrote a reply. Only support's own words answer a ticket: a requester who adds something has not been answered,
/// and neither has one who got an automatic receipt.
enum ReplyAuthor: String, Sendable, Codable, CaseIterable {
    case support
    case requester
    case automation
}

/// What a broken promise led to.
struct Escalation: Sendable, Equatable {
    let id: UUID
    let clock: UUID
    let metric: SLAMetric
    let step: EscalationStep
    let dueAt: Date
    let createdAt: Date
}

/// The rungs of the ladder that a running clock climbs after its deadline.
enum EscalationStep: Int, Sendable, Codable, CaseIterable {
    /// The deadline passed: the clock is breached.
    case breach = 1
}

/// What a ticket is about. Closed, so that reports can group by it; the eight `migration_…` cases with a code are
/// the errors of the token migration's on-chain program (6000 to 6007), which users copy into their questions.
enum TicketCategory: String, Sendable, Codable, CaseIterable {
    case account
    case agent
    case billing
    case bug
    case featureRequest = "feature_request"
    case impersonation
    case plugin
    case question
    case migrationEligibility = "migration_eligibility"
    case migrationExchange = "migration_exchange"
    case migrationWallet = "migration_wallet"
    case migrationInsufficientBalance = "migration_insufficient_balance"
    case migrationOnlyWhitelistedWallet = "migration_only_whitelisted_wallet"
    case migrationNoSourceToken = "migration_no_source_token"
    case migrationNoTargetToken = "migration_no_target_token"
    case migrationOverMaxLimit = "migration_over_max_limit"
    case migrationMismatchTokenAccount = "migration_mismatch_token_account"
    case migrationInvalidTokenPair = "migration_invalid_token_pair"
    case migrationInvalidRate = "migration_invalid_rate"
    case other

    /// The on-chain error that this category stands for.
    var programCode: Int? {
        switch self {
        case .migrationInsufficientBalance: 6000
        case .migrationOnlyWhitelistedWallet: 6001
        case .migrationNoSourceToken: 6002
        case .migrationNoTargetToken: 6003
        case .migrationOverMaxLimit: 6004
        case .migrationMismatchTokenAccount: 6005
        case .migrationInvalidTokenPair: 6006
        case .migrationInvalidRate: 6007
        default: nil
        }
    }

    /// Reads either form that producers send: the name, or the code of the on-chain error.
    init?(wire text: String) {
        if let named = TicketCategory(rawValue: text) {
            self = named
        } else if let code = Int(text), let coded = TicketCategory.allCases.first(where: { $0.programCode == code }) {
            self = coded
        } else {
            return nil
        }
    }
}
