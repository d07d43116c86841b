/// A stream of a partition that workers read. Each class has one lane for workspaces that hold few jobs, and four for what others
/// hold beyond that, among which the workspace's id decides. All are read, by weight, so that none starves, and who sends a hundred
/// jobs does not wait behind who sends a hundred thousand.
struct Lane: Sendable, Hashable {
    let priority: JobPriority
    /// 0 to 3 for a bulk lane; nil for the lane of those that hold few.
    let shard: Int?
    /// As the scripts name it, behind the partition's base: `ready:normal`, `bulk:normal:2`.
    let name: String

    private init(_ priority: JobPriority, shard: Int?) {
        self.priority = priority
        self.shard = shard
        self.name = shard.map { "bulk:\(priority.rawValue):\($0)" } ?? "ready:\(priority.rawValue)"
    }

    static let shards = 4
    /// Every lane, the most urgent first.
    static let all: [Lane] = JobPriority.allCases.flatMap { priority in
        [Lane(priority, shard: nil)] + (0..<shards).map { Lane(priority, shard: $0) }
    }
    /// The lanes of those that hold few.
    static let allReady = all.filter { !$0.isBulk }
    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    static func ready(_ priority: JobPriority) -> Lane { Lane(priority, shard: nil) }
    static func bulk(_ priority: JobPriority, shard: Int) -> Lane { Lane(priority, shard: shard) }

    init?(name: some StringProtocol) {
        guard let found = Self.byName[String(name)] else { return nil }
        self = found
    }

    /// Of those that hold more than a few.
    var isBulk: Bool { shard != nil }

    /// Of a read over lanes that all hold something: eight, four and one for the classes, three quarters of it for `ready`.
    var weight: Int {
        let share = isBulk ? 1 : 12
        switch priority {
        case .high: return 8 * share
        case .normal: return 4 * share
        case .low: return share
        }
    }

    static func == (left: Lane, right: Lane) -> Bool { left.priority == right.priority && left.shard == right.shard }

    func hash(into hasher: inout Hasher) {
        hasher.combine(priority)
        hasher.combine(shard)
    }
}

/// An entry of a partition, wherever it lies.
struct EntryKey: Sendable, Hashable, CustomStringConvertible {
    let lane: Lane
    /// `<ms>-<number>`, unique within its lane.
    let id: String

    var description: String { "\(lane.name) \(id)" }
}
