import Foundation
import Jobs
import Redis
import TestSupport
import Testing

@testable import Inference

/// One subscribing connection for all clients, against a real Redis.
@Suite("The hub", .timeLimit(.minutes(2))) struct RunEventHubTests {
    /// A run's log and a hub over it.
    struct Case: Sendable {
        let fixture: InferenceFixture
        let hub: RunEventHub
        let identity: RunIdentity

        func append(_ range: ClosedRange<UInt64>, epoch: UInt64 = 1, begins: Bool = false) async throws {
            let entries = range.map { RunLogEntry(id: RunEventID(epoch: epoch, number: $0), payload: RunEvent.stepStarted(step: Int($0)).payload) }
            if begins { _ = try await fixture.log.claim(identity, epoch: epoch) }
            #expect(
                try await fixture.log.append(entries, to: identity, epoch: epoch, at: begins ? .again : .continue, renewsLifetime: true) == .appended)
        }

        /// The next `count` events of a listener.
        func take(_ count: Int, from listener: RunListener) async throws -> [String] {
            var ids: [String] = []
            while ids.count < count {
                switch try await listener.next() {
                case .entries(let entries): ids += entries.ids
                case .gap(let after, let next): ids.append("gap \(after?.description ?? "nil") \(next)")
                case .quiet: break
                }
            }
            return ids
        }
    }

    private func withHub(
        policy: (inout RunLogPolicy) -> Void = { _ in }, _ body: @escaping @Sendable (Case) async throws -> Void
    ) async throws {
        try await InferenceFixture.with(policy: policy) { fixture in
            let hub = RunEventHub(log: fixture.log, heartbeat: .milliseconds(300), logger: fixture.logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await hub.run() }
                defer { group.cancelAll() }
                try await body(Case(fixture: fixture, hub: hub, identity: fixture.identity()))
            }
        }
    }

    @Test("Events from before the client came, then live ones, each once")
    func liveAndBefore() async throws {
        try await withHub { test in
            try await test.append(1...3, begins: true)
            try await test.hub.withListener(run: test.identity.run, after: nil) { listener in
                #expect(try await test.take(3, from: listener) == ["1-1", "1-2", "1-3"])
                for number in UInt64(4)...9 {
                    try await test.append(number...number)
                    #expect(try await test.take(1, from: listener) == ["1-\(number)"])
                }
            }
        }
    }

    @Test("A client that comes before the first event gets it")
    func before() async throws {
        try await withHub { test in
            try await test.hub.withListener(run: test.identity.run, after: nil) { listener in
                #expect(try await listener.next() == .quiet)
                try await test.append(1...2, begins: true)
                #expect(try await test.take(2, from: listener) == ["1-1", "1-2"])
            }
        }
    }

    @Test("A cursor is resumed from, and one that was trimmed gets a gap")
    func cursors() async throws {
        try await withHub(policy: { $0.entries = 50 }) { test in
            try await test.append(1...400, begins: true)
            let kept = try await test.fixture.log.readAll(test.identity.run)
            let first = try #require(kept.first?.id)
            #expect(first.number > 2)
            try await test.hub.withListener(run: test.identity.run, after: RunEventID(epoch: 1, number: 398)) { listener in
                let ids = try await test.take(2, from: listener)
                #expect(ids == ["1-399", "1-400"])
            }
            try await test.hub.withListener(run: test.identity.run, after: RunEventID(epoch: 1, number: 1)) { listener in
                let ids = try await test.take(2, from: listener)
                #expect(ids == ["gap 1-1 \(first)"] + kept.ids)
            }
        }
    }

    @Test("Many clients of one run share one subscription, which ends with the last of them")
    func sharing() async throws {
        try await withHub { test in
            try await test.append(1...1, begins: true)
            try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        try await test.hub.withListener(run: test.identity.run, after: nil) { try await test.take(3, from: $0) }
                    }
                }
                try await eventually("all listen") { test.hub.statistics == (1, 50) }
                try await test.append(2...3)
                for try await ids in group { #expect(ids == ["1-1", "1-2", "1-3"]) }
            }
            try await eventually("nobody listens") { test.hub.statistics == (0, 0) }
            let channel = test.fixture.log.keys(test.identity.run).channel
            try await eventually("the server knows no subscriber") {
                try await test.fixture.runLog.send(RedisCommand("PUBSUB", "NUMSUB", .string(channel))).array?.last?.integer == 0
            }
        }
    }

    @Test("One connection serves the clients of all runs of an ingress, and two ingresses tell the same")
    func manyRuns() async throws {
        try await withHub { test in
            let fixture = test.fixture
            let second = RunEventHub(log: fixture.log, heartbeat: .milliseconds(300), logger: fixture.logger)
            let runs = (0..<30).map { _ in fixture.identity() }
            try await withThrowingTaskGroup(of: Void.self) { service in
                service.addTask { try await second.run() }
                defer { service.cancelAll() }
                try await withThrowingTaskGroup(of: [String].self) { group in
                    for hub in [test.hub, second] {
                        for identity in runs {
                            group.addTask { try await hub.withListener(run: identity.run, after: nil) { try await test.take(2, from: $0) } }
                        }
                    }
                    try await eventually("all listen") { test.hub.statistics == (30, 30) && second.statistics == (30, 30) }
                    let connections = try await fixture.subscribers()
                    #expect(connections.count == 2)
                    let entries = (UInt64(1)...2).map { number in
                        RunLogEntry(id: RunEventID(epoch: 1, number: number), payload: RunEvent.stepStarted(step: Int(number)).payload)
                    }
                    for identity in runs {
                        _ = try await fixture.log.claim(identity, epoch: 1)
                        let answer = try await fixture.log.append(entries, to: identity, epoch: 1, at: .again, renewsLifetime: true)
                        #expect(answer == .appended)
                    }
                    for try await ids in group { #expect(ids == ["1-1", "1-2"]) }
                }
            }
        }
    }

    @Test("Clients that come and go at once leave the hub as it was, and miss nothing")
    func churn() async throws {
        try await withHub { test in
            try await test.append(1...1, begins: true)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for round in 0..<200 {
                    group.addTask {
                        try await test.hub.withListener(run: test.identity.run, after: nil) { listener in
                            // Some leave before their subscription stands.
                            guard round % 3 != 0 else { return }
                            let ids = try await test.take(1, from: listener)
                            #expect(ids == ["1-1"])
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await eventually("nobody listens") { test.hub.statistics == (0, 0) }
        }
    }

    @Test("A killed subscribing connection costs no event")
    func reconnect() async throws {
        try await withHub { test in
            try await test.append(1...1, begins: true)
            try await test.hub.withListener(run: test.identity.run, after: nil) { listener in
                #expect(try await test.take(1, from: listener) == ["1-1"])
                let channel = test.fixture.log.keys(test.identity.run).channel
                for round in UInt64(0)..<5 {
                    try await test.fixture.killSubscribers()
                    try await test.append((2 + round)...(2 + round))
                    #expect(try await test.take(1, from: listener) == ["1-\(2 + round)"])
                    try await eventually("it is subscribed again") {
                        try await test.fixture.runLog.send(RedisCommand("PUBSUB", "NUMSUB", .string(channel))).array?.last?.integer == 1
                    }
                }
            }
        }
    }

    @Test("A writer that is faster than the client: every event once, in order")
    func flood() async throws {
        try await withHub { test in
            try await test.append(1...1, begins: true)
            try await test.hub.withListener(run: test.identity.run, after: nil) { listener in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for first in stride(from: UInt64(2), through: 3_000, by: 10) { try await test.append(first...min(first + 9, 3_000)) }
                    }
                    let ids = try await test.take(3_000, from: listener)
                    #expect(ids == (1...3_000).map { "1-\($0)" })
                    try await group.waitForAll()
                }
            }
        }
    }
}
