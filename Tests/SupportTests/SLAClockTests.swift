import Foundation
import Jobs
import Testing

@testable import Support

@Suite("An SLA clock")
struct SLAClockTests {
    /// What happens to a clock in a test.
    enum Event: Sendable, Equatable {
        case stop(Date)
        case cancel(Date)
        case expire(Date)

        var time: Date {
            switch self {
            case .stop(let time), .cancel(let time), .expire(let time): time
            }
        }
    }

    static let start = at(day: 0, "09:00")
    static let due = at(day: 1, "09:00")

    static func at(day: Int, _ clock: String) -> Date {
        let parts = clock.split(separator: ":").compactMap { Double($0) }
        return Date(timeIntervalSince1970: 1_763_337_600 + Double(day) * 86_400 + parts[0] * 3600 + parts[1] * 60)
    }

    static func run(_ events: [Event], due: Date = due) -> SLAClock {
        var clock = SLAClock(metric: .firstReply, startedAt: start, dueAt: due)
        for event in events {
            switch event {
            case .stop(let time): clock.stop(at: time)
            case .cancel(let time): clock.cancel(at: time)
            case .expire(let time): clock.expire(at: time)
            }
        }
        return clock
    }

    /// The table above `SLAClock`, row by row.
    static let table: [([Event], SLAClock.State, stopped: Date?, breached: Date?)] = [
        ([], .running, nil, nil),
        ([.stop(at(day: 1, "08:59"))], .met, at(day: 1, "08:59"), nil),
        ([.stop(at(day: 1, "09:00"))], .met, at(day: 1, "09:00"), nil),
        ([.expire(at(day: 1, "09:00"))], .running, nil, nil),
        ([.expire(at(day: 1, "09:01"))], .breached, nil, due),
        ([.expire(at(day: 1, "09:01")), .stop(at(day: 1, "10:00"))], .breached, at(day: 1, "10:00"), due),
        ([.stop(at(day: 1, "09:01"))], .breached, at(day: 1, "09:01"), due),
        ([.cancel(at(day: 0, "15:00"))], .cancelled, at(day: 0, "15:00"), nil),
        ([.cancel(at(day: 1, "15:00"))], .breached, nil, due),
        ([.stop(at(day: 0, "10:00")), .stop(at(day: 3, "09:00"))], .met, at(day: 0, "10:00"), nil),
    ]

    @Test("Every row of its table is true", arguments: table.indices)
    func examples(row: Int) {
        let (events, state, stopped, breached) = Self.table[row]
        let clock = Self.run(events)
        #expect(clock.state == state)
        #expect(clock.stoppedAt == stopped)
        #expect(clock.breachedAt == breached)
    }

    @Test("Expiring says whether this call did it")
    func expireReports() {
        var clock = Self.run([])
        #expect(clock.expire(at: Self.due) == false)
        #expect(clock.expire(at: Self.due.addingTimeInterval(1)) == true)
        #expect(clock.expire(at: Self.due.addingTimeInterval(2)) == false)
    }

    @Test("Effects reach the clock of their metric and no other")
    func effects() {
        var clock = SLAClock(metric: .resolution, startedAt: Self.start, dueAt: Self.due)
        clock.apply([.stop(.firstReply), .cancel(.firstReply)], at: Self.start)
        #expect(clock.state == .running)
        clock.apply([.cancel(.firstReply), .stop(.resolution)], at: Self.start)
        #expect(clock.state == .met)
    }

    /// The same histories for a given seed, which is printed when one of them breaks a rule.
    struct Histories: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }

    @Test("Whatever happens in whatever order of time, the rules hold", arguments: [1, 2, 3, 5, 8] as [UInt64])
    func properties(seed: UInt64) {
        var generator = Histories(state: seed)
        for round in 0..<2000 {
            let times = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                Self.start.addingTimeInterval(Double(Int.random(in: 0...72, using: &generator)) * 3600)
            }.sorted()
            let events: [Event] = times.map { time in
                switch Int.random(in: 0...2, using: &generator) {
                case 0: .stop(time)
                case 1: .cancel(time)
                default: .expire(time)
                }
            }
            let clock = Self.run(events)
            let context: Comment = "seed \(seed), round \(round): \(events)"

            // Breached exactly when somebody noticed, after the deadline, that it had not been stopped or cancelled in time.
            let endedInTime = events.contains { event in
                if case .expire = event { false } else { event.time <= Self.due }
            }
            let noticedLate = events.contains { $0.time > Self.due }
            #expect((clock.state == .breached) == (!endedInTime && noticedLate), context)
            #expect((clock.state == .running) == (!endedInTime && !noticedLate), context)
            #expect((clock.breachedAt == Self.due) == (clock.state == .breached), context)
            // What the table's constraint asks.
            switch clock.state {
            case .running: #expect(clock.stoppedAt == nil, context)
            case .met: #expect(clock.stoppedAt.map { $0 <= Self.due } == true, context)
            case .breached: #expect(clock.stoppedAt.map { $0 > Self.due } ?? true, context)
            case .cancelled: #expect(clock.stoppedAt != nil, context)
            }
            // A repeated history changes nothing: every event is idempotent.
            #expect(Self.run(events.flatMap { [$0, $0] }) == clock, context)
        }
    }

    @Test("A noticed breach and an unnoticed one end alike when the reply comes")
    func noticingDoesNotMatter() {
        for minutes in stride(from: -120.0, through: 120, by: 1) {
            let reply = Self.due.addingTimeInterval(minutes * 60)
            for sweep in stride(from: -120.0, through: minutes, by: 10) {
                let swept = Self.run([.expire(Self.due.addingTimeInterval(sweep * 60)), .stop(reply)])
                #expect(swept == Self.run([.stop(reply)]), "reply \(minutes) min, sweep \(sweep) min after the deadline")
            }
        }
    }
}

@Suite("An SLA policy")
struct SLAPolicyTests {
    static let eight = SLAPolicy(firstReply: 8 * 3600, resolution: 24 * 3600)
    static let quick = SLAPolicy(firstReply: 3600, resolution: 4 * 3600)
    static let slow = SLAPolicy(firstReply: 48 * 3600, resolution: nil)

    /// The table above `SLAPolicy`, row by row.
    static let table: [(TicketPriority, [SLAPolicyBook.Row], SLAPolicy)] = [
        (.normal, [], SLAPolicy(firstReply: 24 * 3600, resolution: 48 * 3600)),
        (.normal, [.init(priority: nil, policy: eight)], eight),
        (.urgent, [.init(priority: nil, policy: eight), .init(priority: .urgent, policy: quick)], quick),
        (.low, [.init(priority: nil, policy: eight), .init(priority: .low, policy: slow)], slow),
        (.high, [.init(priority: .urgent, policy: quick)], .standard),
    ]

    @Test("The most exact row of the workspace wins", arguments: table.indices)
    func examples(row: Int) {
        let (priority, rows, expected) = Self.table[row]
        #expect(SLAPolicyBook(rows: rows)[priority] == expected)
        #expect(SLAPolicyBook(rows: rows.reversed())[priority] == expected, "the order of the rows means nothing")
    }

    @Test("A row of its own decides for each priority and for no other")
    func eachPriority() {
        for priority in TicketPriority.allCases {
            let book = SLAPolicyBook(rows: [.init(priority: priority, policy: Self.quick)])
            for other in TicketPriority.allCases { #expect((book[other] == Self.quick) == (other == priority), "\(priority), \(other)") }
        }
    }

    @Test("Clocks start at acceptance and run for the target; a promise not made starts none")
    func clocks() {
        let accepted = SLAClockTests.start
        let standard = SLAPolicy.standard.clocks(acceptedAt: accepted)
        #expect(standard.map(\.metric) == [.firstReply, .resolution])
        #expect(standard.map { $0.dueAt.timeIntervalSince(accepted) } == [86_400, 172_800])
        #expect(standard.allSatisfy { $0.startedAt == accepted && $0.state == .running })
        #expect(Self.slow.clocks(acceptedAt: accepted).map(\.metric) == [.firstReply])
        #expect(SLAPolicy(firstReply: nil, resolution: nil).clocks(acceptedAt: accepted).isEmpty)
    }

    @Test("A ticket's clocks have ids of their own that follow from the ticket's")
    func clockIDs() {
        let tickets = (0..<2000).map { _ in UUID.version7() }
        let ids = tickets.flatMap(SLAMetric.clockIDs(ofTicket:))
        #expect(Set(ids).union(tickets).count == tickets.count * 3)
        #expect(tickets.flatMap(SLAMetric.clockIDs(ofTicket:)) == ids)
        let clock = SLAMetric.firstReply.clockID(ofTicket: tickets[0])
        #expect(EscalateTicket(clock: clock, step: .breach).jobID == EscalateTicket(clock: clock, step: .breach).jobID)
        #expect(EscalateTicket(clock: clock, step: .breach).jobID != clock)
    }
}
