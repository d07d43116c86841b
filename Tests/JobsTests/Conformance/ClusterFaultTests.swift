import Foundation
import Postgres
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// The engine on a cluster whose nodes die and whose slots move, under load.
@Suite(.serialized, .timeLimit(.minutes(4))) struct ClusterFaultTests {
    /// What producers were told is accepted.
    private final class Accepted: Sendable {
        private let jobs = Mutex<[JobName]>([])
        var all: [JobName] { jobs.withLock { $0 } }
        var count: Int { jobs.withLock { $0.count } }
        func add(_ job: JobName) { jobs.withLock { $0.append(job) } }
    }

    /// Producers that accept until `isOver`, each a turn for every workspace. A refusal that may be repeated is repeated.
    private func produce(
        _ engine: EngineFixture, for workspaces: [UUID], streams: Bool, into accepted: Accepted, until isOver: Signal
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for producer in 0..<3 {
                group.addTask {
                    var number = 0
                    while !isOver.isRaised {
                        for workspace in workspaces where !isOver.isRaised {
                            number += 1
                            let text = "\(producer)-\(number)"
                            do {
                                let id =
                                    streams && number.isMultiple(of: 3)
                                    ? try await engine.producer.accept(StreamNote(text: text), workspace: workspace).id
                                    : try await engine.producer.accept(Note(text: text), workspace: workspace).id
                                accepted.add(JobName(workspace: workspace, id: id))
                            } catch let error as JobError where error.code == .unavailable {
                                // Of a stream kind nothing was promised then.
                            }
                        }
                        // A steady load, not all that the machine has: the cluster's nodes must hear of each other.
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func expectAllDone(_ accepted: Accepted, _ engine: EngineFixture) async throws {
        let jobs = accepted.all
        for job in jobs { try await engine.expect(job, .done, within: .seconds(60)) }
        #expect(Set(jobs).count == jobs.count)
        #expect(try await engine.rows(of: jobs.map(\.workspace)) == jobs.count)
        let letters = try await DeadLetterStore(pool: engine.pool).list(kind: Note.kind.name)
        #expect(letters.isEmpty, "\(letters.map(\.error))")
        let audit = Audit(pool: engine.pool, redis: engine.redis, configuration: engine.configuration, kinds: [Note.kind, StreamNote.kind])
        #expect(try await audit.run().total.isClean)
    }

    @Test("a primary is killed under load: its replica takes over, and of ledger kinds nothing is lost and nothing done twice")
    func killedPrimary() async throws {
        try await TestCluster.with { cluster in
            try await EngineFixture.with(
                redisURL: cluster.url,
                configure: { configuration in
                    configuration.partitions = 6
                    configuration.relayAge = .seconds(1)
                }
            ) { engine in
                let workspaces = engine.workspacesEverywhere()
                let accepted = Accepted()
                let isOver = Signal()
                let queue = engine.home(of: workspaces[0])
                let slot = try await cluster.slot(of: queue.keys.base)
                try await engine.withWorker { _ in
                    try await eventually("the relay has seen every partition") {
                        for queue in engine.queues() {
                            guard let epoch = try await queue.epoch(), !epoch.contains(":") else { return false }
                        }
                        return true
                    }
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await produce(engine, for: workspaces, streams: false, into: accepted, until: isOver) }
                        try await eventually("jobs are accepted") { accepted.count > 100 }
                        let victim = try #require(try await cluster.primary(of: slot))
                        await victim.kill()
                        try await eventually(timeout: .seconds(60), "the cluster has elected") { try await cluster.primary(of: slot) != nil }
                        let atElection = accepted.count
                        try await eventually(timeout: .seconds(30), "jobs are accepted on") { accepted.count > atElection + 100 }
                        isOver.raise()
                        try await group.waitForAll()
                    }
                    try await eventually(timeout: .seconds(60), "the partition's new server was filled up") {
                        guard let epoch = try await queue.epoch() else { return false }
                        return !epoch.contains(":")
                    }
                    try await expectAllDone(accepted, engine)
                    try await eventually(timeout: .seconds(30)) { try await engine.isDrained() }
                }
            }
        }
    }

    @Test("slots move to other nodes under load: jobs of both kinds are all done, once")
    func movedSlots() async throws {
        try await TestCluster.with(replicas: 0) { cluster in
            try await EngineFixture.with(redisURL: cluster.url, configure: { $0.partitions = 3 }) { engine in
                let workspaces = engine.workspacesEverywhere()
                let accepted = Accepted()
                let isOver = Signal()
                try await engine.withWorker { _ in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await produce(engine, for: workspaces, streams: true, into: accepted, until: isOver) }
                        try await eventually("jobs are accepted") { accepted.count > 50 }
                        for queue in engine.queues() + engine.queues("streams") {
                            let slot = try await cluster.slot(of: queue.keys.base)
                            let owner = try #require(try await cluster.primary(of: slot))
                            let target = try #require(cluster.nodes.first { $0.port != owner.port })
                            try await cluster.move(slot, to: target)
                            let atMove = accepted.count
                            try await eventually("jobs are accepted on") { accepted.count > atMove + 20 }
                        }
                        isOver.raise()
                        try await group.waitForAll()
                    }
                    try await expectAllDone(accepted, engine)
                    try await eventually { try await engine.isDrained() }
                    try await eventually { try await engine.isDrained("streams") }
                }
            }
        }
    }
}
