import Foundation
import Testing

@testable import Jobs

@Suite struct MissedTicksTests {
    private static let nine = Date(timeIntervalSince1970: 1_780_002_000 - 1_780_002_000.truncatingRemainder(dividingBy: 86_400) + 9 * 3600)

    private static func at(_ hour: Int, _ minute: Int = 0, _ second: Double = 0) -> Date {
        nine.addingTimeInterval(Double((hour - 9) * 3600 + minute * 60) + second)
    }

    private static func hourly() throws -> CronCalendar { CronCalendar(try CronExpression("0 * * * *"), in: .gmt) }

    @Test(
        "nothing is due before the next tick, and it is due from its instant on",
        arguments: [.runOnce, .skip(grace: .zero), .runAll(most: 5)] as [MissedTicks])
    func single(policy: MissedTicks) throws {
        let calendar = try Self.hourly()
        let settled = Self.at(9)
        #expect(policy.due(after: settled, now: settled, on: calendar) == DueTicks())
        #expect(policy.due(after: settled, now: Self.at(9, 59, 59.999), on: calendar) == DueTicks())
        #expect(policy.due(after: settled, now: Self.at(8), on: calendar) == DueTicks(), "a clock that went back")
        #expect(policy.due(after: settled, now: Self.at(10), on: calendar) == DueTicks(runs: [Self.at(10)], latest: Self.at(10)))
        #expect(
            policy.due(after: Self.at(9, 30, 0.25), now: Self.at(10), on: calendar) == DueTicks(runs: [Self.at(10)], latest: Self.at(10)),
            "a schedule that was first seen between two ticks")
    }

    @Test("of three that were missed, each policy runs its own")
    func missed() throws {
        let calendar = try Self.hourly()
        func due(_ policy: MissedTicks) -> DueTicks { policy.due(after: Self.at(9), now: Self.at(12, 5), on: calendar) }
        let all = [Self.at(10), Self.at(11), Self.at(12)]
        #expect(due(.runOnce) == DueTicks(runs: all.suffix(1), latest: all[2], areSomeSkipped: true))
        #expect(due(.skip(grace: .seconds(300))) == DueTicks(runs: all.suffix(1), latest: all[2], areSomeSkipped: true))
        #expect(due(.skip(grace: .seconds(299))) == DueTicks(latest: all[2], areSomeSkipped: true))
        #expect(due(.runAll(most: 3)) == DueTicks(runs: all, latest: all[2]))
        #expect(due(.runAll(most: 100)) == DueTicks(runs: all, latest: all[2]))
        #expect(due(.runAll(most: 2)) == DueTicks(runs: all.suffix(2), latest: all[2], areSomeSkipped: true))
        #expect(due(.runAll(most: 0)).runs == all.suffix(1), "none at all would be no schedule")
        #expect(MissedTicks.skip(grace: .zero).due(after: Self.at(9), now: Self.at(10, 0, 1), on: calendar).runs.isEmpty)
    }

    @Test(
        "the latest of a span are the last of all that are in it",
        arguments: ["* * * * *", "*/7 * * * *", "0 */5 * * *", "0 0 * * MON", "0 0 1 * *", "0 0 29 2 *"])
    func latest(text: String) throws {
        let calendar = CronCalendar(try CronExpression(text), in: .gmt)
        var generator = Seeded(seed: 17)
        for span in [10, 3600, 86_400, 30 * 86_400, 500 * 86_400] {
            // Counting half a million minutes is what it avoids.
            guard text != "* * * * *" || span <= 30 * 86_400 else { continue }
            let end = Self.nine.addingTimeInterval(Double.random(in: 0..<1e6, using: &generator))
            let start = end.addingTimeInterval(-Double(span))
            var all: [Date] = []
            var last = start
            while let tick = calendar.next(after: last), tick <= end {
                all.append(tick)
                last = tick
            }
            for count in [1, 2, 7, 1000] {
                let (ticks, isAll) = calendar.latest(count, after: start, through: end)
                #expect(ticks == all.suffix(count))
                #expect(isAll == (all.count <= count))
            }
        }
    }

    @Test("a fleet that was off for years is back at once")
    func years() throws {
        let calendar = CronCalendar(try CronExpression("* * * * *"), in: try #require(TimeZone(identifier: "Europe/Berlin")))
        let due = MissedTicks.runOnce.due(after: Self.nine.addingTimeInterval(-10 * 365 * 86_400), now: Self.nine, on: calendar)
        #expect(due == DueTicks(runs: [Self.nine], latest: Self.nine, areSomeSkipped: true))
    }
}
