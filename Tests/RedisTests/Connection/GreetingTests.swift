import Testing

@testable import Redis

@Suite struct GreetingTests {
    private func greeting(_ url: String) throws -> Greeting {
        try Greeting(RedisConfiguration(url: url))
    }

    @Test("A greeting says what the configuration has, and asks last whether the server is ready")
    func commands() throws {
        #expect(try greeting("redis://h").commands == [RedisCommand("CLIENT", "SETNAME", "mainstay"), RedisCommand("PING")])
        #expect(
            try greeting("redis://ann:pw@h/3?name=w1").commands == [
                RedisCommand("AUTH", "ann", "pw"), RedisCommand("SELECT", 3), RedisCommand("CLIENT", "SETNAME", "w1"), RedisCommand("PING"),
            ])
        #expect(try greeting("redis://:pw@h").commands.first == RedisCommand("AUTH", "pw"))
    }

    @Test("It is ready after the last reply and not before")
    func ready() throws {
        var greeting = try greeting("redis://:pw@h/1")
        for _ in 0..<3 { #expect(greeting.received(.simple("OK")) == .wait) }
        #expect(greeting.received(.simple("PONG")) == .ready)
        guard case .refused(let error) = greeting.received(.simple("OK")) else { return #expect(Bool(false), "took a reply too many") }
        #expect(error.code == .protocol)
    }

    @Test("A refused login, an unknown database and a server that still loads refuse the greeting", arguments: [0, 1, 2, 3])
    func refused(step: Int) throws {
        var greeting = try greeting("redis://:pw@h/1")
        for _ in 0..<step { _ = greeting.received(.simple("OK")) }
        let names = ["AUTH", "SELECT", "CLIENT", "PING"]
        #expect(greeting.received(.error("LOADING x")) == .refused(RedisError(serverReply: "LOADING x", command: names[step])))
    }

    @Test("A user without the right to name itself or to ping may still work")
    func rights() throws {
        var greeting = try greeting("redis://h")
        #expect(greeting.received(.error("NOPERM no 'client'")) == .wait)
        #expect(greeting.received(.error("NOPERM no 'ping'")) == .ready)
    }
}
