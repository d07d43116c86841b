import Foundation

extension FleetOverview.Queue {
    /// - Parameter backlog: nil when Redis did not tell.
    init(name: String, backlog: Backlog?, perSecond: Double?, pause: PausedQueue?) {
        guard let backlog else {
            self.init(name: name, isKnown: false, isPaused: pause != nil, pauseReason: pause?.reason)
            return
        }
        self.init(
            // An entry that was deleted may be pending still: the difference is no less than zero.
            name: name, isKnown: true, ready: max(0, backlog.ready - backlog.running), running: backlog.running, parked: backlog.parked,
            later: backlog.later, oldestAgeSeconds: backlog.oldestAge?.inSeconds, perSecond: perSecond,
            secondsToEmpty: backlog.secondsToEmpty(perSecond: perSecond), workers: backlog.workers, isPaused: pause != nil,
            pauseReason: pause?.reason)
    }
}

extension FleetOverview {
    /// Those that run come first, each group in the order in which it was given.
    static func workers(_ records: [WorkerRecord], reports: [UUID: WorkerReport]) -> [Worker] {
        (records.filter(\.isLiving) + records.filter { !$0.isLiving }).map { record in
            let report = record.isLiving ? reports[record.id] : nil
            return Worker(
                id: record.id, name: record.name, host: record.host, pid: record.pid, version: record.version, queues: record.queues,
                startedAt: record.startedAt, state: record.state(hasReported: report != nil),
                running: (report?.running ?? []).map { running in
                    Running(
                        kind: running.kind, job: running.job, jobs: running.jobs, seconds: running.seconds, progress: running.progress,
                        note: running.note)
                },
                perSecond: report.flatMap { report in report.perSecond(of: report.kinds.values.reduce(0) { $0 + $1.jobs }) })
        }
    }

    /// Kinds over all workers, those that took most of their time first.
    static func handlers(_ reports: [WorkerReport]) -> [Handler] {
        var sums: [String: WorkerReport.Kind] = [:]
        var rates: [String: Double] = [:]
        for report in reports {
            for running in report.running { sums[running.kind, default: .init()].add(.init()) }
            for (kind, counted) in report.kinds {
                sums[kind, default: .init()].add(counted)
                if let rate = report.perSecond(of: counted.jobs) { rates[kind, default: 0] += rate }
            }
        }
        let isMeasured = reports.contains { $0.perSecond(of: 0) != nil }
        return sums.sorted { $0.value.seconds != $1.value.seconds ? $0.value.seconds > $1.value.seconds : $0.key < $1.key }.map { kind, sum in
            Handler(
                kind: kind, perSecond: isMeasured ? rates[kind] ?? 0 : nil, meanSeconds: sum.ended > 0 ? sum.seconds / Double(sum.ended) : nil,
                slowestSeconds: sum.ended > 0 ? sum.slowest : nil)
        }
    }
}

extension WorkerRecord {
    /// Neither gone in good order nor declared dead.
    var isLiving: Bool { stoppedAt == nil && deadAt == nil }

    func state(hasReported: Bool) -> String {
        if deadAt != nil { return "dead" }
        if stoppedAt != nil { return "stopped" }
        return hasReported ? "working" : "silent"
    }
}
