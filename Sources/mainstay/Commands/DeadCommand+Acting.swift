import ArgumentParser
import Foundation
import Jobs
import Workspaces

/// What is done about so many letters. Pure: doing much needs a yes.
enum DeadStep: Equatable {
    case nothingMatched
    /// Only tell.
    case rehearse
    /// Tell how many they are and how to confirm.
    case ask
    case act

    init(matched: Int, isDryRun: Bool, isConfirmed: Bool) {
        self = matched == 0 ? .nothingMatched : isDryRun ? .rehearse : matched > 1 && !isConfirmed ? .ask : .act
    }
}

/// The end of `replay` and `discard`: what is printed, what is said, and the exit code.
struct DeadReport: Sendable {
    var table: Table?
    var said: [String] = []
    var status: Int32 = 0

    static let failed: Int32 = 1
    static let nothingMatched: Int32 = 2
}

/// Does something about the letters of a choice.
struct DeadActing: Sendable {
    let act: DeadLetterAct
    let choice: DeadCommand.Choice
    let administration: JobAdministration
    let log: AccessLogStore

    static func run(_ act: DeadLetterAct, _ choice: DeadCommand.Choice, _ settings: SettingsOptions, _ output: OutputOptions) async throws {
        let report = try await Stores.with(try await settings.load(), for: "dead") { stores in
            let acting = DeadActing(
                act: act, choice: choice, administration: stores.administration, log: AccessLogStore(pool: stores.pool))
            let jobs = try choice.jobs()
            return jobs.isEmpty ? try await acting.onFilter(try await choice.filter.resolved(stores)) : try await acting.on(jobs)
        }
        if let table = report.table { output.print(table) }
        for line in report.said { Talk.say(line) }
        if report.status != 0 { throw ExitCode(report.status) }
    }

    private var past: String { act == .replay ? "replayed" : "discarded" }

    // MARK: Letters that were named

    private func on(_ jobs: [UUID]) async throws -> DeadReport {
        let lines = try await administration.letters.lines(of: jobs)
        let due = lines.filter { act.fate(of: $0.state, kind: $0.kind) == .due }
        var changed: Set<JobName>?
        switch DeadStep(matched: lines.count, isDryRun: choice.dryRun, isConfirmed: choice.yes) {
        case .nothingMatched: return DeadReport(said: ["nothing matched: none of these jobs has a dead letter"], status: DeadReport.nothingMatched)
        case .ask: return ask(lines.count)
        case .rehearse: break
        case .act:
            let done = try await administration.perform(act, on: due.map(\.key), by: choice.actor)
            try await log.append(
                due.filter { done.contains($0.key) }.map { AccessEvent(act, on: $0.key, kind: $0.kind, by: .commandLine) })
            changed = done
        }
        return Self.report(act, jobs, lines, changed: changed)
    }

    /// One line a job.
    /// - Parameter changed: the letters that it was done to; nil for a rehearsal.
    static func report(_ act: DeadLetterAct, _ jobs: [UUID], _ lines: [DeadLetterLine], changed: Set<JobName>?) -> DeadReport {
        let past = act == .replay ? "replayed" : "discarded"
        var table = Table("id", "kind", "code", "result")
        var report = DeadReport()
        for job in jobs {
            guard let line = lines.first(where: { $0.key.id == job }) else {
                table.rows.append([job.lowercased, nil, nil, "there is no such dead letter"])
                report.status = DeadReport.failed
                continue
            }
            let result: String
            switch act.fate(of: line.state, kind: line.kind) {
            case .due where changed == nil: result = "would be \(past)"
            case .due: result = changed?.contains(line.key) == true ? past : "somebody else was faster"
            case .repeated: result = "was \(past) before"
            case .refused(let reason):
                result = "not \(past): \(reason)"
                report.status = DeadReport.failed
            }
            table.rows.append([job.lowercased, line.kind, line.code, result])
        }
        report.table = table
        return report
    }

    // MARK: Letters that were chosen

    private func onFilter(_ filter: DeadLetterFilter) async throws -> DeadReport {
        let groups = try await administration.letters.summary(filter.bounded(to: act))
        let total = groups.reduce(0) { $0 + $1.count }
        let count = min(total, choice.limit ?? total)
        switch DeadStep(matched: count, isDryRun: choice.dryRun, isConfirmed: choice.yes) {
        case .nothingMatched: return DeadReport(said: ["nothing matched"], status: DeadReport.nothingMatched)
        case .ask: return ask(count)
        case .rehearse:
            let part = count < total ? "\(count) of these \(total) dead letters" : count == 1 ? "1 dead letter" : "\(count) dead letters"
            return DeadReport(table: DeadCommand.List.table(groups), said: ["\(part) would be \(past)"])
        case .act: break
        }
        var tally = await administration.perform(act, on: filter, limit: choice.limit, by: choice.actor) { [past] tally in
            if count > 500 { Talk.say("\(tally.changed) of \(count) \(past)") }
        }
        if tally.changed > 0 {
            do {
                try await log.append(AccessEvent(act, on: filter, count: tally.changed, by: .commandLine))
            } catch {
                tally.fault = tally.fault ?? "the access log has no entry of it: \(error)"
            }
        }
        return Self.report(act, tally)
    }

    static func report(_ act: DeadLetterAct, _ tally: DeadLetterTally) -> DeadReport {
        let past = act == .replay ? "replayed" : "discarded"
        var report = DeadReport()
        var table = Table("#\(past)", "#by somebody else")
        table.rows = [["\(tally.changed)", "\(tally.unchanged)"]]
        report.table = table
        if tally.left > 0 { report.said.append("\(tally.left) are not in Redis yet: the relay of any worker appends them") }
        if let fault = tally.fault {
            report.said.append("stopped before the end: \(fault). What was done is done; the same command goes on from here.")
            report.status = DeadReport.failed
        } else if tally.changed + tally.unchanged == 0 {
            report.said.append("nothing matched")
            report.status = DeadReport.nothingMatched
        }
        return report
    }

    private func ask(_ count: Int) -> DeadReport {
        DeadReport(
            said: ["\(count) dead letters would be \(past), and none was: --yes does it, --dry-run shows what they are"], status: DeadReport.failed)
    }
}
