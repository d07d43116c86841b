import LocalStack
import Redis
import Synchronization
import Testing
import TestSupport

/// Servers that die, come back, and stand still.
@Suite(.timeLimit(.minutes(2))) struct OutageTests {
    @Test("A server killed and started again is found again by itself: commands fail or wait, then succeed")
    func restart() async throws {
        try await PrivateRedis.with(["--port", "0", "--appendonly", "yes", "--appendfsync", "always"]) { server in
            try await withClient(server.url) { client in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    let isOver = Flag()
                    // Each task counts what it was told has happened; the server must have at least that, and at most one more per
                    // failure that may have executed.
                    for task in 0..<8 {
                        group.addTask {
                            var (done, unknown) = (0, 0)
                            while !isOver.isSet {
                                do {
                                    _ = try await client.send(RedisCommand("INCR", "n:\(task)"), timeout: .milliseconds(500))
                                    done += 1
                                } catch let error as RedisError {
                                    #expect(error.isRetryable, "\(error)")
                                    if error.mayHaveExecuted { unknown += 1 }
                                }
                            }
                            let stored = try await client.send(RedisCommand("GET", "n:\(task)"), timeout: .seconds(20)).integer ?? 0
                            #expect((done...(done + unknown)).contains(stored), "told \(done), unknown \(unknown), stored \(stored)")
                            return done
                        }
                    }
                    for round in 1...3 {
                        try await eventually("commands succeed in round \(round)") { try await Self.count(client) >= round * 200 }
                        await server.kill()
                        try await eventually("the loss is noticed") { client.statistics.connected == 0 }
                        try server.start()
                        try await eventually("the connection is back") { client.statistics.connected == 1 }
                    }
                    isOver.set()
                    var total = 0
                    for try await done in group { total += done }
                    #expect(total >= 600)
                }
            }
        }
    }

    private static func count(_ client: RedisClient) async throws -> Int {
        do {
            let names = (0..<8).map { RedisArgument.string("n:\($0)") }
            return try await client.send(RedisCommand("MGET", arguments: names)).array?.compactMap(\.integer).reduce(0, +) ?? 0
        } catch let error as RedisError where error.isRetryable {
            return 0
        }
    }

    @Test("Over TCP too: the connection comes back on the same port")
    func restartOverTCP() async throws {
        let port = try FreePort.next()
        try await PrivateRedis.with(["--port", "\(port)"]) { server in
            try await withClient("redis://localhost:\(port)") { client in
                #expect(try await client.send(RedisCommand("PING"), timeout: .seconds(20)) == .simple("PONG"))
                await server.kill()
                try server.start()
                try await eventually("commands succeed again") {
                    do {
                        return try await client.send(RedisCommand("PING"), timeout: .seconds(1)) == .simple("PONG")
                    } catch let error as RedisError where error.isRetryable {
                        return false
                    }
                }
            }
        }
    }

    @Test("A command waits for a server that is still to start, within its deadline")
    func lateStart() async throws {
        let server = try PrivateRedis(["--port", "0"])
        try await withClient(server.url) { client in
            let clock = ContinuousClock()
            let start = clock.now
            let error = await #expect(throws: RedisError.self) { try await client.send(RedisCommand("PING"), timeout: .milliseconds(200)) }
            #expect(error?.code == .timeout)
            #expect(error?.mayHaveExecuted == false)
            #expect((.milliseconds(200) ..< .seconds(5)).contains(clock.now - start))
            async let reply = client.send(RedisCommand("PING"), timeout: .seconds(30))
            try server.start()
            #expect(try await reply == .simple("PONG"))
        }
        await server.kill()
    }

    @Test("Deadlines hold while the server stands still, and it is used again when it goes on")
    func standstill() async throws {
        try await PrivateRedis.with { server in
            try await withClient(RedisConfiguration(url: server.url).patient(for: .milliseconds(400))) { client in
                _ = try await client.send(RedisCommand("SET", "k", "v"), timeout: .seconds(20))
                server.pause()
                let clock = ContinuousClock()
                let start = clock.now
                await withTaskGroup(of: Void.self) { group in
                    for number in 0..<50 {
                        group.addTask {
                            let error = await #expect(throws: RedisError.self) {
                                try await client.send(RedisCommand("GET", "k"), timeout: .milliseconds(100 + 10 * number))
                            }
                            #expect(error?.isRetryable == true, "\(String(describing: error))")
                        }
                    }
                }
                #expect((.milliseconds(400) ..< .seconds(10)).contains(clock.now - start))
                server.resume()
                try await eventually("commands succeed again") {
                    do {
                        return try await client.send(RedisCommand("GET", "k")).string == "v"
                    } catch let error as RedisError where error.isRetryable {
                        return false
                    }
                }
            }
        }
    }

    @Test("A server that is still loading its data is waited for, not asked")
    func loading() async throws {
        try await PrivateRedis.with([
            "--port", "0", "--appendonly", "yes", "--key-load-delay", "400", "--loading-process-events-interval-bytes", "1024",
        ]) {
            server in
            try await withClient(server.url) { client in
                let pairs = (0..<5_000).flatMap { [RedisArgument.string("key:\($0)"), .string("value \($0)")] }
                for start in stride(from: 0, to: pairs.count, by: 100) {
                    _ = try await client.send(RedisCommand("MSET", arguments: Array(pairs[start..<start + 100])), timeout: .seconds(20))
                }
                await server.kill()
                try server.start()
                try await eventually("the loss is noticed") { client.statistics.connected == 0 }
                #expect(try await client.send(RedisCommand("DBSIZE"), timeout: .seconds(30)).integer == 5_000)
            }
        }
    }
}

/// Set once, read by many.
final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}
