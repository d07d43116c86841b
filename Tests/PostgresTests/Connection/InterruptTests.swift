import Testing

@testable import Postgres

@Suite struct InterruptTests {
    @Test func `a wake-up before the wait is not lost, and counts once`() throws {
        let interrupt = try Interrupt()
        interrupt.wake()
        interrupt.wake()
        let far = ContinuousClock.now + .seconds(30)
        #expect(interrupt.wait(socket: -1, forReading: true, forWriting: false, until: far) == .woken)
        #expect(interrupt.wait(socket: -1, forReading: true, forWriting: false, until: .now) == .expired)
    }

    @Test func `waking never blocks, however often`() throws {
        let interrupt = try Interrupt()
        for _ in 0..<100_000 { interrupt.wake() }
        #expect(interrupt.wait(socket: -1, forReading: true, forWriting: false, until: .now + .seconds(30)) == .woken)
    }

    @Test(arguments: [(-5_000_000, 0), (0, 0), (1, 1), (999, 1), (1_000, 1), (1_001, 2), (5_000_000, 5_000)])
    func `milliseconds are rounded up`(microseconds: Int, milliseconds: Int) {
        let now = ContinuousClock.now
        #expect(Interrupt.milliseconds(until: now + .microseconds(microseconds), now: now) == milliseconds)
        #expect(Interrupt.milliseconds(until: now + .seconds(1e12), now: now) > 0)
    }
}
