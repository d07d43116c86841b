import Foundation
import Inference
import Jobs
import JobsTesting
import Logging
import Postgres
import Redis
import Testing

@testable import mainstay

/// What earlier releases enqueued, read by the handlers of this one.
@Suite struct PayloadTests {
    private static var fixtures: URL { URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures") }

    /// Every release's record.
    private static func allRecorded() throws -> RecordedPayloads {
        let files = try FileManager.default.contentsOfDirectory(atPath: fixtures.path).filter { $0.hasPrefix("payloads-") }.sorted()
        return try files.reduce(RecordedPayloads(text: "")) { all, file in
            let text = try String(contentsOf: fixtures.appendingPathComponent(file), encoding: .utf8)
            return all + (try RecordedPayloads(text: text, name: file))
        }
    }

    /// All features' handlers, over stores that nobody ever reaches: decoding asks none.
    private static func registry() async throws -> HandlerRegistry {
        let logger = Logger(label: "test.payloads")
        let pool = PostgresPool(configuration: try PostgresConfiguration(url: "postgres://nobody@127.0.0.1:1/nothing"), size: 1, logger: logger)
        let redis = RedisClient(configuration: try RedisConfiguration(url: "redis://127.0.0.1:1/0"), logger: logger)
        let producer = JobProducer(pool: pool, redis: redis, configuration: JobsConfiguration(), queues: Features.queues, logger: logger)
        let features = try Features(pool: pool, runLog: redis, producer: producer, inference: Inference.Configuration(), logger: logger)
        for case let client as ProviderClient in features.workerServices { try await client.shutdown() }
        return features.registry
    }

    @Test("what every release so far has enqueued is read as it was meant, and all that this one enqueues is recorded")
    func recorded() async throws {
        let registry = try await Self.registry()
        let faults = try Self.allRecorded().faults(in: registry)
        #expect(faults == [], "\(faults.joined(separator: "\n"))")
        #expect(registry.kinds.count >= 5)
    }

    @Test("producers are told of every kind that cannot be cancelled, and of no other")
    func uncancellable() async throws {
        let kinds = try await Self.registry().kinds.filter { !$0.isCancellable }
        #expect(Set(kinds) == Set(Features.uncancellable) && !kinds.isEmpty)
    }

    @Test("what is recorded is noticed where it is missing")
    func missing() async throws {
        let registry = try await Self.registry()
        let faults = try RecordedPayloads(text: "").faults(in: registry)
        #expect(faults.count == registry.kinds.count)
    }
}
