import ArgumentParser
import Foundation

extension BenchCommand {
    /// `mainstay bench budget`: what a job costs that can be counted.
    struct Budget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "budget",
            abstract: "Count what a job costs (commands, round trips, commits, bytes of the log, allocations) and compare it with a file.",
            discussion: """
                Starts private servers, has jobs of both kinds of acceptance accepted and worked off, and counts. The figures are the same on
                a fast machine and on a slow one. `ops/budget` is the whole of it: it builds, and loads the library that counts
                allocations (on Linux).

                EXAMPLES
                  mainstay bench budget                                          what is found
                  mainstay bench budget --file ops/budget.json                   compared with what is allowed
                  mainstay bench budget --file ops/budget.json --update --reason "one statement less a batch"

                EXIT CODES
                  0 within the budget   2 something costs more, or is not in the file   1 could not be counted
                """)

        @OptionGroup var output: OutputOptions
        @Option(help: "The file that says what is allowed.") var file: String?
        @Flag(help: "Write what is found into the file.") var update = false
        @Option(help: "With --update: why the numbers change. It is kept in the file.") var reason: String?
        @Option(help: "Jobs of each kind; the file's own number without it.") var jobs: Int?

        func validate() throws {
            if let jobs, !(1000...1_000_000).contains(jobs) { throw ValidationError("--jobs takes 1000 to 1000000") }
            guard update else {
                if reason != nil { throw ValidationError("--reason goes with --update") }
                return
            }
            guard file != nil else { throw ValidationError("--update needs the --file to write") }
            guard let reason, reason.contains(where: { !$0.isWhitespace }) else {
                throw ValidationError("--update needs a --reason: a budget that changes without one is no budget")
            }
        }

        func run() async throws {
            AllocationCount.endInheritance()
            guard let file else {
                let found = try await BudgetRun(jobs: jobs ?? Self.usualJobs, batch: Self.usualBatch).run()
                return output.print(Self.table(found))
            }
            // The first time there is nothing to read.
            let isNew = update && !FileManager.default.fileExists(atPath: file)
            var budget = isNew ? BudgetFile(jobs: jobs ?? Self.usualJobs, batch: Self.usualBatch) : try BudgetFile.read(file)
            let found = try await BudgetRun(jobs: jobs ?? budget.jobs, batch: budget.batch).run()
            let comparison = BudgetComparison(budget, found)
            output.print(comparison.table)
            if update {
                budget.jobs = jobs ?? budget.jobs
                budget.take(found, reason: reason ?? "", date: String(Date().formatted(.iso8601).prefix(10)))
                try budget.write(file)
                return Talk.say("wrote \(file)")
            }
            guard comparison.isGood else {
                Talk.say(
                    """
                    A job costs more than \(file) allows, or the file does not know a figure. Where that is wanted:
                      ops/budget --update --reason "why"
                    """)
                throw ExitCode.found
            }
            if comparison.rows.contains(where: { $0.verdict == .less }) {
                Talk.say("Some figures are better than \(file) says: bring it down with ops/budget --update --reason \"why\".")
            }
        }

        /// Some hundred batches of each kind, in some seconds.
        private static let usualJobs = 20_000
        /// Small, so that there are many, and what a worker does once is a small part.
        private static let usualBatch = 50

        private static func table(_ found: [BudgetFigure: Double]) -> Table {
            var table = Table("figure", "#found")
            for (figure, value) in found.sorted(by: { $0.key < $1.key }) { table.rows.append([figure.name, String(format: "%.3f", value)]) }
            return table
        }
    }
}
