import ArgumentParser
import Foundation
import Jobs
import Web

extension ToolCommand {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a tool with the schema of its arguments.",
            discussion: """
                EXAMPLES
                  mainstay tool show weather
                  mainstay tool show weather --json
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The tool's name or id.") var tool: String

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let answer = try await client.raw(.get, "/v1/tools/\(try await ToolCommand.id(tool, client))")
            output.print(Self.table(try JSONBody.document(Array(answer))))
        }

        /// One row of what the ingress says of it.
        static func table(_ tool: JSONValue) -> Table {
            let columns: [(name: String, kind: Table.Column.Kind)] = [
                ("name", .text), ("url", .text), ("timeout_ms", .number), ("disabled", .boolean), ("former_secret_until", .text),
                ("created_at", .text), ("updated_at", .text), ("id", .text), ("description", .text), ("parameters", .json),
            ]
            var table = Table(columns.map { Table.Column(title: $0.name.replacing("_", with: " "), kind: $0.kind) })
            table.rows = [
                columns.map { column in
                    tool[column.name].map { $0.string ?? String(decoding: $0.bytes(), as: UTF8.self) }
                }
            ]
            return table
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a tool. What is not named stays as it is, and so does its secret.",
            discussion: """
                EXAMPLES
                  mainstay tool change weather --url https://tools.example.com/v2/weather --timeout 5s
                  mainstay tool change weather --disable       runs that begin later are not offered it
                  mainstay tool change weather --enable
                """)
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The tool's name or id.") var tool: String
        @Option(help: "What models call it by from now on.") var name: String?
        @Option(help: "Where it is called by POST.") var url: String?
        @Option(help: "What models are told of it.") var description: String?
        @Option(help: "A JSON Schema of its arguments, or @FILE.") var parameters: String?
        @Option(help: "How long a call may take, such as 5s.") var timeout: String?
        @Flag(help: "Do not offer it to models.") var disable = false
        @Flag(help: "Offer it to models again.") var enable = false

        func validate() throws {
            if let timeout, Duration(wire: timeout) == nil { throw ValidationError("--timeout is a time such as 500ms or 10s, not \"\(timeout)\"") }
            guard !(disable && enable) else { throw ValidationError("--disable and --enable exclude each other") }
            guard disable || enable || [name, url, description, parameters, timeout].contains(where: { $0 != nil }) else {
                throw ValidationError("name what changes: --name, --url, --description, --parameters, --timeout, --disable or --enable")
            }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let id = try await ToolCommand.id(tool, client)
            let found = try JSONBody.document(Array(try await client.raw(.get, "/v1/tools/\(id)")))
            _ = try await client.raw(.put, "/v1/tools/\(id)", body: Data(try changed(found).bytes()))
            print("changed")
        }

        /// What is to be written, given what there is.
        func changed(_ found: JSONValue) throws -> JSONValue {
            var wanted: [String: JSONValue] = [:]
            wanted["name"] = name.map { .string($0) }
            wanted["url"] = url.map { .string($0) }
            wanted["description"] = description.map { .string($0) }
            wanted["parameters"] = try parameters.map { try JSONBody.document(try ToolCommand.schema($0)) }
            wanted["timeout_ms"] = timeout.flatMap { Duration(wire: $0) }.map { .integer(Int64($0.inSeconds * 1_000)) }
            if disable || enable { wanted["disabled"] = .bool(disable) }
            let names = ["name", "description", "parameters", "url", "timeout_ms", "disabled"]
            return .object(names.compactMap { name in (wanted[name] ?? found[name]).map { JSONValue.Member(name, $0) } })
        }
    }
}
