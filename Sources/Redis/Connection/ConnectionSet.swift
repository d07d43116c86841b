import Logging
import NIOCore
import Synchronization

/// The shared connections of a client to one server.
final class ConnectionSet: Sendable {
    private let connections: [CommandConnection]
    private let next = Atomic<Int>(0)

    /// Makes so many connections (at least one), each on an event loop of its own where there are enough.
    init(configuration: RedisConfiguration, count: Int, eventLoopGroup: any EventLoopGroup, logger: Logger) {
        let policy = CommandConnection.Policy(
            maximumCommands: configuration.maximumCommandsInFlight, maximumBytes: configuration.maximumBytesInFlight, isLeavingFatal: false,
            connectsOnDemand: false)
        self.connections = (0..<max(1, count)).map { _ in
            CommandConnection(configuration: configuration, policy: policy, eventLoop: eventLoopGroup.next(), logger: logger)
        }
    }

    var count: Int { connections.count }

    /// How many carry commands now.
    var connected: Int { connections.count { $0.isUp } }

    var isUp: Bool { connections.contains { $0.isUp } }

    /// Commands that wait for a connection or for their replies.
    var outstanding: Int { connections.reduce(0) { $0 + $1.outstanding } }

    /// Keeps the connections from now on.
    func start() {
        for connection in connections { connection.start() }
    }

    /// Closes them; what still waits fails, as unsent where it was not written. Returns when the sockets are closed.
    func stop() async {
        for connection in connections { await connection.stop() }
    }

    /// Closes them when what was written has been answered; what was not fails as unsent, and so does what comes from now on.
    func retire(_ reason: String) {
        for connection in connections { connection.retire(reason) }
    }

    /// The connection for the next request.
    func pick() -> CommandConnection {
        guard connections.count > 1 else { return connections[0] }
        let turn = Int(UInt(bitPattern: next.wrappingAdd(1, ordering: .relaxed).oldValue) % UInt(connections.count))
        // In turn, but past those that are away while another is there.
        for offset in connections.indices {
            let candidate = connections[(turn + offset) % connections.count]
            if candidate.isUp { return candidate }
        }
        return connections[turn]
    }
}
