import Logging
import NIOCore
import Synchronization

/// A primary of a cluster with the connections to it.
struct ClusterNode: Sendable {
    let address: ClusterAddress
    let connections: ConnectionSet
}

/// What a client knows of its cluster: the map, and the connections to each primary.
///
/// The map is loaded from whichever node answers: when somebody needs it for the first time, every few seconds while the client
/// runs, and whenever something hints at a change (a redirect, a lost connection, a command that waits for one). Nobody waits for a
/// load as such: those who need a node look again until their deadline.
///
/// A node that is no primary any more loses its connections when it has answered: commands that were not written there fail as
/// unsent, and so go to whoever has their slot now.
final class ClusterTopology: Sendable {
    private struct State {
        var map: ClusterMap?
        /// The cluster's epoch when the map was told. A node that is cut off from the others tells an older one.
        var epoch = 0
        var nodes: [ClusterAddress: ClusterNode] = [:]
        /// Those that are no primaries any more and still have something to answer.
        var retired: [ClusterNode] = []
        var isRunning = false
        var isStopped = false
        var isLoading = false
        var loadedAt: NIODeadline?
        /// Why the last load brought no map.
        var failure: RedisError?
    }

    let configuration: RedisConfiguration
    let eventLoopGroup: any EventLoopGroup
    let logger: Logger
    private let connectionsPerNode: Int
    private let inquiry: ClusterInquiry
    private let state = Mutex(State())

    /// Two loads are at least so far apart: an election is over within a few of them, and a client asks no more than ten times a second.
    private static let gap = TimeAmount.milliseconds(100)
    /// A running client looks this often by itself: a node that hangs without closing its connections gives no hint.
    private static let interval = Duration.seconds(5)

    init(configuration: RedisConfiguration, connectionsPerNode: Int, eventLoopGroup: any EventLoopGroup, logger: Logger) {
        self.configuration = configuration
        self.connectionsPerNode = max(1, connectionsPerNode)
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
        self.inquiry = ClusterInquiry(configuration: configuration, eventLoopGroup: eventLoopGroup, logger: logger)
    }

    // MARK: Life

    /// Keeps connections to every primary from now on.
    func start() {
        let nodes = state.withLock { state in
            state.isRunning = true
            return Array(state.nodes.values)
        }
        for node in nodes { node.connections.start() }
        wantMap()
    }

    /// Looks for changes until the task is cancelled.
    func watch() async {
        while (try? await Task.sleep(for: Self.interval)) != nil { wantMap() }
    }

    func stop() async {
        let nodes = state.withLock { state in
            state.isStopped = true
            defer { (state.nodes, state.retired) = ([:], []) }
            return Array(state.nodes.values) + state.retired
        }
        for node in nodes { await node.connections.stop() }
    }

    var isStopped: Bool { state.withLock { $0.isStopped } }

    var statistics: RedisClientStatistics {
        let sets = state.withLock { ($0.nodes.values + $0.retired).map(\.connections) }
        return RedisClientStatistics(
            connections: sets.reduce(0) { $0 + $1.count }, connected: sets.reduce(0) { $0 + $1.connected },
            outstanding: sets.reduce(0) { $0 + $1.outstanding })
    }

    // MARK: Finding a node

    /// The node that has a slot, or any node for a command without a key; nil while that is not known.
    func node(of slot: ClusterSlot?) -> ClusterNode? {
        state.withLock { state in
            guard let slot else { return state.nodes.values.first { $0.connections.isUp } ?? state.nodes.values.first }
            return state.map?.owner(of: slot).flatMap { state.nodes[$0] }
        }
    }

    /// The same, waited for until the deadline. Throws `.timeout`, `.configuration` when the server is no cluster, `.cancelled`.
    func node(of slot: ClusterSlot?, limit: TimeLimit, command: String) async throws -> ClusterNode {
        var pause = ClusterPause()
        while true {
            if let node = node(of: slot) { return node }
            let (isStopped, failure) = state.withLock { ($0.isStopped, $0.failure) }
            if isStopped { throw RedisError(.connection, "the client was shut down", command: command) }
            wantMap()
            if let failure, failure.code == .configuration { throw failure }
            guard pause.fits(limit) else {
                let place = slot.map { "the slot \($0.number)" } ?? "the command"
                let cause = failure.map { " (\($0.message))" } ?? ""
                throw RedisError(
                    .timeout, "not sent within \(Duration(limit.duration)): no node of \(configuration) serves \(place)\(cause)", command: command)
            }
            try await pause.rest(command: command)
        }
    }

    /// The same for a connection of the caller's own: while the client runs, a node that it cannot reach is waited for, or its
    /// successor. At the deadline the node is returned as it is.
    func livingNode(of slot: ClusterSlot?, limit: TimeLimit, command: String) async throws -> ClusterNode {
        var pause = ClusterPause()
        while true {
            let node = try await node(of: slot, limit: limit, command: command)
            let isRunning = state.withLock { $0.isRunning }
            guard isRunning, !node.connections.isUp, pause.fits(limit) else { return node }
            wantMap()
            try await pause.rest(command: command)
        }
    }

    /// The node at an address that a redirect named.
    func node(at address: ClusterAddress) -> ClusterNode {
        let (node, isFresh) = state.withLock { state in
            if let known = state.nodes[address] { return (known, false) }
            let made = make(address)
            if !state.isStopped { state.nodes[address] = made }
            return (made, state.isRunning && !state.isStopped)
        }
        if isFresh { node.connections.start() }
        return node
    }

    /// The map, waited for until the deadline. Throws as ``node(of:limit:command:)``.
    func map(limit: TimeLimit) async throws -> ClusterMap {
        _ = try await node(of: nil, limit: limit, command: "CLUSTER")
        return state.withLock { $0.map } ?? ClusterMap()
    }

    /// Where a connection that may be at any node is to be made: at one that is up, if there is one.
    func anyPlace() -> RedisConfiguration.Address {
        let (up, known) = state.withLock { state in
            (state.nodes.values.filter { $0.connections.isUp }.map(\.address), state.map?.nodes ?? [])
        }
        if up.isEmpty { wantMap() }
        if let address = up.randomElement() ?? known.randomElement() { return .tcp(host: address.host, port: address.port) }
        return ([configuration.address] + (configuration.cluster?.seeds ?? [])).randomElement() ?? configuration.address
    }

    // MARK: Learning

    /// Notes a redirect, and looks what else has changed.
    func moved(_ slot: ClusterSlot, to address: ClusterAddress) {
        _ = node(at: address)
        state.withLock { state in
            guard state.map != nil else { return }
            state.map?.moved(slot, to: address)
        }
        wantMap()
    }

    /// Loads the map soon, unless a load is under way.
    func wantMap() {
        let pause = state.withLock { state -> TimeAmount? in
            guard !state.isLoading, !state.isStopped else { return nil }
            state.isLoading = true
            guard let last = state.loadedAt else { return .nanoseconds(0) }
            return last + Self.gap - NIODeadline.now()
        }
        guard let pause else { return }
        // Of its own: whoever hinted at a change may leave, and others wait for the map too.
        Task {
            if pause > .nanoseconds(0) { try? await Task.sleep(for: Duration(pause)) }
            await load()
        }
    }

    private func load() async {
        let (nodes, known, epoch) = state.withLock { (Array($0.nodes.values), $0.map?.nodes ?? [], $0.epoch) }
        let result = await inquiry.ask(nodes: nodes, known: known, epoch: epoch)
        switch result {
        case .success(let answer): adopt(answer)
        case .failure(let error):
            let isNew = state.withLock { state in
                defer { state.failure = error }
                return state.failure == nil && !state.isStopped
            }
            if isNew { logger.warning("no node tells the map of the cluster", metadata: ["redis": "\(configuration)", "error": "\(error)"]) }
        }
        let isAwaited = state.withLock { state in
            state.isLoading = false
            state.loadedAt = .now()
            // Whoever waits at a node that is away gives no further hint.
            return state.isRunning && state.nodes.values.contains { !$0.connections.isUp && $0.connections.outstanding > 0 }
        }
        if isAwaited { wantMap() }
    }

    private func adopt(_ answer: ClusterInquiry.Answer) {
        let (fresh, retired, isNew) = state.withLock { state -> ([ClusterNode], [ClusterNode], Bool) in
            state.failure = nil
            guard !state.isStopped else { return ([], [], false) }
            let primaries = Set(answer.map.primaries)
            let retired = state.nodes.values.filter { !primaries.contains($0.address) }
            for node in retired { state.nodes[node.address] = nil }
            state.retired = state.retired.filter { $0.connections.isUp || $0.connections.outstanding > 0 } + retired
            var fresh: [ClusterNode] = []
            for address in primaries where state.nodes[address] == nil {
                let node = make(address)
                state.nodes[address] = node
                fresh.append(node)
            }
            let isNew = state.map != answer.map
            state.map = answer.map
            state.epoch = answer.epoch
            return (state.isRunning ? fresh : [], retired, isNew)
        }
        for node in fresh { node.connections.start() }
        // One that has handed over still answers what it was sent, if only by naming its successor.
        for node in retired { node.connections.retire("\(node.address) is no primary of the cluster any more") }
        if isNew {
            let primaries = answer.map.primaries.map(\.description).sorted().joined(separator: " ")
            logger.info("the map of the Redis cluster", metadata: ["primaries": "\(primaries)", "epoch": "\(answer.epoch)"])
        }
    }

    private func make(_ address: ClusterAddress) -> ClusterNode {
        ClusterNode(
            address: address,
            connections: ConnectionSet(
                configuration: configuration.node(at: address), count: connectionsPerNode, eventLoopGroup: eventLoopGroup, logger: logger))
    }
}
