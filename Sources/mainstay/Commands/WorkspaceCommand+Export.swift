import ArgumentParser
import Foundation
import Workspaces

extension WorkspaceCommand {
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write all rows of a workspace, one JSON document a line, without hashes and secrets.",
            discussion: """
                A line is {"table":…,"row":{…}}. A deleted workspace can be exported until it is purged.

                EXAMPLES
                  mainstay workspace export acme > acme.ndjson
                  mainstay workspace export acme --output acme.ndjson
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var target: Target
        @Option(help: "The file to write; standard output without it.") var output: String?

        func run() async throws {
            let count = try await TokenCommand.with(settings) { [target, output] workspaces in
                var reader = workspaces.export(of: try await target.find(workspaces), by: .commandLine)
                let file = try Self.file(output)
                var count = 0
                while let lines = try await reader.next() {
                    try file.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
                    count += lines.count
                }
                if output != nil { try file.close() }
                return count
            }
            Talk.say(count == 1 ? "1 row" : "\(count) rows")
        }

        /// A file that is made anew, for its owner alone; or standard output.
        static func file(_ path: String?) throws -> FileHandle {
            guard let path else { return .standardOutput }
            guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
                throw ValidationError("the file \(path) cannot be written")
            }
            return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        }
    }
}
