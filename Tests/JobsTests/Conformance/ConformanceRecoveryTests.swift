import Foundation
import Postgres
import Redis
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// What happens when somebody dies or forgets, on every kind of server.
@Suite(.timeLimit(.minutes(3))) struct ConformanceRecoveryTests {
    @Test("jobs of a dead worker are taken over in every partition, done once, and its consumers are removed", arguments: ConformanceServer.allCases)
    func takeover(on server: ConformanceServer) async throws {
        try await EngineFixture.with(on: server) { engine in
            let workspaces = engine.workspacesEverywhere()
            let jobs = try await engine.acceptEverywhere(24, in: workspaces)
            var read = 0
            for queue in engine.queues() { read += try await engine.dieReading(24, from: queue).entries.count }
            #expect(read == 12)
            try await engine.withWorker { _ in
                for job in jobs { try await engine.expect(job, .done) }
                try await eventually { try await engine.isDrained() }
                try await eventually("only the living worker beats") { try await engine.backlog().workers == 1 }
            }
            #expect(try await engine.rows(of: workspaces) == jobs.count)
        }
    }

    @Test("a worker that leaves hands back what it did not begin, in every partition", arguments: ConformanceServer.allCases)
    func handBack(on server: ConformanceServer) async throws {
        try await EngineFixture.with(
            on: server,
            configure: {
                $0.batchSize = 2
                $0.batchConcurrency = 1
            }
        ) { engine in
            let workspaces = engine.workspacesEverywhere()
            for number in 0..<40 { _ = try await engine.producer.accept(Note(text: "d\(number)"), workspace: workspaces[number % workspaces.count]) }
            try await engine.eventuallyAppended { try await engine.backlog().ready == 40 }
            let begun = Signal()
            let release = Signal()
            try await engine.withWorker(onBatch: { _ in
                begun.raise()
                await release.wait()
            }) { group in
                await begun.wait()
                await group.triggerGracefulShutdown()
                release.raise()
            }
            let backlog = try await engine.backlog()
            #expect(backlog.running == 0 && backlog.workers == 0)
            let done = try await engine.rows(of: workspaces)
            #expect(done + backlog.total == 40 && done >= 1, "\(done) done, \(backlog)")
        }
    }

    @Test(
        "a Redis that lost everything is filled again from the ledger in every partition; nothing is lost, nothing done twice",
        arguments: ConformanceServer.allCases)
    func flushed(on server: ConformanceServer) async throws {
        try await EngineFixture.with(on: server) { engine in
            let workspaces = engine.workspacesEverywhere()
            var jobs: [JobName] = []
            for number in 0..<36 {
                let workspace = workspaces[number % workspaces.count]
                jobs.append(JobName(workspace: workspace, id: try await engine.producer.accept(Note(text: "f\(number)"), workspace: workspace).id))
            }
            try await engine.eventuallyAppended { try await engine.backlog().ready == 36 }
            try await engine.flush()
            #expect(try await engine.backlog().total == 0)
            try await engine.withWorker { [jobs] _ in
                for job in jobs { try await engine.expect(job, .done) }
                try await eventually { try await engine.isDrained() }
            }
            #expect(try await engine.rows(of: workspaces) == 36)
        }
    }

    @Test("a flush under a running worker makes no loop of errors: the groups come back", arguments: ConformanceServer.allCases)
    func flushedUnderway(on server: ConformanceServer) async throws {
        try await EngineFixture.with(on: server) { engine in
            let workspaces = engine.workspacesEverywhere()
            try await engine.withWorker { _ in
                for turn in 0..<3 {
                    for workspace in workspaces {
                        let id = try await engine.producer.accept(StreamNote(text: "turn \(turn)"), workspace: workspace).id
                        try await engine.expect(JobName(workspace: workspace, id: id), .done)
                    }
                    try await engine.flush()
                }
            }
            #expect(try await engine.rows(of: workspaces) == 3 * workspaces.count)
        }
    }

    @Test(
        "a server that took over without its predecessor's last writes is known by its name, and filled from the ledger",
        arguments: ConformanceServer.allCases)
    func takenOverServer(on server: ConformanceServer) async throws {
        try await EngineFixture.with(on: server) { engine in
            let queue = engine.home(of: engine.workspace)
            let relay = engine.relay()
            _ = try await engine.producer.accept(Note(text: "first"), workspace: engine.workspace)
            try await engine.eventuallyAppended { try await queue.measure().ready == 1 }
            #expect(try await relay.reconcile(queue.partition) == 0)
            #expect(try await relay.reconcile(queue.partition) == nil)
            for number in 0..<9 { _ = try await engine.producer.accept(Note(text: "n\(number)"), workspace: engine.workspace) }
            try await engine.eventuallyAppended { try await queue.measure().ready == 10 }

            // The replica has the epoch, and of the entries only the first.
            let entries = try await engine.redis.send(RedisCommand("XRANGE", .string(queue.keys.ready), "-", "+")).array ?? []
            let ids = entries.dropFirst().compactMap { $0.array?.first?.string }
            #expect(ids.count == 9)
            _ = try await engine.redis.send(RedisCommand("XDEL", arguments: [.string(queue.keys.ready)] + ids.map { .string($0) }))
            #expect(try await relay.reconcile(queue.partition) == nil, "on the server that it knows nothing is missing for it")
            _ = try await engine.redis.send(RedisCommand("SET", .string(queue.keys.epoch + ":server"), "another"))
            #expect(try await queue.epoch()?.hasPrefix("moved:") == true)
            #expect(try await relay.reconcile(queue.partition) == 9)
            #expect(try await relay.reconcile(queue.partition) == nil)
            try await engine.withWorker { _ in try await eventually { try await engine.rows(of: [engine.workspace]) == 10 } }
        }
    }
}
