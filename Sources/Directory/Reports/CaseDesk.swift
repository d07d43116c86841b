import Foundation
import Jobs
import Postgres
import Workspaces

/// What operators see of reports and appeals, and decide about them. The scope was checked before.
struct CaseDesk: Sendable {
    /// Why nothing is decided.
    enum Refusal: Error, Equatable {
        case notFound
        /// It was decided before, and otherwise.
        case decided(ModerationDecision)
        /// The appeal is against what the threshold did in a case that is open: that one decides both.
        case pending(UUID)
        /// Whoever decided first must not decide about the appeal.
        case sameOperator
    }

    /// A case with what was reported.
    struct Detail: Sendable {
        let line: CaseLine
        /// The newest ones, newest first; at most `reportLimit`.
        let reports: [CaseReport]
    }

    /// What a decision came to.
    struct Decided: Sendable, Equatable {
        let id: UUID
        let order: ModerationOrder
        let at: Date
        let statement: UUID?
        /// What the listing is now; nil when there is none any more.
        let status: ListingStatus?
        /// The same decision had been made before.
        let isReplay: Bool
    }

    /// Reports that a case is shown with: an answer must have a bound.
    static let reportLimit = 200

    let pool: PostgresPool
    var policy = ReportPolicy.standard

    func queue(standing: ModerationCase.Standing?, after: UUID?, limit: Int) async throws -> [CaseLine] {
        try await pool.transaction(.role(.upkeep)) { transaction in
            try await CaseStore.queue(after: after, standing: standing, limit: limit, in: transaction)
        }
    }

    /// - Throws: `Refusal.notFound`.
    func detail(of id: UUID) async throws -> Detail {
        try await pool.transaction(.role(.upkeep)) { transaction in
            guard let line = try await CaseStore.line(id, in: transaction) else { throw Refusal.notFound }
            return Detail(line: line, reports: try await CaseStore.reports(of: id, limit: Self.reportLimit, in: transaction))
        }
    }

    /// Decides a case: the listing, the statement for its owner, the public log, the appeal and the word to the owners of forks are
    /// one transaction. The same decision again changes nothing and is answered the same.
    ///
    /// - Throws: `Refusal`, `PostgresError`.
    func decide(_ id: UUID, _ order: ModerationOrder, by actor: ModerationOperator) async throws -> Decided {
        try await pool.transaction(.role(.upkeep)) { transaction in
            guard let agent = try await CaseStore.agent(of: id, in: transaction) else { throw Refusal.notFound }
            // The agent before the case, as a report takes them.
            ReportStore.lock(agent: agent, in: transaction)
            guard let found = try await CaseStore.lock(id, in: transaction) else { throw Refusal.notFound }
            if let verdict = found.verdict {
                guard verdict.order == order else { throw Refusal.decided(verdict.order.decision) }
                return Decided(
                    id: id, order: order, at: verdict.at, statement: verdict.statement, status: found.status, isReplay: true)
            }
            if let appealed = found.appealed {
                if appealed.originIsOpen { throw Refusal.pending(appealed.origin) }
                if appealed.wasDecided(by: actor) { throw Refusal.sameOperator }
            }
            let decided = try await decide(found, order, saying: Self.publicReason(order), by: actor, in: transaction)
            note(found, order, by: actor, status: decided.status, in: transaction)
            return decided
        }
    }

    /// Decides a case that is open and locked, its agent's lock held. The access log is told by ``note``, last of all.
    /// - Parameter words: what everybody reads beside the listing; nil for nothing.
    func decide(
        _ found: ModerationCase, _ order: ModerationOrder, saying words: String?, by actor: ModerationOperator, in transaction: PostgresTransaction
    ) async throws -> Decided {
        let decision = order.decision
        var status = found.status
        if let listed = found.listed, let wanted = decision.status(in: found.kind, current: listed.status, before: found.statusBefore) {
            // Also where it is that already: its reason is another one. Where the listing is gone, the decision stands without it.
            let isSet = try await DirectoryStore.setStatus(
                wanted, reason: words, owner: listed.owner, name: listed.name, in: transaction)
            if isSet { status = wanted }
        }
        switch decision.lifting(in: found.kind) {
        case .nothing: break
        case .ownCase: CaseStore.lift(statementsAbout: found.agent, inCase: found.id, in: transaction)
        case .everything: CaseStore.lift(statementsAbout: found.agent, inCase: nil, in: transaction)
        }
        if decision.bringsBack { CaseStore.liftLog(of: found.agent, in: transaction) }

        let statement = UUID.version7()
        let isTold = try await CaseStore.write(
            statement: statement, of: found, order,
            redress: ModerationStatement.redress(against: decision, in: found.kind, agent: found.agent), in: transaction)
        if decision.isLogged {
            let removal = UUID.version7()
            CaseStore.log(removal, of: found, order, in: transaction)
            if decision == .remove { CaseStore.announce(removal, in: transaction) }
        }
        let others = try await endAppeals(with: found, decision, in: transaction)
        let at = try await CaseStore.close(
            [found.id] + others, with: order, by: actor, statement: isTold ? statement : nil, in: transaction)
        // Locked and open a moment ago.
        guard let at else { throw PostgresError(.server, "the case was decided meanwhile", sqlState: "40001") }
        return Decided(id: found.id, order: order, at: at, statement: isTold ? statement : nil, status: status, isReplay: false)
    }

    /// Tells the access log, last of all, for others who append wait from here on.
    func note(
        _ found: ModerationCase, _ order: ModerationOrder, by actor: ModerationOperator, status: ListingStatus?, in transaction: PostgresTransaction
    ) {
        let action: AccessAction
        if order.decision.isLogged {
            action = .agentQuarantined
        } else if found.status != status, found.status == .quarantined || found.status == .removed {
            action = .agentReleased
        } else {
            action = .agentCaseDecided
        }
        AccessLogStore.append(
            AccessEvent(
                action, by: actor.actor, in: found.workspace, on: .agent("\(found.place.owner)/\(found.place.name)"),
                details: ["case": found.id.lowercased, "decision": order.decision.rawValue, "ground": order.ground.rawValue]), in: transaction)
    }

    /// Ends the appeal that the case is, or those against what the threshold has done in it.
    /// - Returns: cases of appeals that this decision decides as well.
    private func endAppeals(
        with found: ModerationCase, _ decision: ModerationDecision, in transaction: PostgresTransaction
    ) async throws -> [UUID] {
        if let appealed = found.appealed {
            let outcome = decision.outcome(against: appealed.decision, in: .appeal)
            CaseStore.end(appealsOf: [found.id], outcomes: [outcome], in: transaction)
            CaseStore.log(outcome, ofAppealAgainst: appealed.origin, in: transaction)
            return []
        }
        let appeals = try await CaseStore.appeals(against: found.id, in: transaction)
        guard !appeals.isEmpty else { return [] }
        CaseStore.end(
            appealsOf: appeals.map(\.appealCase), outcomes: appeals.map { decision.outcome(against: $0.decision, in: .report) }, in: transaction)
        return appeals.map(\.appealCase)
    }

    /// What everybody reads beside the listing: the ground and the rule, and none of the facts, which are for the owner.
    private static func publicReason(_ order: ModerationOrder) -> String? {
        order.decision.isRestriction ? "Decided for \(order.ground.words) (\(order.rule))." : nil
    }
}
