import Logging
import NIOCore

/// A socket for one caller's blocking commands (`XREADGROUP … BLOCK`), so that nobody else waits behind them.
///
/// It connects for the first command and, after a loss, for the next. One call at a time: a second is refused as `.overloaded`.
/// A call that is cancelled or reaches its deadline closes the socket, since the command may block it for long yet; the next call
/// connects anew. What the server had given to the call that left (entries of a consumer group) stays pending there.
///
/// In a cluster each call goes to the node that has its command's key, over a socket that is made anew when that is another node.
public final class RedisBlockingConnection: Sendable {
    private enum Way: Sendable {
        case server(CommandConnection)
        case cluster(ClusterBlockingConnection)
    }

    private let way: Way

    /// A connection to the one server of `configuration`.
    init(configuration: RedisConfiguration, eventLoop: any EventLoop, logger: Logger) {
        let policy = CommandConnection.Policy(
            maximumCommands: 1, maximumBytes: configuration.maximumBytesInFlight, isLeavingFatal: true, connectsOnDemand: true)
        self.way = .server(CommandConnection(configuration: configuration, policy: policy, eventLoop: eventLoop, logger: logger))
    }

    /// A connection to whichever node of a cluster has the key.
    init(topology: ClusterTopology) {
        self.way = .cluster(ClusterBlockingConnection(topology: topology))
    }

    /// Sends a command and waits. `timeout` bounds all of it, connecting included: give it more than the command's own `BLOCK`, or a
    /// quiet server looks like a dead one. Throws ``RedisError`` as ``RedisClient/send(_:timeout:)`` does.
    public func send(_ command: RedisCommand, timeout: Duration) async throws -> RedisValue {
        let limit = TimeLimit(timeout)
        switch way {
        case .server(let connection): return try await connection.perform(CommandRequest(command, limit: limit)).single(of: command.name)
        case .cluster(let connection): return try await Reply.one(connection.perform(command, limit: limit)).single(of: command.name)
        }
    }

    /// Closes the socket; a call that waits fails, and so does every later one. A connection that is let go of closes too.
    public func close() async {
        switch way {
        case .server(let connection): await connection.stop()
        case .cluster(let connection): await connection.close()
        }
    }
}
