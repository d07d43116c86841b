import Redis
import Testing
import TestSupport

@Suite(.timeLimit(.minutes(1))) struct BlockingConnectionTests {
    private func read(_ block: Int) -> RedisCommand {
        RedisCommand("XREADGROUP", "GROUP", "g", "c", "COUNT", 10, "BLOCK", .integer(block), "STREAMS", "s", ">")
    }

    /// Connections of the blocking kind that the server has.
    private func blockers(_ client: RedisClient) async throws -> Int {
        let list = try await client.send(RedisCommand("CLIENT", "LIST")).string ?? ""
        return list.split(separator: "\n").count - 1
    }

    @Test("A blocked read waits on its own socket while the shared connection goes on, and gets the entry that comes")
    func reading() async throws {
        try await PrivateRedis.with { server in
            try await withClient(server.url) { client in
                _ = try await client.send(RedisCommand("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM"), timeout: .seconds(20))
                let reader = client.blockingConnection()
                async let entries = reader.send(read(30_000), timeout: .seconds(40))
                try await isBlocked(client)
                for number in 0..<100 { #expect(try await client.send(RedisCommand("ECHO", .integer(number))).integer == number) }
                let id = try await client.send(RedisCommand("XADD", "s", "*", "f", "v")).string
                let stream = try await entries.array?.first?.array
                #expect(stream?.first?.string == "s")
                #expect(stream?.last?.array?.first?.array?.first?.string == id)
                #expect(try await reader.send(read(1), timeout: .seconds(10)).isNull)
                await reader.close()
                let error = await #expect(throws: RedisError.self) { try await reader.send(read(1), timeout: .seconds(10)) }
                #expect(error?.code == .connection)
            }
        }
    }

    private func isBlocked(_ client: RedisClient, _ count: Int = 1) async throws {
        try await eventually("\(count) client(s) blocked") {
            try await client.send(RedisCommand("INFO", "clients")).string?.contains("blocked_clients:\(count)\r\n") == true
        }
    }

    @Test("Cancelling a call closes its socket, and the next call connects anew at once")
    func cancellation() async throws {
        try await PrivateRedis.with { server in
            try await withClient(server.url) { client in
                _ = try await client.send(RedisCommand("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM"), timeout: .seconds(20))
                let reader = client.blockingConnection()
                for _ in 0..<10 {
                    let call = Task { try await reader.send(read(0), timeout: .seconds(50)) }
                    try await isBlocked(client)
                    call.cancel()
                    let error = await failure(of: call)
                    #expect(error?.code == .cancelled)
                    // The very next thing on this connection: it must neither meet the old socket nor be refused.
                    #expect(try await reader.send(RedisCommand("PING"), timeout: .seconds(10)) == .simple("PONG"))
                }
                try await eventually("the old sockets are gone") { try await blockers(client) == 1 }
            }
        }
    }

    @Test("A call that is too late closes its socket, and the next call works")
    func deadline() async throws {
        try await PrivateRedis.with { server in
            try await withClient(server.url) { client in
                _ = try await client.send(RedisCommand("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM"), timeout: .seconds(20))
                let reader = client.blockingConnection()
                let error = await #expect(throws: RedisError.self) { try await reader.send(read(0), timeout: .milliseconds(300)) }
                #expect(error?.code == .timeout)
                #expect(try await reader.send(RedisCommand("PING"), timeout: .seconds(10)) == .simple("PONG"))
                try await eventually("the old socket is gone") { try await blockers(client) == 1 }
            }
        }
    }

    @Test("One call at a time: a second is refused")
    func oneAtATime() async throws {
        try await FakeServer.with { server in
            try await withClient(server.url) { client in
                let reader = client.blockingConnection()
                async let first = reader.send(RedisCommand("BLPOP", "l", 0), timeout: .seconds(50))
                try await server.receives(["BLPOP", "l", "0"])
                let error = await #expect(throws: RedisError.self) { try await reader.send(RedisCommand("PING"), timeout: .seconds(50)) }
                #expect(error?.code == .overloaded)
                // The shared connection may be the first or the second: the reply goes to both, and only one waits for it.
                for connection in 1...server.connectionCount { server.say("+x\r\n", to: connection) }
                let reply = try await first
                #expect(reply == .simple("x"))
            }
        }
    }

    @Test("A server that dies fails the blocked call; a call made while it is away waits for it")
    func restart() async throws {
        try await PrivateRedis.with { server in
            try await withClient(server.url) { client in
                let reader = client.blockingConnection()
                let blocked = Task { try await reader.send(RedisCommand("BLPOP", "l", 0), timeout: .seconds(50)) }
                try await isBlocked(client)
                await server.kill()
                let error = await failure(of: blocked)
                #expect(error?.code == .connection)
                async let next = reader.send(RedisCommand("PING"), timeout: .seconds(30))
                try server.start()
                #expect(try await next == .simple("PONG"))
            }
        }
    }

    @Test("A connection that is let go of closes its socket")
    func letGo() async throws {
        try await PrivateRedis.with { server in
            try await withClient(server.url) { client in
                var reader: RedisBlockingConnection? = client.blockingConnection()
                _ = try await reader?.send(RedisCommand("PING"), timeout: .seconds(20))
                try await eventually("it is there") { try await blockers(client) == 1 }
                reader = nil
                try await eventually("it is gone") { try await blockers(client) == 0 }
            }
        }
    }
}
