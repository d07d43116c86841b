import ArgumentParser
import Foundation
import Jobs
import Web

/// `mainstay tool`: what runs of the workspace may call over HTTP.
struct ToolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tool",
        abstract: "Add, list, show, change, rotate, test and remove tools that runs call over HTTP.",
        discussion: """
            They ask the ingress (MAINSTAY_URL, MAINSTAY_TOKEN). The secret that a tool's calls are signed with is printed once.

            EXAMPLES
              mainstay tool add weather --url https://tools.example.com/weather --description "The weather of a place" \\
                --parameters '{"type":"object","properties":{"place":{"type":"string"}},"required":["place"]}'
              mainstay tool list
              mainstay tool show weather --json
              mainstay tool test weather --arguments '{"place":"Oslo"}'
              mainstay tool change weather --disable
              mainstay tool rotate weather --overlap 2h    another secret; calls carry both signatures for two hours
              mainstay tool remove weather
            """,
        subcommands: [Add.self, List.self, Show.self, Change.self, Rotate.self, Test.self, Remove.self], defaultSubcommand: List.self)

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a tool, and print the secret that its calls are signed with.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "What models call it by: letters, digits, dashes and underscores.") var name: String
        @Option(help: "Where it is called by POST.") var url: String
        @Option(help: "What models are told of it.") var description: String?
        @Option(help: "A JSON Schema of its arguments, or @FILE.") var parameters: String?
        @Option(help: "How long a call may take, such as 5s; 10s without it.") var timeout: String?

        func validate() throws {
            if let timeout, Duration(wire: timeout) == nil { throw ValidationError("--timeout is a time such as 500ms or 10s, not \"\(timeout)\"") }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            var tool: [String: Any] = ["name": name, "url": url]
            if let description { tool["description"] = description }
            if let timeout, let limit = Duration(wire: timeout) { tool["timeout_ms"] = Int(limit.inSeconds * 1_000) }
            if let parameters { tool["parameters"] = try JSONSerialization.jsonObject(with: Data(try ToolCommand.schema(parameters))) }
            let body = try JSONSerialization.data(withJSONObject: tool, options: [.sortedKeys])
            let answer = try await client.raw(.post, "/v1/tools", body: body, idempotencyKey: UUID().uuidString)
            let made = try APIClient.decoder.decode(ToolItem.self, from: answer)
            Talk.say("Keep the secret: it is not shown again. The tool's id is \(made.id).")
            print(made.secret ?? "")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The workspace's tools, by name.")
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let page: ToolPage = try await client.call(.get, "/v1/tools")
            var table = Table("name", "url", "#timeout ms", "state", "id", "description")
            for tool in page.items {
                table.rows.append([tool.name, tool.url, "\(tool.timeoutMs)", tool.disabled ? "disabled" : "offered", tool.id, tool.description])
            }
            output.print(table)
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have the ingress call a tool, and print what it answers. Exit code 1: it gave an error.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The tool's name or id.") var tool: String
        @Option(help: "Its arguments, a JSON object.") var arguments: String = "{}"

        func validate() throws {
            guard (try? JSONSerialization.jsonObject(with: Data(arguments.utf8))) is [String: Any] else {
                throw ValidationError("--arguments is a JSON object")
            }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let id = try await ToolCommand.id(tool, client)
            let answer = try await client.raw(.post, "/v1/tools/\(id)/test", body: Data("{\"arguments\":\(arguments)}".utf8))
            let trial = try APIClient.decoder.decode(ToolTrial.self, from: answer)
            print(trial.text)
            Talk.say("\(trial.isError ? "an error" : "answered") after \(Int(trial.durationMs.rounded())) ms")
            if trial.isError { throw ExitCode.failure }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a tool. Runs that begin later are not offered it.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The tool's name or id.") var tool: String

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            _ = try await client.raw(.delete, "/v1/tools/\(try await ToolCommand.id(tool, client))")
            print("removed")
        }
    }

    /// A schema that somebody typed, or named the file of.
    static func schema(_ text: String) throws -> [UInt8] {
        let data = text.hasPrefix("@") ? try Data(contentsOf: URL(fileURLWithPath: String(text.dropFirst()))) : Data(text.utf8)
        guard (try? JSONSerialization.jsonObject(with: data)) is [String: Any] else {
            throw ValidationError("--parameters is a JSON object, or @ and the name of a file that holds one")
        }
        return Array(data)
    }

    /// The id of a tool that somebody typed.
    static func id(_ word: String, _ client: APIClient) async throws -> String {
        if UUID(uuidString: word) != nil { return word }
        let page: ToolPage = try await client.call(.get, "/v1/tools")
        guard let found = page.items.first(where: { $0.name == word }) else {
            throw ValidationError("the workspace has no tool \"\(word)\"; `mainstay tool list` shows them")
        }
        return found.id
    }
}

// MARK: What the ingress answers

struct ToolItem: Decodable {
    let id: String
    let name: String
    let description: String?
    let url: String
    let timeoutMs: Int
    let disabled: Bool
    let secret: String?

    enum CodingKeys: String, CodingKey {
        case id, name, description, url, disabled, secret
        case timeoutMs = "timeout_ms"
    }
}

struct ToolPage: Decodable {
    let items: [ToolItem]
}

private struct ToolTrial: Decodable {
    let text: String
    let isError: Bool
    let durationMs: Double

    enum CodingKeys: String, CodingKey {
        case text
        case isError = "is_error"
        case durationMs = "duration_ms"
    }
}
