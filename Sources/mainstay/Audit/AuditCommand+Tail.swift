import ArgumentParser
import Foundation
import Jobs
import Postgres
import Web
import Workspaces

extension AuditCommand {
    struct Tail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The newest entries of the access log, and with --follow those that come.")
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Flag(help: "Go on, with what is appended from now on; with --json one object a line.") var follow = false
        @Option(help: "Only what is about this workspace: its slug, or its id when it is gone.") var workspace: String?
        @Option(help: ArgumentHelp("Only this action, such as token.made.", valueName: "action")) var action: String?
        @Option(help: "How many of the newest.") var lines: Int = 20

        func validate() throws {
            guard (1...10_000).contains(lines) else { throw ValidationError("--lines is a number from 1 to 10000") }
            if let action, AccessAction(rawValue: action) == nil {
                throw ValidationError("there is no action \"\(action)\"; there are \(AccessAction.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            if follow, output.chosen == .csv { throw ValidationError("--follow prints lines or JSON, and no CSV") }
        }

        func run() async throws {
            let settings = try await settings.load()
            let (isEndless, isJSON) = (follow, output.chosen == .json)
            try await AuditCommand.with(settings) { [workspace, action, lines, output] pool async throws -> Void in
                let store = AccessLogStore(pool: pool)
                let filter = AccessLogStore.Filter(
                    workspace: try await Self.id(of: workspace, pool), action: action.flatMap { AccessAction(rawValue: $0) })
                var entries = try await store.newest(filter, limit: lines)
                guard isEndless else { return output.print(Self.table(of: entries)) }
                var last = 0
                while true {
                    for entry in entries { Terminal.write(try isJSON ? Self.json(entry) : Self.text(entry)) }
                    last = entries.last?.sequence ?? last
                    try await Task.sleep(for: .seconds(1))
                    entries = try await store.entries(after: last, filter, limit: 1000)
                }
            }
        }

        private static func id(of word: String?, _ pool: PostgresPool) async throws -> UUID? {
            guard let word else { return nil }
            if let id = UUID(uuidString: word) { return id }
            guard let found = try await WorkspaceStore(pool: pool, multiUser: true).find(slug: word) else {
                throw ValidationError("there is no workspace \"\(word)\"; one that is gone is named by its id")
            }
            return found.id
        }

        static func table(of entries: [AccessLogEntry]) -> Table {
            var columns = [Table.Column(title: "entry", kind: .number)]
            columns += ["at", "action", "actor", "workspace", "subject"].map { Table.Column(title: $0) }
            columns.append(Table.Column(title: "details", kind: .json))
            var table = Table(columns)
            for entry in entries {
                table.rows.append([
                    "\(entry.sequence)", WireCoding.text(entry.at), entry.action, "\(entry.actorKind):\(entry.actor)", entry.workspace?.lowercased,
                    entry.subject, details(entry),
                ])
            }
            return table
        }

        /// One entry as a line for people.
        static func text(_ entry: AccessLogEntry) -> String {
            let words = [
                "\(entry.sequence)", WireCoding.text(entry.at), entry.action, "\(entry.actorKind):\(entry.actor)", entry.workspace?.lowercased ?? "–",
                entry.subject, details(entry),
            ]
            return words.joined(separator: "  ") + "\n"
        }

        /// One entry as a line of JSON, with its hash.
        static func json(_ entry: AccessLogEntry) throws -> String {
            struct Line: Encodable {
                let version = 1
                let entry: Int
                let at: String
                let action: String
                let actor: String
                let workspace: String?
                let subject: String
                let details: [String: String]
                let hash: String
            }
            let line = Line(
                entry: entry.sequence, at: WireCoding.text(entry.at), action: entry.action, actor: "\(entry.actorKind):\(entry.actor)",
                workspace: entry.workspace?.lowercased, subject: entry.subject, details: entry.details ?? [:], hash: entry.hash.hexadecimal)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(line), as: UTF8.self) + "\n"
        }

        private static func details(_ entry: AccessLogEntry) -> String {
            let members = (entry.details ?? [:]).sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
            return String(decoding: JSONValue.object(members).bytes(), as: UTF8.self)
        }
    }
}
