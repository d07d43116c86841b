import Foundation

/// What a worker tells of itself about once a second, as JSON in Redis. It tells what it does, not who it is: that is its row in
/// PostgreSQL.
///
/// Workers and readers of neighbouring releases live side by side: members that are missing or unknown do no harm.
struct WorkerReport: Sendable, Hashable, Codable {
    /// A batch or a long job.
    struct Running: Sendable, Hashable, Codable {
        var kind: String
        /// Nil for a batch.
        var job: UUID?
        var jobs: Int
        /// Since it was begun.
        var seconds: Double
        /// From 0 to 1.
        var progress: Double?
        var note: String?
    }

    /// What ended of one kind within `over` seconds.
    struct Kind: Sendable, Hashable, Codable {
        /// Jobs done.
        var jobs = 0
        /// Batches or long jobs that ended, well or not.
        var ended = 0
        /// Of all that ended, together.
        var seconds = 0.0
        /// Of the one that took longest.
        var slowest = 0.0

        mutating func add(_ other: Kind) {
            jobs += other.jobs
            ended += other.ended
            seconds += other.seconds
            slowest = max(slowest, other.slowest)
        }
    }

    /// The longest first. No more than `most`: a worker may carry more than anybody reads.
    var running: [Running] = []
    var kinds: [String: Kind] = [:]
    /// Seconds that `kinds` counts over: some ten, fewer of a young worker.
    var over = 0.0

    static let most = 200

    private enum CodingKeys: String, CodingKey {
        case running, kinds, over
    }

    init() {}

    init(running: [Running], kinds: [String: Kind], over: Double) {
        self.running = running
        self.kinds = kinds
        self.over = over
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        running = try container.decodeIfPresent([Running].self, forKey: .running) ?? []
        kinds = try container.decodeIfPresent([String: Kind].self, forKey: .kinds) ?? [:]
        over = try container.decodeIfPresent(Double.self, forKey: .over) ?? 0
    }

    /// Reads what Redis holds. A report that cannot be read says at least that its worker lives: it is an empty one.
    init(json: [UInt8]) {
        self = (try? JSONDecoder().decode(WorkerReport.self, from: Data(json))) ?? WorkerReport()
    }

    /// Jobs done a second; nil while it is too early to say.
    func perSecond(of jobs: Int) -> Double? { over >= 0.5 ? Double(jobs) / over : nil }
}

/// How far a long job is, as its handler tells it.
struct JobProgress: Sendable, Hashable, Codable {
    /// From 0 to 1.
    var progress: Double
    var note: String?
}
