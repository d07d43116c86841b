import ArgumentParser
import Jobs

extension QueuesCommand {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop a queue: jobs are accepted and wait, and workers finish what they have. Heard within a second.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The queue, as `mainstay queues` lists it.") var queue: String
        @Option(help: "Why, for those who wonder that nothing moves.") var reason: String?

        func validate() throws { try QueuesCommand.check(queue) }

        func run() async throws {
            let isNew = try await Stores.with(try await settings.load(), for: "queues") {
                try await QueueControl(pool: $0.pool).pause(queue, reason: reason)
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
            let wasPaused = try await Stores.with(try await settings.load(), for: "queues") { try await QueueControl(pool: $0.pool).resume(queue) }
            print(wasPaused ? "resumed \(queue)" : "\(queue) was not paused")
        }
    }

    static func check(_ queue: String) throws {
        guard Features.queues.contains(queue) else {
            throw ValidationError("there is no queue \"\(queue)\"; there are \(Features.queues.joined(separator: ", "))")
        }
    }
}
