import Foundation

/// What is left of a budget, and when there is more. Pure: time comes in.
///
/// | budget | used | a run at 23:00 UTC |
/// |---|---|---|
/// | 1,000 tokens a day | 999 | is accepted: what it will use is known when it has ended |
/// | 1,000 tokens a day | 1,000 | waits an hour |
/// | $5 a day, $20 a month | $6, $20 on the 30th of 31 days | waits 25 hours: the later of the two |
/// | 0 tokens a day | 0 | waits an hour, and then again |
enum BudgetRule {
    /// The bound that keeps a run out for the longest; nil when none does. Rates are ``RunRate``'s.
    static func refusal(_ budget: RunBudget, spent: RunSpent, of holder: BudgetHolder, at now: Date) -> BudgetRefusal? {
        func check(_ bound: BudgetBound, _ limit: Double?, _ used: Double, until reset: Date) -> BudgetRefusal? {
            guard let limit, used >= limit else { return nil }
            let seconds = reset.timeIntervalSince(now).rounded(.up)
            return BudgetRefusal(holder: holder, bound: bound, limit: limit, used: used, retryAfter: .seconds(Int64(max(1, seconds))))
        }
        let (day, month) = (endOfDay(now), endOfMonth(now))
        let found = [
            check(.tokensPerDay, budget.tokensPerDay.map(Double.init), Double(spent.tokensToday), until: day),
            check(.costPerDay, budget.costPerDay, spent.costToday, until: day),
            check(.costPerMonth, budget.costPerMonth, spent.costThisMonth, until: month),
        ]
        return found.compactMap { $0 }.max { $0.retryAfter < $1.retryAfter }
    }

    /// What is left; nil where nothing is bounded. Never below zero: a run that was accepted is carried to its end.
    static func left(of budget: RunBudget, spent: RunSpent) -> RunBudget {
        RunBudget(
            runsPerMinute: budget.runsPerMinute, tokensPerDay: budget.tokensPerDay.map { max(0, $0 - spent.tokensToday) },
            costPerDay: budget.costPerDay.map { max(0, $0 - spent.costToday) },
            costPerMonth: budget.costPerMonth.map { max(0, $0 - spent.costThisMonth) })
    }

    /// The next midnight of UTC.
    static func endOfDay(_ now: Date) -> Date {
        Date(timeIntervalSince1970: ((now.timeIntervalSince1970 / 86_400).rounded(.down) + 1) * 86_400)
    }

    /// The first moment of the next month of UTC.
    static func endOfMonth(_ now: Date) -> Date {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let today = calendar.dateComponents([.year, .month], from: now)
        guard let year = today.year, let month = today.month else { return endOfDay(now) }
        let next = DateComponents(year: month == 12 ? year + 1 : year, month: month == 12 ? 1 : month + 1, day: 1)
        return calendar.date(from: next) ?? endOfDay(now)
    }
}
