#if os(Linux)
import Dispatch
import Glibc

/// Looks at the tree again and again until the command has ended. Belongs to one thread, on which it blocks.
final class Sampler {
    private let reader: ProcReader
    private let adopter: pid_t?
    private let cpuAtStart = LinuxCalls.threadMicroseconds()
    private var started: Double
    private var command: pid_t = 0
    private var tree: ProcessTree
    private var pids: [Int32] = []
    private(set) var ledger: ProcessLedger
    private(set) var budget: SamplingBudget
    private(set) var timeline = Timeline()
    /// The highest proportional set, when, and the resident set at that moment.
    private(set) var pss: (bytes: Int, at: Int, rss: Int)?
    /// Processes alive in the last look, the command itself not counted.
    private(set) var survivors = 0

    /// Made just before the command is started.
    /// - Parameters:
    ///   - adopter: this process, when orphans of the command are given to it; the tree then hangs on it.
    ///   - share: of one core, that looking may cost.
    init(adopter: pid_t?, share: Double) throws {
        let reader = try ProcReader()
        reader.pids(into: &pids)
        tree = ProcessTree(adopter: adopter, existing: pids, read: reader.stat)
        ledger = ProcessLedger(origin: LinuxCalls.ticksSinceBoot(), pageSize: LinuxCalls.pageSize, ticksPerSecond: LinuxCalls.ticksPerSecond)
        budget = SamplingBudget(share: share)
        started = LinuxCalls.monotonicMilliseconds()
        self.reader = reader
        self.adopter = adopter
    }

    /// Milliseconds since the command was started.
    var elapsed: Double { LinuxCalls.monotonicMilliseconds() - started }

    /// Milliseconds of processor time that this thread has spent on it.
    var cost: Int { Int(((LinuxCalls.threadMicroseconds() - cpuAtStart) / 1_000).rounded(.up)) }

    /// Samples until the semaphore is signalled, and once more after that.
    func run(command: pid_t, until ended: DispatchSemaphore) {
        self.command = command
        tree.begin(command: command)
        repeat { look() } while ended.wait(timeout: .now() + .microseconds(Int(budget.interval(atMilliseconds: elapsed) * 1_000))) == .timedOut
        look()
    }

    private func look() {
        let before = LinuxCalls.threadMicroseconds()
        let now = elapsed
        reader.pids(into: &pids)
        let processes = tree.update(pids: pids, read: reader.stat)
        let sample = ledger.record(processes, at: Int(now), command: reader.command)
        timeline.append(Timeline.Point(at: Int(now), rss: sample.rss, processes: sample.processes, compileJobs: sample.compileJobs))
        survivors = processes.count { $0.pid != command && !$0.isZombie }
        reapOrphans(processes)
        budget.scanned(rss: sample.rss, microseconds: LinuxCalls.threadMicroseconds() - before)
        if sample.rss > 0, budget.wantsPSS(ofRSS: sample.rss, atMilliseconds: now) { readPSS(processes, at: Int(now), rss: sample.rss) }
    }

    private func readPSS(_ processes: [ProcessStat], at now: Int, rss: Int) {
        let before = LinuxCalls.threadMicroseconds()
        var readings: [ProcessLedger.Identity: Int] = [:]
        var total = 0
        for process in processes where !process.isZombie {
            let resident = Int(clamping: process.residentPages) * LinuxCalls.pageSize
            if let rollup = reader.smapsRollup(process.pid) {
                readings[ProcessLedger.Identity(pid: process.pid, start: process.start)] = rollup.pss
                total += rollup.pss
            } else {
                // It belongs to another user, as after sudo: what it shares is unknown, so all of it counts. Nothing was read
                // when the system has no such file at all, and then nothing is claimed.
                total += resident
            }
        }
        if !readings.isEmpty, total > pss?.bytes ?? 0 { pss = (total, now, rss) }
        ledger.recordPSS(readings)
        budget.readPSS(ofRSS: rss, microseconds: LinuxCalls.threadMicroseconds() - before)
    }

    /// What was given to this process must be waited for by it, or it stays in the table of processes until the command ends.
    private func reapOrphans(_ processes: [ProcessStat]) {
        guard let adopter else { return }
        for process in processes where process.isZombie && process.pid != command && process.parent == adopter {
            _ = ChildProcess(pid: process.pid).reap(blocking: false)
        }
    }
}
#endif
