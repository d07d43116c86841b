import Foundation
import HTTPTypes
import Logging
import Synchronization
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Watching requests", .timeLimit(.minutes(1)))
struct WatchMiddlewareTests {
    private static let abnormal = "https://iana.org/assignments/http-problem-types#abnormal-usage-detected"

    @Test("a token that walks along ids is refused with 429 and when to come again; others are not, and neither is it for ever")
    func walking() async throws {
        let fixture = WatchFixture { $0.idWalking.response = .lock }
        try await fixture.asking { ask async throws in
            for id in ["1", "2", "1", "2"] {
                let answer = try await ask(.get, "/things/\(id)")
                #expect(answer.status == 404)
            }
            let third = try await ask(.get, "/things/3")
            #expect(third.status == 404)
            let locked = try await ask(.get, "/things/good")
            #expect(locked.status == 429)
            #expect(locked.type == Self.abnormal)
            #expect(locked.retryAfter == "30")
            let rival = try await ask(.get, "/things/good", token: "rival")
            #expect(rival.status == 200)
            fixture.clock.advance(by: .seconds(30))
            let after = try await ask(.get, "/things/good")
            #expect(after.status == 200)
            #expect(!fixture.watch.isRestricting)
        }
        let events = fixture.events()
        #expect(events.map(\.signal) == [.idWalking])
        #expect(events.map(\.response) == [.lock])
        #expect(fixture.clock.slept.isEmpty)
    }

    @Test("answers that are good, routes without an id and a missing scope there are nothing to the watch; a 404 that nobody threw is")
    func counted() async throws {
        let fixture = WatchFixture()
        try await fixture.asking { ask async throws in
            for number in 0..<9 {
                let (good, scoped) = (try await ask(.get, "/things/good-\(number)"), try await ask(.get, "/scoped"))
                #expect(good.status == 200)
                #expect(scoped.status == 403)
            }
            #expect(fixture.events().isEmpty)
            for number in 0..<3 {
                let answer = try await ask(.get, "/quiet/\(number)")
                #expect(answer.status == 404)
            }
        }
        #expect(fixture.events().map(\.signal) == [.idWalking])
    }

    @Test("an operator's token is told of and not locked")
    func spared() async throws {
        let fixture = WatchFixture { $0.idWalking.response = .lock }
        try await fixture.asking { ask async throws in
            for number in 0..<5 {
                let answer = try await ask(.get, "/things/\(number)", token: "operator")
                #expect(answer.status == 404)
            }
        }
        #expect(fixture.events().map(\.response) == [.alert])
    }

    @Test("a token that asks for other workspaces' things is slowed, by a second a request; its own workspace does not count")
    func foreign() async throws {
        let fixture = WatchFixture { $0.foreignWorkspaces.response = .slow }
        try await fixture.asking { ask async throws in
            for owner in ["acme", "a", "b"] {
                for name in ["x", "y"] {
                    let answer = try await ask(.post, "/agents/\(owner)/\(name)/forks")
                    #expect(answer.status == 404)
                }
            }
            #expect(fixture.events().map(\.signal) == [.idWalking])
            let third = try await ask(.post, "/agents/c/x/forks")
            #expect(third.status == 404)
            #expect(fixture.clock.slept.isEmpty)
            let slowed = try await ask(.get, "/things/good")
            #expect(slowed.status == 200)
            #expect(fixture.clock.slept == [.seconds(1)])
            let other = try await ask(.get, "/things/good", token: "rival")
            #expect(other.status == 200)
            #expect(fixture.clock.slept == [.seconds(1)])
        }
        #expect(fixture.events().map(\.signal) == [.foreignWorkspaces])
    }

    @Test("keys of other requests and forks in numbers are noticed; a fork that is repeated is none")
    func keysAndForks() async throws {
        let fixture = WatchFixture()
        try await fixture.asking { ask async throws in
            for _ in 0..<3 {
                let answer = try await ask(.post, "/keys")
                #expect(answer.status == 422)
            }
            #expect(fixture.events().map(\.signal) == [.keyReuse])
            for _ in 0..<9 {
                let answer = try await ask(.post, "/agents/b/public/forks", headers: [.idempotencyReplayed: "true"])
                #expect(answer.status == 202)
            }
            #expect(fixture.events().isEmpty)
            for _ in 0..<3 {
                let answer = try await ask(.post, "/agents/b/public/forks")
                #expect(answer.status == 202)
            }
        }
        #expect(fixture.events().map(\.signal) == [.forkBurst])
    }

    @Test("refused tokens are counted by source, expired and unknown ones alike; a request without one is no attempt")
    func refusedTokens() async throws {
        let fixture = WatchFixture()
        try await fixture.asking { ask async throws in
            for _ in 0..<9 {
                let answer = try await ask(.get, "/things/good", token: nil, source: "one")
                #expect(answer.status == 401)
            }
            for token in ["expired", "unknown"] {
                for source in ["one", "two"] {
                    let answer = try await ask(.get, "/things/good", token: token, source: source)
                    #expect(answer.status == 401)
                }
            }
            #expect(fixture.events().isEmpty)
            _ = try await ask(.get, "/things/good", token: "expired", source: "two")
        }
        #expect(fixture.events().map(\.subject) == [.source("two")])
    }

    @Test("a token that the identity provider did not sign is a wrong signature of its source, and is answered as any invalid one")
    func forged() async throws {
        let fixture = WatchFixture()
        try await fixture.asking { ask async throws in
            let unknown = try await ask(.get, "/things/good", token: "unknown", source: "two")
            for _ in 0..<3 {
                let answer = try await ask(.get, "/things/good", token: "forged", source: "one")
                #expect(answer.status == 401 && answer.type == unknown.type)
            }
        }
        let events = fixture.events()
        #expect(events.map(\.signal) == [.badSignatures] && events.map(\.subject) == [.source("one")])
    }

    @Test("a source that signs wrongly is slowed or locked as a whole, and no other; where nobody says the source, nobody is")
    func signatures() async throws {
        let fixture = WatchFixture { $0.badSignatures.response = .lock }
        try await fixture.asking { ask async throws in
            for _ in 0..<3 {
                for source in ["one", nil] {
                    let answer = try await ask(.post, "/hooks/a", token: nil, source: source)
                    #expect(answer.status == 401)
                }
            }
            let locked = try await ask(.get, "/things/good", source: "one")
            #expect(locked.status == 429)
            #expect(locked.retryAfter == "60")
            let others = (try await ask(.get, "/things/good", source: "two"), try await ask(.get, "/things/good"))
            #expect(others.0.status == 200)
            #expect(others.1.status == 200)
        }
        let events = fixture.events()
        #expect(events.map(\.subject) == [.source("one"), .unknown])
        #expect(events.map(\.response) == [.lock, .alert])
    }

    @Test("each signal has its counter from the start, and an event counts once")
    func metrics() async throws {
        let fixture = WatchFixture()
        #expect(fixture.metrics.counts.count == WatchSignal.allCases.count)
        #expect(fixture.metrics.counts.values.allSatisfy { $0 == 0 })
        try await fixture.asking { ask async throws in
            for number in 0..<7 { _ = try await ask(.get, "/things/\(number)") }
        }
        #expect(fixture.metrics.counts["mainstay_suspicious_access_total{signal=id-walking}"] == 1)
        #expect(fixture.metrics.counts["mainstay_suspicious_access_total{signal=fork-burst}"] == 0)
    }

    @Test("no more than so many requests wait at once: one more is refused")
    func waiting() async throws {
        let clock = GateClock()
        var rules = WatchRules()
        rules.keyReuse = WatchRule(threshold: 1, window: .seconds(10), response: .slow, period: .seconds(60))
        let watch = AccessWatch(rules: rules, clock: clock, logger: Logger(label: "test.watch"))
        let subject = WatchSubject.token(UUID(), workspace: UUID())
        watch.noted(.keyReuse, of: subject)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<WatchBounds.delayed { group.addTask { try await watch.admit(subject) } }
            while clock.sleepers < WatchBounds.delayed { await Task.yield() }
            let problem = await #expect(throws: Problem.self) { try await watch.admit(subject) }
            #expect(problem?.status == .tooManyRequests)
            clock.open()
            try await group.waitForAll()
        }
        // They have gone on, so there is room again.
        try await watch.admit(subject)
    }
}

/// A clock that stands still, and on which sleepers wake when it is opened.
private final class GateClock: Clock, Sendable {
    typealias Instant = StillClock.Instant

    private let sleeping = Mutex<[CheckedContinuation<Void, Never>]?>([])

    var now: Instant { Instant() }
    var minimumResolution: Duration { .nanoseconds(1) }
    var sleepers: Int { sleeping.withLock { $0?.count ?? 0 } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        await withCheckedContinuation { continuation in
            let isOpen = sleeping.withLock { sleeping in
                sleeping?.append(continuation)
                return sleeping == nil
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = sleeping.withLock { sleeping in
            defer { sleeping = nil }
            return sleeping ?? []
        }
        for continuation in waiting { continuation.resume() }
    }
}
