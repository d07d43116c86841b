import LocalStack
import Redis

/// A Redis or Valkey cluster of a test: so many primaries, each with so many replicas.
package final class TestCluster: Sendable {
    /// The first ones begin as primaries, the others as their replicas in the same order.
    package let nodes: [RedisProcess]

    /// Names every node, so that a client finds the cluster whichever of them is away.
    package var url: String { "redis://" + nodes.map { "127.0.0.1:\($0.port)" }.joined(separator: ",") + "/0?cluster=true" }

    private init(_ nodes: [RedisProcess]) {
        self.nodes = nodes
    }

    /// Starts a cluster, and returns when every node knows the others and every replica follows its primary.
    ///
    /// - Parameters:
    ///   - replicas: of each primary.
    ///   - nodeTimeout: how long a node may be silent before the others elect. Long where no failover is wanted: on a busy machine a
    ///     node may be silent for a second.
    package static func start(
        program: String = "redis-server", primaries: Int = 3, replicas: Int = 1, nodeTimeout: Duration = .seconds(10)
    ) async throws -> TestCluster {
        let count = primaries * (1 + replicas)
        for tries in 1... {
            let (cluster, busPorts) = try of(count, program: program, nodeTimeout: nodeTimeout)
            do {
                for node in cluster.nodes { try await node.start() }
            } catch {
                await cluster.kill()
                // Of so many ports one may have been taken meanwhile by another process.
                guard tries < 3 else { throw error }
                continue
            }
            do {
                try await cluster.form(primaries: primaries, busPorts: busPorts)
                return cluster
            } catch {
                await cluster.kill()
                throw error
            }
        }
        throw TestSupportError("no cluster was started")
    }

    /// Nodes that do not run yet, and the ports for their bus.
    private static func of(_ count: Int, program: String, nodeTimeout: Duration) throws -> (cluster: TestCluster, busPorts: [Int]) {
        // A port for clients and one for the other nodes each; 10,000 apart, as is the default, the second may be anybody's.
        let ports = try FreePort.next(2 * count)
        let nodes = try (0..<count).map { place in
            try RedisProcess(
                program: program, port: ports[place],
                more: [
                    "--cluster-enabled", "yes", "--cluster-port", "\(ports[count + place])", "--cluster-config-file", "nodes.conf",
                    "--cluster-node-timeout", "\(nodeTimeout.components.seconds * 1000)", "--cluster-require-full-coverage", "no",
                    "--cluster-replica-validity-factor", "0", "--cluster-allow-replica-migration", "no", "--repl-diskless-sync-delay", "0",
                ])
        }
        return (TestCluster(nodes), Array(ports[count...]))
    }

    /// Runs `body` with a cluster of its own, which is gone afterwards.
    package static func with<R: Sendable>(
        replicas: Int = 1, nodeTimeout: Duration = .seconds(2), _ body: (TestCluster) async throws -> R
    ) async throws -> R {
        let cluster = try await start(replicas: replicas, nodeTimeout: nodeTimeout)
        do {
            let result = try await body(cluster)
            await cluster.kill()
            return result
        } catch {
            await cluster.kill()
            throw error
        }
    }

    private func kill() async {
        for node in nodes { await node.kill() }
    }

    private func form(primaries: Int, busPorts: [Int]) async throws {
        let ids = try await identities()
        for (place, node) in nodes.enumerated() {
            // Epochs of their own from the start: equal ones are told apart by a race.
            _ = try await node.ask(RedisCommand("CLUSTER", "SET-CONFIG-EPOCH", .integer(place + 1)))
        }
        for place in 0..<primaries {
            let (first, end) = (16_384 * place / primaries, 16_384 * (place + 1) / primaries)
            _ = try await nodes[place].ask(RedisCommand("CLUSTER", "ADDSLOTSRANGE", .integer(first), .integer(end - 1)))
        }
        for place in nodes.indices.dropFirst() {
            _ = try await nodes[0].ask(
                RedisCommand("CLUSTER", "MEET", "127.0.0.1", .integer(nodes[place].port), .integer(busPorts[place])))
        }
        try await eventually(timeout: .seconds(30), "every node knows the others") {
            for node in nodes where try await !knowsAll(node) { return false }
            return true
        }
        for place in primaries..<max(primaries, nodes.count) {
            _ = try await nodes[place].ask(RedisCommand("CLUSTER", "REPLICATE", .string(ids[place % primaries])))
        }
        try await eventually(timeout: .seconds(30), "every replica follows, and every node knows of it") {
            for node in nodes {
                let ranges = try await node.ask(RedisCommand("CLUSTER", "SLOTS")).array ?? []
                guard ranges.count == primaries, ranges.allSatisfy({ ($0.array?.count ?? 0) == 2 + nodes.count / primaries }) else { return false }
            }
            for node in nodes[primaries...] {
                guard try await node.ask(RedisCommand("INFO", "replication")).string?.contains("master_link_status:up") == true else { return false }
            }
            return true
        }
    }

    private func knowsAll(_ node: RedisProcess) async throws -> Bool {
        let information = try await node.ask(RedisCommand("CLUSTER", "INFO")).string ?? ""
        return information.contains("cluster_state:ok") && information.contains("cluster_known_nodes:\(nodes.count)\r\n")
    }

    private func identities() async throws -> [String] {
        var ids: [String] = []
        for node in nodes { ids.append(try await node.ask(RedisCommand("CLUSTER", "MYID")).string ?? "") }
        return ids
    }
}

// MARK: What moves

extension TestCluster {
    /// The slot of a key.
    package func slot(of key: String) async throws -> Int {
        guard let node = nodes.first(where: \.isRunning), let slot = try await node.ask(RedisCommand("CLUSTER", "KEYSLOT", .string(key))).integer
        else {
            throw TestSupportError("no node of the cluster tells a slot")
        }
        return slot
    }

    /// The node that has a slot now, as a running node says; nil while none of the running ones is said to have it.
    package func primary(of slot: Int) async throws -> RedisProcess? {
        for node in nodes where node.isRunning {
            for range in try await node.ask(RedisCommand("CLUSTER", "SLOTS")).array ?? [] {
                guard let words = range.array, words.count > 2, let first = words[0].integer, let last = words[1].integer,
                    (first...last).contains(slot), let port = words[2].array?[1].integer
                else { continue }
                if let owner = nodes.first(where: { $0.port == port && $0.isRunning }) { return owner }
            }
        }
        return nil
    }

    /// Moves a slot to another primary key by key, as `redis-cli --cluster reshard` does.
    ///
    /// - Parameter betweenKeys: called when the slot is open on both sides, and after each key.
    package func move(_ slot: Int, to target: RedisProcess, betweenKeys: () async throws -> Void = {}) async throws {
        guard let source = try await primary(of: slot), source.port != target.port else { throw TestSupportError("the slot is there already") }
        let (from, to) = (try await source.ask(RedisCommand("CLUSTER", "MYID")), try await target.ask(RedisCommand("CLUSTER", "MYID")))
        let (fromID, toID) = (RedisArgument.string(from.string ?? ""), RedisArgument.string(to.string ?? ""))
        _ = try await target.ask(RedisCommand("CLUSTER", "SETSLOT", .integer(slot), "IMPORTING", fromID))
        _ = try await source.ask(RedisCommand("CLUSTER", "SETSLOT", .integer(slot), "MIGRATING", toID))
        try await betweenKeys()
        while true {
            let keys = try await source.ask(RedisCommand("CLUSTER", "GETKEYSINSLOT", .integer(slot), 10)).array ?? []
            if keys.isEmpty { break }
            for key in keys {
                _ = try await source.ask(
                    RedisCommand("MIGRATE", "127.0.0.1", .integer(target.port), .bytes(key.bytes ?? []), 0, 5_000))
                try await betweenKeys()
            }
        }
        // The new owner first: nobody must be sent to one that does not know of it.
        for node in [target, source] + nodes.filter({ $0.isRunning && $0.port != target.port && $0.port != source.port }) {
            // Replicas refuse, and hear of it from their primaries.
            if try await node.ask(RedisCommand("ROLE")).array?.first?.string == "master" {
                _ = try await node.ask(RedisCommand("CLUSTER", "SETSLOT", .integer(slot), "NODE", toID))
            }
        }
    }
}
