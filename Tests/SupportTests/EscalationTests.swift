import Foundation
import Jobs
import Postgres
import Testing
import TestSupport

@testable import Support

@Suite("Escalations")
struct EscalationTests {
    static let hour = 3600.0

    /// A sweep that only notes what it would enqueue.
    static func sweep(_ fixture: SupportFixture, into enqueued: Locked<[UUID]>) -> EscalationSweep {
        EscalationSweep(pool: fixture.pool) { escalation, _ in enqueued.append(escalation.clock) }
    }

    @Test("The sweep finds clocks of all workspaces when their deadline has passed, and not before", .timeLimit(.minutes(1)))
    func due() async throws {
        let fixture = try await SupportFixture.make()
        let jobs = (0..<30).map { fixture.job(workspace: $0 < 15 ? fixture.workspace : UUID()) }
        try await fixture.create(jobs)
        let enqueued = Locked<[UUID]>([])
        let sweep = Self.sweep(fixture, into: enqueued)

        #expect(try await sweep.sweep() == 0)
        try await fixture.moveTime(by: 24 * 3600 - 60)
        #expect(try await sweep.sweep() == 0, "a minute before the deadline")
        try await fixture.moveTime(by: 24 * 3600 + 60)
        #expect(try await sweep.sweep() == 30)
        #expect(Set(enqueued.value) == Set(jobs.map { SLAMetric.firstReply.clockID(ofTicket: $0.id) }))

        try await fixture.moveTime(by: 48 * 3600 + 60)
        enqueued.value = []
        #expect(try await sweep.sweep() == 60, "nobody escalated the first ones, and the second ones are due")
    }

    @Test("What was enqueued rests for a minute, then it is enqueued again under the same id", .timeLimit(.minutes(1)))
    func patience() async throws {
        let fixture = try await SupportFixture.make()
        let id = try await fixture.ticket(acceptedAgo: 25 * Self.hour)
        let enqueued = Locked<[UUID]>([])
        let sweep = Self.sweep(fixture, into: enqueued)
        #expect(try await sweep.sweep() == 1)
        #expect(try await sweep.sweep() == 0)
        try await fixture.moveTime(by: 20)
        #expect(try await sweep.sweep() == 0)
        try await fixture.moveTime(by: 70)
        #expect(try await sweep.sweep() == 1)
        let clock = SLAMetric.firstReply.clockID(ofTicket: id)
        #expect(enqueued.value == [clock, clock])

        try await fixture.escalate([clock])
        try await fixture.moveTime(by: 200)
        #expect(try await sweep.sweep() == 0, "a breached clock is not swept again")
    }

    @Test("Stopped clocks are never swept", .timeLimit(.minutes(1)))
    func stopped() async throws {
        let fixture = try await SupportFixture.make()
        let id = try await fixture.ticket()
        _ = try await fixture.desk.close(id, workspace: fixture.workspace)
        try await fixture.moveTime(by: 100 * 3600)
        let enqueued = Locked<[UUID]>([])
        #expect(try await Self.sweep(fixture, into: enqueued).sweep() == 0)
    }

    @Test("Sweeps that run at the same time enqueue each clock once", .timeLimit(.minutes(1)))
    func manySweeps() async throws {
        let fixture = try await SupportFixture.make()
        try await fixture.create((0..<1200).map { _ in fixture.job(acceptedAt: Date().addingTimeInterval(-25 * Self.hour)) })
        let enqueued = Locked<[UUID]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 { group.addTask { _ = try await Self.sweep(fixture, into: enqueued).sweep() } }
            try await group.waitForAll()
        }
        // Those that found the lock taken went away; what they left is due still.
        _ = try await Self.sweep(fixture, into: enqueued).sweep()
        #expect(enqueued.value.count == 1200)
        #expect(Set(enqueued.value).count == 1200)
    }

    @Test("An escalation marks the clock at its deadline and is written once, however often it runs", .timeLimit(.minutes(1)))
    func escalate() async throws {
        let fixture = try await SupportFixture.make()
        let id = try await fixture.ticket(acceptedAgo: 25 * Self.hour)
        let clock = SLAMetric.firstReply.clockID(ofTicket: id)
        try await fixture.escalate([clock, clock])
        try await fixture.escalate([clock])

        let detail = try await fixture.desk.detail(of: id, workspace: fixture.workspace)
        let breached = try #require(detail.clocks.first { $0.id == clock }).clock
        #expect(breached.state == .breached)
        #expect(breached.breachedAt == breached.dueAt)
        #expect(breached.stoppedAt == nil)
        #expect(detail.escalations.count == 1)
        let escalation = try #require(detail.escalations.first)
        #expect(escalation.clock == clock)
        #expect(escalation.id == EscalateTicket(clock: clock, step: .breach).jobID)
        #expect(escalation.metric == .firstReply && escalation.step == .breach)
        #expect(escalation.dueAt == breached.dueAt)
        #expect(try await fixture.clockStates(id)[.resolution] == .running)
    }

    @Test("A clock that was stopped, or that another workspace has, is left alone", .timeLimit(.minutes(1)))
    func nothingToEscalate() async throws {
        let fixture = try await SupportFixture.make()
        let (stopped, foreign) = (try await fixture.ticket(), try await fixture.ticket(acceptedAgo: 25 * Self.hour))
        _ = try await fixture.desk.close(stopped, workspace: fixture.workspace)
        try await fixture.escalate([SLAMetric.resolution.clockID(ofTicket: stopped), UUID()])
        try await fixture.escalate([SLAMetric.firstReply.clockID(ofTicket: foreign)], workspace: UUID())
        #expect(try await fixture.count("select count(*) from escalations") == 0)
        #expect(try await fixture.clockStates(foreign)[.firstReply] == .running)
    }

    @Test("One id in two workspaces is two tickets, and both escalate in one batch", .timeLimit(.minutes(1)))
    func sameIDTwice() async throws {
        let fixture = try await SupportFixture.make()
        let (id, other) = (UUID.version7(), UUID())
        let accepted = Date().addingTimeInterval(-25 * Self.hour)
        try await fixture.create([fixture.job(id, acceptedAt: accepted), fixture.job(id, workspace: other, acceptedAt: accepted)])
        let clock = SLAMetric.firstReply.clockID(ofTicket: id)
        try await fixture.pool.transaction(.workspaces([fixture.workspace, other])) { transaction in
            try await EscalateTicketHandler().handle(
                [fixture.escalation(clock), fixture.escalation(clock, workspace: other)], in: transaction)
        }
        #expect(try await fixture.count("select count(distinct workspace_id) from escalations where clock_id = '\(clock)'") == 2)
        #expect(try await fixture.count("select count(*) from sla_clocks where state = 'breached'") == 2)
    }

    @Test("A job that runs before the deadline fails, so that it is tried again", .timeLimit(.minutes(1)))
    func tooEarly() async throws {
        let fixture = try await SupportFixture.make()
        let id = try await fixture.ticket()
        await #expect(throws: EscalateTicketHandler.TooEarly.self) {
            try await fixture.escalate([SLAMetric.firstReply.clockID(ofTicket: id)])
        }
        #expect(try await fixture.clockStates(id)[.firstReply] == .running)
    }

    // MARK: A reply races the escalation

    @Test("The reply commits first: the escalation, which waited, finds nothing to do", .timeLimit(.minutes(1)))
    func replyWins() async throws {
        let fixture = try await SupportFixture.make()
        let id = try await fixture.ticket(acceptedAgo: 25 * Self.hour)
        let key = TicketStore.ClockKey(workspace: fixture.workspace, id: SLAMetric.firstReply.clockID(ofTicket: id))
        let (locked, signal) = AsyncStream.makeStream(of: Void.self)
        async let escalation: Void = {
            for await _ in locked { break }
            try await fixture.escalate([key.id])
        }()
        try await fixture.pool.transaction(.workspaces([fixture.workspace])) { transaction in
            // What a reply does to the clock, held open until the escalation waits for it.
            var stored = try await TicketStore.lockClocks([key], in: transaction)
            signal.finish()
            try await fixture.untilBlocked()
            stored[0].clock.stop(at: stored[0].readAt)
            TicketStore.update(stored, workspace: fixture.workspace, in: transaction)
        }
        try await escalation
        let detail = try await fixture.desk.detail(of: id, workspace: fixture.workspace)
        let clock = try #require(detail.clocks.first { $0.id == key.id }).clock
        #expect(clock.state == .breached && clock.stoppedAt != nil, "late, and answered")
        #expect(detail.escalations.isEmpty)
    }

    @Test("The escalation commits first: the reply, which waited, stops a breached clock", .timeLimit(.minutes(1)))
    func escalationWins() async throws {
        let fixture = try await SupportFixture.make()
        let id = try await fixture.ticket(acceptedAgo: 25 * Self.hour)
        let clockID = SLAMetric.firstReply.clockID(ofTicket: id)
        let (locked, signal) = AsyncStream.makeStream(of: Void.self)
        async let reply = {
            for await _ in locked { break }
            return try await fixture.desk.reply("Late", by: .support, to: id, workspace: fixture.workspace, user: nil, idempotency: nil)
        }()
        try await fixture.pool.transaction(.workspaces([fixture.workspace])) { transaction in
            try await EscalateTicketHandler().handle([fixture.escalation(clockID)], in: transaction)
            signal.finish()
            try await fixture.untilBlocked()
        }
        _ = try await reply
        let detail = try await fixture.desk.detail(of: id, workspace: fixture.workspace)
        let clock = try #require(detail.clocks.first { $0.id == clockID }).clock
        #expect(clock.state == .breached && clock.stoppedAt != nil)
        #expect(detail.escalations.count == 1)
        #expect(detail.ticket.state == .answered)
    }

    @Test("Whoever wins, clock and escalation agree, and nobody deadlocks", .timeLimit(.minutes(1)))
    func manyRaces() async throws {
        let fixture = try await SupportFixture.make()
        let jobs = (0..<40).map { _ in fixture.job(acceptedAt: Date().addingTimeInterval(-49 * Self.hour)) }
        try await fixture.create(jobs)
        let clocks = jobs.flatMap { SLAMetric.clockIDs(ofTicket: $0.id) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in 0..<8 {
                group.addTask {
                    try await fixture.escalate(clocks.enumerated().filter { $0.offset % 8 == part || $0.offset % 5 == 0 }.map(\.element))
                }
            }
            for job in jobs.shuffled() {
                group.addTask {
                    _ = try await fixture.desk.reply("Late", by: .support, to: job.id, workspace: fixture.workspace, user: nil, idempotency: nil)
                    _ = try await fixture.desk.close(job.id, workspace: fixture.workspace)
                }
            }
            try await group.waitForAll()
        }
        for job in jobs {
            let detail = try await fixture.desk.detail(of: job.id, workspace: fixture.workspace)
            #expect(detail.ticket.state == .closed)
            #expect(detail.clocks.allSatisfy { $0.clock.state == .breached && $0.clock.stoppedAt != nil })
            #expect(Set(detail.escalations.map(\.clock)).count == detail.escalations.count)
        }
    }
}
