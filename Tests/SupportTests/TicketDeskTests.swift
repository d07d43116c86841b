import Foundation
import Jobs
import Testing

@testable import Support

@Suite("Replying and closing")
struct TicketDeskTests {
    static let hour = 3600.0

    @Test("Support's first reply answers the ticket and stops the first clock only", .timeLimit(.minutes(1)))
    func firstReply() async throws {
        let fixture = try await SupportFixture.make()
        let id = try await fixture.ticket(acceptedAgo: 5 * Self.hour)
        let user = UUID()
        let replied = try await fixture.desk.reply(
            "Use the exchange's own page.", by: .support, to: id, workspace: fixture.workspace, user: user, idempotency: nil)
        #expect(!replied.isReplay)

        let detail = try await fixture.desk.detail(of: id, workspace: fixture.workspace)
        #expect(detail.ticket.state == .answered)
        #expect(detail.ticket.answeredAt == replied.reply.createdAt)
        #expect(detail.replies == [replied.reply])
        let first = try #require(detail.clocks.first { $0.clock.metric == .firstReply }).clock
        #expect(first.state == .met)
        #expect(first.stoppedAt == replied.reply.createdAt)
        #expect(try await fixture.clockStates(id) == [.firstReply: .met, .resolution: .running])
        #expect(try await fixture.count("select count(*) from ticket_replies where user_id = '\(user)'") == 1)

        // A second one keeps the first one's time.
        _ = try await fixture.desk.reply("And…", by: .support, to: id, workspace: fixture.workspace, user: nil, idempotency: nil)
        let later = try await fixture.desk.detail(of: id, workspace: fixture.workspace)
        #expect(later.ticket.answeredAt == detail.ticket.answeredAt)
        #expect(later.clocks.map(\.clock) == detail.clocks.map(\.clock))
        #expect(later.replies.map(\.body) == ["Use the exchange's own page.", "And…"])
    }

    @Test("Neither the requester nor a machine stops a clock", arguments: [ReplyAuthor.requester, .automation])
    func otherReplies(author: ReplyAuthor) async throws {
        let fixture = try await SupportFixture.make()
        let id = try await fixture.ticket(acceptedAgo: Self.hour)
        _ = try await fixture.desk.reply("Any news?", by: author, to: id, workspace: fixture.workspace, user: nil, idempotency: nil)
        let detail = try await fixture.desk.detail(of: id, workspace: fixture.workspace)
        #expect(detail.ticket.state == .open)
        #expect(detail.ticket.answeredAt == nil)
        #expect(detail.replies.count == 1)
        #expect(try await fixture.clockStates(id) == [.firstReply: .running, .resolution: .running])
    }

    @Test("A reply after the deadline is a breach, and says when it came", .timeLimit(.minutes(1)))
    func lateReply() async throws {
        let fixture = try await SupportFixture.make()
        let id = try await fixture.ticket(acceptedAgo: 25 * Self.hour)
        let replied = try await fixture.desk.reply("Sorry!", by: .support, to: id, workspace: fixture.workspace, user: nil, idempotency: nil)
        let clock = try #require(try await fixture.desk.detail(of: id, workspace: fixture.workspace).clocks.first { $0.clock.metric == .firstReply })
            .clock
        #expect(clock.state == .breached)
        #expect(clock.breachedAt == clock.dueAt)
        #expect(clock.stoppedAt == replied.reply.createdAt)
    }

    @Test("Closing without a reply cancels the first clock and stops the second", .timeLimit(.minutes(1)))
    func closeUnanswered() async throws {
        let fixture = try await SupportFixture.make()
        let id = try await fixture.ticket(acceptedAgo: Self.hour)
        let closed = try await fixture.desk.close(id, workspace: fixture.workspace).ticket
        #expect(closed.state == .closed)
        #expect(closed.closedAt != nil)
        #expect(try await fixture.clockStates(id) == [.firstReply: .cancelled, .resolution: .met])
    }

    @Test("Closing late keeps both breaches", .timeLimit(.minutes(1)))
    func closeLate() async throws {
        let fixture = try await SupportFixture.make()
        let id = try await fixture.ticket(acceptedAgo: 50 * Self.hour)
        let closed = try await fixture.desk.close(id, workspace: fixture.workspace).ticket
        let clocks = try await fixture.desk.detail(of: id, workspace: fixture.workspace).clocks.map(\.clock)
        #expect(clocks.map(\.state) == [.breached, .breached])
        #expect(clocks.map(\.stoppedAt) == [nil, closed.closedAt], "the reply never came; the resolution did, late")
    }

    @Test("Closing twice is closing once", .timeLimit(.minutes(1)))
    func closeTwice() async throws {
        let fixture = try await SupportFixture.make()
        let id = try await fixture.ticket()
        let once = try await fixture.desk.close(id, workspace: fixture.workspace)
        try await fixture.moveTime(by: 3600)
        let twice = try await fixture.desk.close(id, workspace: fixture.workspace)
        #expect(once == twice)
        await #expect(throws: TicketDesk.Refusal.closed(id)) {
            try await fixture.desk.reply("?", by: .requester, to: id, workspace: fixture.workspace, user: nil, idempotency: nil)
        }
        #expect(try await fixture.count("select count(*) from ticket_replies") == 0)
    }

    @Test("A key that closed a ticket is answered with it again, and closes no other", .timeLimit(.minutes(1)))
    func idempotentClose() async throws {
        let fixture = try await SupportFixture.make()
        let (id, other) = (try await fixture.ticket(), try await fixture.ticket())
        let key = Idempotency(key: "close-1", digest: [1])
        let first = try await fixture.desk.close(id, workspace: fixture.workspace, idempotency: key)
        let again = try await fixture.desk.close(id, workspace: fixture.workspace, idempotency: key)
        #expect(!first.isReplay && again.isReplay && first.ticket == again.ticket)
        let error = await #expect(throws: JobError.self) {
            try await fixture.desk.close(other, workspace: fixture.workspace, idempotency: Idempotency(key: "close-1", digest: [2]))
        }
        #expect(error?.code == .idempotencyMismatch)
        #expect(try await fixture.desk.detail(of: other, workspace: fixture.workspace).ticket.state == .open, "nothing was half-written")

        // A request that came to nothing has not used its key.
        let late = Idempotency(key: "close-2", digest: [3])
        let unknown = UUID.version7()
        await #expect(throws: TicketDesk.Refusal.notFound(unknown)) {
            try await fixture.desk.close(unknown, workspace: fixture.workspace, idempotency: late)
        }
        #expect(try await !fixture.desk.close(other, workspace: fixture.workspace, idempotency: late).isReplay)
    }

    @Test("A key with the same request answers the same reply, also from fifty callers at once and after the closing", .timeLimit(.minutes(1)))
    func idempotentReply() async throws {
        let fixture = try await SupportFixture.make()
        let id = try await fixture.ticket()
        let key = Idempotency(key: "reply-1", digest: Array("same".utf8))
        let replies = try await withThrowingTaskGroup(of: TicketDesk.Replied.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await fixture.desk.reply("Done.", by: .support, to: id, workspace: fixture.workspace, user: nil, idempotency: key)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(replies.map(\.reply.id)).count == 1)
        #expect(replies.filter { !$0.isReplay }.count == 1)
        #expect(try await fixture.count("select count(*) from ticket_replies") == 1)

        _ = try await fixture.desk.close(id, workspace: fixture.workspace)
        let again = try await fixture.desk.reply("Done.", by: .support, to: id, workspace: fixture.workspace, user: nil, idempotency: key)
        #expect(again.isReplay)
        #expect(again.reply.id == replies[0].reply.id)
    }

    @Test("A key with another request is refused, on this ticket and on another", .timeLimit(.minutes(1)))
    func idempotencyMismatch() async throws {
        let fixture = try await SupportFixture.make()
        let (id, other) = (try await fixture.ticket(), try await fixture.ticket())
        _ = try await fixture.desk.reply(
            "One", by: .support, to: id, workspace: fixture.workspace, user: nil, idempotency: Idempotency(key: "k", digest: [1]))
        for target in [id, other] {
            let error = await #expect(throws: JobError.self) {
                try await fixture.desk.reply(
                    "Two", by: .support, to: target, workspace: fixture.workspace, user: nil, idempotency: Idempotency(key: "k", digest: [2]))
            }
            #expect(error?.code == .idempotencyMismatch)
        }
        #expect(try await fixture.count("select count(*) from ticket_replies") == 1)
        #expect(try await fixture.clockStates(other) == [.firstReply: .running, .resolution: .running], "nothing was half-written")
    }

    @Test("One key on many tickets at once is one reply", .timeLimit(.minutes(1)))
    func sameKeyAtOnce() async throws {
        let fixture = try await SupportFixture.make()
        let jobs = (0..<20).map { _ in fixture.job() }
        try await fixture.create(jobs)
        let outcomes = await withTaskGroup(of: Result<TicketDesk.Replied, any Error>.self) { group in
            for (index, job) in jobs.enumerated() {
                group.addTask {
                    let key = Idempotency(key: "k", digest: [UInt8(index)])
                    do {
                        return .success(
                            try await fixture.desk.reply("x", by: .support, to: job.id, workspace: fixture.workspace, user: nil, idempotency: key))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var written = 0
        for outcome in outcomes {
            switch outcome {
            case .success(let replied): written += replied.isReplay ? 0 : 1
            case .failure(let error): #expect((error as? JobError)?.code == .idempotencyMismatch, "\(error)")
            }
        }
        #expect(written == 1)
        #expect(try await fixture.count("select count(*) from ticket_replies") == 1)
        #expect(try await fixture.count("select count(*) from tickets where state = 'answered'") == 1)
    }
}
