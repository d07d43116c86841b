import NIOCore

/// One of the servers that a client works with: the single one, or a primary of its cluster.
///
/// For what concerns a server as a whole, `SCAN`, `INFO`, `CONFIG`, `FLUSHALL`: a client sends a command to the node of its key, and
/// these have none.
public struct RedisNode: Sendable, CustomStringConvertible {
    private enum Way: Sendable {
        case server(RedisClient)
        case node(ClusterNode, ClusterTopology)
    }

    private let way: Way
    /// `host:port`, or a socket's path.
    public let address: String
    /// The replicas that the cluster names for this primary; none outside of a cluster.
    public let replicas: [String]

    init(_ client: RedisClient) {
        self.way = .server(client)
        self.address = client.configuration.address.description
        self.replicas = []
    }

    init(_ node: ClusterNode, replicas: [ClusterAddress], topology: ClusterTopology) {
        self.way = .node(node, topology)
        self.address = node.address.description
        self.replicas = replicas.map(\.description)
    }

    public var description: String { address }

    /// Sends a command to this server, whatever its key. Throws ``RedisError`` as ``RedisClient/send(_:timeout:)`` does.
    public func send(_ command: RedisCommand, timeout: Duration? = nil) async throws -> RedisValue {
        switch way {
        case .server(let client): return try await client.send(command, timeout: timeout)
        case .node(let node, let topology):
            let request = try CommandRequest(command, limit: TimeLimit(timeout ?? topology.configuration.commandTimeout))
            return try await node.connections.pick().perform(request).single(of: command.name)
        }
    }

    /// A connection of its own to this server. It is connected on first use and needs nobody in the client's `run()`.
    public func blockingConnection() -> RedisBlockingConnection {
        switch way {
        case .server(let client): client.blockingConnection()
        case .node(let node, let topology):
            RedisBlockingConnection(
                configuration: topology.configuration.node(at: node.address), eventLoop: topology.eventLoopGroup.next(), logger: topology.logger)
        }
    }
}
