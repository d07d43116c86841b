/// What is remembered of every process of the tree, and of the moment at which the tree was largest.
///
/// Bounded: of processes that have ended only the `capacity` largest are kept (a build may start a hundred thousand), those that
/// lived at the tree's peak first.
struct ProcessLedger {
    /// Who a process is: the kernel gives a pid out again, but not at the same tick.
    struct Identity: Hashable {
        var pid: Int32
        var start: UInt64
    }

    /// What is known of one process.
    struct Entry: Equatable {
        var identity: Identity
        /// The parent when it was first seen.
        var parent: Int32
        var name: String
        var command: CommandText
        /// Milliseconds after the command's begin.
        var started: Int
        /// When it was found missing or dead; nil while it lives.
        var ended: Int?
        var cpuTicks: UInt64
        var peakRSS: Int
        var peakAt: Int
        var rssAtTreePeak = 0
        var pssAtTreePeak: Int?
        /// The tree's peak in which it took part last; compared with the ledger's own count.
        var peakNumber = 0
        var sightings = 0
    }

    /// One look at the tree.
    struct Sample: Equatable {
        var rss = 0
        var processes = 0
        var compileJobs = 0
        var isPeak = false
    }

    static let defaultCapacity = 400

    let capacity: Int
    let pageSize: Int
    let ticksPerSecond: Int
    /// Ticks since boot at which the command began.
    let origin: UInt64

    private(set) var live: [Identity: Entry] = [:]
    private var gone: [Entry] = []
    /// The tree at its largest.
    private(set) var peak = Sample()
    /// Milliseconds after the command's begin.
    private(set) var peakAt = 0
    /// Processes seen in all.
    private(set) var seen = 0
    /// The largest resident set of a single process, forgotten ones included.
    private(set) var largestEver = 0
    private var peakNumber = 0

    init(origin: UInt64, pageSize: Int, ticksPerSecond: Int, capacity: Int = Self.defaultCapacity) {
        self.origin = origin
        self.pageSize = pageSize
        self.ticksPerSecond = max(ticksPerSecond, 1)
        self.capacity = capacity
    }

    /// Takes one look at the tree into account.
    /// - Parameters:
    ///   - now: milliseconds since the command began.
    ///   - command: reads a process's command line; asked for when a process is new and when it seems to have changed.
    mutating func record(_ tree: [ProcessStat], at now: Int, command: (Int32) -> CommandText?) -> Sample {
        var sample = Sample()
        var compiling: [Int32] = []
        var parentsOfCompilers: Set<Int32> = []
        for stat in tree where !stat.isZombie {
            let identity = Identity(pid: stat.pid, start: stat.start)
            var entry = live.removeValue(forKey: identity) ?? newEntry(identity, stat, now)
            // Between fork and exec a process still bears its parent's command line, so the second sight reads it again.
            if entry.sightings < 2 || entry.name != stat.name, let text = command(stat.pid) {
                entry.command = text
                entry.name = stat.name
            }
            entry.sightings += 1
            entry.cpuTicks = max(entry.cpuTicks, stat.cpuTicks)
            let rss = Int(clamping: stat.residentPages) * pageSize
            if rss > entry.peakRSS { (entry.peakRSS, entry.peakAt) = (rss, now) }
            largestEver = max(largestEver, rss)
            sample.rss += rss
            sample.processes += 1
            if entry.command.role == .compile {
                compiling.append(stat.pid)
                parentsOfCompilers.insert(stat.parent)
            }
            live[identity] = entry
        }
        // A driver that waits for its own compiler is not a second job.
        sample.compileJobs = compiling.count(where: { !parentsOfCompilers.contains($0) })
        retire(except: tree, at: now)
        if sample.rss > peak.rss { notePeak(&sample, tree, at: now) }
        return sample
    }

    /// Notes the PSS of the processes of the peak just recorded.
    mutating func recordPSS(_ readings: [Identity: Int]) {
        for (identity, pss) in readings { live[identity]?.pssAtTreePeak = pss }
    }

    /// The processes to report: those of the peak by their share in it, then the others by their own peak.
    func entries(limit: Int) -> [Entry] { Array(ranked(gone + live.values).prefix(limit)) }

    private mutating func newEntry(_ identity: Identity, _ stat: ProcessStat, _ now: Int) -> Entry {
        seen += 1
        // The kernel's start is in ticks of 10 ms: it may lie a little before the command's own begin.
        let sinceOrigin = stat.start >= origin ? Int(clamping: stat.start - origin) * 1_000 / ticksPerSecond : 0
        let unknown = CommandText(arguments: [stat.name])
        return Entry(
            identity: identity, parent: stat.parent, name: stat.name, command: unknown, started: min(sinceOrigin, now), ended: nil,
            cpuTicks: 0, peakRSS: 0, peakAt: now)
    }

    private mutating func retire(except tree: [ProcessStat], at now: Int) {
        // Everything alive was put back by the loop above; what was not is gone.
        guard live.count > tree.count(where: { !$0.isZombie }) else { return }
        let present = Set(tree.lazy.filter { !$0.isZombie }.map { Identity(pid: $0.pid, start: $0.start) })
        for identity in live.keys.filter({ !present.contains($0) }) {
            guard var entry = live.removeValue(forKey: identity) else { continue }
            entry.ended = now
            gone.append(entry)
        }
        if gone.count >= 2 * capacity { gone = Array(ranked(gone).prefix(capacity)) }
    }

    private mutating func notePeak(_ sample: inout Sample, _ tree: [ProcessStat], at now: Int) {
        sample.isPeak = true
        peak = sample
        peakAt = now
        peakNumber += 1
        for stat in tree where !stat.isZombie {
            let identity = Identity(pid: stat.pid, start: stat.start)
            live[identity]?.rssAtTreePeak = Int(clamping: stat.residentPages) * pageSize
            live[identity]?.peakNumber = peakNumber
        }
    }

    private func ranked(_ entries: some Sequence<Entry>) -> [Entry] {
        entries.map { entry in
            var entry = entry
            if entry.peakNumber != peakNumber { (entry.rssAtTreePeak, entry.pssAtTreePeak) = (0, nil) }
            return entry
        }.sorted { ($0.rssAtTreePeak, $0.peakRSS, $1.identity.pid) > ($1.rssAtTreePeak, $1.peakRSS, $0.identity.pid) }
    }
}
