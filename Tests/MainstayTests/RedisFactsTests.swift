import Logging
import Redis
import TestSupport
import Testing

@testable import mainstay

/// What real servers say of themselves.
@Suite(.timeLimit(.minutes(2))) struct RedisFactsTests {
    private func facts(at url: String) async throws -> RedisFacts {
        try await RedisFacts.read(from: RedisClient(configuration: try RedisConfiguration(url: url), logger: Logger(label: "test.facts")))
    }

    @Test("a cluster tells of each primary and its replicas, and that it is spoken to as one")
    func cluster() async throws {
        let cluster = try await SharedServers.cluster()
        let facts = try await facts(at: cluster.url)
        #expect(facts.product == "Redis" && facts.version?.hasPrefix("7.") == true)
        #expect(facts.isCluster == true && facts.isSpokenToAsCluster && facts.clusterState == "ok")
        #expect(facts.nodes.count == 3 && facts.nodes.allSatisfy { $0.replicas == 1 })
        #expect(facts.settings["cluster-require-full-coverage"] == "no" && facts.settings["appendfsync"] == "always")
        let found = Finding.queues(facts).filter { $0.verdict != .good }
        #expect(found.map(\.what) == ["min-replicas-to-write"])

        let node = try await self.facts(at: cluster.nodes[0].url)
        #expect(node.isCluster == true && !node.isSpokenToAsCluster)
        #expect(!StartCheck.faults(of: node).isEmpty)
    }

    @Test("a Valkey is told from a Redis, and one that is no cluster says so")
    func valkey() async throws {
        let url = try await SharedServers.valkey().url
        let facts = try await facts(at: url)
        #expect(facts.product == "Valkey" && facts.isCluster == false && facts.nodes.count == 1)
        #expect(Finding.queues(facts).allSatisfy { $0.verdict == .good })
        let error = await #expect(throws: RedisError.self) { try await self.facts(at: url + "?cluster=true") }
        #expect(error?.code == .configuration && error?.message.contains("leave out cluster=true") == true)
    }
}
