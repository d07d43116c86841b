public import Logging
public import NIOCore
public import NIOPosix
public import ServiceLifecycle
import Synchronization

/// A client that any number of tasks share. Commands issued at the same time by different tasks go out in one write.
///
/// - Someone must be in ``run()`` for a connection to exist. A command issued before, or while the connection is away, waits for it
///   within its deadline.
/// - Every command has a deadline: its own, or ``RedisConfiguration/commandTimeout``.
/// - A caller that is cancelled or too late leaves; the shared connection stays, and the reply is dropped when it comes.
/// - A command in flight when its connection breaks fails with a retryable `.connection` error. It is never sent again from here,
///   since the server may have carried it out.
/// - Replies to one task come in the order of its commands. With more than one connection, commands of different tasks have none.
/// - With ``RedisConfiguration/cluster`` each command goes to the node that has its key, and follows the cluster's changes within its
///   deadline: see ``ClusterRouter`` for what is sent again. Commands without a key go to any node; for all nodes, see ``nodes(timeout:)``.
///
/// - Important: Never send a blocking command (`BLPOP`, `XREAD … BLOCK`) through it: everybody else on the connection would wait too. Use ``blockingConnection()``.
public final class RedisClient: Sendable, Service {
    private enum Way: Sendable {
        case server(ConnectionSet)
        case cluster(ClusterRouter)
    }

    public let configuration: RedisConfiguration
    private let way: Way
    private let hasRun = Atomic<Bool>(false)
    private let logger: Logger
    private let eventLoopGroup: any EventLoopGroup

    /// Makes a client of so many connections (at least one) to each server. One connection carries some hundred thousand commands a second; more
    /// help only if one event loop is the limit.
    public init(
        configuration: RedisConfiguration, connections: Int = 1, logger: Logger,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.configuration = configuration
        self.logger = logger
        self.eventLoopGroup = eventLoopGroup
        guard configuration.cluster != nil else {
            self.way = .server(
                ConnectionSet(configuration: configuration, count: connections, eventLoopGroup: eventLoopGroup, logger: logger))
            return
        }
        self.way = .cluster(
            ClusterRouter(
                topology: ClusterTopology(
                    configuration: configuration, connectionsPerNode: connections, eventLoopGroup: eventLoopGroup, logger: logger)))
    }

    /// Keeps the connections until graceful shutdown or cancellation; then closes them and returns. Commands still waiting fail, and
    /// so does every later one: a client runs once. Throws `.configuration` if it is called a second time.
    public func run() async throws {
        guard !hasRun.exchange(true, ordering: .relaxed) else {
            throw RedisError(.configuration, "run() was called twice; a client runs once")
        }
        switch way {
        case .server(let connections):
            connections.start()
            // Returns on graceful shutdown and throws on cancellation: both end the client.
            try? await gracefulShutdown()
            await connections.stop()
        case .cluster(let router):
            router.topology.start()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await router.topology.watch() }
                try? await gracefulShutdown()
                group.cancelAll()
            }
            await router.topology.stop()
        }
    }

    /// Sends one command and returns its reply.
    ///
    /// Throws ``RedisError``: an error reply as `.server`, `.timeout` at the deadline, `.connection` if the connection broke in between,
    /// `.overloaded` without sending, `.cancelled` when the task is cancelled, `.configuration` for a command about all keys (`SCAN`,
    /// `FLUSHALL`) in a cluster, where ``nodes(timeout:)`` is its way. See ``RedisError/mayHaveExecuted`` before repeating a
    /// command that is not idempotent.
    public func send(_ command: RedisCommand, timeout: Duration? = nil) async throws -> RedisValue {
        try await perform(command, limit: TimeLimit(timeout ?? configuration.commandTimeout))
    }

    /// Sends several commands in one write and returns their replies in order. An error reply stays in its place as `.error`; what
    /// is thrown concerns the whole pipeline. It is no transaction: other callers' commands may run in between. In a cluster the
    /// commands of one node are one write, and only those of one slot keep their order among each other.
    public func pipeline(_ commands: [RedisCommand], timeout: Duration? = nil) async throws -> [RedisValue] {
        guard let first = commands.first else { return [] }
        let limit = TimeLimit(timeout ?? configuration.commandTimeout)
        let label = commands.count == 1 ? first.name : "pipeline of \(commands.count)"
        switch way {
        case .cluster(let router): return try await router.perform(commands, label: label, limit: limit)
        case .server(let connections):
            var bytes = ByteBufferAllocator().buffer(capacity: commands.count * 64)
            for command in commands { try CommandFormatter.append(command, to: &bytes) }
            let request = CommandRequest(
                label: label, bytes: bytes, commandCount: commands.count, deadline: limit.deadline, timeout: limit.duration)
            switch try await connections.pick().perform(request) {
            case .one(let reply): return [reply]
            case .many(let replies): return replies
            }
        }
    }

    /// Runs a script by its digest, and by its source if the server does not have it (after a restart or `SCRIPT FLUSH`); the source
    /// stays with the server. Both within one deadline. Throws as ``send(_:timeout:)``.
    public func evaluate(
        _ script: RedisScript, keys: [String], arguments: [RedisArgument], timeout: Duration? = nil
    ) async throws -> RedisValue {
        let limit = TimeLimit(timeout ?? configuration.commandTimeout)
        do {
            return try await perform(script.evaluateByDigest(keys: keys, arguments: arguments), limit: limit)
        } catch let error as RedisError where error.serverPrefix == "NOSCRIPT" {
            logger.debug("loading a script the server does not have", metadata: ["script": "\(script.name)"])
            return try await perform(script.evaluateBySource(keys: keys, arguments: arguments), limit: limit)
        }
    }

    /// A connection of its own for commands that block. It is connected on first use and needs no ``run()``.
    public func blockingConnection() -> RedisBlockingConnection {
        switch way {
        case .server: RedisBlockingConnection(configuration: configuration, eventLoop: eventLoopGroup.next(), logger: logger)
        case .cluster(let router): RedisBlockingConnection(topology: router.topology)
        }
    }

    /// A subscriber with a connection of its own; someone must be in its `run()`. `onEvent` is called on an event loop, in order, and
    /// must not block: hand the event on. In a cluster the connection may be to any node, since each hears what is published at any.
    public func subscriber(onEvent: @escaping @Sendable (RedisSubscriptionEvent) -> Void) -> RedisSubscriber {
        switch way {
        case .server:
            RedisSubscriber(configuration: configuration, eventLoop: eventLoopGroup.next(), logger: logger, onEvent: onEvent)
        case .cluster(let router):
            RedisSubscriber(
                configuration: configuration, eventLoop: eventLoopGroup.next(), logger: logger,
                place: { router.topology.anyPlace() }, onEvent: onEvent)
        }
    }

    /// The servers that share the keys out among them: the one server, or every primary of the cluster as it is known now.
    ///
    /// Throws as ``send(_:timeout:)`` when the cluster does not tell its map in time; `timeout` is ``RedisConfiguration/commandTimeout``
    /// unless said otherwise.
    public func nodes(timeout: Duration? = nil) async throws -> [RedisNode] {
        switch way {
        case .server: return [RedisNode(self)]
        case .cluster(let router):
            let map = try await router.topology.map(limit: TimeLimit(timeout ?? configuration.commandTimeout))
            return map.shards.filter { map.hasSlots($0.primary) }.map {
                RedisNode(router.topology.node(at: $0.primary), replicas: $0.replicas, topology: router.topology)
            }
        }
    }

    /// What the client is doing right now, for readiness and metrics. A moment old, as every such answer.
    public var statistics: RedisClientStatistics {
        switch way {
        case .server(let connections):
            RedisClientStatistics(connections: connections.count, connected: connections.connected, outstanding: connections.outstanding)
        case .cluster(let router): router.topology.statistics
        }
    }

    private func perform(_ command: RedisCommand, limit: TimeLimit) async throws -> RedisValue {
        switch way {
        case .server(let connections):
            let request = try CommandRequest(command, limit: limit)
            return try await connections.pick().perform(request).single(of: command.name)
        case .cluster(let router): return try await router.perform(command, limit: limit)
        }
    }
}

/// Numbers of one ``RedisClient``.
public struct RedisClientStatistics: Sendable, Equatable {
    /// Connections the client keeps.
    public let connections: Int
    /// Of these, connections that carry commands now.
    public let connected: Int
    /// Commands that wait for a connection or for their replies.
    public let outstanding: Int
}
