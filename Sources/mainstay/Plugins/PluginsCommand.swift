import ArgumentParser
import Foundation
import Workspaces

/// `mainstay plugins`: the registry of plugins, which agents name.
struct PluginsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugins",
        abstract: "Import the plugin registry, list and show its plugins.",
        discussion: """
            Anyone may list and show; they ask the ingress. An import writes to the database, so an operator needs
            MAINSTAY_DATABASE_URL for it and no token.

            EXAMPLES
              mainstay plugins import index.json generated-registry.json --dry-run
              mainstay plugins import generated-registry.json
              mainstay plugins list --supports v1 --maintenance maintained
              mainstay plugins list discord --json
              mainstay plugins show @elizaos/plugin-discord
            """,
        subcommands: [Import.self, List.self, Show.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The plugins of the registry.")
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Words that all have to occur in name, owner, description or topics.") var words: [String] = []
        @Option(help: "Only those that support this line: \(PluginsCommand.words(PluginLine.self)).") var supports: String?
        @Option(help: "Only those with this signal: \(PluginsCommand.words(MaintenanceSignal.self)).") var maintenance: String?
        @Option(help: "The order: \(PluginsCommand.words(PluginOrder.self)).") var sort: String = PluginOrder.name.rawValue
        @Option(help: "How many at the most.") var limit: Int = 50

        func validate() throws {
            guard (1...200).contains(limit) else { throw ValidationError("--limit is a number from 1 to 200") }
            try PluginsCommand.check(supports, "--supports", PluginLine.self)
            try PluginsCommand.check(maintenance, "--maintenance", MaintenanceSignal.self)
            try PluginsCommand.check(sort, "--sort", PluginOrder.self)
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let page: PluginPage = try await client.call(.get, "/v1/plugins?\(query)")
            var table = Table("name", "maintenance", "supports", "#stars", "language", "last updated at", "repository")
            for plugin in page.items {
                table.rows.append([
                    plugin.name, plugin.maintenance, plugin.supports.map { $0.isEmpty ? "none" : $0.joined(separator: " ") },
                    plugin.stars.map(String.init), plugin.language, plugin.lastUpdatedAt, plugin.repository,
                ])
            }
            output.print(table)
            if page.nextCursor != nil { Talk.say("There are more: --limit shows up to 200, words and options narrow them down.") }
        }

        private var query: String {
            var parts = ["limit=\(limit)", "sort=\(sort)"]
            if let supports { parts.append("supports=\(supports)") }
            if let maintenance { parts.append("maintenance=\(maintenance)") }
            if !words.isEmpty { parts.append("q=\(PluginsCommand.encoded(words.joined(separator: " ")))") }
            return parts.joined(separator: "&")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One plugin with its releases and how many published agents name it, as JSON.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The name of its package, with its scope.") var name: String

        func validate() throws {
            guard PluginName(name) != nil else { throw ValidationError("\"\(name)\" is no name of a package, such as @elizaos/plugin-discord") }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            print(try PrettyJSON.text(try await client.raw(.get, "/v1/plugins/\(PluginsCommand.encoded(name))")))
        }
    }

    // MARK: What a person types

    private static func words<Word: RawRepresentable & CaseIterable>(_ type: Word.Type) -> String where Word.RawValue == String {
        type.allCases.map(\.rawValue).joined(separator: ", ")
    }

    private static func check<Word: RawRepresentable & CaseIterable>(_ text: String?, _ option: String, _ type: Word.Type) throws
    where Word.RawValue == String {
        guard let text, Word(rawValue: text) == nil else { return }
        throw ValidationError("\(option) is one of \(words(type)), not \"\(text)\"")
    }

    /// Text as one segment of a path, or one value of a query.
    private static func encoded(_ text: String) -> String {
        let plain = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
    }
}

// MARK: What the ingress answers

private struct PluginItem: Decodable {
    let name: String
    let repository: String
    let language: String?
    let stars: Int?
    let supports: [String]?
    let maintenance: String
    let lastUpdatedAt: String?

    enum CodingKeys: String, CodingKey {
        case name, repository, language, stars, supports, maintenance
        case lastUpdatedAt = "last_updated_at"
    }
}

private struct PluginPage: Decodable {
    let items: [PluginItem]
    let nextCursor: String?

    enum CodingKeys: String, CodingKey {
        case items
        case nextCursor = "next_cursor"
    }
}
