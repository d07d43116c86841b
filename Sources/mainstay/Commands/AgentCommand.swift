import ArgumentParser
import Foundation
import Workspaces

/// `mainstay agent`: a workspace's agents, and forks of those that others published.
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Import, list, show, export, publish, rename, deprecate, take back and fork agents.",
        discussion: """
            EXAMPLES
              mainstay agent import ops/samples/agents
              mainstay agent import guide.character.json --name guide --publish
              mainstay agent list --json
              mainstay agent show harbor/guide
              mainstay agent export harbor/guide --format v2 --output guide.character.json
              mainstay agent publish guide --changelog "Answers in Finnish too."
              mainstay agent rename guide harbor-guide
              mainstay agent deprecate guide --reason "Take harbor/pilot instead."
              mainstay agent deprecate guide --undo
              mainstay agent unpublish guide --yes
              mainstay agent fork harbor/guide --name my-guide
            """,
        subcommands: [
            Import.self, List.self, Show.self, Export.self, Publish.self, Rename.self, Deprecate.self, Unpublish.self, Fork.self,
        ], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The workspace's agents, newest first.",
            discussion: """
                EXAMPLES
                  mainstay agent list
                  mainstay agent list --limit 200 --json
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "How many at the most.") var limit: Int = 50

        func validate() throws {
            guard (1...200).contains(limit) else { throw ValidationError("--limit is a number from 1 to 200") }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let page: AgentPage = try await client.call(.get, "/v1/agents?limit=\(limit)")
            var table = Table("name", "display name", "visibility", "#version", "forked from", "updated at", "id")
            for agent in page.items {
                let source = agent.forkedFrom.map { "\($0.owner)/\($0.name)@\($0.version)" }
                table.rows.append([agent.name, agent.displayName, agent.visibility, String(agent.version), source, agent.updatedAt, agent.id])
            }
            output.print(table)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One agent with its character, as JSON.",
            discussion: """
                EXAMPLES
                  mainstay agent show guide             one of the workspace, as it is now
                  mainstay agent show harbor/guide      a published one, with its status
                """)
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "OWNER/NAME of a published agent; NAME or id of one of this workspace.") var agent: String

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let path = agent.contains("/") ? try PublishedName(agent).path : "/v1/agents/\(try await AgentID.find(agent, client: client))"
            print(try PrettyJSON.text(try await client.raw(.get, path)))
        }
    }

    struct Fork: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a private copy of a published agent, and tell which secrets to set.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "OWNER/NAME of a published agent.") var agent: String
        @Option(help: "The fork's name; the original's otherwise, with a number when it is taken.") var name: String?
        @Flag(help: "Do not wait for the fork: print the job's id.") var noWait = false

        func validate() throws {
            _ = try PublishedName(agent)
            if let name, AgentName(name) == nil {
                throw ValidationError("\"\(name)\" is no name for an agent: lower-case letters, digits, single hyphens")
            }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let accepted: AcceptedJob = try await client.call(
                .post, try PublishedName(agent).path + "/forks", body: name.map { ["name": $0] } ?? [:], idempotencyKey: UUID().uuidString)
            let job = accepted.id.uuidString.lowercased()
            if noWait { return print(job) }
            let outcome: ForkOutcome = try await client.call(.get, "/v1/jobs/\(job)?wait=60s")
            guard outcome.state == "done", let fork = outcome.result else {
                Talk.say(outcome.error ?? "the fork is \(outcome.state) still: `mainstay jobs wait \(job)`")
                throw ExitCode.failure
            }
            print("\(fork.name)  \(fork.agent)")
            for place in fork.secretsToSet { Talk.say("to set: \(place)") }
            for plugin in fork.pluginWarnings ?? [] { Talk.say("\(plugin.verdict): \(plugin.name), \(plugin.reason)") }
        }
    }
}

// MARK: What the ingress answers

struct AgentItem: Decodable {
    struct Source: Decodable {
        let owner: String
        let name: String
        let version: Int
    }

    let id: String
    let owner: String
    let name: String
    let displayName: String
    let visibility: String
    let version: Int
    let forkedFrom: Source?
    let updatedAt: String

    enum CodingKeys: String, CodingKey {
        case id, owner, name, visibility, version
        case displayName = "display_name"
        case forkedFrom = "forked_from"
        case updatedAt = "updated_at"
    }
}

struct AgentPage: Decodable {
    let items: [AgentItem]
}

private struct ForkOutcome: Decodable {
    struct Warning: Decodable {
        let name: String
        let verdict: String
        let reason: String
    }

    struct Result: Decodable {
        let agent: String
        let name: String
        let secretsToSet: [String]
        /// Absent in the answer of an older worker.
        let pluginWarnings: [Warning]?

        enum CodingKeys: String, CodingKey {
            case agent, name
            case pluginWarnings = "plugin_warnings"
            case secretsToSet = "secrets_to_set"
        }
    }

    let state: String
    let error: String?
    let result: Result?
}

// MARK: What a person types

/// `OWNER/NAME`.
struct PublishedName {
    let path: String

    init(_ text: String) throws {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw ValidationError("\"\(text)\" is not OWNER/NAME") }
        path = "/v1/agents/\(try PathWord.checked(parts[0]))/\(try PathWord.checked(parts[1]))"
    }
}

/// An agent of the workspace by its id or its name.
enum AgentID {
    static func find(_ text: String, client: APIClient) async throws -> String {
        if UUID(uuidString: text) != nil { return text }
        let page: AgentPage = try await client.call(.get, "/v1/agents?name=\(try PathWord.checked(text))")
        guard let agent = page.items.first else {
            Talk.say("the workspace has no agent named \"\(text)\"")
            throw ExitCode.failure
        }
        return agent.id
    }
}
