import ArgumentParser
import Foundation
import Jobs

/// `mainstay queues`: what waits, what runs, who works.
struct QueuesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queues",
        abstract: "Show what waits in each queue, how old it is, and how long it takes to empty.",
        discussion: """
            `ready` waits for a worker, `running` is in the hands of one, `parked` waits for a place, `later` for its time. The rate is
            measured over --seconds. A queue that cannot be measured is an error and never a zero.

            EXAMPLES
              mainstay queues
              mainstay queues --seconds 5 --json
              mainstay queues workers
              mainstay queues pause tickets --reason "migration of the database"
              mainstay queues resume tickets
              mainstay queues limits set runs --running 20 --workspace acme
            """,
        subcommands: [Show.self, Workers.self, Pause.self, Resume.self, Limits.self], defaultSubcommand: Show.self)

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All queues.")
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "Seconds to measure the rate over.") var seconds: Double = 1

        func run() async throws {
            let table = try await Stores.with(try await settings.load(), for: "queues") { stores in
                var table = Table("queue", "#ready", "#running", "#parked", "#later", "#oldest s", "#done per s", "#empty in s", "#workers", "state")
                let paused = Dictionary(try await QueueControl(pool: stores.pool).paused().map { ($0.queue, $0) }) { $1 }
                var first: [String: Backlog] = [:]
                for queue in Features.queues { first[queue] = try await stores.administration.backlog(of: queue) }
                try await Task.sleep(for: .seconds(seconds))
                for queue in Features.queues {
                    let now = try await stores.administration.backlog(of: queue)
                    let rate = Double(now.acknowledged - (first[queue]?.acknowledged ?? 0)) / max(seconds, 0.001)
                    table.rows.append([
                        queue, "\(now.unclaimed)", "\(now.running)", "\(now.parked)", "\(now.later)",
                        now.oldestAge.map { String(format: "%.1f", $0.inSeconds) }, String(format: "%.0f", rate),
                        now.drainTime(perSecond: rate).map { String(format: "%.0f", $0.inSeconds) }, "\(now.workers)",
                        paused[queue].map { "paused" + ($0.reason.map { ": \($0)" } ?? "") } ?? "open",
                    ])
                }
                return table
            }
            output.print(table)
        }
    }

    struct Workers: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Workers that run, and those that ended within the last hour.")
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let table = try await Stores.with(try await settings.load(), for: "queues") { stores in
                var table = Table("id", "name", "host", "#pid", "queues", "started", "state")
                for worker in try await stores.administration.workers() {
                    table.rows.append([
                        worker.id.lowercased, worker.name, worker.host, "\(worker.pid)", worker.queues.joined(separator: " "),
                        worker.startedAt.formatted(.iso8601), worker.deadAt != nil ? "dead" : worker.stoppedAt != nil ? "stopped" : "working",
                    ])
                }
                return table
            }
            output.print(table)
        }
    }
}
