import NIOCore
import TestSupport
import Testing

@testable import Redis

/// Moments of a shared connection that only a server under the test's control offers.
@Suite(.timeLimit(.minutes(1))) struct PipelineTests {
    private func echo(_ word: String) -> RedisCommand { RedisCommand("ECHO", .string(word)) }

    /// Sends a command in a child task and returns when the server has received it.
    private func issue(
        _ word: String, _ client: RedisClient, _ server: FakeServer, in group: inout ThrowingTaskGroup<RedisValue, any Error>
    ) async throws {
        group.addTask { try await client.send(echo(word)) }
        try await server.receives(["ECHO", word])
    }

    @Test("A caller that is cancelled leaves at once; its reply is dropped and its neighbours get their own")
    func cancellation() async throws {
        try await FakeServer.with { server in
            try await withClient(server.url) { client in
                async let first = client.send(echo("a"))
                try await server.receives(["ECHO", "a"])
                let cancelled = Task { try await client.send(echo("b")) }
                try await server.receives(["ECHO", "b"])
                async let last = client.send(echo("c"))
                try await server.receives(["ECHO", "c"])

                cancelled.cancel()
                let error = await failure(of: cancelled)
                #expect(error?.code == .cancelled)
                #expect(error?.mayHaveExecuted == true)
                #expect(client.statistics.outstanding == 3)

                server.say("+a\r\n+b\r\n+c\r\n")
                let firstReply = try await first
                #expect(firstReply == .simple("a"))
                let lastReply = try await last
                #expect(lastReply == .simple("c"))
                #expect(client.statistics.outstanding == 0)
                #expect(server.connectionCount == 1)
            }
        }
    }

    @Test("A caller cancelled before it begins sends nothing")
    func cancelledBefore() async throws {
        try await FakeServer.with { server in
            try await withClient(server.url) { client in
                let task = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await client.send(echo("never"))
                }
                let error = await failure(of: task)
                #expect(error?.code == .cancelled)
                #expect(error?.mayHaveExecuted == false)
                #expect(client.statistics.outstanding == 0)
                async let reply = client.send(echo("a"))
                try await server.receives(["ECHO", "a"])
                server.say("+a\r\n")
                let answer = try await reply
                #expect(answer == .simple("a"))
            }
        }
    }

    @Test("A caller that is too late leaves; the connection and its neighbours go on")
    func deadline() async throws {
        try await FakeServer.with { server in
            try await withClient(server.url) { client in
                try await eventually("the connection") { client.statistics.connected == 1 }
                let hasty = Task { try await client.send(echo("a"), timeout: .milliseconds(500)) }
                try await server.receives(["ECHO", "a"])
                async let patient = client.send(echo("b"))
                try await server.receives(["ECHO", "b"])
                let error = await failure(of: hasty)
                #expect(error?.code == .timeout)
                #expect(error?.mayHaveExecuted == true)
                #expect(error?.command == "ECHO")
                server.say("+a\r\n+b\r\n")
                let patientReply = try await patient
                #expect(patientReply == .simple("b"))
                #expect(server.connectionCount == 1)
            }
        }
    }

    @Test("A connection whose first slot stays without a sign of life is given up; what is in flight fails, and the next command goes on")
    func stall() async throws {
        try await FakeServer.with { server in
            try await withClient(RedisConfiguration(url: server.url).patient(for: .milliseconds(500))) { client in
                async let patient = client.send(echo("a"), timeout: .seconds(20))
                try await server.receives(["ECHO", "a"])
                // The patient command gives its connection as long as it waits itself; answered, the hasty one behind is first.
                let hasty = Task { try await client.send(echo("b")) }
                try await server.receives(["ECHO", "b"])
                #expect(await failure(of: hasty)?.code == .timeout)
                server.say("+a\r\n")
                let patientReply = try await patient
                #expect(patientReply == .simple("a"))
                try await server.closed(1)

                async let next = client.send(echo("c"), timeout: .seconds(20))
                try await server.receives(["ECHO", "c"], on: 2)
                server.say("+c\r\n", to: 2)
                let nextReply = try await next
                #expect(nextReply == .simple("c"))
            }
        }
    }

    @Test("A server that closes fails what is in flight as retryable, and nothing is sent a second time")
    func hangUp() async throws {
        try await FakeServer.with { server in
            try await withClient(server.url) { client in
                let lost = Task { try await client.send(echo("a")) }
                try await server.receives(["ECHO", "a"])
                server.hangUp(1)
                let error = await failure(of: lost)
                #expect(error?.code == .connection)
                #expect(error?.isRetryable == true)
                #expect(error?.mayHaveExecuted == true)
                async let next = client.send(echo("b"))
                try await server.receives(["ECHO", "b"], on: 2)
                server.say("+b\r\n", to: 2)
                let nextReply = try await next
                #expect(nextReply == .simple("b"))
            }
        }
    }

    @Test("What is not RESP2, and a reply nobody asked for, close the connection; the next one works", arguments: ["?what\r\n", "+OK\r\n+OK\r\n"])
    func outOfStep(_ wire: String) async throws {
        try await FakeServer.with { server in
            try await withClient(server.url) { client in
                let first = Task { try await client.send(echo("a")) }
                try await server.receives(["ECHO", "a"])
                server.say(wire)
                if wire.hasPrefix("?") {
                    #expect(await failure(of: first)?.code == .protocol)
                } else {
                    let firstReply = try await first.value
                    #expect(firstReply == .simple("OK"))
                }
                try await server.closed(1)
                async let next = client.send(echo("b"))
                try await server.receives(["ECHO", "b"], on: 2)
                server.say("+b\r\n", to: 2)
                let nextReply = try await next
                #expect(nextReply == .simple("b"))
            }
        }
    }

    @Test("More commands in flight than the bound are refused without being sent, and room comes back with the replies")
    func overload() async throws {
        try await FakeServer.with { server in
            var configuration = try RedisConfiguration(url: server.url)
            configuration.maximumCommandsInFlight = 3
            try await withClient(configuration) { client in
                try await withThrowingTaskGroup(of: RedisValue.self) { group in
                    for word in ["a", "b", "c"] { try await issue(word, client, server, in: &group) }
                    let error = await #expect(throws: RedisError.self) { try await client.send(echo("d")) }
                    #expect(error?.code == .overloaded)
                    #expect(error?.isRetryable == true)
                    #expect(error?.mayHaveExecuted == false)
                    await #expect(throws: RedisError.self) { try await client.pipeline([echo("e"), echo("f")]) }
                    server.say("+a\r\n")
                    #expect(try await group.next() == .simple("a"))
                    try await issue("g", client, server, in: &group)
                    server.say("+b\r\n+c\r\n+g\r\n")
                    for try await _ in group {}
                }
                #expect(client.statistics.outstanding == 0)
            }
        }
    }

    @Test("A command larger than the bound on bytes is refused")
    func overloadOfBytes() async throws {
        var configuration = try RedisConfiguration(url: "unix:///nowhere")
        configuration.maximumBytesInFlight = 1_000
        let client = RedisClient(configuration: configuration, logger: quiet)
        let error = await #expect(throws: RedisError.self) {
            try await client.send(RedisCommand("SET", "k", .bytes([UInt8](repeating: 0, count: 1_000))))
        }
        #expect(error?.code == .overloaded)
    }

    @Test("Room taken by callers that gave up while there was no connection comes back")
    func roomOfTheGone() async throws {
        var configuration = try RedisConfiguration(url: "unix:///nowhere")
        configuration.maximumCommandsInFlight = 2
        let client = RedisClient(configuration: configuration, logger: quiet)
        for round in 0..<20 {
            let tasks = (0..<2).map { _ in
                Task { try await client.send(echo("a"), timeout: round % 2 == 0 ? .milliseconds(1) : .seconds(60)) }
            }
            if round % 2 == 1 { for task in tasks { task.cancel() } }
            for task in tasks {
                let error = await failure(of: task)
                #expect(error?.code == (round % 2 == 0 ? .timeout : .cancelled))
            }
            #expect(client.statistics.outstanding == 0)
        }
    }

    @Test("A greeting that is refused keeps commands waiting, and the error says why")
    func refusedGreeting() async throws {
        try await FakeServer.with(greets: false) { server in
            try await withClient(server.url) { client in
                let reply = Task { try await client.send(echo("a"), timeout: .milliseconds(300)) }
                #expect(try await server.next().words.first == "CLIENT")
                server.say("-NOAUTH Authentication required.\r\n")
                try await server.closed(1)
                let error = await failure(of: reply)
                #expect(error?.code == .timeout)
                #expect(error?.mayHaveExecuted == false)
                #expect(error?.message.contains("NOAUTH") == true, "\(String(describing: error))")
            }
        }
    }

    @Test("A server that takes the connection and says nothing does not hold the client longer than the connect timeout")
    func silentGreeting() async throws {
        try await FakeServer.with(greets: false) { server in
            var configuration = try RedisConfiguration(url: server.url)
            configuration.connectTimeout = .milliseconds(50)
            try await withClient(configuration) { client in
                try await server.closed(1)
                // A second connection was made, and its greeting begins anew.
                while try await server.next().connection == 1 {}
                #expect(client.statistics.connected == 0)
            }
        }
    }

    @Test("A client that stops fails what waits and what comes later")
    func stop() async throws {
        try await FakeServer.with { server in
            let client = try RedisClient(configuration: RedisConfiguration(url: server.url), logger: quiet)
            let run = Task { try await client.run() }
            let waiting = Task { try await client.send(echo("a")) }
            try await server.receives(["ECHO", "a"])
            run.cancel()
            #expect(await failure(of: waiting)?.code == .connection)
            try await run.value
            try await server.closed(1)
            let error = await #expect(throws: RedisError.self) { try await client.send(echo("b"), timeout: .seconds(60)) }
            #expect(error?.code == .connection)
            #expect(error?.mayHaveExecuted == false)
            await #expect(throws: RedisError.self) { try await client.run() }
        }
    }

    @Test("Commands of many tasks issued while the loop is busy go out in one write")
    func groupCommit() async throws {
        try await FakeServer.with { server in
            try await withClient(server.url) { client in
                // Waiting for the connection is the surest way of being gathered.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<200 { group.addTask { _ = try await client.send(echo("\(number)")) } }
                    var seen: Set<String> = []
                    for _ in 0..<200 {
                        let received = try await server.next()
                        seen.insert(received.words[1])
                        server.say("+OK\r\n")
                    }
                    #expect(seen.count == 200)
                    try await group.waitForAll()
                }
                #expect(client.statistics == RedisClientStatistics(connections: 1, connected: 1, outstanding: 0))
            }
        }
    }
}
