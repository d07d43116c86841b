import ArgumentParser
import Foundation
import Workspaces

extension WorkspaceCommand {
    struct ExportPerson: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export-person", abstract: "Write what is kept of a person, one JSON document a line, for that person.",
            discussion: """
                Who it is, its accounts at the identity provider, its places in workspaces, its tokens without secrets, its invitations, and what the
                access log says of it. What it wrote in a workspace is the workspace's: `mainstay workspace export`.

                EXAMPLES
                  mainstay workspace export-person ann@acme.example --output ann.ndjson
                """)
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The user's id or address.") var user: String
        @Option(help: "The file to write; standard output without it.") var output: String?

        func run() async throws {
            let lines = try await TokenCommand.with(settings) { [user] workspaces in
                try await workspaces.people.export(try await WorkspaceCommand.user(user, workspaces).id, by: .commandLine)
            }
            let file = try Export.file(output)
            try file.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
            if output != nil { try file.close() }
            Talk.say(lines.count == 1 ? "1 row" : "\(lines.count) rows")
        }
    }

    /// The user whom somebody typed: by its id or its address.
    /// - Throws: `ValidationError` when there is none.
    static func user(_ word: String, _ workspaces: Workspaces) async throws -> User {
        let found =
            if let id = UUID(uuidString: word) { try await workspaces.people.find(id) } else {
                try await workspaces.workspaces.findUser(email: word)
            }
        guard let found else { throw ValidationError("there is no user \"\(word)\"") }
        return found
    }
}
