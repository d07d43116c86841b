import ArgumentParser
import Foundation
import Jobs
import Workspaces

extension QueuesCommand {
    /// `mainstay queues limits`: what bounds workspaces.
    struct Limits: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bound how much of a queue a workspace may have: jobs running at once, jobs begun a second.",
            discussion: """
                A limit counts over the whole fleet and is kept within a second. What exceeds it waits, and nobody else waits behind it. Without
                --workspace it is for every workspace that has none of its own in that queue.

                EXAMPLES
                  mainstay queues limits
                  mainstay queues limits set runs --running 20
                  mainstay queues limits set tickets --workspace acme --running 50 --per-second 100
                  mainstay queues limits clear tickets --workspace acme
                """,
            subcommands: [List.self, Set.self, Clear.self], defaultSubcommand: List.self)

        struct List: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "All limits.")
            @OptionGroup var settings: SettingsOptions
            @OptionGroup var output: OutputOptions

            func run() async throws {
                let table = try await Stores.with(try await settings.load(), for: "queues") { stores in
                    var table = Table("queue", "workspace", "#running", "#per second")
                    let names = WorkspaceStore(pool: stores.pool, multiUser: true)
                    for limit in try await QueueControl(pool: stores.pool).workspaceLimits() {
                        var name = "every other"
                        if let workspace = limit.workspace {
                            name = try await names.find(workspace)?.slug ?? workspace.uuidString.lowercased()
                        }
                        table.rows.append([
                            limit.queue, name, limit.running.map { "\($0)" }, limit.perSecond.map { String(format: "%g", $0) },
                        ])
                    }
                    return table
                }
                output.print(table)
            }
        }

        struct Set: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Set a limit, or change it.")
            @OptionGroup var settings: SettingsOptions
            @Argument(help: "The queue, as `mainstay queues` lists it.") var queue: String
            @Option(help: "The workspace's slug; without it, every workspace that has no limit of its own.") var workspace: String?
            @Option(help: "Jobs in workers' hands at once, over the fleet.") var running: Int?
            @Option(help: "Jobs begun a second, over the fleet; 0.5 is one every two seconds.") var perSecond: Double?

            func validate() throws {
                try QueuesCommand.check(queue)
                guard running != nil || perSecond != nil else { throw ValidationError("a limit is --running, --per-second or both") }
                if let running, !(1...1_000_000).contains(running) { throw ValidationError("--running is between 1 and 1000000") }
                if let perSecond, !(0.001...1_000_000).contains(perSecond) { throw ValidationError("--per-second is between 0.001 and 1000000") }
            }

            func run() async throws {
                try await Stores.with(try await settings.load(), for: "queues") { stores in
                    let id = try await Limits.id(of: workspace, stores)
                    let limit = WorkspaceLimit(workspace: id, queue: queue, running: running, perSecond: perSecond)
                    try await QueueControl(pool: stores.pool).limit(limit)
                    try await AccessLogStore(pool: stores.pool).append(.limited(limit, by: .commandLine))
                }
                let words = [running.map { "\($0) running" }, perSecond.map { String(format: "%g a second", $0) }].compactMap { $0 }
                print("\(queue): \(workspace ?? "every workspace without a limit of its own") may have \(words.joined(separator: " and "))")
            }
        }

        struct Clear: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Take a limit away.")
            @OptionGroup var settings: SettingsOptions
            @Argument(help: "The queue, as `mainstay queues` lists it.") var queue: String
            @Option(help: "The workspace's slug; without it, the limit of every other workspace.") var workspace: String?

            func validate() throws { try QueuesCommand.check(queue) }

            func run() async throws {
                let wasThere = try await Stores.with(try await settings.load(), for: "queues") { stores in
                    let id = try await Limits.id(of: workspace, stores)
                    let wasThere = try await QueueControl(pool: stores.pool).unlimit(workspace: id, queue: queue)
                    if wasThere { try await AccessLogStore(pool: stores.pool).append(.unlimited(queue, workspace: id, by: .commandLine)) }
                    return wasThere
                }
                print(wasThere ? "\(queue): the limit is gone" : "\(queue): there was no such limit")
            }
        }

        private static func id(of slug: String?, _ stores: Stores) async throws -> UUID? {
            guard let slug else { return nil }
            return try await stores.workspace(slug)
        }
    }
}
