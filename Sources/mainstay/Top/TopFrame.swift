import Foundation
import Jobs

/// What `mainstay top` shows at one moment, as lines. A value: no clock, no terminal.
struct TopFrame: Sendable {
    let overview: FleetOverview
    /// Jobs done a second of each queue at the last looks, the newest last.
    var rates: [String: [Double?]] = [:]
    var signs = TopSigns.unicode
    /// Why what is shown is old; nil when it is not.
    var fault: String?
    /// Told at the end of the first line.
    var hint = ""

    /// Rates that a queue's sparkline shows.
    static let looks = 16

    /// No line is longer than `width`, and there are no more than `height` of them; nil for as many as it takes.
    func lines(width: Int, height: Int?) -> [TopLine] {
        var lines = [head]
        if let fault { lines.append(TopLine("this is old: \(fault)", .alarm)) }
        lines.append(TopLine())
        lines += queues.lines(width: width)
        lines.append(TopLine())
        let workers = overview.workers.isEmpty ? [TopLine("no worker runs", .warning)] : self.workers(width).lines(width: width)
        let handlers = overview.handlers.isEmpty ? [] : self.handlers.lines(width: width)
        // With the empty line above them.
        var room = handlers.isEmpty ? 0 : handlers.count + 1
        if let height {
            // A third of what is left, and more where the workers do not need theirs.
            let left = max(0, height - lines.count)
            room = min(room, max(left / 3, left - workers.count))
            if room < 3 { room = 0 }
            lines += shortened(workers, to: left - room)
        } else {
            lines += workers
        }
        if room > 0 {
            lines.append(TopLine())
            lines += shortened(handlers, to: room - 1)
        }
        return lines.prefix(height ?? lines.count).map { $0.cut(to: width) }
    }

    // MARK: Parts

    private var head: TopLine {
        var line = TopLine("mainstay top", .head)
        line.append("  \(overview.at.formatted(.iso8601).dropFirst(11).prefix(8)) UTC")
        let running = overview.workers.filter { $0.state == "working" || $0.state == "silent" }
        line.append("  \(running.count) \(running.count == 1 ? "worker" : "workers")")
        let silent = running.count { $0.state == "silent" }
        if silent > 0 { line.append(", \(silent) silent", .warning) }
        let rates = overview.queues.map(\.perSecond)
        line.append("  ")
        // The sum of what is known is not the sum.
        line.append(rates.contains(nil) ? signs.unknown : TopNumber.rate(rates.reduce(0) { $0 + ($1 ?? 0) }))
        line.append(" done/s")
        if !hint.isEmpty { line.append("  \(hint)", .faint) }
        return line
    }

    private var queues: TopTable {
        var table = TopTable(
            [
                .init(title: "QUEUE", most: 20), .init(title: "READY", isNumber: true), .init(title: "RUNNING", isNumber: true),
                .init(title: "PARKED", isNumber: true), .init(title: "LATER", isNumber: true, dispensable: 1),
                .init(title: "OLDEST", isNumber: true), .init(title: "DONE/S", isNumber: true), .init(title: "EMPTY IN", isNumber: true),
                .init(title: "WORKERS", isNumber: true, dispensable: 3), .init(title: "STATE", most: 30),
                .init(title: "RATE", most: Self.looks, dispensable: 2),
            ], signs: signs)
        for queue in overview.queues {
            let hasBacklog = (queue.ready ?? 0) + (queue.running ?? 0) + (queue.parked ?? 0) > 0
            var oldest = cell(queue.oldestAgeSeconds, TopNumber.duration)
            // Known, and nothing waits.
            if queue.isKnown, queue.oldestAgeSeconds == nil { oldest = TopTable.Cell("") }
            var empty = cell(queue.secondsToEmpty, TopNumber.duration)
            if queue.secondsToEmpty == nil, hasBacklog { empty.look = .warning }
            var workers = count(queue.workers)
            if queue.workers == 0 { workers.look = .warning }
            let spark = TopTable.Cell(signs.sparkline(rates[queue.name] ?? [], width: Self.looks), .faint)
            table.rows.append([
                TopTable.Cell(queue.name), count(queue.ready), count(queue.running), count(queue.parked), count(queue.later), oldest,
                cell(queue.perSecond, TopNumber.rate), empty, workers, state(of: queue), spark,
            ])
        }
        return table
    }

    private func workers(_ width: Int) -> TopTable {
        var table = TopTable(
            [
                .init(title: "WORKER", most: 24), .init(title: "HOST", most: 20, dispensable: 3), .init(title: "VERSION", most: 12, dispensable: 5),
                .init(title: "SERVES", most: 30, dispensable: 4), .init(title: "UP", isNumber: true, dispensable: 2), .init(title: "STATE"),
                .init(title: "DONE/S", isNumber: true), .init(title: "HELD", isNumber: true, dispensable: 1), .init(title: "RUNS NOW"),
            ], signs: signs, fillsLine: true)
        let isWide = width >= 130
        // Who needs a look comes first.
        let ordered = overview.workers.filter { $0.state == "silent" } + overview.workers.filter { $0.state != "silent" }
        for worker in ordered {
            let isGone = worker.state == "stopped" || worker.state == "dead"
            let up = TopNumber.duration(overview.at.timeIntervalSince(worker.startedAt))
            let held = TopNumber.count(worker.running.reduce(0) { $0 + $1.jobs })
            let runs = worker.running.map { text(of: $0, isWide: isWide) }.joined(separator: ", ")
            table.rows.append([
                TopTable.Cell(worker.name, isGone ? .faint : .plain), TopTable.Cell(worker.host, .faint), TopTable.Cell(worker.version, .faint),
                TopTable.Cell(worker.queues.joined(separator: " "), .faint), TopTable.Cell(isGone ? "" : up, .faint),
                TopTable.Cell(worker.state, look(of: worker)), isGone ? TopTable.Cell("") : cell(worker.perSecond, TopNumber.rate),
                TopTable.Cell(worker.state == "working" ? held : ""), TopTable.Cell(runs),
            ])
        }
        return table
    }

    private var handlers: TopTable {
        var table = TopTable(
            [
                .init(title: "SLOWEST HANDLERS", most: 40), .init(title: "DONE/S", isNumber: true), .init(title: "MEAN", isNumber: true),
                .init(title: "SLOWEST", isNumber: true),
            ], signs: signs)
        for handler in overview.handlers.sorted(by: { ($0.slowestSeconds ?? -1, $1.kind) > ($1.slowestSeconds ?? -1, $0.kind) }) {
            table.rows.append([
                TopTable.Cell(handler.kind), cell(handler.perSecond, TopNumber.rate), cell(handler.meanSeconds, TopNumber.took),
                cell(handler.slowestSeconds, TopNumber.took),
            ])
        }
        return table
    }

    // MARK: Cells

    private func cell(_ value: Double?, _ write: (Double) -> String) -> TopTable.Cell { TopTable.Cell(value.map(write) ?? signs.unknown) }

    private func count(_ value: Int?) -> TopTable.Cell { TopTable.Cell(value.map { TopNumber.count($0) } ?? signs.unknown) }

    private func state(of queue: FleetOverview.Queue) -> TopTable.Cell {
        if !queue.isKnown { return TopTable.Cell("unknown", .alarm) }
        guard queue.isPaused else { return TopTable.Cell("open") }
        return TopTable.Cell("paused" + (queue.pauseReason.map { ": \($0)" } ?? ""), .warning)
    }

    private func look(of worker: FleetOverview.Worker) -> TopLine.Look {
        switch worker.state {
        case "working": .good
        case "silent": .warning
        case "dead": .alarm
        default: .faint
        }
    }

    private func text(of running: FleetOverview.Running, isWide: Bool) -> String {
        var words = [running.kind]
        if let job = running.job {
            // Jobs of one moment begin alike: the end tells them apart.
            words.append(isWide ? job.lowercased : "\(signs.more)\(job.lowercased.suffix(8))")
        } else {
            words.append("\(signs.times)\(TopNumber.count(running.jobs))")
        }
        words.append(TopNumber.duration(running.seconds))
        if let progress = running.progress { words.append("\(Int((min(max(progress, 0), 1) * 100).rounded()))%") }
        if let note = running.note, !note.isEmpty { words.append(note) }
        return words.joined(separator: " ")
    }

    /// The first line is a head. What is left out is told.
    private func shortened(_ lines: [TopLine], to room: Int) -> [TopLine] {
        guard lines.count > room else { return lines }
        guard room >= 2 else { return Array(lines.prefix(max(0, room))) }
        return Array(lines.prefix(room - 1)) + [TopLine("\(signs.more) \(lines.count - room + 1) more", .faint)]
    }
}
