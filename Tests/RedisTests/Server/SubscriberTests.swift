import Redis
import Testing
import TestSupport

@Suite(.timeLimit(.minutes(1))) struct SubscriberTests {
    /// Runs a client and a subscriber, whose events come as a sequence.
    private func withSubscriber(
        _ configuration: RedisConfiguration,
        _ body: (RedisClient, RedisSubscriber, inout AsyncStream<RedisSubscriptionEvent>.Iterator) async throws -> Void
    ) async throws {
        try await withClient(configuration) { client in
            let (stream, continuation) = AsyncStream.makeStream(of: RedisSubscriptionEvent.self)
            let subscriber = client.subscriber { continuation.yield($0) }
            var events = stream.makeAsyncIterator()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await subscriber.run() }
                try await body(client, subscriber, &events)
                group.cancelAll()
            }
        }
    }

    private func message(_ channel: String, _ text: String) -> RedisSubscriptionEvent {
        .message(channel: channel, payload: Array(text.utf8))
    }

    @Test("Messages of subscribed channels come in order, from the moment subscribe returns")
    func messages() async throws {
        try await PrivateRedis.with { server in
            try await withSubscriber(RedisConfiguration(url: server.url)) { client, subscriber, events in
                #expect(await events.next() == .connected)
                try await subscriber.subscribe("a")
                try await subscriber.subscribe("b")
                for number in 0..<100 {
                    #expect(try await client.send(RedisCommand("PUBLISH", .string(number % 2 == 0 ? "a" : "b"), .integer(number))) == .integer(1))
                }
                for number in 0..<100 { #expect(await events.next() == message(number % 2 == 0 ? "a" : "b", "\(number)")) }
                try await subscriber.unsubscribe("a")
                #expect(try await client.send(RedisCommand("PUBLISH", "a", "nobody")) == .integer(0))
                _ = try await client.send(RedisCommand("PUBLISH", "b", "last"))
                #expect(await events.next() == message("b", "last"))
            }
        }
    }

    @Test("Many tasks subscribe and unsubscribe at once, and each is told of its own channel")
    func manyChannels() async throws {
        try await PrivateRedis.with { server in
            try await withSubscriber(RedisConfiguration(url: server.url)) { client, subscriber, _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for task in 0..<32 {
                        group.addTask {
                            for round in 0..<20 {
                                let channel = "\(task)/\(round)"
                                try await subscriber.subscribe(channel)
                                #expect(try await client.send(RedisCommand("PUBLISH", .string(channel), "x")) == .integer(1))
                                if round % 2 == 0 { try await subscriber.unsubscribe(channel) }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let channels = try await client.send(RedisCommand("PUBSUB", "CHANNELS")).array?.count
                #expect(channels == 320)
            }
        }
    }

    @Test("After the server's death and return all channels are subscribed before it is told that it is connected")
    func restart() async throws {
        try await PrivateRedis.with { server in
            try await withSubscriber(RedisConfiguration(url: server.url)) { client, subscriber, events in
                #expect(await events.next() == .connected)
                for number in 0..<100 { try await subscriber.subscribe("c:\(number)") }
                for round in 1...2 {
                    await server.kill()
                    #expect(await events.next() == .disconnected)
                    async let late: Void = subscriber.subscribe("late:\(round)")
                    try server.start()
                    #expect(await events.next() == .connected)
                    #expect(try await client.send(RedisCommand("PUBSUB", "NUMSUB", "c:0", "c:99"), timeout: .seconds(20)).array?.last == .integer(1))
                    try await late
                    for channel in ["c:0", "c:99", "late:\(round)"] {
                        #expect(try await client.send(RedisCommand("PUBLISH", .string(channel), "hi")) == .integer(1))
                        #expect(await events.next() == message(channel, "hi"))
                    }
                }
            }
        }
    }

    @Test("A server that stands still is noticed without anybody asking, and told")
    func standstill() async throws {
        try await PrivateRedis.with { server in
            try await withSubscriber(RedisConfiguration(url: server.url).patient(for: .milliseconds(300))) { _, _, events in
                #expect(await events.next() == .connected)
                server.pause()
                #expect(await events.next() == .disconnected)
                server.resume()
                #expect(await events.next() == .connected)
            }
        }
    }

    @Test("Waiting to subscribe ends at the deadline and on cancellation, and leaves no channel behind")
    func giveUp() async throws {
        let server = try PrivateRedis(["--port", "0"])
        try await withSubscriber(RedisConfiguration(url: server.url).patient(for: .milliseconds(200))) { _, subscriber, events in
            let error = await #expect(throws: RedisError.self) { try await subscriber.subscribe("late") }
            #expect(error?.code == .timeout)
            let task = Task { try await subscriber.subscribe("cancelled") }
            task.cancel()
            #expect(await failure(of: task)?.code == .cancelled)
            try server.start()
            #expect(await events.next() == .connected)
            try await withClient(server.url) { client in
                let channels = try await client.send(RedisCommand("PUBSUB", "CHANNELS"), timeout: .seconds(20))
                #expect(channels == .array([]))
            }
        }
        await server.kill()
    }

    @Test("A channel that the user may not have is refused to its caller, and the others stay")
    func refusal() async throws {
        try await PrivateRedis.with(["--port", "0", "--user", "ann", "on", ">pw", "~*", "&mine*", "+@all"]) { server in
            try await withSubscriber(RedisConfiguration(url: "\(server.url)?username=ann&password=pw")) { client, subscriber, events in
                #expect(await events.next() == .connected)
                try await subscriber.subscribe("mine")
                let error = await #expect(throws: RedisError.self) { try await subscriber.subscribe("theirs") }
                #expect(error?.serverPrefix == "NOPERM")
                _ = try await client.send(RedisCommand("PUBLISH", "mine", "hi"))
                #expect(await events.next() == message("mine", "hi"))
            }
        }
    }

    @Test("A subscriber that stops ends the waits of its callers")
    func stop() async throws {
        let server = try PrivateRedis()
        let client = try RedisClient(configuration: RedisConfiguration(url: server.url), logger: quiet)
        let subscriber = client.subscriber { _ in }
        let run = Task { try await subscriber.run() }
        let waiting = Task { try await subscriber.subscribe("x") }
        run.cancel()
        try await run.value
        #expect(await failure(of: waiting)?.code == .connection)
        let error = await #expect(throws: RedisError.self) { try await subscriber.subscribe("y") }
        #expect(error?.code == .connection)
    }
}
