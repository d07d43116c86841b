import ArgumentParser
import Foundation
import Inference
import Jobs

/// `mainstay verify`: whether all that was accepted is done, waits, or is being done.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare what was accepted with what became of it, and list what is unaccounted for.",
        discussion: """
            accepted = done + dead + cancelled + running + ready + parked + later + on the way + unaccounted

            For `ledger` kinds (tickets, forks) this is proof: an accepted job that is neither finished nor held by Redis, nor on its way
            there, is unaccounted for. For `stream` kinds (runs, build profiles) nobody keeps what was accepted but Redis: notes of
            acceptance and runs that have begun are compared with entries and outcomes. That finds divergence, not a lost machine.

            It changes nothing and may be run at any time, under load as well. It reads all that is kept, in pages.

            EXAMPLES
              mainstay verify
              mainstay verify --queue tickets --by-workspace
              mainstay verify --json

            EXIT CODES
              0 all is accounted for   2 a job is unaccounted for, or has two outcomes   1 could not be checked
            """)

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Only this queue.") var queue: String?
    @Flag(help: "A row for each workspace.") var byWorkspace = false

    func validate() throws {
        if let queue, !Features.queues.contains(queue) {
            throw ValidationError("there is no queue \"\(queue)\"; there are \(Features.queues.joined(separator: ", "))")
        }
    }

    func run() async throws {
        let result = try await Stores.with(try await settings.load(), for: "verify") { [queue, byWorkspace] stores in
            let audit = Audit(pool: stores.pool, redis: stores.redis, configuration: stores.configuration, kinds: try await Self.kinds(stores))
            return try await audit.run(queue: queue, byWorkspace: byWorkspace)
        }
        output.print(Self.table(of: result, byWorkspace: byWorkspace, naming: output.chosen != .table))
        if output.chosen == .table {
            if !result.findings.isEmpty { print("\n" + Self.list(of: result.findings).text) }
            Talk.say("\nOf ledger rows this is proof. Of stream rows it is not: what Redis lost together with its notes leaves no trace.")
        }
        for sentence in Self.sentences(on: result) { Talk.say(sentence) }
        if !result.total.isClean { throw ExitCode.found }
    }

    /// The kinds that this release serves. Nothing of the features runs here, and what their providers share is closed at once.
    private static func kinds(_ stores: Stores) async throws -> [JobKind] {
        let producer = JobProducer(
            pool: stores.pool, redis: stores.redis, configuration: stores.configuration, queues: Features.queues, logger: stores.logger)
        let features = try Features(
            pool: stores.pool, runLog: stores.redis, producer: producer, inference: Inference.Configuration(), logger: stores.logger)
        for case let client as ProviderClient in features.workerServices { try await client.shutdown() }
        return features.registry.kinds
    }
}

// MARK: Output

extension VerifyCommand {
    private static let counts = [
        "accepted", "done", "dead", "cancelled", "running", "ready", "parked", "later", "on the way", "unaccounted", "doubled entries",
        "doubled outcomes", "unexplained",
    ]

    /// - Parameter naming: with the jobs that were found in a column of their own, for programs.
    static func table(of result: AuditResult, byWorkspace: Bool, naming: Bool) -> Table {
        var columns = [Table.Column(title: "queue"), Table.Column(title: "acceptance")]
        if byWorkspace { columns.append(Table.Column(title: "workspace")) }
        columns += counts.map { Table.Column(title: $0, kind: .number) }
        if naming { columns.append(Table.Column(title: "found", kind: .json)) }
        var table = Table(columns)
        for row in result.rows {
            let (place, sums) = (row.place, row.sums)
            var cells: [String?] = [place.queue, place.acceptance?.rawValue]
            if byWorkspace { cells.append(place.workspace?.lowercased) }
            // Unknown is not zero: of stream kinds nobody keeps what was accepted.
            let isLedger = place.acceptance == .ledger
            let numbers: [Int?] = [
                isLedger ? sums.accepted : nil, sums.done, sums.dead, sums.cancelled, sums.running, sums.ready, sums.parked, sums.later,
                isLedger ? sums.onTheWay : nil, sums.unaccounted, sums.doubledEntries, sums.doubledOutcomes, sums.unexplained,
            ]
            for number in numbers { cells.append(number.map { "\($0)" }) }
            if naming {
                cells.append(
                    json(
                        result.findings.filter {
                            $0.queue == place.queue && $0.acceptance == place.acceptance && (!byWorkspace || $0.workspace == place.workspace)
                        }))
            }
            table.rows.append(cells)
        }
        return table
    }

    static func list(of findings: [AuditFinding]) -> Table {
        var table = Table("job", "found", "queue", "acceptance", "workspace")
        for finding in findings {
            table.rows.append([
                finding.job.lowercased, finding.reason.rawValue, finding.queue, finding.acceptance?.rawValue, finding.workspace.lowercased,
            ])
        }
        return table
    }

    /// What was found, and what to do about it.
    static func sentences(on result: AuditResult) -> [String] {
        let total = result.total
        var sentences: [String] = []
        let unnamed = total.unaccounted + total.doubledOutcomes + total.unexplained - result.findings.count
        if unnamed > 0 { sentences.append("\(unnamed) more were found and are not listed.") }
        sentences += result.gaps.map(sentence)
        if total.doubledOutcomes > 0 {
            sentences.append("\(total.doubledOutcomes) jobs have two outcomes, which nothing should be able to write: look at both rows of each.")
        }
        if total.unexplained > 0 {
            sentences.append("\(total.unexplained) jobs are finished or held and were never accepted: their rows or entries came from elsewhere.")
        }
        if total.onTheWay > 0 {
            sentences.append(
                "\(total.onTheWay) jobs are on their way: the relay of a running worker appends them. Where the number stays, no worker runs.")
        }
        if total.doubledEntries > 0 {
            sentences.append("\(total.doubledEntries) entries are doubled, which is harmless: they are acknowledged and not done again.")
        }
        return sentences
    }

    private static func sentence(on gap: AuditResult.Gap) -> String {
        switch (gap.acceptance, gap.isRelayed) {
        case (.ledger, true):
            return """
                \(gap.partition): Redis has lost the data that held \(gap.jobs) jobs. A running worker appends them again from the ledger within \
                seconds: start one where none runs, then verify again.
                """
        case (.ledger, false):
            return """
                \(gap.partition): Redis does not hold \(gap.jobs) jobs that the ledger owes, although its data counts as whole. \
                `redis-cli DEL '\(gap.epochKey)'` lets a running worker append them again from the ledger within seconds, and none is done twice; \
                then verify again.
                """
        case (.stream, _):
            return """
                \(gap.partition): \(gap.jobs) jobs were accepted or begun, and have neither an entry in Redis nor an outcome. Their bodies are gone: \
                ask their producers to send them again.
                """
        }
    }

    private static func json(_ findings: [AuditFinding]) -> String {
        let objects = findings.map { ["found": $0.reason.rawValue, "job": $0.job.lowercased, "workspace": $0.workspace.lowercased] }
        guard let data = try? JSONSerialization.data(withJSONObject: objects, options: [.sortedKeys]) else { return "[]" }
        return String(decoding: data, as: UTF8.self)
    }
}
