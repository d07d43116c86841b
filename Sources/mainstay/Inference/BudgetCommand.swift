import ArgumentParser
import Foundation

/// `mainstay budget`: what runs may use.
struct BudgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budget",
        abstract: "Show, set and clear what runs of the workspace, or of one of its tokens, may use.",
        discussion: """
            They ask the ingress (MAINSTAY_URL, MAINSTAY_TOKEN). `set` and `clear` need a token with workspace:admin. Days and months are those of
            UTC, costs are US dollars. What is set holds for runs that are asked for a second later; those under way are carried to their end.

            EXAMPLES
              mainstay budget show
              mainstay budget set --runs-per-minute 60 --tokens-per-day 2000000 --cost-per-month 250
              mainstay budget set --cost-per-month none               the other bounds stay
              mainstay budget set --token 019ab3… --cost-per-day 5    of one token; `mainstay token list` shows their ids
              mainstay budget clear --token 019ab3…
              mainstay budget show --json
            """,
        subcommands: [Show.self, Put.self, Clear.self], defaultSubcommand: Show.self)

    /// Shared by all: whose budget it is.
    struct Holder: ParsableArguments {
        @Option(help: "The id of a token of the workspace; the whole workspace without it.") var token: String?

        func validate() throws { _ = try path() }

        func path() throws -> String {
            guard let token else { return "/v1/workspace/run-budget" }
            return "/v1/tokens/\(try TokenCommand.id(token).uuidString.lowercased())/run-budget"
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What runs may use, have used and have left.",
            discussion: """
                EXAMPLES
                  mainstay budget show
                  mainstay budget show --token 019ab3… --json
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var holder: Holder

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let found: BudgetAnswer = try await client.call(.get, try holder.path())
            output.print(found.table)
        }
    }

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Bound what runs may use. What is not named stays as it is; `none` takes a bound away.",
            discussion: """
                EXAMPLES
                  mainstay budget set --tokens-per-day 2000000 --runs-per-minute 60
                  mainstay budget set --token 019ab3… --cost-per-day 5 --cost-per-month none
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var holder: Holder
        @Option(help: "As many runs at once at the most, and evenly after that: 1 to 1000000, or none.") var runsPerMinute: String?
        @Option(help: "Tokens of input and output together, or none.") var tokensPerDay: String?
        @Option(help: "US dollars, or none.") var costPerDay: String?
        @Option(help: "US dollars in a calendar month, or none.") var costPerMonth: String?

        func validate() throws {
            _ = try changed(BudgetAnswer.Bounds())
            guard [runsPerMinute, tokensPerDay, costPerDay, costPerMonth].contains(where: { $0 != nil }) else {
                throw ValidationError("name a bound: --runs-per-minute, --tokens-per-day, --cost-per-day or --cost-per-month")
            }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let path = try holder.path()
            let found: BudgetAnswer = try await client.call(.get, path)
            let answer = try await client.raw(.put, path, body: try APIClient.encoder.encode(try changed(found.budget)))
            output.print(try APIClient.decoder.decode(BudgetAnswer.self, from: answer).table)
        }

        /// The bounds with what the options say of them.
        /// - Throws: `ValidationError` for what is no bound.
        func changed(_ bounds: BudgetAnswer.Bounds) throws -> BudgetAnswer.Bounds {
            BudgetAnswer.Bounds(
                runsPerMinute: try Self.whole(runsPerMinute, "--runs-per-minute", 1...1_000_000, or: bounds.runsPerMinute),
                tokensPerDay: try Self.whole(tokensPerDay, "--tokens-per-day", 0...1_000_000_000_000_000, or: bounds.tokensPerDay),
                costPerDay: try Self.dollars(costPerDay, "--cost-per-day", or: bounds.costPerDay),
                costPerMonth: try Self.dollars(costPerMonth, "--cost-per-month", or: bounds.costPerMonth))
        }

        private static func whole(_ word: String?, _ option: String, _ range: ClosedRange<Int>, or old: Int?) throws -> Int? {
            guard let word else { return old }
            if word == "none" { return nil }
            guard let number = Int(word), range.contains(number) else {
                throw ValidationError("\(option) takes a whole number from \(range.lowerBound) to \(range.upperBound), or none")
            }
            return number
        }

        private static func dollars(_ word: String?, _ option: String, or old: Double?) throws -> Double? {
            guard let word else { return old }
            if word == "none" { return nil }
            guard let number = Double(word), (0...1e12).contains(number) else {
                throw ValidationError("\(option) takes US dollars, 0 or more, such as 5 or 2.50, or none")
            }
            return number
        }
    }

    struct Clear: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take all bounds away. What was used stays counted.",
            discussion: """
                EXAMPLES
                  mainstay budget clear --token 019ab3…
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var holder: Holder

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            _ = try await client.raw(.put, try holder.path(), body: Data("{}".utf8))
            print("cleared")
        }
    }
}
