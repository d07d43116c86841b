import ArgumentParser
import Directory
import Foundation

extension DirectoryCommand {
    struct Decide: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decide a case; its owner is told the reasons.",
            discussion: """
                What takes something from the owner says what it would do, unless --yes. Of an appeal `dismiss` lets the decision stand. A case is decided
                once: the same decision again changes nothing.
                """)
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The case's id.") var id: String
        @Option(help: "dismiss, restore, deprecate, quarantine or remove.") var decision: String
        @Option(help: "impersonation, malware, leaked_secret, illegal, misleading, not_working or other.") var ground: String
        @Option(help: "What was found; the owner reads it.") var facts: String
        @Option(help: "The rule that it follows from; that of the ground without it.") var rule: String?
        @OptionGroup var confirmation: Confirmation

        func validate() throws {
            guard UUID(uuidString: id) != nil else { throw ValidationError("\"\(id)\" is no case's id") }
            _ = try wanted()
            guard ReportReason(rawValue: ground) != nil else {
                throw ValidationError("--ground is one of \(ReportReason.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            guard !facts.allSatisfy(\.isWhitespace) else { throw ValidationError("--facts says what was found") }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let path = "/v1/operations/agent-reports/\(id)"
            if try wanted().isRestriction, !confirmation.yes {
                let found: CaseSheet = try await client.call(.get, path)
                try confirmation.ask(Self.warning(decision, on: found.summary))
            }
            var body = ["decision": decision, "ground": ground, "facts": facts]
            body["rule"] = rule
            let answer = try await client.raw(.post, path + "/decision", body: try APIClient.encoder.encode(body))
            print(try PrettyJSON.text(answer))
        }

        static func warning(_ decision: String, on item: CaseItem) -> String {
            let status = item.status.map { "it is \($0)" } ?? "it is not listed any more"
            return "\(decision) would be decided for \(item.agent) (\(status), \(item.reports) reports)"
        }

        private func wanted() throws -> ModerationDecision {
            guard let wanted = ModerationDecision(rawValue: decision) else {
                throw ValidationError("--decision is one of \(ModerationDecision.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return wanted
        }
    }
}
