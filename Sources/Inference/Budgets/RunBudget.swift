package import Foundation

/// What runs may use, of a workspace or of one of its tokens. Nil bounds nothing.
package struct RunBudget: Sendable, Equatable {
    package var runsPerMinute: Int?
    /// Input and output together.
    package var tokensPerDay: Int?
    /// US dollars, as cost is everywhere.
    package var costPerDay: Double?
    package var costPerMonth: Double?

    package init(runsPerMinute: Int? = nil, tokensPerDay: Int? = nil, costPerDay: Double? = nil, costPerMonth: Double? = nil) {
        self.runsPerMinute = runsPerMinute
        self.tokensPerDay = tokensPerDay
        self.costPerDay = costPerDay
        self.costPerMonth = costPerMonth
    }

    /// Whether it bounds nothing at all.
    package var isEmpty: Bool { runsPerMinute == nil && tokensPerDay == nil && costPerDay == nil && costPerMonth == nil }
}

/// What runs have used by now, of a workspace or of a token. Days and months are those of UTC.
package struct RunSpent: Sendable, Equatable {
    package var tokensToday: Int
    package var costToday: Double
    package var costThisMonth: Double

    package init(tokensToday: Int = 0, costToday: Double = 0, costThisMonth: Double = 0) {
        self.tokensToday = tokensToday
        self.costToday = costToday
        self.costThisMonth = costThisMonth
    }
}

/// Whose budget it is.
package enum BudgetHolder: String, Sendable, Equatable {
    case workspace
    case token
}

/// Which of a budget's bounds it is, by its member's name in the API.
package enum BudgetBound: String, Sendable, Equatable, CaseIterable {
    case runsPerMinute = "runs_per_minute"
    case tokensPerDay = "tokens_per_day"
    case costPerDay = "cost_per_day"
    case costPerMonth = "cost_per_month"
}

/// Why a run is not accepted: a bound is reached.
package struct BudgetRefusal: Error, Sendable, Equatable {
    package var holder: BudgetHolder
    package var bound: BudgetBound
    package var limit: Double
    /// Of a rate nothing is told.
    package var used: Double?
    package var retryAfter: Duration
}

/// What a finished run came to.
package struct RunSpending: Sendable, Equatable {
    package var workspace: UUID
    /// Whose token asked for it; nil when nobody knows.
    package var token: UUID?
    package var usage: TokenUsage
    /// US dollars, as far as the provider or a price tells.
    package var cost: Double
    /// A part of it, or all, cost what nobody knows.
    package var isUnpriced: Bool
    /// Calls that were lost with their workers and made once more.
    package var repeatedCalls: Int

    package init(workspace: UUID, token: UUID?, usage: TokenUsage, cost: Double, isUnpriced: Bool, repeatedCalls: Int = 0) {
        self.workspace = workspace
        self.token = token
        self.usage = usage
        self.cost = cost
        self.isUnpriced = isUnpriced
        self.repeatedCalls = repeatedCalls
    }
}
