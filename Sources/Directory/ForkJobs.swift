import Foundation
import Jobs
import Postgres
import Workspaces

/// `agent.fork`: a private copy of a published agent in the workspace of the job.
struct ForkAgent: JobPayload, Equatable {
    static let kind = JobKind(name: "agent.fork", queue: "forks", acceptance: .ledger, outcome: .outcomes)

    let owner: String
    let name: String
    /// The fork's name, when the caller chose one.
    let forkName: String?

    enum CodingKeys: String, CodingKey {
        case owner, name
        case forkName = "fork_name"
    }
}

/// A plugin of the fork that does not work here, or that nobody looks after.
struct PluginWarning: Codable, Equatable {
    let name: String
    /// `incompatible` or `unmaintained`.
    let verdict: String
    let reason: String

    /// Of what is known of several plugins that which hurts, what does not work first.
    static func list(_ advice: [PluginAdvice]) -> [PluginWarning] {
        PluginAdvice.grave(advice).map { PluginWarning(name: $0.reference.name, verdict: $0.verdict.rawValue, reason: $0.reason) }
    }
}

/// What the outcome says.
struct ForkResult: Codable, Equatable {
    /// The fork's id, which is the job's.
    let agent: String
    let name: String
    let forkedFrom: String
    let version: Int
    /// Where the original had secrets: what the fork needs set before it can work.
    let secretsToSet: [String]
    var pluginWarnings: [PluginWarning] = []

    enum CodingKeys: String, CodingKey {
        case agent, name, version
        case pluginWarnings = "plugin_warnings"
        case forkedFrom = "forked_from"
        case secretsToSet = "secrets_to_set"
    }
}

/// Copies the agent as it is published at this moment. The fork's id is the job's: a job that is delivered again finds it.
struct ForkAgentHandler: EffectHandler {
    /// The version of the platform's core, by which plugins are judged; nil where nobody has said.
    var core: SemanticVersion?

    func handle(_ job: Job<ForkAgent>, in transaction: PostgresTransaction) async throws -> JobResult? {
        let (owner, name) = (job.payload.owner, job.payload.name)
        guard let published = try await Self.published(owner: owner, name: name, in: transaction) else {
            throw PermanentJobError("\(owner)/\(name) is not published any more", code: "unknown_agent")
        }
        let listing = published.listing
        guard listing.status.isOpen else {
            throw PermanentJobError("\(owner)/\(name) is \(listing.status.rawValue)", code: "\(listing.status.rawValue)_agent")
        }
        guard let wanted = Self.name(given: job.payload.forkName, original: listing.name) else {
            throw PermanentJobError("\(job.payload.forkName ?? listing.name) is not a name for an agent", code: "invalid_name")
        }
        let source = ForkSource(owner: listing.owner, name: listing.name, version: listing.version, agent: listing.agent)
        let fork = AgentStore.Fork(
            source: source, lineage: listing.lineage, character: published.character, secretPlaces: listing.secretPlaces, name: wanted,
            nameIsGiven: job.payload.forkName != nil)
        do {
            guard let given = try await AgentStore.fork(fork, as: job.id, workspace: job.workspace, in: transaction) else {
                throw PermanentJobError("the workspace has an agent named \(wanted) already", code: "name_taken")
            }
            let advice = try await PluginStore.advice(for: listing.plugins, core: core, in: transaction)
            return try JobResult(
                ForkResult(
                    agent: job.id.lowercased, name: given.text, forkedFrom: "\(listing.owner)/\(listing.name)", version: listing.version,
                    secretsToSet: listing.secretPlaces, pluginWarnings: PluginWarning.list(advice)))
        } catch let error as CharacterFileError {
            throw PermanentJobError("what \(owner)/\(name) published cannot be read: \(error)", code: "unreadable_agent")
        }
    }

    /// Under the name of the request, or the one that it was given since.
    private static func published(owner: String, name: String, in transaction: PostgresTransaction) async throws -> PublishedCharacter? {
        if let published = try await DirectoryStore.find(owner: owner, name: name, in: transaction) { return published }
        guard let place = try await DirectoryStore.moved(owner: owner, name: name, in: transaction) else { return nil }
        return try await DirectoryStore.find(owner: place.owner, name: place.name, in: transaction)
    }

    /// An original may have a name from before a route had need of the word.
    private static func name(given: String?, original: String) -> AgentName? {
        if let given { return AgentName(given) }
        return AgentName(original) ?? AgentName(displayName: original)
    }
}
