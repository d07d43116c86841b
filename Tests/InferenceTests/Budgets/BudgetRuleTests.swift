import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite("What a budget allows") struct BudgetRuleTests {
    /// The 30th of January 2026 at 23:00 UTC.
    private let now = Date(timeIntervalSince1970: 1_769_814_000)

    private func refusal(_ budget: RunBudget, _ spent: RunSpent, at time: Date? = nil) -> BudgetRefusal? {
        BudgetRule.refusal(budget, spent: spent, of: .token, at: time ?? now)
    }

    @Test("a run is let in while something is left, and waits for the next day or month when nothing is")
    func examples() {
        let tokens = RunBudget(tokensPerDay: 1_000)
        #expect(refusal(tokens, RunSpent(tokensToday: 999)) == nil)
        #expect(
            refusal(tokens, RunSpent(tokensToday: 1_000))
                == BudgetRefusal(holder: .token, bound: .tokensPerDay, limit: 1_000, used: 1_000, retryAfter: .seconds(3_600)))
        let costs = RunBudget(costPerDay: 5, costPerMonth: 20)
        #expect(refusal(costs, RunSpent(costToday: 6, costThisMonth: 19.9))?.bound == .costPerDay)
        let both = refusal(costs, RunSpent(costToday: 6, costThisMonth: 20))
        #expect(both?.bound == .costPerMonth && both?.retryAfter == .seconds(25 * 3_600))
        #expect(refusal(RunBudget(tokensPerDay: 0), RunSpent())?.retryAfter == .seconds(3_600))
        #expect(refusal(RunBudget(), RunSpent(tokensToday: .max, costToday: 1e9, costThisMonth: 1e9)) == nil)
        #expect(refusal(RunBudget(runsPerMinute: 1), RunSpent(tokensToday: 5)) == nil, "rates are another rule's")
    }

    @Test("what is left is never below zero, and of what is not bounded nothing is told")
    func left() {
        let left = BudgetRule.left(of: RunBudget(tokensPerDay: 10, costPerDay: 2), spent: RunSpent(tokensToday: 12, costToday: 0.5, costThisMonth: 9))
        #expect(left == RunBudget(tokensPerDay: 0, costPerDay: 1.5))
    }

    @Test("days and months end where the calendar of UTC ends them, leap years and years among them")
    func ends() throws {
        let format = Date.ISO8601FormatStyle()
        for (text, day, month) in [
            ("2026-01-30T23:00:00Z", "2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z"),
            ("2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2028-02-28T00:00:00Z", "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z"),
            ("2028-02-29T12:00:00Z", "2028-03-01T00:00:00Z", "2028-03-01T00:00:00Z"),
        ] {
            let time = try format.parse(text)
            #expect(BudgetRule.endOfDay(time).formatted(format) == day)
            #expect(BudgetRule.endOfMonth(time).formatted(format) == month)
        }
    }

    @Test("whatever was used, a refusal ends when its bound begins anew and not before", arguments: [UInt64(1), 2, 3])
    func ending(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<1_000 {
            let time = now.addingTimeInterval(Double.random(in: 0...1e8, using: &random))
            let budget = RunBudget(
                tokensPerDay: Bool.random(using: &random) ? Int.random(in: 0...100, using: &random) : nil,
                costPerDay: Bool.random(using: &random) ? Double.random(in: 0...10, using: &random) : nil,
                costPerMonth: Bool.random(using: &random) ? Double.random(in: 0...50, using: &random) : nil)
            let spent = RunSpent(
                tokensToday: Int.random(in: 0...100, using: &random), costToday: Double.random(in: 0...10, using: &random),
                costThisMonth: Double.random(in: 0...50, using: &random))
            let isUsedUp =
                budget.tokensPerDay.map { spent.tokensToday >= $0 } ?? false || budget.costPerDay.map { spent.costToday >= $0 } ?? false
                || budget.costPerMonth.map { spent.costThisMonth >= $0 } ?? false
            guard let found = refusal(budget, spent, at: time) else {
                #expect(!isUsedUp)
                continue
            }
            #expect(isUsedUp)
            let end = found.bound == .costPerMonth ? BudgetRule.endOfMonth(time) : BudgetRule.endOfDay(time)
            let back = time.addingTimeInterval(Double(found.retryAfter.components.seconds))
            #expect(back >= end && back < end.addingTimeInterval(2))
        }
    }
}

@Suite("Runs a minute") struct RunRateTests {
    private let start = Date(timeIntervalSince1970: 1_769_814_000)

    @Test("a minute's runs come at once, and then one at a time")
    func burst() {
        let rate = RunRate(perMinute: 60)
        var due: Date?
        for number in 0..<60 {
            guard case .accepted(let next) = rate.verdict(due: due, at: start) else {
                Issue.record("run \(number) was refused")
                return
            }
            due = next
        }
        guard case .refused(let wait) = rate.verdict(due: due, at: start) else {
            Issue.record("the 61st was accepted")
            return
        }
        #expect(abs(wait.milliseconds - 1_000) < 1)
        let later = start.addingTimeInterval(10)
        var accepted = 0
        while case .accepted(let next) = rate.verdict(due: due, at: later), accepted < 100 {
            due = next
            accepted += 1
        }
        #expect(accepted == 10)
    }

    @Test("in no stretch of time are there more than a minute's runs and those that the time brings", arguments: [UInt64(5), 6, 7])
    func bound(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let perMinute = Int.random(in: 1...90, using: &random)
        let rate = RunRate(perMinute: perMinute)
        var (due, time): (Date?, Date) = (nil, start)
        var accepted: [Date] = []
        for _ in 0..<600 {
            time = time.addingTimeInterval(Double.random(in: 0...0.8, using: &random))
            switch rate.verdict(due: due, at: time) {
            case .accepted(let next):
                due = next
                accepted.append(time)
            case .refused(let wait):
                // Who comes again when he was told to is let in.
                let back = time.addingTimeInterval(wait.milliseconds / 1_000)
                if case .refused = rate.verdict(due: due, at: back) { Issue.record("refused at the time that was told") }
            }
        }
        for (first, begin) in accepted.enumerated() {
            for (last, end) in accepted.enumerated().dropFirst(first) {
                let most = Double(perMinute) * (1 + end.timeIntervalSince(begin) / 60)
                guard Double(last - first + 1) <= most + 1e-3 else {
                    Issue.record("\(last - first + 1) runs from \(begin) to \(end), at \(perMinute) a minute")
                    return
                }
            }
        }
        #expect(accepted.count >= perMinute)
    }
}
