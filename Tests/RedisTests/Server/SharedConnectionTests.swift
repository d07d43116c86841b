import Redis
import TestSupport
import Testing

/// The shared client against a real server.
@Suite(.timeLimit(.minutes(2))) struct SharedConnectionTests {
    @Test("64 tasks of 1,000 commands each get their own replies, on one connection and on three", arguments: [1, 3])
    func interleaving(connections: Int) async throws {
        try await PrivateRedis.with { server in
            try await withClient(server.url, connections: connections) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for task in 0..<64 { group.addTask { try await Self.talk(client, task) } }
                    try await group.waitForAll()
                }
                for task in 0..<64 { #expect(try await client.send(RedisCommand("GET", "counter:\(task)")).integer == 250) }
                #expect(client.statistics.outstanding == 0)
            }
        }
    }

    /// A thousand commands: single ones, pipelines, counters, and errors, each checked against what only this task can expect.
    private static func talk(_ client: RedisClient, _ task: Int) async throws {
        for round in 0..<250 {
            let word = "\(task)/\(round)/" + String(repeating: "x", count: round)
            guard try await client.send(RedisCommand("ECHO", .string(word))).string == word else {
                Issue.record("task \(task), round \(round): somebody else's echo")
                return
            }
            let replies = try await client.pipeline([
                RedisCommand("INCR", "counter:\(task)"), RedisCommand("NOSUCH"), RedisCommand("ECHO", .integer(task)),
            ])
            guard replies.count == 3, replies[0] == .integer(round + 1), case .error = replies[1], replies[2].integer == task else {
                Issue.record("task \(task), round \(round): somebody else's replies \(replies)")
                return
            }
        }
    }

    @Test("Callers cancelled at random in the midst of others' commands disturb nobody")
    func randomCancellation() async throws {
        try await PrivateRedis.with { server in
            try await withClient(server.url) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for task in 0..<32 {
                        group.addTask {
                            for round in 0..<200 {
                                let word = "\(task)/\(round)"
                                let caller = Task { try await client.send(RedisCommand("ECHO", .string(word))) }
                                if (task + round) % 3 == 0 { caller.cancel() }
                                do {
                                    let reply = try await caller.value.string
                                    #expect(reply == word)
                                } catch let error as RedisError {
                                    #expect(error.code == .cancelled)
                                }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(try await client.send(RedisCommand("PING")) == .simple("PONG"))
                #expect(client.statistics.outstanding == 0)
                #expect(try await client.send(RedisCommand("CLIENT", "LIST")).string?.split(separator: "\n").count == 1)
            }
        }
    }

    @Test("Values of every kind and size come back as they went")
    func values() async throws {
        try await PrivateRedis.with { server in
            try await withClient(server.url) { client in
                var random = SplitMix64(seed: 3)
                // 4,099 is prime: no buffer's size is a multiple of it, so that a lost or doubled piece shows.
                let pattern = (0..<4_099).map { _ in UInt8.random(in: .min ... .max, using: &random) }
                for size in [0, 1, 100, 16_383, 16_384, 65_536, 1_048_576, 5_000_000] {
                    let bytes = Array(repeatElement(pattern, count: size / pattern.count + 1).joined().prefix(size))
                    _ = try await client.send(RedisCommand("SET", "k", .bytes(bytes)))
                    #expect(try await client.send(RedisCommand("GET", "k")) == .bulk(bytes), "\(size) bytes")
                }
                #expect(try await client.send(RedisCommand("GET", "missing")).isNull)
                #expect(try await client.send(RedisCommand("LRANGE", "missing", 0, -1)) == .array([]))
                #expect(try await client.pipeline([]) == [])
                let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("INCR", "k")) }
                #expect(error?.code == .server)
                #expect(error?.serverPrefix == "ERR")
                #expect(error?.command == "INCR")
            }
        }
    }

    @Test("A script runs by its digest and is loaded again after SCRIPT FLUSH")
    func scripts() async throws {
        try await PrivateRedis.with { server in
            try await withClient(server.url) { client in
                let script = RedisScript(
                    name: "add", source: "return {redis.call('INCRBY', KEYS[1], ARGV[1]), ARGV[2], #KEYS, 'only by \\\\ its digest'}")
                for round in 1...4 {
                    if round == 3 { _ = try await client.send(RedisCommand("SCRIPT", "FLUSH")) }
                    let reply = try await client.evaluate(script, keys: ["n"], arguments: [5, "x"])
                    #expect(reply.array?.prefix(3).map(\.integer) == [round * 5, nil, 1])
                    #expect(try await client.send(RedisCommand("SCRIPT", "EXISTS", .string(script.sha1))) == .array([.integer(1)]))
                }
                let broken = RedisScript(name: "broken", source: "return redis.call('INCR')")
                let error = await #expect(throws: RedisError.self) { try await client.evaluate(broken, keys: [], arguments: []) }
                #expect(error?.code == .server)
                let statistics = try await client.send(RedisCommand("INFO", "commandstats")).string ?? ""
                #expect(statistics.contains("cmdstat_eval:calls=3,"), "the source goes over only when the server lacks it: \(statistics)")
            }
        }
    }

    @Test("A command issued before anybody runs the client waits for the connection")
    func early() async throws {
        try await PrivateRedis.with { server in
            let client = try RedisClient(configuration: RedisConfiguration(url: server.url), logger: quiet)
            let early = Task { try await client.send(RedisCommand("PING")) }
            try await Self.isWaiting(client)
            let run = Task { try await client.run() }
            #expect(try await early.value == .simple("PONG"))
            run.cancel()
            try await run.value
        }
    }

    private static func isWaiting(_ client: RedisClient) async throws {
        while client.statistics.outstanding == 0 { await Task.yield() }
    }

    @Test("User, password, database and name are used on each connection")
    func login() async throws {
        try await PrivateRedis.with(["--port", "0", "--requirepass", "s3cret", "--user", "ann", "on", ">p@ss", "~*", "&*", "+@all"]) { server in
            try await withClient("\(server.url)?password=s3cret&db=5&name=tester") { client in
                _ = try await client.send(RedisCommand("SET", "k", "five"))
                #expect(try await client.send(RedisCommand("CLIENT", "GETNAME")).string == "tester")
                let list = try await client.send(RedisCommand("CLIENT", "LIST")).string ?? ""
                #expect(list.contains("db=5"))
            }
            try await withClient("\(server.url)?username=ann&password=p%40ss") { client in
                #expect(try await client.send(RedisCommand("ACL", "WHOAMI")).string == "ann")
                #expect(try await client.send(RedisCommand("GET", "k")).isNull)
                _ = try await client.send(RedisCommand("SELECT", 5))
                #expect(try await client.send(RedisCommand("GET", "k")).string == "five")
            }
            try await withClient("\(server.url)?password=wrong") { client in
                let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING"), timeout: .seconds(1)) }
                #expect(error?.code == .timeout)
                #expect(error?.message.contains("WRONGPASS") == true, "\(String(describing: error))")
                #expect(error?.message.contains("wrong?") == false)
            }
        }
    }
}
