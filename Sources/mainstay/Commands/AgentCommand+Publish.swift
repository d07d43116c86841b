import ArgumentParser
import Foundation
import Workspaces

extension AgentCommand {
    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish an agent's newest version: anyone may read and fork it.",
            discussion: """
                Refused while anything in the character looks like a key; the places are named. Plugins that do not work here or that nobody looks
                after are named too, and nothing is refused for them. What a version says stays: what changed is another version.

                EXAMPLES
                  mainstay agent publish guide
                  mainstay agent publish guide --version 2.0.0 --changelog "Answers in Finnish too."
                """)
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The agent's name or id.") var agent: String
        @Option(help: "Its version, such as 1.4.0 or 2.0.0-beta.1; the next one without it.") var version: String?
        @Option(help: "What is new, for everyone to read.") var changelog: String?

        func validate() throws {
            if let version, SemanticVersion(version) == nil {
                throw ValidationError("\"\(version)\" is no version such as 1.4.0 or 2.0.0-beta.1 (semver.org)")
            }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let id = try await AgentID.find(agent, client: client)
            var wish: [String: String] = [:]
            wish["version"] = version
            wish["changelog"] = changelog
            let published: PublishedItem = try await client.call(.post, "/v1/agents/\(id)/publish", body: wish)
            for line in published.advice { Talk.say(line) }
            print("\(client.url)/v1/agents/\(published.owner)/\(published.name)")
        }
    }

    struct Unpublish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take an agent out of the directory. Forks of it stay, and nobody else gets its name.",
            discussion: """
                EXAMPLES
                  mainstay agent unpublish guide            says what would be done
                  mainstay agent unpublish guide --yes
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var confirmation: Confirmation
        @Argument(help: "The agent's name or id.") var agent: String

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let id = try await AgentID.find(agent, client: client)
            let found: AgentItem = try await client.call(.get, "/v1/agents/\(id)")
            try confirmation.ask("\(found.owner)/\(found.name) would not be found any more, and its public page be gone")
            _ = try await client.raw(.delete, "/v1/agents/\(id)/publish")
            print("taken back")
        }
    }
}

/// What the ingress answers to a publication.
struct PublishedItem: Decodable {
    struct Plugin: Decodable {
        struct Advice: Decodable {
            let verdict: String
            let reason: String
        }

        let name: String
        let advice: Advice?
    }

    struct Publication: Decodable {
        let version: String
        let shown: Bool
    }

    struct Resembled: Decodable {
        let owner: String
        let name: String
    }

    let owner: String
    let name: String
    let plugins: [Plugin]
    let publication: Publication?
    let looksLike: String?
    let resembles: Resembled?

    enum CodingKeys: String, CodingKey {
        case owner, name, plugins, publication, resembles
        case looksLike = "looks_like"
    }

    /// What its publisher should know, for people.
    var advice: [String] {
        guard let publication else { return warnings }
        return [publication.shown ? "version \(publication.version)" : "version \(publication.version); a higher one is shown still"] + warnings
    }

    /// Of that what may hurt: what does not work first.
    var warnings: [String] {
        var lines: [String] = []
        for verdict in [PluginAdvice.Verdict.incompatible, .unmaintained] {
            for plugin in plugins where plugin.advice?.verdict == verdict.rawValue {
                lines.append("\(verdict.rawValue): \(plugin.name), \(plugin.advice?.reason ?? "")")
            }
        }
        if let looksLike { lines.append("the name resembles \(looksLike), another owner's; the directory says so") }
        if let resembles {
            lines.append("the title looks the same as that of \(resembles.owner)/\(resembles.name), which had it first; the directory says so")
        }
        return lines
    }
}
