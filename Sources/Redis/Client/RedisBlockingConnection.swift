import Logging
import NIOCore

/// A socket for one caller's blocking commands (`XREADGROUP … BLOCK`), so that nobody else waits behind them.
///
/// It connects for the first command and, after a loss, for the next. One call at a time: a second is refused as `.overloaded`.
/// A call that is cancelled or reaches its deadline closes the socket, since the command may block it for long yet; the next call
/// connects anew. What the server had given to the call that left (entries of a consumer group) stays pending there.
public final class RedisBlockingConnection: Sendable {
    private let connection: CommandConnection

    init(configuration: RedisConfiguration, eventLoop: any EventLoop, logger: Logger) {
        let policy = CommandConnection.Policy(
            maximumCommands: 1, maximumBytes: configuration.maximumBytesInFlight, isLeavingFatal: true, connectsOnDemand: true)
        self.connection = CommandConnection(configuration: configuration, policy: policy, eventLoop: eventLoop, logger: logger)
    }

    /// Sends a command and waits. `timeout` bounds all of it, connecting included: give it more than the command's own `BLOCK`, or a
    /// quiet server looks like a dead one. Throws ``RedisError`` as ``RedisClient/send(_:timeout:)`` does.
    public func send(_ command: RedisCommand, timeout: Duration) async throws -> RedisValue {
        let request = try CommandRequest(command, limit: TimeLimit(timeout))
        return try await connection.perform(request).single(of: command.name)
    }

    /// Closes the socket; a call that waits fails, and so does every later one. A connection that is let go of closes too.
    public func close() async {
        await connection.stop()
    }
}
