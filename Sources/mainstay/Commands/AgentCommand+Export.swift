import ArgumentParser
import Foundation
import Workspaces

extension AgentCommand {
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write an agent's character file, in the form of any generation (v0, v1, v2), without secrets.",
            discussion: """
                What a generation has no equal form for is told on standard error, with its place in the stored file: moved to another place, kept \
                where it was, or left out. Members that are not known here are kept.

                EXAMPLES
                  mainstay agent export harbor/guide > guide.character.json
                  mainstay agent export harbor/guide --version 1.4.0 --format v2 --output guide.character.json
                  mainstay agent export my-guide --format v1
                """)
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "OWNER/NAME of a published agent; NAME or id of one of this workspace.") var agent: String
        @Option(help: "The generation: v0, v1 or v2; as it is stored without it.") var format: String?
        @Option(help: "A published version; the one that the directory shows without it.") var version: String?
        @Option(help: "The file to write; standard output without it.") var output: String?

        func validate() throws {
            if agent.contains("/") { _ = try PublishedName(agent) }
            if let format, CharacterShape(rawValue: format) == nil {
                throw ValidationError("--format is one of \(CharacterShape.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            guard let version else { return }
            guard agent.contains("/") else { throw ValidationError("--version is of a published agent: name it as OWNER/NAME") }
            guard SemanticVersion(version) != nil else { throw ValidationError("\"\(version)\" is no version; one is written as 1.4.0") }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let data = try await client.raw(.get, "\(try await place(client))/character\(format.map { "?format=\($0)" } ?? "")")
            let answer = try Self.read([UInt8](data))
            let text = answer.character.lines + "\n"
            if let output {
                try Data(text.utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
            } else {
                FileHandle.standardOutput.write(Data(text.utf8))
            }
            for note in answer.notes { Talk.say(note) }
        }

        private func place(_ client: APIClient) async throws -> String {
            guard agent.contains("/") else { return "/v1/agents/\(try await AgentID.find(agent, client: client))" }
            let path = try PublishedName(agent).path
            // The one character of a version that a path may read as something else.
            return version.map { "\(path)/v/\($0.replacing("+", with: "%2B"))" } ?? path
        }

        /// What the ingress answers. Not by `Decodable`, which would round long numbers.
        struct Answer {
            let character: JSONNode
            /// A line each.
            let notes: [String]
        }

        struct Unreadable: Error, CustomStringConvertible {
            let description = "the ingress answered something else than a character file; is it older than this command?"
        }

        /// - Throws: ``Unreadable``, `JSONSyntaxError`.
        static func read(_ bytes: [UInt8]) throws -> Answer {
            var parser = JSONParser(bytes)
            let answer = try parser.parse()
            guard let character = answer["character"], case .array(let notes)? = answer["notes"] else { throw Unreadable() }
            var lines = notes.map { note in
                let kind = note["kind"]?.text ?? ""
                return "\(kind == "left" ? "left out" : kind): \(note["pointer"]?.text ?? ""), \(note["detail"]?.text ?? "")"
            }
            if answer["cut"] == .bool(true) { lines.append("and more than these") }
            return Answer(character: character, notes: lines)
        }
    }
}
