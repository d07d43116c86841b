import ArgumentParser
import Foundation

/// `mainstay ticket`: what a support desk does, from a terminal.
struct TicketCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ticket",
        abstract: "Open, list, show, answer and close support tickets.",
        discussion: """
            EXAMPLES
              mainstay ticket create --subject "Zero balance after migration" --body "Tangem wallet, 0 eligible" --priority high
              mainstay ticket create --file ops/samples/tickets.ndjson
              mainstay ticket list --json
              mainstay ticket reply 019… --body "Please update the wallet's firmware first."
            """,
        subcommands: [Create.self, List.self, Show.self, Reply.self, Close.self], defaultSubcommand: List.self)

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Open one ticket, or one for each line of an NDJSON file.")
        @OptionGroup var settings: SettingsOptions
        @Option(help: "What it is about, in one line.") var subject: String?
        @Option(help: "What happened.") var body: String?
        @Option(help: "low, normal, high or urgent.") var priority: String = "normal"
        @Option(help: "What kind of trouble it is.") var category: String?
        @Option(help: "The wallet that it concerns.") var wallet: String?
        @Option(help: "Who asks.") var requester: String?
        @Option(name: [.long, .customLong("ndjson")], help: "A file with one ticket a line, as JSON objects: all go in one request.")
        var file: String?

        func validate() throws {
            guard file != nil || (subject != nil && body != nil) else { throw ValidationError("give --subject and --body, or --file") }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            if let file { return try await create(from: file, client) }
            var ticket: [String: String] = ["subject": subject ?? "", "body": body ?? "", "priority": priority]
            ticket["category"] = category
            ticket["wallet"] = wallet
            ticket["requester"] = requester
            let accepted: AcceptedJob = try await client.call(.post, "/v1/tickets", body: ticket, idempotencyKey: UUID().uuidString)
            print(accepted.id.uuidString.lowercased())
        }

        private func create(from file: String, _ client: APIClient) async throws {
            let lines = try NDJSON.lines(ofFile: file)
            // The key is made of the line, so that running the same file again makes no second ticket.
            let documents = lines.map { line in
                NDJSON.keyed(line.bytes, key: "file-\(line.number)-\(StableDigest.text(String(decoding: line.bytes, as: UTF8.self)))")
            }
            var (answered, failed) = (0, 0)
            try await LineSubmission(client: client, path: "/v1/tickets").send(documents) { result in
                answered += 1
                if !result.isAccepted {
                    failed += 1
                    // By the file's own number: its empty lines were not sent.
                    let number = lines.indices.contains(result.line - 1) ? lines[result.line - 1].number : result.line
                    Talk.say("line \(number): \(result.reason)")
                }
                if answered.isMultiple(of: 1000) { Talk.say("\(answered) of \(lines.count)") }
            }
            print("\(lines.count - failed) tickets accepted, \(failed) refused")
            if failed > 0 { throw ExitCode.failure }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The newest tickets.")
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "Only those in this state: open, answered or closed.") var state: String?
        @Option(help: "How many at the most.") var limit: Int = 25

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let query = "?limit=\(limit)" + (state.map { "&state=\($0)" } ?? "")
            let page = try JSONSerialization.jsonObject(with: try await client.raw(.get, "/v1/tickets\(query)")) as? [String: Any]
            var table = Table("id", "state", "priority", "subject", "created at")
            for item in page?["items"] as? [[String: Any]] ?? [] {
                table.rows.append(["id", "state", "priority", "subject", "created_at"].map { item[$0] as? String })
            }
            output.print(table)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One ticket with its clocks and escalations, as JSON.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The ticket's id.") var id: String

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            print(try PrettyJSON.text(try await client.raw(.get, "/v1/tickets/\(try PathWord.checked(id))")))
        }
    }

    struct Reply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Answer a ticket: its first-reply clock stops.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The ticket's id.") var id: String
        @Option(help: "The answer.") var body: String

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let answer = try await client.raw(
                .post, "/v1/tickets/\(try PathWord.checked(id))/replies", body: try APIClient.encoder.encode(["body": body]),
                idempotencyKey: UUID().uuidString)
            print(try PrettyJSON.text(answer))
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Close a ticket: all of its clocks stop.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The ticket's id.") var id: String

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            print(try PrettyJSON.text(try await client.raw(.post, "/v1/tickets/\(try PathWord.checked(id))/close", body: Data("{}".utf8))))
        }
    }
}
