import Foundation
import Postgres
import Redis
import TestSupport
import Testing

@testable import Jobs

/// The servers on which the engine keeps its promises. Whoever changes a script or the client runs this suite; a new kind of server
/// is one more case.
enum ConformanceServer: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case redis
    case redisCluster
    case valkey
    case valkeyCluster

    var testDescription: String { rawValue }

    func url() async throws -> String {
        switch self {
        case .redis: try await TestStack.shared().redisURL
        case .redisCluster: try await SharedServers.cluster().url
        case .valkey: try await SharedServers.valkey().url
        case .valkeyCluster: try await SharedServers.valkeyCluster().url
        }
    }

    /// Enough that every node of a cluster has some.
    var partitions: Int { self == .redis ? 1 : 6 }
}

extension EngineFixture {
    /// An engine on one of the servers.
    static func with(
        on server: ConformanceServer, configure: (inout JobsConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (EngineFixture) async throws -> Void
    ) async throws {
        try await with(
            redisURL: try await server.url(),
            configure: { configuration in
                configuration.partitions = server.partitions
                configure(&configuration)
            }, body)
    }

    /// The partition in which a workspace's jobs meet.
    func home(of workspace: UUID, _ queue: String = "notes") -> Queue {
        configuration.queue(QueuePartition(queue: queue, index: configuration.partition(of: workspace)), on: redis)
    }

    func queues(_ queue: String = "notes") -> [Queue] {
        configuration.partitions(of: queue).map { configuration.queue($0, on: redis) }
    }

    /// The backlog over all partitions.
    func backlog(_ queue: String = "notes") async throws -> Backlog {
        try await JobAdministration(pool: pool, redis: redis, configuration: configuration).backlog(of: queue)
    }

    /// Nothing waits, runs, or is left behind in any partition.
    func isDrained(_ queue: String = "notes") async throws -> Bool {
        let backlog = try await backlog(queue)
        return backlog.total == 0 && backlog.running == 0
    }

    /// Workspaces of which every partition has one.
    func workspacesEverywhere() -> [UUID] {
        var found: [Int: UUID] = [:]
        while found.count < configuration.partitions {
            let workspace = UUID.version7()
            found[configuration.partition(of: workspace)] = workspace
        }
        return Array(found.values)
    }

    /// Waits for a job of any workspace, and compares its state.
    func expect(
        _ job: JobName, _ state: JobStatus.State, within timeout: Duration = .seconds(30), sourceLocation: SourceLocation = #_sourceLocation
    )
        async throws
    {
        let status = try #require(
            await producer.wait(job.id, workspace: job.workspace, timeout: timeout), "\(job) is not known", sourceLocation: sourceLocation)
        #expect(status.state == state, "\(job): \(status.error ?? "")", sourceLocation: sourceLocation)
    }

    /// How many rows the handlers wrote.
    func rows(of workspaces: some Sequence<UUID>) async throws -> Int {
        let ids = Array(Set(workspaces))
        let row = try await pool.query(.workspaces(ids), "select count(*)::int8 as rows from notes").first
        return try row?.decode("rows", as: Int.self) ?? 0
    }

    /// Takes everything of this engine out of Redis, as FLUSHALL would on a server that nobody shares.
    func flush() async throws {
        for node in try await redis.nodes() {
            var cursor = "0"
            repeat {
                let reply = try await node.send(
                    RedisCommand("SCAN", .string(cursor), "MATCH", .string("\(configuration.prefix):*"), "COUNT", 1_000))
                let words = try #require(reply.array)
                cursor = try #require(words[0].string)
                let keys = (words[1].array ?? []).compactMap(\.string)
                _ = try await redis.pipeline(keys.map { RedisCommand("UNLINK", .string($0)) })
            } while cursor != "0"
        }
    }

    /// Reads jobs as a worker that then dies: registered, beaten once, never heard of again.
    func dieReading(_ count: Int, from queue: Queue) async throws -> (id: UUID, entries: [Entry]) {
        let id = UUID.version7()
        try await WorkerStore(pool: pool).register(id: id, name: "victim", host: "h", pid: 1, queues: [queue.partition.queue], version: "t")
        _ = try await queue.beat(worker: id)
        let connection = redis.blockingConnection()
        let found = try await queue.healingGroup {
            try await queue.perform(.together(count: count), worker: id.lowercased, block: .seconds(2), on: connection)
        }
        await connection.close()
        return (id, found.entries)
    }
}
