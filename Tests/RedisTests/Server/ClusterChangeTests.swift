import Redis
import Synchronization
import TestSupport
import Testing

/// Clusters that change under the client's hands.
@Suite(.serialized, .timeLimit(.minutes(3))) struct ClusterChangeTests {
    /// A script that writes to a key which it does not name, as the queues' scripts do.
    private static let increment = RedisScript(name: "increment", source: "return redis.call('INCR', KEYS[1] .. ':scripted')")

    /// Expects that a script is not run, and that the caller learns of the move. On a busy machine a call may end before any node
    /// has answered; that is neither.
    private static func expectAskedToWait(_ client: RedisClient) async throws {
        try await eventually("a node says that the slot moves") {
            let error = await #expect(throws: RedisError.self) {
                try await client.evaluate(increment, keys: ["{t}"], arguments: [], timeout: .milliseconds(100))
            }
            guard error?.code != .timeout else { return false }
            #expect(error?.serverPrefix == "TRYAGAIN" && error?.isRetryable == true, "\(String(describing: error))")
            return true
        }
    }

    private func other(than slot: Int, in cluster: TestCluster) async throws -> RedisProcess {
        let owner = try #require(try await cluster.primary(of: slot))
        return try #require(cluster.nodes.prefix(3).first { $0.port != owner.port })
    }

    @Test("while a slot moves, single commands follow their key, scripts wait, and no increment is lost or doubled")
    func resharding() async throws {
        try await TestCluster.with(replicas: 0) { cluster in
            try await withClient(cluster.url) { client in
                for number in 0..<5 { _ = try await client.send(RedisCommand("INCR", .string("{t}:\(number)"))) }
                #expect(try await client.evaluate(Self.increment, keys: ["{t}"], arguments: []) == .integer(1))
                let connection = client.blockingConnection()
                let slot = try await cluster.slot(of: "{t}")
                let target = try await other(than: slot, in: cluster)
                let turns = Mutex(0)
                try await cluster.move(slot, to: target) {
                    turns.withLock { $0 += 1 }
                    // Some of these have moved already, some have not, and the sixth is made while the slot is open.
                    for number in 0..<6 { _ = try await client.send(RedisCommand("INCR", .string("{t}:\(number)"))) }
                    let replies = try await client.pipeline((0..<6).map { RedisCommand("GET", .string("{t}:\($0)")) })
                    let turn = turns.withLock { $0 }
                    let expected: [Int?] = (0..<6).map { turn + ($0 < 5 ? 1 : 0) }
                    #expect(replies.map(\.integer) == expected)
                    _ = try await connection.send(RedisCommand("INCR", "{t}:5000"), timeout: .seconds(5))
                    try await Self.expectAskedToWait(client)
                }
                let count = turns.withLock { $0 }
                #expect(count >= 6)
                #expect(try await cluster.primary(of: slot)?.port == target.port)
                #expect(try await client.evaluate(Self.increment, keys: ["{t}"], arguments: []) == .integer(2))
                #expect(try await client.send(RedisCommand("GET", "{t}:5000")).integer == count)
                let replies = try await client.pipeline((0..<6).map { RedisCommand("GET", .string("{t}:\($0)")) })
                let expected: [Int?] = (0..<6).map { count + ($0 < 5 ? 1 : 0) }
                #expect(replies.map(\.integer) == expected)
                await connection.close()
            }
        }
    }

    @Test("scripts that are called while a slot moves are all run once when it has moved")
    func scriptsAcrossMove() async throws {
        try await TestCluster.with(replicas: 0) { cluster in
            try await withClient(cluster.url) { client in
                for number in 0..<50 { _ = try await client.send(RedisCommand("SET", .string("{u}:\(number)"), "x")) }
                let slot = try await cluster.slot(of: "{u}")
                let target = try await other(than: slot, in: cluster)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<100 {
                        group.addTask { _ = try await client.evaluate(Self.increment, keys: ["{u}"], arguments: [], timeout: .seconds(20)) }
                    }
                    try await cluster.move(slot, to: target)
                    try await group.waitForAll()
                }
                #expect(try await client.send(RedisCommand("GET", "{u}:scripted")).integer == 100)
            }
        }
    }

    @Test("a primary that hands over loses nothing; one that is killed is replaced, and commands go on at its successor")
    func failover() async throws {
        try await TestCluster.with { cluster in
            try await withClient(cluster.url) { client in
                // One key on each primary.
                let keys = try await Self.keyOnEach(of: cluster)
                let isOver = Flag()
                let tellers = keys.map { _ in Teller() }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (key, teller) in zip(keys, tellers) {
                        group.addTask {
                            while !isOver.isSet {
                                await teller.tell { _ = try await client.send(RedisCommand("INCR", .string(key))) }
                            }
                        }
                    }
                    try await eventually("all count") { tellers.allSatisfy { $0.counts.done > 50 } }

                    // In order: the replica is asked to take over from its primary.
                    _ = try await cluster.nodes[3].ask(RedisCommand("CLUSTER", "FAILOVER"))
                    let slot = try await cluster.slot(of: keys[0])
                    try await eventually("the replica has taken over") { try await cluster.primary(of: slot)?.port == cluster.nodes[3].port }
                    let before = tellers[0].counts.done
                    try await eventually("counting goes on there") { tellers[0].counts.done > before + 50 }

                    // And without being asked.
                    let atKill = tellers[0].counts
                    #expect(atKill.failed == 0, "\(atKill)")
                    await cluster.nodes[3].kill()
                    try await eventually(timeout: .seconds(40), "the cluster has elected") { try await cluster.primary(of: slot) != nil }
                    let afterElection = tellers[0].counts.done
                    try await eventually(timeout: .seconds(20), "counting goes on at the successor") { tellers[0].counts.done > afterElection + 50 }
                    let connection = client.blockingConnection()
                    _ = try await connection.send(RedisCommand("INCR", .string(keys[0])), timeout: .seconds(10))
                    await connection.close()
                    isOver.set()
                    try await group.waitForAll()
                }
                for (key, teller) in zip(keys, tellers) {
                    let stored = try await client.send(RedisCommand("GET", .string(key))).integer ?? 0
                    let counts = teller.counts
                    #expect(counts.hard == 0, "every failure may be repeated")
                    if key == keys[0] {
                        // A replica may lack the last of what its primary had acknowledged; it has nothing twice.
                        #expect(stored <= counts.done + counts.unknown + 1, "stored \(stored), told \(counts)")
                    } else {
                        #expect(counts.failed == 0 && stored == counts.done, "stored \(stored), told \(counts)")
                    }
                }
            }
        }
    }

    private static func keyOnEach(of cluster: TestCluster) async throws -> [String] {
        var keys: [String] = []
        for node in cluster.nodes.prefix(3) {
            for number in 0..<1_000 {
                let key = "count:\(number)"
                guard try await cluster.primary(of: try await cluster.slot(of: key))?.port == node.port else { continue }
                keys.append(key)
                break
            }
        }
        return keys
    }
}

/// Counts what a task was told about its commands.
private final class Teller: Sendable {
    struct Counts: Sendable {
        /// Told as done.
        var done = 0
        var failed = 0
        /// Of the failed, those that may have been carried out.
        var unknown = 0
        /// Of the failed, those that repeating would not help.
        var hard = 0
        var lastError = ""
    }

    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }

    func tell(_ command: () async throws -> Void) async {
        do {
            try await command()
            state.withLock { $0.done += 1 }
        } catch {
            let known = error as? RedisError
            state.withLock { counts in
                counts.failed += 1
                counts.lastError = "\(error)"
                if known?.mayHaveExecuted ?? true { counts.unknown += 1 }
                if known?.isRetryable != true { counts.hard += 1 }
            }
        }
    }
}
