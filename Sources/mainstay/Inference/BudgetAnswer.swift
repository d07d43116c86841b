import Foundation

/// A budget as the ingress answers it.
struct BudgetAnswer: Decodable {
    /// What is nil is not bounded.
    struct Bounds: Codable, Equatable {
        var runsPerMinute: Int?
        var tokensPerDay: Int?
        var costPerDay: Double?
        var costPerMonth: Double?

        enum CodingKeys: String, CodingKey {
            case runsPerMinute = "runs_per_minute"
            case tokensPerDay = "tokens_per_day"
            case costPerDay = "cost_per_day"
            case costPerMonth = "cost_per_month"
        }
    }

    struct Used: Decodable {
        let tokensToday: Int
        let costToday: Double
        let costThisMonth: Double

        enum CodingKeys: String, CodingKey {
            case tokensToday = "tokens_today"
            case costToday = "cost_today"
            case costThisMonth = "cost_this_month"
        }
    }

    let budget: Bounds
    let left: Bounds
    let used: Used
    let dayEndsAt: String
    let monthEndsAt: String

    enum CodingKeys: String, CodingKey {
        case budget, left, used
        case dayEndsAt = "day_ends_at"
        case monthEndsAt = "month_ends_at"
    }

    /// What is left of each bound, for people.
    var lines: [String] {
        var lines: [String] = []
        if let rate = budget.runsPerMinute { lines.append("at most \(rate) runs a minute") }
        if let limit = budget.tokensPerDay, let rest = left.tokensPerDay { lines.append("\(rest) of \(limit) tokens are left today") }
        if let limit = budget.costPerDay, let rest = left.costPerDay {
            lines.append("\(UsageCommand.money(rest)) of \(UsageCommand.money(limit)) US dollars are left today")
        }
        if let limit = budget.costPerMonth, let rest = left.costPerMonth {
            lines.append("\(UsageCommand.money(rest)) of \(UsageCommand.money(limit)) US dollars are left this month")
        }
        return lines
    }

    /// All bounds, those that are not set too: what was used is worth knowing before one is.
    var table: Table {
        func dollars(_ cost: Double?) -> String? { cost.map(UsageCommand.money) }
        func whole(_ count: Int?) -> String? { count.map { "\($0)" } }
        var table = Table("bound", "#limit", "#used", "#left", "begins anew")
        table.rows.append(["runs_per_minute", whole(budget.runsPerMinute), nil, nil, nil])
        table.rows.append(["tokens_per_day", whole(budget.tokensPerDay), whole(used.tokensToday), whole(left.tokensPerDay), dayEndsAt])
        table.rows.append(["cost_per_day", dollars(budget.costPerDay), dollars(used.costToday), dollars(left.costPerDay), dayEndsAt])
        table.rows.append(["cost_per_month", dollars(budget.costPerMonth), dollars(used.costThisMonth), dollars(left.costPerMonth), monthEndsAt])
        return table
    }
}
