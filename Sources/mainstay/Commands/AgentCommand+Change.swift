import ArgumentParser
import Foundation
import Workspaces

extension AgentCommand {
    struct Rename: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Name an agent anew. In public the old address leads to the new one for ever, and nobody else gets the old name.",
            discussion: """
                Refused for a name that another agent of the workspace has, that is kept for another owner, or that looks the same as that of an agent
                that many have forked.

                EXAMPLES
                  mainstay agent rename guide harbor-guide
                  mainstay agent rename guide harbor-guide --json

                EXIT CODES
                  0 it has the name   1 refused   64 misuse
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The agent's name or id.") var agent: String
        @Argument(help: "Its new name: lower-case letters, digits, single hyphens.") var newName: String

        func validate() throws {
            guard AgentName(newName) != nil else {
                throw ValidationError("\"\(newName)\" is no name for an agent: lower-case letters, digits, single hyphens")
            }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let id = try await AgentID.find(agent, client: client)
            let before: AgentItem = try await client.call(.get, "/v1/agents/\(id)")
            let after: AgentItem = try await client.call(.patch, "/v1/agents/\(id)", body: ["name": newName])
            for line in Self.advice(before, after) { Talk.say(line) }
            output.print(Self.table(before, after))
        }

        static func table(_ before: AgentItem, _ after: AgentItem) -> Table {
            var table = Table("name", "former name", "visibility", "id")
            table.rows = [[after.name, before.name, after.visibility, after.id]]
            return table
        }

        /// What its owner should know, for people.
        static func advice(_ before: AgentItem, _ after: AgentItem) -> [String] {
            if before.name == after.name { return ["it had this name before"] }
            guard after.visibility == AgentVisibility.public.rawValue else { return [] }
            return ["\(before.owner)/\(before.name) leads to \(after.owner)/\(after.name) from now on, and the name stays yours"]
        }
    }

    struct Deprecate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Advise against a published agent, with a reason for everyone to read, or take that back.",
            discussion: """
                It is found and forked still, below others. All of its versions are meant. Where another agent takes its place, say so in the reason.

                EXAMPLES
                  mainstay agent deprecate guide --reason "Take harbor/pilot instead."
                  mainstay agent deprecate guide --undo

                EXIT CODES
                  0 it is so   1 refused, or it is not published   64 misuse
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The agent's name or id.") var agent: String
        @Option(help: "Why, and what to take instead; everyone reads it.") var reason: String?
        @Flag(help: "End the deprecation.") var undo = false

        func validate() throws {
            guard undo == (reason == nil) else { throw ValidationError("say why with --reason, or end the deprecation with --undo") }
            guard let reason else { return }
            let text = reason.trimmingCharacters(in: .whitespacesAndNewlines)
            guard !text.isEmpty, text.unicodeScalars.count <= ListingStatus.maximumReason else {
                throw ValidationError("--reason is a text of 1 to \(ListingStatus.maximumReason) characters")
            }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let id = try await AgentID.find(agent, client: client)
            let found: AgentItem = try await client.call(.get, "/v1/agents/\(id)")
            guard found.visibility == AgentVisibility.public.rawValue else {
                Talk.say("\(found.name) is not published, so there is nobody to advise")
                throw ExitCode.failure
            }
            let set: StatusItem = try await client.call(.put, "/v1/agents/\(found.owner)/\(found.name)/status", body: wish)
            output.print(Self.table(set))
        }

        var wish: [String: String] {
            guard let reason else { return ["status": ListingStatus.active.rawValue] }
            return ["status": ListingStatus.deprecated.rawValue, "reason": reason]
        }

        static func table(_ status: StatusItem) -> Table {
            var table = Table("agent", "status", "reason", "changed at")
            table.rows = [["\(status.owner)/\(status.name)", status.status, status.reason, status.changedAt]]
            return table
        }
    }
}

/// What the ingress answers to a status.
struct StatusItem: Decodable {
    let owner: String
    let name: String
    let status: String
    let reason: String?
    let changedAt: String?

    enum CodingKeys: String, CodingKey {
        case owner, name, status, reason
        case changedAt = "changed_at"
    }
}
