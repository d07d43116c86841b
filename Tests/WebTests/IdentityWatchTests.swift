import Foundation
import JobsTesting
import Synchronization
import TestSupport
import Testing

@testable import Web

@Suite("A watch over who has something open", .timeLimit(.minutes(1)))
struct IdentityWatchTests {
    /// Waits as long as nobody ends it.
    private static func forEver() async throws { try await ManualClock().sleep(for: .seconds(1)) }

    @Test("what takes long is cancelled once its token is good no longer, within a turn and not before")
    func ending() async throws {
        let (token, clock) = (RevocableToken(), ManualClock())
        let watch = token.watch(clock: clock)
        let turning = Task { try await watch.run() }
        defer { turning.cancel() }
        let hold = IdentityHold(identity: token.holder, watch: watch)
        let wasCancelled = Mutex(false)
        let working = Task {
            try await hold.whileGood {
                do {
                    try await Self.forEver()
                } catch {
                    wasCancelled.withLock { $0 = error is CancellationError }
                    throw error
                }
            }
        }
        try await eventually { watch.watched == 1 && clock.sleepers == 1 }
        clock.advance(by: .milliseconds(300))
        try await eventually("a turn is over") { token.questions.count == 1 && clock.sleepers == 1 }
        #expect(watch.watched == 1)
        token.revoke()
        clock.advance(by: .milliseconds(300))
        await #expect(throws: IdentityEnded.self) { try await working.value }
        #expect(wasCancelled.withLock { $0 })
        #expect(watch.watched == 0)
    }

    @Test("what is done, or left by who wanted it, is watched no longer")
    func done() async throws {
        let token = RevocableToken()
        let watch = token.watch()
        let hold = IdentityHold(identity: token.holder, watch: watch)
        let value = try await hold.whileGood { 7 }
        #expect(value == 7 && watch.watched == 0)
        let working = Task { try await hold.whileGood { try await Self.forEver() } }
        try await eventually { watch.watched == 1 }
        working.cancel()
        await #expect(throws: CancellationError.self) { try await working.value }
        #expect(watch.watched == 0)
        await watch.look()
        #expect(token.questions.isEmpty, "nobody is asked about for nothing")
    }

    @Test("however much is open for a token, one question a turn is about it; and what is open for another goes on")
    func together() async throws {
        let (token, other) = (RevocableToken(), RevocableToken())
        let watch = token.watch()
        let ended = Cell(0)
        for _ in 0..<50 {
            Task {
                try await watch.end(of: token.holder)
                ended.value.withLock { $0 += 1 }
            }
        }
        let another = Task { try await watch.end(of: other.holder) }
        try await eventually { watch.watched == 2 }
        token.revoke()
        // Who has not come to wait yet is found by a later turn.
        try await eventually {
            await watch.look()
            return ended.value.withLock { $0 } == 50
        }
        #expect(token.questions.first == 2 && token.questions.allSatisfy { $0 <= 2 })
        #expect(watch.watched == 1)
        another.cancel()
        await #expect(throws: CancellationError.self) { try await another.value }
    }

    @Test("while the stores do not answer everything goes on, but for what ends by its own time")
    func away() async throws {
        let now = Cell(Date(timeIntervalSince1970: 100))
        let token = RevocableToken(expires: Date(timeIntervalSince1970: 200))
        let watch = token.watch(now: { now.value.withLock { $0 } })
        let working = Task { try await watch.end(of: token.holder) }
        try await eventually { watch.watched == 1 }
        token.revoke()
        token.leave()
        await watch.look()
        #expect(token.questions == [1] && watch.watched == 1)
        now.value.withLock { $0 = Date(timeIntervalSince1970: 200) }
        await watch.look()
        try await working.value
        #expect(token.questions == [1])
    }

    @Test("many identities are asked about in pages")
    func pages() async throws {
        let token = RevocableToken()
        let watch = token.watch()
        let working = (0..<IdentityWatch.page + 1).map { number in
            Task {
                try await watch.end(
                    of: Identity(workspace: UUID(), workspaceSlug: "w\(number)", tokenID: UUID(), user: nil, scopes: []))
            }
        }
        try await eventually { watch.watched == IdentityWatch.page + 1 }
        await watch.look()
        #expect(token.questions == [IdentityWatch.page, 1])
        for task in working { task.cancel() }
    }
}

/// A value that tasks share.
private final class Cell<Value: Sendable>: Sendable {
    let value: Mutex<Value>

    init(_ value: Value) {
        self.value = Mutex(value)
    }
}
