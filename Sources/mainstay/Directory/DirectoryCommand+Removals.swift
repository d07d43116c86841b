import ArgumentParser
import Foundation

extension DirectoryCommand {
    struct Removals: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What was taken out of the directory, newest first. Anybody may read it.")
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "How many at the most.") var limit: Int = 50

        func validate() throws {
            guard (1...200).contains(limit) else { throw ValidationError("--limit is a number from 1 to 200") }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let page: RemovalPage = try await client.call(.get, "/v1/directory/removals?limit=\(limit)")
            output.print(Self.table(page.items))
            if page.nextCursor != nil { Talk.say("There are more: --limit shows them.") }
        }

        static func table(_ items: [RemovalItem]) -> Table {
            var table = Table("agent", "decision", "ground", "decided at", "appeal", "lifted at")
            for item in items {
                table.rows.append([item.agent, item.decision, item.ground, item.decidedAt, item.appealOutcome, item.liftedAt])
            }
            return table
        }
    }
}

// MARK: What the ingress answers

struct RemovalItem: Decodable {
    let agent: String
    let decision: String
    let ground: String
    let decidedAt: String
    let appealOutcome: String?
    let liftedAt: String?

    enum CodingKeys: String, CodingKey {
        case agent, decision, ground
        case decidedAt = "decided_at"
        case appealOutcome = "appeal_outcome"
        case liftedAt = "lifted_at"
    }
}

struct RemovalPage: Decodable {
    let items: [RemovalItem]
    let nextCursor: String?

    enum CodingKeys: String, CodingKey {
        case items
        case nextCursor = "next_cursor"
    }
}
