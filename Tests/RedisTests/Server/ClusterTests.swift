import LocalStack
import Redis
import Synchronization
import TestSupport
import Testing

/// A client of a cluster that stands still.
@Suite(.timeLimit(.minutes(2))) struct ClusterTests {
    private let prefix = TestStack.uniquePrefix("cluster")

    private func keys(_ count: Int) -> [String] { (0..<count).map { "\(prefix):\($0)" } }

    @Test("commands find the node of their key, and a pipeline over all nodes is answered in its order")
    func routing() async throws {
        let cluster = try await SharedServers.cluster()
        try await withClient(cluster.url) { client in
            let keys = keys(300)
            let set = try await client.pipeline(keys.map { RedisCommand("SET", .string($0), .string("of \($0)")) })
            #expect(set == [RedisValue](repeating: .simple("OK"), count: 300))
            let got = try await client.pipeline(keys.map { RedisCommand("GET", .string($0)) })
            #expect(got.compactMap(\.string) == keys.map { "of \($0)" })
            for key in keys.prefix(20) { #expect(try await client.send(RedisCommand("GET", .string(key))).string == "of \(key)") }

            let nodes = try await client.nodes()
            #expect(nodes.count == 3 && nodes.allSatisfy { $0.replicas.count == 1 })
            var found = 0
            for node in nodes {
                let share = try await node.send(RedisCommand("KEYS", .string("\(prefix):*"))).array?.count ?? 0
                #expect(share > 0, "\(node)")
                found += share
            }
            #expect(found == 300)
            #expect(client.statistics.connections == 3 && client.statistics.connected == 3)
        }
    }

    @Test("an error reply stays in its place of a pipeline, and an empty pipeline is answered empty")
    func errorInPipeline() async throws {
        try await withClient(try await SharedServers.cluster().url) { client in
            let keys = keys(30)
            var commands = keys.map { RedisCommand("SET", .string($0), "text") }
            commands[17] = RedisCommand("INCR", .string(keys[3]))
            let replies = try await client.pipeline(commands)
            guard case .error(let text) = replies[17] else {
                Issue.record("no error but \(replies[17])")
                return
            }
            #expect(text.hasPrefix("ERR value is not an integer"))
            #expect(replies.count { $0 == .simple("OK") } == 29)
            #expect(try await client.pipeline([]) == [])
            // Keys of two slots in one command are nobody's.
            let error = await #expect(throws: RedisError.self) {
                try await client.send(RedisCommand("MGET", arguments: keys.map { .string($0) }))
            }
            #expect(error?.serverPrefix == "CROSSSLOT" && error?.isRetryable == false)
        }
    }

    @Test("a script is loaded by each node that is asked to run it for the first time")
    func scripts() async throws {
        try await withClient(try await SharedServers.cluster().url) { client in
            let script = RedisScript(name: "echo", source: "return {KEYS[1], ARGV[1], '\(prefix)'}")
            for key in keys(12) {
                let reply = try await client.evaluate(script, keys: [key], arguments: ["x"])
                #expect(reply.array?.first?.string == key)
            }
        }
    }

    @Test("commands without a key go to any node; those about all keys are refused, with the way to do it")
    func withoutKey() async throws {
        try await withClient(try await SharedServers.cluster().url) { client in
            let pong = try await client.send(RedisCommand("PING"))
            #expect(pong == .simple("PONG"))
            for name in ["SCAN", "FLUSHALL", "DBSIZE"] {
                let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand(name, "0")) }
                #expect(error?.code == .configuration && error?.message.contains("nodes()") == true, "\(name)")
            }
        }
    }

    @Test("what is published at one node is heard by subscribers of all")
    func subscriptions() async throws {
        let cluster = try await SharedServers.cluster()
        try await withClient(cluster.url) { client in
            let heard = Mutex<[Int: Int]>([:])
            let subscribers = (0..<6).map { number in
                client.subscriber { event in
                    if case .message = event { heard.withLock { $0[number, default: 0] += 1 } }
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for subscriber in subscribers { group.addTask { try await subscriber.run() } }
                for subscriber in subscribers { try await subscriber.subscribe("\(prefix):channel") }
                for node in try await client.nodes() {
                    _ = try await node.send(RedisCommand("PUBLISH", .string("\(prefix):channel"), "from a node"))
                }
                _ = try await client.send(RedisCommand("PUBLISH", .string("\(prefix):channel"), "from the client"))
                try await eventually("everybody has heard everything") { heard.withLock { $0.values.filter { $0 == 4 }.count == 6 } }
                group.cancelAll()
            }
        }
    }

    @Test("one blocking connection reads keys of any node, one after the other")
    func blocking() async throws {
        try await withClient(try await SharedServers.cluster().url) { client in
            let connection = client.blockingConnection()
            for key in keys(9) {
                async let popped = connection.send(RedisCommand("BLPOP", .string(key), 10), timeout: .seconds(20))
                _ = try await client.send(RedisCommand("RPUSH", .string(key), "pushed"))
                #expect(try await popped.array?.last?.string == "pushed")
            }
            #expect(try await connection.send(RedisCommand("BLPOP", .string("\(prefix):none"), "0.05"), timeout: .seconds(5)).isNull)
            await connection.close()
            let error = await #expect(throws: RedisError.self) {
                try await connection.send(RedisCommand("BLPOP", .string("\(prefix):none"), 1), timeout: .seconds(2))
            }
            #expect(error?.code == .connection)
        }
    }

    @Test("a blocking connection needs nobody in the client's run()")
    func blockingAlone() async throws {
        let cluster = try await SharedServers.cluster()
        let client = RedisClient(configuration: try RedisConfiguration(url: cluster.url), logger: quiet)
        let connection = client.blockingConnection()
        #expect(try await connection.send(RedisCommand("SET", .string("\(prefix):alone"), "1"), timeout: .seconds(5)) == .simple("OK"))
        for node in try await client.nodes() {
            let own = node.blockingConnection()
            #expect(try await own.send(RedisCommand("INFO", "cluster"), timeout: .seconds(5)).string?.contains("cluster_enabled:1") == true)
            await own.close()
        }
        await connection.close()
    }

    @Test("one call at a time: a second is refused and disturbs nothing")
    func blockingTwice() async throws {
        try await withClient(try await SharedServers.cluster().url + "&name=twice") { client in
            let connection = client.blockingConnection()
            let key = "\(prefix):twice"
            async let first = connection.send(RedisCommand("BLPOP", .string(key), 10), timeout: .seconds(20))
            try await eventually("the first blocks") {
                for node in try await client.nodes() {
                    let clients = try await node.send(RedisCommand("CLIENT", "LIST")).string ?? ""
                    if clients.split(separator: "\n").contains(where: { $0.contains("name=twice") && $0.contains("cmd=blpop") }) { return true }
                }
                return false
            }
            let error = await #expect(throws: RedisError.self) {
                try await connection.send(RedisCommand("BLPOP", .string(key), 1), timeout: .seconds(2))
            }
            #expect(error?.code == .overloaded)
            _ = try await client.send(RedisCommand("RPUSH", .string(key), "x"))
            #expect(try await first.array?.last?.string == "x")
            await connection.close()
        }
    }

    @Test("a seed that is away is passed by; when all are, the deadline holds and says why")
    func seeds() async throws {
        let cluster = try await SharedServers.cluster()
        let nobody = try FreePort.next()
        try await withClient("redis://127.0.0.1:\(nobody),127.0.0.1:\(cluster.nodes[4].port)?cluster=true") { client in
            let reply = try await client.send(RedisCommand("SET", .string("\(prefix):seed"), "1"))
            #expect(reply == .simple("OK"))
        }
        try await withClient("redis://127.0.0.1:\(nobody)?cluster=true") { client in
            let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("GET", "k"), timeout: .milliseconds(300)) }
            #expect(error?.code == .timeout && error?.mayHaveExecuted == false && error?.isRetryable == true)
        }
    }

    @Test("a server that is no cluster is named as such, and a cluster without the setting answers MOVED")
    func wrongSetting() async throws {
        let single = try await SharedServers.valkey()
        try await withClient("\(single.url)?cluster=true") { client in
            let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("GET", "k")) }
            #expect(error?.code == .configuration && error?.message.contains("leave out cluster=true") == true)
        }
        let cluster = try await SharedServers.cluster()
        let slot = try await cluster.slot(of: "\(prefix):moved")
        let owner = try #require(try await cluster.primary(of: slot))
        let other = try #require(cluster.nodes.first { $0.port != owner.port })
        try await withClient(other.url) { client in
            let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("GET", .string("\(prefix):moved"))) }
            #expect(error?.serverPrefix == "MOVED")
        }
    }
}
