import Foundation
import Testing

@testable import Jobs

@Suite struct CronExpressionTests {
    @Test(
        "words stand for five fields",
        arguments: [
            ("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@Weekly", "0 0 * * 7"), ("@monthly", "0 0 1 * *"),
            ("@yearly", "0 0 1 JAN *"), ("@annually", "0 0 1 1 *"),
        ])
    func macros(word: String, meaning: String) throws {
        let (one, other) = (try CronExpression(word), try CronExpression(meaning))
        var (left, right) = (CronFixture.start, CronFixture.start)
        for _ in 0..<20 {
            left = try #require(one.next(after: left, in: .gmt))
            right = try #require(other.next(after: right, in: .gmt))
            #expect(left == right)
        }
    }

    @Test("it is shown as it was written, with single spaces")
    func text() throws {
        #expect(try CronExpression(" */5\t1,2  *   jan-MAR mon ").description == "*/5 1,2 * jan-MAR mon")
        #expect(try CronExpression("0 0 * * 7") == CronExpression("0 0 * * 7"))
    }

    @Test(
        "what is wrong is said with the field, the text and what is allowed",
        arguments: [
            ("60 * * * *", "minute \"60\" is out of range; allowed: 0-59"),
            ("* 24 * * *", "hour \"24\" is out of range; allowed: 0-23"),
            ("* * 0 * *", "day of month \"0\" is out of range; allowed: 1-31"),
            ("* * * 13 *", "month \"13\" is out of range; allowed: 1-12 or JAN-DEC"),
            ("* * * * 8", "day of week \"8\" is out of range; allowed: 0-7 or SUN-SAT"),
            ("* * * * MOO", "day of week \"MOO\" is no value; allowed: 0-7 or SUN-SAT"),
            ("MON * * * *", "minute \"MON\" is no value; allowed: 0-59"),
            ("* * L * *", "day of month \"L\" is no value; allowed: 1-31"),
            ("-5 * * * *", "minute \"-5\" lacks a value; allowed: 0-59"),
            ("+5 * * * *", "minute \"+5\" is no value; allowed: 0-59"),
            ("1.5 * * * *", "minute \"1.5\" is no value; allowed: 0-59"),
            ("1,,2 * * * *", "minute \"\" lacks a value; allowed: 0-59"),
            ("30-10 * * * *", "minute \"30-10\" runs backwards: write it as two ranges; allowed: 0-59"),
            ("* * * * FRI-MON", "day of week \"FRI-MON\" runs backwards: write it as two ranges; allowed: 0-7 or SUN-SAT"),
            ("10/15 * * * *", "minute \"10/15\" has a step, but no * and no range that it steps through; allowed: 0-59"),
            ("*/0 * * * *", "minute \"*/0\" has a step that is not 1-59; allowed: 0-59"),
            ("*/60 * * * *", "minute \"*/60\" has a step that is not 1-59; allowed: 0-59"),
            ("* */ * * *", "hour \"*/\" has a step that is not 1-23; allowed: 0-23"),
            ("99999999999999999999 * * * *", "minute \"99999999999999999999\" is no value; allowed: 0-59"),
            ("* * * *", "\"* * * *\" has 4 fields instead of five: minute, hour, day of month, month, day of week"),
            ("0 * * * * *", "\"0 * * * * *\" has 6 fields instead of five: minute, hour, day of month, month, day of week"),
            ("", "\"\" has 0 fields instead of five: minute, hour, day of month, month, day of week"),
            (
                "@reboot",
                "\"@reboot\" is no word for a schedule; there are @annually, @daily, @hourly, @midnight, @monthly, @weekly, @yearly"
            ),
        ])
    func faults(text: String, message: String) throws {
        let error = try #require(throws: CronError.self) { try CronExpression(text) }
        #expect(error.description == message)
    }

    @Test("random text is refused or read, and never traps", arguments: CronFixture.seeds)
    func noise(seed: UInt64) {
        var generator = Seeded(seed: seed)
        let letters = Array("0123456789*/-,@ MONJAnfr?L#.\u{0}é")
        for _ in 0..<3000 {
            let text = String((0..<Int.random(in: 0...24, using: &generator)).map { _ in letters.randomElement(using: &generator) ?? " " })
            if let expression = try? CronExpression(text) { _ = expression.next(after: CronFixture.start, in: .gmt) }
        }
    }
}

@Suite struct CivilDayTests {
    @Test("days are those of Foundation's calendar")
    func days() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        // From 1884 to 2243, which has years with and without a leap day at the turn of a century.
        let wrong = (-31_200...100_000).filter { number in
            let found = CivilDay(number: number)
            let date = calendar.dateComponents([.year, .month, .day, .weekday], from: Date(timeIntervalSince1970: Double(number) * 86_400))
            return [found.year, found.month, found.day, found.weekday + 1] != [date.year, date.month, date.day, date.weekday]
                || CivilDay(number: found.nextMonth).day != 1 || CivilDay(number: found.nextMonth - 1).month != found.month
        }
        #expect(wrong == [])
    }
}
