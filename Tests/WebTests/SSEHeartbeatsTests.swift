import JobsTesting
import Synchronization
import TestSupport
import Testing

@testable import Web

@Suite("The heartbeats of a process's streams") struct SSEHeartbeatsTests {
    private final class Count: Sendable {
        private let state = Mutex(0)
        var value: Int { state.withLock { $0 } }
        func add() { state.withLock { $0 += 1 } }
    }

    @Test("come once an interval for each, by one sleeper, and no more for who is removed")
    func beats() async throws {
        let clock = ManualClock()
        let heartbeats = SSEHeartbeats(interval: .seconds(15), clock: clock)
        let (first, second) = (Count(), Count())
        let firstID = heartbeats.add { first.add() }
        try await eventually { clock.sleepers == 1 }
        clock.advance(by: .seconds(6))
        let secondID = heartbeats.add { second.add() }
        clock.advance(by: .seconds(9))
        try await eventually { first.value == 1 && clock.sleepers == 1 }
        #expect(second.value == 0, "its interval is not over")
        clock.advance(by: .seconds(6))
        try await eventually { second.value == 1 && clock.sleepers == 1 }
        heartbeats.remove(firstID)
        clock.advance(by: .seconds(9))
        try await eventually { clock.sleepers == 1 }
        clock.advance(by: .seconds(6))
        try await eventually { second.value == 2 }
        #expect(first.value == 1)
        heartbeats.remove(secondID)
    }

    @Test("end with the last stream, and begin again with the next")
    func ending() async throws {
        let clock = ManualClock()
        let heartbeats = SSEHeartbeats(interval: .seconds(15), clock: clock)
        for _ in 0..<2 {
            let count = Count()
            let id = heartbeats.add { count.add() }
            try await eventually { clock.sleepers == 1 }
            clock.advance(by: .seconds(15))
            try await eventually { count.value == 1 && clock.sleepers == 1 }
            heartbeats.remove(id)
            clock.advance(by: .seconds(15))
            try await eventually("nobody sleeps for nobody") { clock.sleepers == 0 }
            #expect(count.value == 1)
        }
    }
}
