/// The memory of a tree over time, never more than `capacity` points however long the command runs.
///
/// When it is full, neighbours are merged two by two and from then on twice as many samples make a point. A merged point is the
/// **larger** of the two, with its own time: the peak survives every halving, exactly and in its place.
struct Timeline: Sendable, Equatable {
    /// One point: the largest of the samples it stands for.
    struct Point: Sendable, Equatable {
        /// Milliseconds since the command began.
        var at: Int
        /// Resident bytes of the whole tree.
        var rss: Int
        /// Processes alive.
        var processes: Int
        /// Compile jobs among them.
        var compileJobs: Int
    }

    /// 2,000 points are more than any screen shows and about 50 KB of JSON.
    static let defaultCapacity = 2_000

    let capacity: Int
    private(set) var samplesPerPoint = 1
    private var closed: [Point] = []
    private var current: Point?
    private var samplesInCurrent = 0

    /// - Parameter capacity: an even number from 2; an odd one is rounded up.
    init(capacity: Int = Self.defaultCapacity) {
        self.capacity = max(2, capacity + capacity % 2)
    }

    /// All points in the order of time, the unfinished one included.
    var points: [Point] { current.map { closed + [$0] } ?? closed }

    mutating func append(_ sample: Point) {
        current = current.map { Self.larger($0, sample) } ?? sample
        samplesInCurrent += 1
        guard samplesInCurrent == samplesPerPoint else { return }
        if let point = current { closed.append(point) }
        current = nil
        samplesInCurrent = 0
        if closed.count == capacity { halve() }
    }

    private mutating func halve() {
        closed = stride(from: 0, to: closed.count, by: 2).map { Self.larger(closed[$0], closed[$0 + 1]) }
        samplesPerPoint *= 2
    }

    /// The earlier one when both are as large, so that a plateau is said to begin where it began.
    private static func larger(_ first: Point, _ second: Point) -> Point { second.rss > first.rss ? second : first }
}
