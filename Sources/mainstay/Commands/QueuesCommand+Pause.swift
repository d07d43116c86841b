import ArgumentParser
import Jobs
import Workspaces

extension QueuesCommand {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop a queue: jobs are accepted and wait, and workers finish what they have. Heard within a second.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The queue, as `mainstay queues` lists it.") var queue: String
        @Option(help: "Why, for those who wonder that nothing moves.") var reason: String?

        func validate() throws { try QueuesCommand.check(queue) }

        func run() async throws {
            let isNew = try await Stores.with(try await settings.load(), for: "queues") { [queue, reason] stores in
                let isNew = try await QueueControl(pool: stores.pool).pause(queue, reason: reason)
                if isNew { try await AccessLogStore(pool: stores.pool).append(.paused(queue, by: .commandLine)) }
                return isNew
            }
            print(isNew ? "paused \(queue)" : "\(queue) was paused already")
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a paused queue go on.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The queue, as `mainstay queues` lists it.") var queue: String

        func validate() throws { try QueuesCommand.check(queue) }

        func run() async throws {
            let wasPaused = try await Stores.with(try await settings.load(), for: "queues") { [queue] stores in
                let wasPaused = try await QueueControl(pool: stores.pool).resume(queue)
                if wasPaused { try await AccessLogStore(pool: stores.pool).append(.resumed(queue, by: .commandLine)) }
                return wasPaused
            }
            print(wasPaused ? "resumed \(queue)" : "\(queue) was not paused")
        }
    }

    static func check(_ queue: String) throws {
        guard Features.queues.contains(queue) else {
            throw ValidationError("there is no queue \"\(queue)\"; there are \(Features.queues.joined(separator: ", "))")
        }
    }
}
