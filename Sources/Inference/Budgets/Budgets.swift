package import Foundation
package import Postgres
import Web
import Workspaces

/// Bounds what runs of a workspace and of its tokens may use.
///
/// A run is admitted before it is accepted, and counted when it ends, in the transaction that ends it. What runs under way will use is
/// known to nobody, so a budget may be overdrawn by those that were admitted while something was left; it is never overdrawn by one that
/// came later. Where nobody has set a budget, which is remembered for half a second, admitting costs no round trip.
package final class Budgets: Sendable {
    private struct Name: Hashable, Sendable {
        let workspace: UUID
        let token: UUID
    }

    private let store: BudgetStore
    let prices: PriceTable
    /// Whether anything bounds a workspace or its token.
    private let isBounded: @Sendable (Name) async throws -> Bool

    convenience init(store: BudgetStore, prices: PriceTable) {
        self.init(store: store, prices: prices, clock: ContinuousClock())
    }

    init<C: Clock>(store: BudgetStore, prices: PriceTable, clock: C) where C.Duration == Duration {
        self.store = store
        self.prices = prices
        let bounded = LookUps<Name, Bool, C>(
            lookUp: { try await store.isBounded([$0.workspace, $0.token], workspace: $0.workspace) }, clock: clock)
        isBounded = { try await bounded.answer(to: $0) }
    }

    /// Lets a run in, and counts it where runs a minute are bounded.
    ///
    /// - Throws: A 429 problem that names the bound and says when to come again; an error of the store.
    package func admit(workspace: UUID, token: UUID) async throws {
        guard try await isBounded(Name(workspace: workspace, token: token)) else { return }
        let holders = [workspace, token]
        do {
            try await store.pool.transaction(.workspaces([workspace])) { [store] transaction in
                let standings = try await store.lock(holders, workspace: workspace, in: transaction)
                let admission = Admission(standings, workspace: workspace)
                // Thrown inside, so that nobody's rate has moved on for a run that another bound keeps out.
                if let refusal = admission.refusal { throw refusal }
                for (holder, due) in admission.due { store.submitDue(due, of: holder, workspace: workspace, in: transaction) }
            }
        } catch let refusal as BudgetRefusal {
            throw refusal.problem
        }
    }

    /// Counts a run; to be called in the transaction that finishes it, once.
    ///
    /// - Parameters:
    ///   - estimated: The part of the usage that nobody counted.
    ///   - reportedCost: In US dollars, when the provider says it; else the table of prices is asked. What was estimated is never in it.
    ///   - repeatedCalls: Calls that were lost with their workers and made once more; the estimates of them are in the usage.
    package func record(
        workspace: UUID, token: UUID?, provider: String, model: String, usage: TokenUsage, estimated: TokenUsage = TokenUsage(),
        reportedCost: Double? = nil, repeatedCalls: Int = 0, in transaction: PostgresTransaction
    ) {
        let cost = prices.cost(of: usage, estimated: estimated, provider: provider, model: model, reported: reportedCost)
        let spending = RunSpending(
            workspace: workspace, token: token, usage: usage, cost: cost.known, isUnpriced: !cost.isWhole,
            repeatedCalls: repeatedCalls)
        BudgetStore.submit(spending, in: transaction)
    }
}

/// What becomes of a run, given the budgets that bound it. Pure.
struct Admission: Sendable, Equatable {
    /// The bound that keeps it out for the longest; nil when it is let in.
    private(set) var refusal: BudgetRefusal?
    /// What is to be remembered of rates, by holder, if it is let in.
    private(set) var due: [UUID: Date] = [:]

    init(_ standings: [BudgetStore.Standing], workspace: UUID) {
        for standing in standings {
            let holder: BudgetHolder = standing.holder == workspace ? .workspace : .token
            note(BudgetRule.refusal(standing.budget, spent: standing.spent, of: holder, at: standing.now))
            guard let perMinute = standing.budget.runsPerMinute else { continue }
            switch RunRate(perMinute: perMinute).verdict(due: standing.due, at: standing.now) {
            case .accepted(let next): due[standing.holder] = next
            case .refused(let retryAfter):
                note(
                    BudgetRefusal(holder: holder, bound: .runsPerMinute, limit: Double(perMinute), used: nil, retryAfter: retryAfter))
            }
        }
    }

    private mutating func note(_ found: BudgetRefusal?) {
        guard let found else { return }
        if let refusal, refusal.retryAfter >= found.retryAfter { return }
        refusal = found
    }
}

extension BudgetRefusal {
    /// The answer, for programs and for people.
    var problem: Problem {
        let limitText = limit == limit.rounded() && abs(limit) < 1e15 ? "\(Int64(limit))" : "\(limit)"
        var problem = Problem.quotaExceeded(
            "The budget `\(bound.rawValue)` of the \(holder.rawValue) (\(limitText)) is used up. Come again when it begins anew, or ask an owner to raise it.",
            retryAfter: retryAfter)
        problem.extensions = [
            .init("budget", .string(bound.rawValue)), .init("holder", .string(holder.rawValue)), .init("limit", .number(limit)),
        ]
        if let used { problem.extensions.append(.init("used", .number(used))) }
        return problem
    }
}
