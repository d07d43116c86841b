import Foundation
import Testing

@testable import Jobs

@Suite struct CronCalendarTests {
    // MARK: Tables

    @Test(
        "ticks in order",
        arguments: [
            ("*/15 * * * *", "2026-05-01T10:07:30Z", ["2026-05-01T10:15:00Z", "2026-05-01T10:30:00Z"]),
            ("*/15 * * * *", "2026-05-01T10:15:00Z", ["2026-05-01T10:30:00Z"]),
            ("0 0 * * *", "2026-12-31T00:00:00Z", ["2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z"]),
            // 13 February 2026 is a Friday.
            ("0 0 13 * FRI", "2026-02-07T00:00:00Z", ["2026-02-13T00:00:00Z", "2026-02-20T00:00:00Z", "2026-02-27T00:00:00Z"]),
            ("0 0 13 * FRI", "2026-04-10T00:00:00Z", ["2026-04-13T00:00:00Z", "2026-04-17T00:00:00Z"]),
            ("0 0 */2 * MON", "2026-06-01T00:00:00Z", ["2026-06-15T00:00:00Z", "2026-06-29T00:00:00Z", "2026-07-13T00:00:00Z"]),
            ("0 0 * * 0", "2026-06-01T00:00:00Z", ["2026-06-07T00:00:00Z", "2026-06-14T00:00:00Z"]),
            (
                "0 0 * * FRI-SUN", "2026-06-01T00:00:00Z",
                ["2026-06-05T00:00:00Z", "2026-06-06T00:00:00Z", "2026-06-07T00:00:00Z", "2026-06-12T00:00:00Z"]
            ),
            ("0 0 31 * *", "2026-01-31T00:00:00Z", ["2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z", "2026-07-31T00:00:00Z"]),
            ("5 4 29 2 *", "2023-01-01T00:00:00Z", ["2024-02-29T04:05:00Z", "2028-02-29T04:05:00Z", "2032-02-29T04:05:00Z"]),
            ("0 0 29 2 *", "2096-02-29T00:00:00Z", ["2104-02-29T00:00:00Z"]),
            ("0 0 29 2 *", "1896-02-29T00:00:00Z", ["1904-02-29T00:00:00Z"]),
            ("59 23 31 12 *", "1969-12-31T23:58:59Z", ["1969-12-31T23:59:00Z", "1970-12-31T23:59:00Z"]),
        ])
    func order(text: String, after: String, expected: [String]) throws {
        try CronFixture.expect(text, in: "UTC", after: after, expected)
    }

    @Test(
        "dates that never come have no tick, and are told so soon",
        arguments: ["0 0 30 2 *", "* * 30 FEB *", "0 0 31 4,6,9,11 *", "* * 31 2-2 */7"])
    func never(text: String) throws {
        let expression = try CronExpression(text)
        for zone in ["UTC", "Europe/Berlin"] {
            #expect(expression.next(after: CronFixture.start, in: try CronFixture.zone(zone)) == nil)
        }
        #expect(try CronExpression("* * * * *").next(after: Date(timeIntervalSince1970: .infinity), in: .gmt) == nil)
        #expect(try CronExpression("* * * * *").next(after: Date(timeIntervalSince1970: -.greatestFiniteMagnitude), in: .gmt) == nil)
    }

    @Test(
        "Berlin loses an hour and gets it back",
        arguments: [
            // 2:00 to 3:00 on 29 March.
            ("30 2 * * *", "2026-03-28T00:00:00Z", ["2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]),
            ("0,30 2-3 * * *", "2026-03-29T00:00:00Z", ["2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:00:00+02:00"]),
            ("* 2 * * *", "2026-03-29T00:00:00Z", ["2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"]),
            ("0 */2 * * *", "2026-03-28T23:00:00Z", ["2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"]),
            ("0 4 * * *", "2026-03-28T12:00:00Z", ["2026-03-29T04:00:00+02:00", "2026-03-30T04:00:00+02:00"]),
            (
                "*/15 * * * *", "2026-03-29T00:29:00Z",
                ["2026-03-29T01:30:00+01:00", "2026-03-29T01:45:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T03:15:00+02:00"]
            ),
            ("@hourly", "2026-03-28T23:59:00Z", ["2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"]),
            ("30 2 29 3 *", "2026-01-01T00:00:00Z", ["2026-03-29T03:00:00+02:00", "2027-03-29T02:30:00+02:00"]),
            // 3:00 to 2:00 on 25 October.
            ("30 2 * * *", "2026-10-24T12:00:00Z", ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]),
            ("30 2 * * *", "2026-10-25T01:00:00Z", ["2026-10-26T02:30:00+01:00"]),
            (
                "0,30 2-3 * * *", "2026-10-24T23:00:00Z",
                [
                    "2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-25T03:00:00+01:00", "2026-10-25T03:30:00+01:00",
                    "2026-10-26T02:00:00+01:00",
                ]
            ),
            (
                "*/30 * * * *", "2026-10-24T23:59:00Z",
                [
                    "2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T02:30:00+01:00",
                    "2026-10-25T03:00:00+01:00",
                ]
            ),
            ("@hourly", "2026-10-24T23:59:00Z", ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"]),
        ])
    func berlin(text: String, after: String, expected: [String]) throws {
        try CronFixture.expect(text, in: "Europe/Berlin", after: after, expected)
    }

    @Test(
        "New York, at 2 in the morning",
        arguments: [
            ("30 2 * * *", "2026-03-08T00:00:00Z", ["2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"]),
            ("0 3 * * *", "2026-03-08T00:00:00Z", ["2026-03-08T03:00:00-04:00", "2026-03-09T03:00:00-04:00"]),
            ("30 1 * * *", "2026-11-01T00:00:00Z", ["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"]),
            ("45 * * * *", "2026-11-01T05:00:00Z", ["2026-11-01T01:45:00-04:00", "2026-11-01T01:45:00-05:00", "2026-11-01T02:45:00-05:00"]),
        ])
    func newYork(text: String, after: String, expected: [String]) throws {
        try CronFixture.expect(text, in: "America/New_York", after: after, expected)
    }

    @Test(
        "Lord Howe, which moves by half an hour",
        arguments: [
            // 2:00 to 2:30 on 4 October.
            ("15 2 * * *", "2026-10-03T12:00:00Z", ["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"]),
            ("0,20,40 2 * * *", "2026-10-03T12:00:00Z", ["2026-10-04T02:30:00+11:00", "2026-10-04T02:40:00+11:00", "2026-10-05T02:00:00+11:00"]),
            ("*/15 * * * *", "2026-10-03T15:00:00Z", ["2026-10-04T01:45:00+10:30", "2026-10-04T02:30:00+11:00", "2026-10-04T02:45:00+11:00"]),
            // 2:00 to 1:30 on 5 April.
            ("45 1 * * *", "2026-04-04T12:00:00Z", ["2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"]),
            (
                "*/15 * * * *", "2026-04-04T14:29:00Z",
                [
                    "2026-04-05T01:30:00+11:00", "2026-04-05T01:45:00+11:00", "2026-04-05T01:30:00+10:30", "2026-04-05T01:45:00+10:30",
                    "2026-04-05T02:00:00+10:30",
                ]
            ),
        ])
    func lordHowe(text: String, after: String, expected: [String]) throws {
        try CronFixture.expect(text, in: "Australia/Lord_Howe", after: after, expected)
    }

    @Test("a day that a place left out happens at its end")
    func samoa() throws {
        try CronFixture.expect(
            "0 12 * * *", in: "Pacific/Apia", after: "2011-12-29T10:00:00Z",
            ["2011-12-29T12:00:00-10:00", "2011-12-31T00:00:00+14:00", "2011-12-31T12:00:00+14:00"])
    }

    // MARK: Against the clock, minute by minute

    @Test("ticks are those that are found by going through the days minute by minute", arguments: CronFixture.windows, CronFixture.seeds)
    func oracle(window: CronFixture.Window, seed: UInt64) throws {
        let zone = try CronFixture.zone(window.zone)
        let start = try #require(ISO8601DateFormatter().date(from: window.start))
        let minutes = MinuteByMinute(zone: zone, from: Int(start.timeIntervalSince1970), minutes: 3 * 1440)
        var generator = Seeded(seed: seed)
        // Collected, for an expectation costs more than a search.
        var wrong: [String] = []
        for _ in 0..<30 {
            let cron = RandomCron(hours: window.hours, using: &generator)
            let calendar = CronCalendar(try CronExpression(cron.description), in: zone)
            let ticks = minutes.ticks(of: cron)
            for _ in 0..<20 {
                let near = ticks.randomElement(using: &generator) ?? minutes.start
                let after =
                    Bool.random(using: &generator)
                    ? Double(Int.random(in: minutes.start..<minutes.end, using: &generator)) + Double.random(in: 0..<1, using: &generator)
                    : Double(max(minutes.start, near + Int.random(in: -60...60, using: &generator)))
                let found = calendar.next(after: Date(timeIntervalSince1970: after))?.timeIntervalSince1970 ?? .infinity
                let expected = ticks.first { Double($0) > after }.map { Double($0) }
                let isRight = expected.map { $0 == found } ?? (found >= Double(minutes.end))
                if !isRight { wrong.append("\(cron) after \(after): \(found) instead of \(expected ?? .infinity)") }
            }
        }
        #expect(wrong == [], "in \(window.zone), seed \(seed)")
    }

    @Test("dates are those that are found by going through the years day by day", arguments: CronFixture.seeds)
    func years(seed: UInt64) throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        var generator = Seeded(seed: seed)
        for _ in 0..<150 {
            let cron = RandomCron(days: Bool.random(using: &generator) ? 28...31 : 1...31, using: &generator)
            // From 1883 to 2242.
            let first = Int.random(in: -31_500...99_500, using: &generator)
            let hit = (first...first + 8 * 366).first { day in
                cron.contains(calendar.dateComponents([.month, .day, .weekday], from: Date(timeIntervalSince1970: Double(day) * 86_400)))
            }
            let minute = (cron.hour.values.min() ?? 0) * 60 + (cron.minute.values.min() ?? 0)
            let found = try CronExpression(cron.description).next(after: Date(timeIntervalSince1970: Double(first) * 86_400 - 1), in: .gmt)
            #expect(found?.timeIntervalSince1970 == hit.map { Double($0) * 86_400 + Double(minute) * 60 }, "\(cron) from day \(first), seed \(seed)")
        }
    }
}

/// Places and dates of the tests above.
enum CronFixture {
    /// Fixed ones, and one that nobody has tried before; a failure shows it as the test's argument.
    static let seeds = [UInt64](1...3) + [.random(in: 4 ... .max)]

    static let start = Date(timeIntervalSince1970: 1_780_000_000)

    static func zone(_ name: String) throws -> TimeZone { try #require(TimeZone(identifier: name)) }

    static func expect(
        _ text: String, in place: String, after: String, _ expected: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let formatter = ISO8601DateFormatter()
        formatter.timeZone = try zone(place)
        let calendar = CronCalendar(try CronExpression(text), in: try zone(place))
        var last = try #require(formatter.date(from: after))
        var found: [String] = []
        while found.count < expected.count, let tick = calendar.next(after: last) {
            found.append(formatter.string(from: tick))
            last = tick
        }
        #expect(found == expected, sourceLocation: sourceLocation)
    }

    /// Some days around a change of the clocks.
    struct Window: Sendable, Hashable, CustomTestStringConvertible {
        let zone: String
        /// The day before the change begins, in Greenwich.
        let start: String
        var hours = 0...4

        var testDescription: String { "\(zone) \(start)" }
    }

    static let windows = [
        Window(zone: "Europe/Berlin", start: "2026-03-28T00:00:00Z"), Window(zone: "Europe/Berlin", start: "2026-10-24T00:00:00Z"),
        Window(zone: "America/New_York", start: "2026-03-07T00:00:00Z"), Window(zone: "America/New_York", start: "2026-10-31T00:00:00Z"),
        Window(zone: "Australia/Lord_Howe", start: "2026-10-02T12:00:00Z"), Window(zone: "Australia/Lord_Howe", start: "2026-04-03T12:00:00Z"),
        // At midnight, into the hour before or after it.
        Window(zone: "America/Sao_Paulo", start: "2018-11-02T12:00:00Z", hours: 0...23),
        Window(zone: "America/Sao_Paulo", start: "2018-02-16T12:00:00Z", hours: 0...23),
        Window(zone: "America/St_Johns", start: "2010-11-05T12:00:00Z", hours: 0...23),
        Window(zone: "Africa/Cairo", start: "2025-10-29T12:00:00Z", hours: 0...23),
        // A day left out.
        Window(zone: "Pacific/Apia", start: "2011-12-28T12:00:00Z", hours: 0...23),
        Window(zone: "Asia/Kathmandu", start: "2026-02-27T00:00:00Z", hours: 0...23),
        Window(zone: "UTC", start: "2024-02-27T12:00:00Z", hours: 0...23),
    ]
}
