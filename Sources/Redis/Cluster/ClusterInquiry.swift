import Logging
import NIOCore

/// Asks the nodes of a cluster for its map, one after the other, until one tells what can be used.
struct ClusterInquiry: Sendable {
    struct Answer: Sendable {
        let map: ClusterMap
        /// `cluster_current_epoch` of who told it: it grows with every election.
        let epoch: Int
    }

    private let configuration: RedisConfiguration
    private let eventLoopGroup: any EventLoopGroup
    private let logger: Logger

    /// How long one node may take. A node that hangs costs this much, and the next is asked.
    private static let patience = Duration.seconds(1)
    private static let questions = [RedisCommand("CLUSTER", "INFO"), RedisCommand("CLUSTER", "SLOTS")]

    init(configuration: RedisConfiguration, eventLoopGroup: any EventLoopGroup, logger: Logger) {
        self.configuration = configuration
        self.eventLoopGroup = eventLoopGroup
        var quiet = logger
        // Connections for one question: what they come to is told by whoever asks.
        quiet.logLevel = .critical
        self.logger = quiet
    }

    /// - Parameters:
    ///   - nodes: those with connections; the ones that are up are asked first.
    ///   - known: all that the last map named, replicas included.
    ///   - epoch: of the last map. An older answer comes from a node that is cut off, and is taken only if nobody has a newer one.
    func ask(nodes: [ClusterNode], known: [ClusterAddress], epoch: Int) async -> Result<Answer, RedisError> {
        var failure = RedisError(.connection, "no node is known")
        var older: Answer?
        for candidate in candidates(nodes, known) {
            do {
                let answer = try await ask(candidate)
                if answer.epoch >= epoch { return .success(answer) }
                if answer.epoch > (older?.epoch ?? -1) { older = answer }
            } catch let error as RedisError {
                failure = error
            } catch {
                failure = RedisError(.connection, "\(error)")
            }
        }
        guard let older else { return .failure(failure) }
        return .success(older)
    }

    /// Where to ask; over a connection that is up, or over one made for the question.
    private struct Candidate {
        let address: ClusterAddress
        var connections: ConnectionSet?
    }

    /// In random order within each group, so that a node which answers nonsense is not asked first for ever.
    private func candidates(_ nodes: [ClusterNode], _ known: [ClusterAddress]) -> [Candidate] {
        var result = nodes.filter { $0.connections.isUp }.shuffled().map { Candidate(address: $0.address, connections: $0.connections) }
        let seeds = ([configuration.address] + (configuration.cluster?.seeds ?? [])).compactMap { place -> ClusterAddress? in
            guard case .tcp(let host, let port) = place else { return nil }
            return ClusterAddress(host: host, port: port)
        }
        for address in known.shuffled() + seeds where !result.contains(where: { $0.address == address }) {
            result.append(Candidate(address: address))
        }
        return result
    }

    private func ask(_ candidate: Candidate) async throws -> Answer {
        let limit = TimeLimit(min(Self.patience, configuration.commandTimeout))
        var bytes = ByteBufferAllocator().buffer(capacity: 64)
        for question in Self.questions { try CommandFormatter.append(question, to: &bytes) }
        let request = CommandRequest(
            label: "CLUSTER SLOTS", bytes: bytes, commandCount: Self.questions.count, deadline: limit.deadline, timeout: limit.duration)
        let reply: Reply
        if let connections = candidate.connections {
            reply = try await connections.pick().perform(request)
        } else {
            reply = try await performOnce(request, at: candidate.address)
        }
        guard case .many(let replies) = reply, replies.count == Self.questions.count else {
            throw RedisError(.protocol, "\(candidate.address) did not answer CLUSTER SLOTS", command: "CLUSTER")
        }
        if case .error(let text) = replies[1] {
            guard text.contains("cluster support disabled") else { throw RedisError(serverReply: text, command: "CLUSTER") }
            throw RedisError(.configuration, "the server at \(candidate.address) is no node of a cluster: leave out cluster=true", command: "CLUSTER")
        }
        return Answer(map: try ClusterMap(reply: replies[1], from: candidate.address), epoch: Self.epoch(in: replies[0].string ?? ""))
    }

    private func performOnce(_ request: CommandRequest, at address: ClusterAddress) async throws -> Reply {
        let policy = CommandConnection.Policy(
            maximumCommands: Self.questions.count, maximumBytes: configuration.maximumBytesInFlight, isLeavingFatal: true, connectsOnDemand: true)
        let connection = CommandConnection(
            configuration: configuration.node(at: address), policy: policy, eventLoop: eventLoopGroup.next(), logger: logger)
        do {
            let reply = try await connection.perform(request)
            await connection.stop()
            return reply
        } catch {
            await connection.stop()
            throw error
        }
    }

    /// The epoch in the text of `CLUSTER INFO`; 0 for a user who may not see it.
    static func epoch(in information: String) -> Int {
        let name = "cluster_current_epoch:"
        let line = information.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name) }
        return line.flatMap { Int($0.dropFirst(name.count)) } ?? 0
    }
}
