import Foundation
import Hummingbird
import Jobs
import Web

/// What `PUT /v1/workspace/run-budget` and `PUT /v1/tokens/{id}/run-budget` read.
struct RunBudgetRequest: Decodable {
    let runsPerMinute: Int?
    let tokensPerDay: Int?
    let costPerDay: Double?
    let costPerMonth: Double?

    private enum CodingKeys: String, CodingKey {
        case runsPerMinute = "runs_per_minute"
        case tokensPerDay = "tokens_per_day"
        case costPerDay = "cost_per_day"
        case costPerMonth = "cost_per_month"
    }

    /// The budget, once everything is in order.
    /// - Throws: a 422 problem with every fault.
    func checked() throws -> RunBudget {
        var faults: [FieldFault] = []
        if let runsPerMinute, !(1...1_000_000).contains(runsPerMinute) {
            faults.append(FieldFault(body: ["runs_per_minute"], "Runs a minute are 1 to 1000000; leave it out for no bound."))
        }
        if let tokensPerDay, !(0...1_000_000_000_000_000).contains(tokensPerDay) {
            faults.append(FieldFault(body: ["tokens_per_day"], "Tokens a day are 0 or more; leave it out for no bound."))
        }
        for (name, cost) in [("cost_per_day", costPerDay), ("cost_per_month", costPerMonth)] {
            if let cost, !(0...1e12).contains(cost) {
                faults.append(FieldFault(body: [name], "A cost is 0 US dollars or more; leave it out for no bound."))
            }
        }
        guard faults.isEmpty else { throw Problem.invalid(faults) }
        return RunBudget(runsPerMinute: runsPerMinute, tokensPerDay: tokensPerDay, costPerDay: costPerDay, costPerMonth: costPerMonth)
    }

    static let schema = JSONSchema.object(
        [
            "runs_per_minute": .integer("As many at once at the most, and evenly after that.", minimum: 1, maximum: 1_000_000),
            "tokens_per_day": .integer("Input and output together, a day of UTC.", minimum: 0), "cost_per_day": .number("US dollars.", minimum: 0),
            "cost_per_month": .number("US dollars, a calendar month of UTC.", minimum: 0),
        ], optional: ["runs_per_minute", "tokens_per_day", "cost_per_day", "cost_per_month"])
}

/// A budget as an answer: what it allows, what was used of it, and when it begins anew.
struct RunBudgetBody: ResponseEncodable, Sendable {
    struct Bounds: Encodable, Sendable {
        let runsPerMinute: Int?
        let tokensPerDay: Int?
        let costPerDay: Double?
        let costPerMonth: Double?

        init(_ budget: RunBudget) {
            runsPerMinute = budget.runsPerMinute
            tokensPerDay = budget.tokensPerDay
            costPerDay = budget.costPerDay
            costPerMonth = budget.costPerMonth
        }

        private enum CodingKeys: String, CodingKey {
            case runsPerMinute = "runs_per_minute"
            case tokensPerDay = "tokens_per_day"
            case costPerDay = "cost_per_day"
            case costPerMonth = "cost_per_month"
        }
    }

    struct Used: Encodable, Sendable {
        let tokensToday: Int
        let costToday: Double
        let costThisMonth: Double

        private enum CodingKeys: String, CodingKey {
            case tokensToday = "tokens_today"
            case costToday = "cost_today"
            case costThisMonth = "cost_this_month"
        }
    }

    let budget: Bounds
    let left: Bounds
    let used: Used
    let dayEndsAt: Date
    let monthEndsAt: Date

    init(_ standing: BudgetStore.Standing) {
        budget = Bounds(standing.budget)
        left = Bounds(BudgetRule.left(of: standing.budget, spent: standing.spent))
        used = Used(
            tokensToday: standing.spent.tokensToday, costToday: standing.spent.costToday, costThisMonth: standing.spent.costThisMonth)
        dayEndsAt = BudgetRule.endOfDay(standing.now)
        monthEndsAt = BudgetRule.endOfMonth(standing.now)
    }

    private enum CodingKeys: String, CodingKey {
        case budget, left, used
        case dayEndsAt = "day_ends_at"
        case monthEndsAt = "month_ends_at"
    }

    static let schema = JSONSchema.named(
        "RunBudget",
        .object([
            "budget": RunBudgetRequest.schema, "left": RunBudgetRequest.schema,
            "used": .object(["tokens_today": .integer(), "cost_today": .number("US dollars."), "cost_this_month": .number("US dollars.")]),
            "day_ends_at": .time, "month_ends_at": .time,
        ]))
}

/// What runs have used, by day and token.
struct RunUsageBody: ResponseEncodable, Sendable {
    struct Row: Encodable, Sendable {
        let day: String
        let token: String?
        let runs: Int
        let inputTokens: Int
        let outputTokens: Int
        let cost: Double
        let unpricedRuns: Int
        let estimatedRuns: Int
        let repeatedCalls: Int

        init(_ usage: BudgetStore.Usage) {
            day = usage.day
            token = usage.token?.lowercased
            runs = usage.runs
            inputTokens = usage.inputTokens
            outputTokens = usage.outputTokens
            cost = usage.cost
            unpricedRuns = usage.unpricedRuns
            estimatedRuns = usage.estimatedRuns
            repeatedCalls = usage.repeatedCalls
        }

        private enum CodingKeys: String, CodingKey {
            case day, token, runs, cost
            case inputTokens = "input_tokens"
            case outputTokens = "output_tokens"
            case unpricedRuns = "unpriced_runs"
            case estimatedRuns = "estimated_runs"
            case repeatedCalls = "repeated_calls"
        }
    }

    let items: [Row]

    static let schema = JSONSchema.object([
        "items": .array(
            of: .object(
                [
                    "day": .string("UTC.", format: "date"), "token": .string("Whose runs they were.", format: "uuid"), "runs": .integer(),
                    "input_tokens": .integer(), "output_tokens": .integer(), "cost": .number("US dollars."),
                    "unpriced_runs": .integer("Of the runs, those whose cost nobody knows, or not all of it: that is not in `cost`."),
                    "estimated_runs": .integer("Of the runs, those that their provider did not count to the end: their tokens hold an estimate."),
                    "repeated_calls": .integer("Calls that were lost with their workers and made once more; each is estimated in the tokens."),
                ], optional: ["token"]))
    ])
}
