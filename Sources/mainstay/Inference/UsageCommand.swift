import ArgumentParser
import Foundation

/// `mainstay usage`: what runs have used.
struct UsageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "What the workspace's runs have used, by day and token, and what its budget leaves.",
        discussion: """
            It asks the ingress (MAINSTAY_URL, MAINSTAY_TOKEN). Days are those of UTC, costs are US dollars. A run whose price nobody knows is in no
            cost; how many there were stands beside it. Where a run was cancelled or cut, its provider did not count to the end: the rest is
            estimated, and how many runs hold such an estimate stands there too. A repeated call was lost with its worker before it showed anything,
            and made once more: both are counted, the lost one by an estimate. So is a run that was given up, within a minute of that.

            EXAMPLES
              mainstay usage
              mainstay usage --days 7 --json
            """)

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Days back, today among them.") var days: Int = 30

    func validate() throws {
        guard (1...400).contains(days) else { throw ValidationError("--days is a number from 1 to 400") }
    }

    func run() async throws {
        let client = APIClient(settings: try await settings.load())
        let usage: UsagePage = try await client.call(.get, "/v1/workspace/run-usage?days=\(days)")
        var table = Table("day", "token", "#runs", "#input tokens", "#output tokens", "#cost", "#unpriced runs", "#estimated runs", "#repeated calls")
        for row in usage.items {
            table.rows.append([
                row.day, row.token, "\(row.runs)", "\(row.inputTokens)", "\(row.outputTokens)", Self.money(row.cost), "\(row.unpricedRuns)",
                "\(row.estimatedRuns)", row.repeatedCalls.map { "\($0)" },
            ])
        }
        output.print(table)
        let budget: BudgetAnswer = try await client.call(.get, "/v1/workspace/run-budget")
        for line in budget.lines { Talk.say(line) }
    }

    static func money(_ cost: Double) -> String { String(format: "%.4f", cost) }
}

// MARK: What the ingress answers

private struct UsagePage: Decodable {
    struct Row: Decodable {
        let day: String
        let token: String?
        let runs: Int
        let inputTokens: Int
        let outputTokens: Int
        let cost: Double
        let unpricedRuns: Int
        let estimatedRuns: Int
        /// Nil of an ingress of the release before.
        let repeatedCalls: Int?

        enum CodingKeys: String, CodingKey {
            case day, token, runs, cost
            case inputTokens = "input_tokens"
            case outputTokens = "output_tokens"
            case unpricedRuns = "unpriced_runs"
            case estimatedRuns = "estimated_runs"
            case repeatedCalls = "repeated_calls"
        }
    }

    let items: [Row]
}
