import ArgumentParser
import Foundation

extension DirectoryCommand {
    struct Reports: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cases that wait for a decision, oldest first; or one case with what was reported, as JSON.")
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "A case's id: that one with its reports.") var id: String?
        @Option(help: "Only cases in which reports alone have come to this: noted, alerted or quarantined.") var standing: String?
        @Option(help: "How many at the most.") var limit: Int = 50

        func validate() throws {
            guard (1...200).contains(limit) else { throw ValidationError("--limit is a number from 1 to 200") }
            if let standing { _ = try PathWord.checked(standing) }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            if let id {
                return print(try PrettyJSON.text(try await client.raw(.get, "/v1/operations/agent-reports/\(try PathWord.checked(id))")))
            }
            let query = "?limit=\(limit)" + (standing.map { "&standing=\($0)" } ?? "")
            let page: CasePage = try await client.call(.get, "/v1/operations/agent-reports\(query)")
            output.print(Self.table(page.items))
            if page.nextCursor != nil { Talk.say("There are more: --limit shows them.") }
        }

        static func table(_ items: [CaseItem]) -> Table {
            var table = Table("case", "kind", "agent", "status", "standing", "#age h", "#reports", "#reporters", "#identified", "#score", "reasons")
            for item in items {
                let reasons = item.reasons.map { "\($0.reason) \($0.reports)" }.joined(separator: ", ")
                table.rows.append([
                    item.id, item.kind, item.agent, item.status, item.standing, String(format: "%.1f", item.ageSeconds / 3600), "\(item.reports)",
                    "\(item.reporters)", "\(item.identified)", String(format: "%g", item.score),
                    reasons.isEmpty ? item.appeal.map { "against \($0.against)" } : reasons,
                ])
            }
            return table
        }
    }
}

// MARK: What the ingress answers

struct CaseItem: Decodable {
    struct Reason: Decodable {
        let reason: String
        let reports: Int
    }

    struct Appeal: Decodable {
        let against: String
    }

    let id: String
    let kind: String
    let standing: String
    let agent: String
    let status: String?
    let ageSeconds: Double
    let reports: Int
    let reporters: Int
    let identified: Int
    let score: Double
    let reasons: [Reason]
    let appeal: Appeal?

    enum CodingKeys: String, CodingKey {
        case kind, standing, agent, status, reports, reporters, identified, score, reasons, appeal
        case id = "case"
        case ageSeconds = "age_seconds"
    }
}

struct CasePage: Decodable {
    let items: [CaseItem]
    let nextCursor: String?

    enum CodingKeys: String, CodingKey {
        case items
        case nextCursor = "next_cursor"
    }
}

/// One case: its summary, without the reports.
struct CaseSheet: Decodable {
    let summary: CaseItem
}
