import Logging
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Redis

/// Connections to a server that hands its work over to another.
@Suite(.timeLimit(.minutes(1))) struct RetirementTests {
    private static func connections(to server: FakeServer) throws -> ConnectionSet {
        let set = ConnectionSet(
            configuration: try RedisConfiguration(url: server.url), count: 1, eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test.redis"))
        set.start()
        return set
    }

    private static func request(_ name: String) throws -> CommandRequest {
        var bytes = ByteBuffer()
        try CommandFormatter.append(RedisCommand(name), to: &bytes)
        return CommandRequest(label: name, bytes: bytes, commandCount: 1, deadline: .now() + .seconds(30), timeout: .seconds(30))
    }

    private static func send(_ name: String, on connections: ConnectionSet) async throws -> String? {
        guard case .one(let value) = try await connections.pick().perform(try request(name)) else { return nil }
        return value.string
    }

    private static func expectGoesElsewhere(_ connections: ConnectionSet) async {
        let error = await #expect(throws: RedisError.self) { try await send("LATE", on: connections) }
        #expect(error?.code == .connection && error?.mayHaveExecuted == false, "\(String(describing: error))")
    }

    @Test("what was written before is answered however late, what comes after goes elsewhere at once")
    func answersAreAwaited() async throws {
        try await FakeServer.with { server in
            let connections = try Self.connections(to: server)
            async let early = Self.send("EARLY", on: connections)
            try await server.receives(["EARLY"])
            connections.retire("it handed over")
            await Self.expectGoesElsewhere(connections)
            #expect(connections.isUp, "the command in flight still needs it")
            server.say("+late but true\r\n")
            #expect(try await early == "late but true")
            try await eventually("it has left") { !connections.isUp }
            await Self.expectGoesElsewhere(connections)
            #expect(connections.outstanding == 0)
        }
    }

    @Test("one that dies with a command in flight is not connected to again")
    func lossEndsIt() async throws {
        try await FakeServer.with { server in
            let connections = try Self.connections(to: server)
            let early = Task { try await Self.send("EARLY", on: connections) }
            try await server.receives(["EARLY"])
            connections.retire("it handed over")
            server.hangUp(1)
            let error = await #expect(throws: RedisError.self) { try await early.value }
            #expect(error?.mayHaveExecuted == true)
            await connections.stop()
            #expect(!connections.isUp && connections.outstanding == 0)
        }
    }

    @Test("one without a connection ends at once, and what waited for it goes elsewhere")
    func neverConnected() async throws {
        try await FakeServer.with(greets: false) { server in
            let connections = try Self.connections(to: server)
            let waiting = Task { try await Self.send("WAITING", on: connections) }
            _ = try await server.next()
            connections.retire("it handed over")
            let error = await #expect(throws: RedisError.self) { try await waiting.value }
            #expect(error?.mayHaveExecuted == false)
        }
    }
}
