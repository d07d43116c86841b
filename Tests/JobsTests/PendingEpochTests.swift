import Foundation
import Redis
import TestSupport
import Testing

@testable import Jobs

/// The mark of a reconciliation: who keeps it, and what becomes of it when its relay stumbles.
@Suite(.timeLimit(.minutes(1))) struct PendingEpochTests {
    /// Any but the one that works.
    private let observer = UUID.version7()

    @Test("the mark of a reconciliation is kept by who renews it, and is nobody's when it stands still or is another's")
    func mark() async throws {
        try await EngineFixture.with { engine in
            let queue = engine.queue()
            var mark = PendingEpoch(in: queue, of: .version7(), seen: nil)
            let isSet = try await mark.set()
            let shown = try await queue.shownEpoch()
            #expect(isSet && PendingEpoch.isKept(shown, from: observer))
            let isKept = try await mark.keep()
            let young = try await queue.epoch()
            #expect(isKept && young == shown.name)
            let aged = try await later(engine, .seconds(90)).shownEpoch()
            #expect((aged.age ?? .zero) >= .seconds(90) && PendingEpoch.isKept(aged, from: observer))

            // Renewed a minute and a half from now.
            #expect(try await later(engine, .seconds(90)).setEpoch(shown.name, seen: shown.name))
            #expect(try await PendingEpoch.isKept(later(engine, .seconds(150)).shownEpoch(), from: observer))
            #expect(try await !PendingEpoch.isKept(later(engine, .seconds(211)).shownEpoch(), from: observer))
            let ahead = try await queue.epoch()
            let isRenewed = try await mark.set()
            let renewed = try await queue.epoch()
            #expect(isRenewed && ahead != young && renewed != ahead, "the time in it is another")

            var other = PendingEpoch(in: queue, of: .version7(), seen: renewed)
            let isOthers = try await other.set()
            let isMine = try await mark.set()
            #expect(isOthers && !isMine)
            await mark.putBack()
            #expect(try await PendingEpoch.isKept(queue.shownEpoch(), from: observer), "it takes away no mark but its own")
            let epoch = UUID.version7()
            #expect(try await mark.conclude(as: epoch) == false)
            #expect(try await other.conclude(as: epoch))
            #expect(try await queue.shownEpoch() == ShownEpoch(name: epoch.lowercased, age: nil))
            #expect(try await !PendingEpoch.isKept(queue.shownEpoch(), from: observer))
        }
    }

    @Test("the age of a mark is the server's: a worker whose clock is an hour off neither keeps it longer nor loses it", arguments: [-3600, 3600])
    func clocks(seconds: Int) async throws {
        try await EngineFixture.with { engine in
            var generator = SystemRandomNumberGenerator()
            let wrong = UUID.version7(milliseconds: Int64((Date().timeIntervalSince1970 + Double(seconds)) * 1000), using: &generator)
            let isSet = try await engine.queue().setEpoch("pending:" + wrong.lowercased, seen: nil)
            #expect(isSet)
            #expect(try await PendingEpoch.isKept(engine.queue().shownEpoch(), from: observer))
            #expect(try await !PendingEpoch.isKept(later(engine, .seconds(121)).shownEpoch(), from: observer))
            #expect(try await !PendingEpoch.isKept(later(engine, .seconds(-121)).shownEpoch(), from: observer), "the clock was set back")
        }
    }

    @Test("a relay that is asked to stop in the middle leaves no mark, and another begins at once", arguments: [true, false])
    func stumbles(hasFormer: Bool) async throws {
        try await EngineFixture.with { engine in
            _ = try await engine.acceptNotes(2)
            let queue = engine.queue()
            let former = hasFormer ? UUID.version7().lowercased : nil
            if let former { #expect(try await queue.setEpoch(former, seen: nil)) }
            let draining = Signal()
            draining.raise()
            await #expect(throws: CancellationError.self) { _ = try await engine.relay(draining: draining).reconcile(queue.partition) }
            #expect(try await queue.epoch() == former)
            #expect(try await engine.relay().reconcile(queue.partition) == 0)
        }
    }

    @Test("a relay that is cancelled while the ledger answers leaves no mark")
    func cancelled() async throws {
        try await EngineFixture.with { engine in
            _ = try await engine.acceptNotes(1)
            let queue = engine.queue()
            try await engine.holdingLedger {
                let reconciliation = Task { try await engine.relay().reconcile(queue.partition) }
                try await engine.untilItWaits()
                #expect(try await PendingEpoch.isKept(queue.shownEpoch(), from: observer))
                reconciliation.cancel()
                await #expect(throws: (any Error).self) { _ = try await reconciliation.value }
                #expect(try await queue.epoch() == nil)
            }
            #expect(try await engine.relay().reconcile(queue.partition) == 0)
        }
    }

    @Test("a worker passes over a mark of its own that it could not take away, and over nobody else's")
    func own() async throws {
        try await EngineFixture.with { engine in
            let queue = engine.queue()
            let worker = UUID.version7()
            var left = PendingEpoch(in: queue, of: worker, seen: nil)
            let isSet = try await left.set()
            #expect(isSet)
            #expect(try await engine.relay().reconcile(queue.partition) == nil)
            #expect(try await engine.relay(of: worker).reconcile(queue.partition) == 0)
            #expect(try await left.conclude(as: .version7()) == false, "what it sent before comes too late")
            #expect(try await engine.relay(of: worker).reconcile(queue.partition) == nil, "nothing is wrong")
        }
    }

    @Test("a relay that reads what Redis holds looks at each page whether its worker leaves")
    func reading() async throws {
        try await EngineFixture.with { engine in
            let draining = Signal()
            var mark = PendingEpoch(in: engine.queue(), of: .version7(), seen: nil)
            let held = try await engine.relay(draining: draining).heldJobs(of: engine.queue(), keeping: &mark)
            #expect(held == [])
            draining.raise()
            do {
                _ = try await engine.relay(draining: draining).heldJobs(of: engine.queue(), keeping: &mark)
                Issue.record("it read on")
            } catch is CancellationError {}
        }
    }

    /// The partition as it is seen after a while.
    private func later(_ engine: EngineFixture, _ duration: Duration) -> Queue {
        Queue(
            partition: engine.queue().partition, client: engine.redis, prefix: engine.configuration.prefix, clockOffset: duration)
    }
}
