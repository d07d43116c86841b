import Redis

/// What a Redis or Valkey says of itself, a single server or all primaries of a cluster. What it does not tell, because `CONFIG`,
/// `INFO` or `CLUSTER` is not allowed there, is absent.
struct RedisFacts: Sendable, Equatable {
    /// A server that takes writes.
    struct Node: Sendable, Equatable {
        var address: String
        /// Those that are connected to it now.
        var replicas: Int
    }

    /// Of the product; of several servers the oldest.
    var version: String?
    /// Where servers differ, each value once, parted by commas.
    var settings: [String: String] = [:]
    /// `Redis` or `Valkey`.
    var product = "Redis"
    /// Nil when it is not told.
    var isCluster: Bool?
    /// Whether the client routes its commands, as a cluster wants it.
    var isSpokenToAsCluster = false
    /// `ok` or `fail`; nil for a single server.
    var clusterState: String?
    var nodes: [Node] = []

    /// The settings that matter here.
    private static let asked = [
        "maxmemory-policy", "appendonly", "appendfsync", "hash-max-listpack-entries", "min-replicas-to-write", "cluster-require-full-coverage",
    ]

    /// Asks over connections of its own: those of the client exist only while its service runs.
    /// - Throws: `RedisError` when a server does not answer at all; `.configuration` when a cluster was expected and is none.
    static func read(from client: RedisClient) async throws -> RedisFacts {
        var all: [RedisFacts] = []
        for node in try await client.nodes(timeout: .seconds(3)) {
            let connection = node.blockingConnection()
            do {
                all.append(try await read(node, over: connection))
                await connection.close()
            } catch {
                await connection.close()
                throw error
            }
        }
        var facts = RedisFacts(merging: all)
        facts.isSpokenToAsCluster = client.configuration.cluster != nil
        return facts
    }

    private static func read(_ node: RedisNode, over connection: RedisBlockingConnection) async throws -> RedisFacts {
        var facts = RedisFacts()
        for name in asked {
            facts.settings[name] = try await ask(connection, RedisCommand("CONFIG", "GET", .string(name)))?.array?.last?.string
        }
        let server = try await information(connection, RedisCommand("INFO", "server"))
        facts.product = server["valkey_version"] == nil ? "Redis" : "Valkey"
        facts.version = server["valkey_version"] ?? server["redis_version"]
        facts.isCluster = try await information(connection, RedisCommand("INFO", "cluster"))["cluster_enabled"].map { $0 == "1" }
        let replicas = try await information(connection, RedisCommand("INFO", "replication"))["connected_slaves"].flatMap { Int($0) }
        facts.nodes = replicas.map { [Node(address: node.address, replicas: $0)] } ?? []
        if facts.isCluster == true {
            facts.clusterState = try await information(connection, RedisCommand("CLUSTER", "INFO"))["cluster_state"]
        }
        return facts
    }

    /// Lines of the form `name:value`.
    private static func information(_ connection: RedisBlockingConnection, _ command: RedisCommand) async throws -> [String: String] {
        var values: [String: String] = [:]
        for line in (try await ask(connection, command)?.string ?? "").split(whereSeparator: \.isNewline) {
            let words = line.split(separator: ":", maxSplits: 1)
            if words.count == 2 { values[String(words[0])] = String(words[1]) }
        }
        return values
    }

    /// The reply; nil when the server refuses the command.
    private static func ask(_ connection: RedisBlockingConnection, _ command: RedisCommand) async throws -> RedisValue? {
        do {
            return try await connection.send(command, timeout: .seconds(2))
        } catch let error as RedisError where error.code == .server {
            return nil
        }
    }
}

extension RedisFacts {
    /// What several servers say as one: a setting that one of them does not tell is not told.
    init(merging all: [RedisFacts]) {
        guard let first = all.first else { return }
        self = first
        for other in all.dropFirst() {
            settings = settings.filter { other.settings[$0.key] != nil }
            for (name, value) in other.settings {
                guard let known = settings[name], !known.split(separator: ", ").contains(where: { $0 == value }) else { continue }
                settings[name] = known + ", " + value
            }
            if let theirs = other.version, let ours = version, Self.numbers(theirs).lexicographicallyPrecedes(Self.numbers(ours)) {
                version = theirs
                product = other.product
            }
            if other.clusterState != nil, other.clusterState != "ok" { clusterState = other.clusterState }
            nodes += other.nodes
        }
    }

    private static func numbers(_ version: String) -> [Int] { version.split(separator: ".").map { Int($0) ?? 0 } }
}
