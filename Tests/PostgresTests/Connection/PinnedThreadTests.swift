import Foundation
import Synchronization
import Testing

@testable import Postgres

#if canImport(Glibc)
import Glibc
#endif

@Suite struct PinnedThreadTests {
    @Test(.timeLimit(.minutes(1))) func `an actor's work runs on one thread that is not the caller's`() async throws {
        let actor = try Pinned()
        let first = await actor.threadID()
        for _ in 0..<100 { #expect(await actor.threadID() == first) }
        let other = try Pinned()
        #expect(await other.threadID() != first)
    }

    @Test(.timeLimit(.minutes(1))) func `blocking threads do not hold up the cooperative pool`() async throws {
        // More blocked actors than the machine has cores; on the cooperative pool they would wait for each other.
        let actors = try (0..<16).map { _ in try Pinned() }
        let gate = Gate()
        await withTaskGroup(of: Void.self) { group in
            for actor in actors { group.addTask { await actor.block(on: gate, parties: 16) } }
        }
        #expect(gate.count == 16)
    }

    @Test(.timeLimit(.minutes(1))) func `the thread's executor goes away with its actor`() async throws {
        weak var executor: PinnedThread?
        do {
            let actor = try Pinned()
            executor = actor.thread
            _ = await actor.threadID()
        }
        for _ in 0..<1_000 where executor != nil { await Task.yield() }
        let end = ContinuousClock.now + .seconds(10)
        while executor != nil, .now < end { try await Task.sleep(for: .milliseconds(1)) }
        #expect(executor == nil)
    }
}

private actor Pinned {
    nonisolated let thread: PinnedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init() throws { thread = try PinnedThread() }

    deinit { thread.stop() }

    /// Not inlined: the call is declared constant in C and must not be moved across a suspension.
    @inline(never)
    func threadID() -> pthread_t { pthread_self() }

    func block(on gate: Gate, parties: Int) { gate.arrive(parties: parties) }
}

/// Lets everybody pass once all have arrived.
private final class Gate: Sendable {
    private let condition = NSCondition()
    private let arrived = Mutex(0)

    var count: Int { arrived.withLock { $0 } }

    func arrive(parties: Int) {
        condition.lock()
        defer { condition.unlock() }
        arrived.withLock { $0 += 1 }
        condition.broadcast()
        let end = Date(timeIntervalSinceNow: 30)
        while count < parties, condition.wait(until: end) {}
    }
}
