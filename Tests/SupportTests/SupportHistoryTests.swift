import Foundation
import Testing

@testable import Support

@Suite("A real support history, replayed")
struct SupportHistoryTests {
    static let day: TimeInterval = 86_400

    @Test("The clocks agree with arithmetic on the bare times")
    func agreesWithArithmetic() throws {
        let histories = try SupportHistory.all()
        let end = try #require(histories.flatMap { $0.events.map(\.at) + [$0.openedAt] }.max()).addingTimeInterval(100 * Self.day)
        for history in histories {
            let (state, clocks) = history.replayed(until: end)
            let context: Comment = "issue \(history.number)"

            // The oracle knows no states and no effects: only when something was written, by whom, and when it was closed.
            let closed = history.closedAt ?? .distantFuture
            let reply = history.comments
                .filter { $0.author != history.author && !$0.author.hasPrefix("bot:") && $0.at <= closed }
                .map(\.at).min()
            let expectedReply: SLAClock.State =
                if let reply {
                    reply.timeIntervalSince(history.openedAt) <= Self.day ? .met : .breached
                } else if closed.timeIntervalSince(history.openedAt) <= Self.day {
                    .cancelled
                } else {
                    .breached
                }
            let expectedResolution: SLAClock.State = closed.timeIntervalSince(history.openedAt) <= 2 * Self.day ? .met : .breached

            #expect(clocks.map(\.state) == [expectedReply, expectedResolution], context)
            #expect(clocks[0].stoppedAt == reply ?? (expectedReply == .cancelled ? closed : nil), context)
            #expect((state == .closed) == (history.closedAt != nil), context)
        }
    }

    @Test("The samples end as their makers meant")
    func samples() {
        let ends = SupportHistory.samples.map { $0.replayed(until: .distantFuture) }
        #expect(ends.map(\.state) == [.closed, .closed, .closed, .closed, .open, .open, .closed])
        #expect(ends.map(\.clocks[0].state) == [.met, .breached, .cancelled, .breached, .breached, .breached, .met])
        #expect(ends.map(\.clocks[1].state) == [.met, .breached, .met, .met, .breached, .breached, .met])
    }
}
