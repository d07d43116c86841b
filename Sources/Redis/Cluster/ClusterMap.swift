/// Where a node of a cluster listens.
struct ClusterAddress: Sendable, Hashable, CustomStringConvertible {
    let host: String
    let port: Int

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Which primary has which slots, and who follows it: `CLUSTER SLOTS` as a value.
struct ClusterMap: Sendable, Equatable {
    /// A primary with its replicas.
    struct Shard: Sendable, Equatable {
        let primary: ClusterAddress
        var replicas: [ClusterAddress]
    }

    private(set) var shards: [Shard] = []
    /// For each slot the place of its owner in `shards`; -1 where a slot has none.
    private var owners = [Int16](repeating: -1, count: ClusterSlot.count)

    /// A map without a single slot.
    init() {}

    /// Reads the reply of `CLUSTER SLOTS`.
    ///
    /// - Parameter asked: who answered. A node that does not know its own name leaves it out, and means the one it was reached by.
    /// - Throws: `.protocol` for a reply of another form, and for one that names no slot: a node that was just reset, or left its cluster.
    init(reply: RedisValue, from asked: ClusterAddress) throws(RedisError) {
        guard let ranges = reply.array else { throw Self.malformed }
        for range in ranges {
            guard let words = range.array, words.count >= 3, let first = words[0].integer, let last = words[1].integer, first <= last,
                ClusterSlot(first) != nil, ClusterSlot(last) != nil
            else { throw Self.malformed }
            var nodes: [ClusterAddress] = []
            for word in words[2...] {
                guard let parts = word.array, parts.count >= 2, let port = parts[1].integer, (1...65_535).contains(port) else { throw Self.malformed }
                // "?" is a node whose name is not announced: it cannot be reached by it.
                let name = parts[0].isNull ? "" : parts[0].string ?? "?"
                guard name != "?" else { continue }
                nodes.append(ClusterAddress(host: name.isEmpty ? asked.host : name, port: port))
            }
            guard let primary = nodes.first else { continue }
            let owner = place(of: primary)
            for replica in nodes.dropFirst() where !shards[owner].replicas.contains(replica) { shards[owner].replicas.append(replica) }
            for slot in first...last { owners[slot] = Int16(owner) }
        }
        guard !shards.isEmpty else { throw RedisError(.protocol, "\(asked) knows of no slot in its cluster", command: "CLUSTER") }
    }

    /// The primary that has a slot; nil where nobody has it.
    func owner(of slot: ClusterSlot) -> ClusterAddress? {
        let owner = owners[slot.number]
        return owner < 0 ? nil : shards[Int(owner)].primary
    }

    /// Notes what a `MOVED` said.
    mutating func moved(_ slot: ClusterSlot, to address: ClusterAddress) {
        owners[slot.number] = Int16(place(of: address))
    }

    var primaries: [ClusterAddress] { shards.map(\.primary) }

    /// Every node that is named, primaries first.
    var nodes: [ClusterAddress] { primaries + shards.flatMap(\.replicas) }

    /// Whether a primary has a slot at all; one may have lost its last.
    func hasSlots(_ primary: ClusterAddress) -> Bool {
        guard let place = shards.firstIndex(where: { $0.primary == primary }) else { return false }
        return owners.contains(Int16(place))
    }

    /// Slots that nobody has.
    var uncovered: Int { owners.count { $0 < 0 } }

    /// The place of a primary, which is added if it is new. A cluster has at most 16,384 of them, which 16 bits hold.
    private mutating func place(of primary: ClusterAddress) -> Int {
        if let known = shards.firstIndex(where: { $0.primary == primary }) { return known }
        shards.append(Shard(primary: primary, replicas: []))
        return shards.count - 1
    }

    private static var malformed: RedisError {
        RedisError(.protocol, "the reply is not of the form of CLUSTER SLOTS", command: "CLUSTER")
    }
}
