import ArgumentParser
import Foundation
import Jobs

extension DeadCommand {
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put dead letters back among the accepted jobs.",
            discussion: """
                A replayed job is owed from then on, as one that was just accepted: it is appended to its queue at once, or by the relay where \
                Redis is away. It begins with a first attempt again. When it dies again it is a dead letter again, and its history goes on. \
                Replaying a letter twice is one replay.
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var choice: Choice

        func run() async throws { try await DeadActing.run(.replay, choice, settings, output) }
    }

    struct Discard: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take dead letters off the list for good.",
            discussion: "A discarded letter is kept, with who discarded it and when, and can never be replayed. Its job stays dead.")
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var choice: Choice

        func run() async throws { try await DeadActing.run(.discard, choice, settings, output) }
    }

    /// Which letters something is done about, and how sure the operator is.
    struct Choice: ParsableArguments {
        @Argument(help: "Ids of jobs; without any, the open letters that the options below mean.") var ids: [String] = []
        @OptionGroup var filter: Filter
        @Flag(help: "Every open letter.") var all = false
        @Option(help: "So many at the most, the newest first.") var limit: Int?
        @Flag(help: "Say what would be done, and do nothing.") var dryRun = false
        @Flag(help: "Do it although it is more than one.") var yes = false
        @Option(help: "Who does it, for those who ask later; the user of this machine without it.") var by: String?

        func validate() throws {
            _ = try jobs()
            switch (ids.isEmpty, filter.isEmpty, all) {
            case (false, true, false), (true, false, false), (true, true, true): break
            case (true, true, false): throw ValidationError("name jobs by their ids, or choose them by --kind, --code and the like, or --all")
            default: throw ValidationError("ids, options that choose, --all: one of the three")
            }
            if let limit {
                guard ids.isEmpty else { throw ValidationError("--limit is for letters that are not named by their ids") }
                guard limit > 0 else { throw ValidationError("--limit is a number from 1") }
            }
        }

        /// Each once, in the order in which they were named.
        func jobs() throws -> [UUID] {
            var seen: Set<UUID> = []
            return try ids.map { try DeadCommand.job($0) }.filter { seen.insert($0).inserted }
        }

        var actor: String {
            let named = by ?? "\(NSUserName())@\(ProcessInfo.processInfo.hostName)"
            return String(named.prefix(200))
        }
    }
}
