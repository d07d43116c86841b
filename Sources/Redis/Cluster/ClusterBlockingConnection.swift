import Logging
import NIOCore
import Synchronization

/// One caller's socket into a cluster: to the node that has the key of the command at hand.
final class ClusterBlockingConnection: Sendable {
    private struct State {
        var isBusy = false
        var isClosed = false
        var address: ClusterAddress?
        var connection: CommandConnection?
    }

    private let topology: ClusterTopology
    private let state = Mutex(State())

    init(topology: ClusterTopology) {
        self.topology = topology
    }

    /// Sends a command and waits for its reply, an error reply among them. Follows the cluster as ``ClusterRouter`` does.
    func perform(_ command: RedisCommand, limit: TimeLimit) async throws -> RedisValue {
        let isFree = state.withLock { state in
            defer { state.isBusy = true }
            return !state.isBusy
        }
        guard isFree else { throw RedisError(.overloaded, "a command waits on this connection already", command: command.name) }
        defer { state.withLock { $0.isBusy = false } }

        var course = ClusterCourse(errands: [try ClusterErrand(command)])
        while !course.open.isEmpty {
            course.begin()
            let errand = course.errands[0]
            let address: ClusterAddress
            if let detour = errand.detour {
                address = detour
            } else {
                address = try await topology.livingNode(of: errand.slot, limit: limit, command: command.name).address
            }
            let reply = try await exchange(errand, at: address, command: command.name, limit: limit)
            if case .moved(let slot, let next)? = course.replied(reply, to: 0, from: address) { topology.moved(slot, to: next) }
            guard course.needsPause, !course.open.isEmpty else { continue }
            guard course.pause.fits(limit) else {
                try course.giveUp(label: command.name, limit: limit)
                break
            }
            try await course.pause.rest(command: command.name)
        }
        return course.answers[0]
    }

    /// Closes the socket; a call that waits fails, and so does every later one.
    func close() async {
        let connection = state.withLock { state in
            state.isClosed = true
            defer { state.connection = nil }
            return state.connection
        }
        await connection?.stop()
    }

    private func exchange(_ errand: ClusterErrand, at address: ClusterAddress, command: String, limit: TimeLimit) async throws -> RedisValue {
        let connection = try await connection(to: address, command: command)
        do {
            let request = CommandRequest([errand], label: command, limit: limit)
            let replies = try await connection.perform(request).replies(to: [errand])
            guard let reply = replies.first else { throw RedisError(.protocol, "no reply", command: command) }
            return reply
        } catch {
            // Perhaps the node went; the next call must not meet it again for want of a hint.
            topology.wantMap()
            throw error
        }
    }

    /// The socket to a node; one to another node is closed first.
    private func connection(to address: ClusterAddress, command: String) async throws -> CommandConnection {
        let (current, old) = try state.withLock { state throws(RedisError) -> (CommandConnection, CommandConnection?) in
            if state.isClosed { throw RedisError(.connection, CommandConnectionCore.shutDown, command: command) }
            if let connection = state.connection, state.address == address { return (connection, nil) }
            let configuration = topology.configuration.node(at: address)
            // Two commands: the one asked for, and `ASKING` before it.
            let policy = CommandConnection.Policy(
                maximumCommands: 2, maximumBytes: configuration.maximumBytesInFlight, isLeavingFatal: true, connectsOnDemand: true)
            let made = CommandConnection(
                configuration: configuration, policy: policy, eventLoop: topology.eventLoopGroup.next(), logger: topology.logger)
            defer {
                state.connection = made
                state.address = address
            }
            return (made, state.connection)
        }
        await old?.stop()
        return current
    }
}
