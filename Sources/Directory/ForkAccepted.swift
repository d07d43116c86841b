import Hummingbird
import Jobs
import Web
import Workspaces

/// The answer to whoever forks: the job, and what should be known before the fork is there. The outcome says the same of the fork itself.
struct ForkAccepted: Sendable {
    let body: AcceptedBody
    /// Where the original has secrets: what the fork needs set before it can work.
    let secretsToSet: [String]
    let warnings: [PluginWarning]

    /// - Parameters:
    ///   - needs: nil for an agent that was withdrawn at this moment: its job will say so.
    ///   - advice: on its plugins.
    init(_ body: AcceptedBody, needs: DirectoryStore.Needs?, advice: [PluginReference: PluginAdvice]) {
        self.body = body
        secretsToSet = needs?.secretPlaces ?? []
        warnings = PluginWarning.list((needs?.plugins ?? []).compactMap { advice[$0] })
    }

    var response: Response {
        body.response(with: [
            .init("secrets_to_set", .array(secretsToSet.map { .string($0) })), .init("plugin_warnings", .array(warnings.map(Self.json))),
        ])
    }

    private static func json(_ warning: PluginWarning) -> JSONValue {
        ["name": .string(warning.name), "verdict": .string(warning.verdict), "reason": .string(warning.reason)]
    }

    static let schema = JSONSchema.named(
        "AcceptedFork",
        .object([
            "id": .uuid, "kind": .string(oneOf: [ForkAgent.kind.name]), "state": AcceptedBody.stateSchema, "url": AcceptedBody.urlSchema,
            "secrets_to_set": .array(of: .string("A place of the document: what stood there is never copied.")),
            "plugin_warnings": .array(
                of: .object(
                    [
                        "name": .string(),
                        "verdict": .string(oneOf: [PluginAdvice.Verdict.incompatible, .unmaintained].map(\.rawValue)),
                        "reason": .string("A clause for people."),
                    ], description: "A plugin that does not work here, or that nobody looks after. Nothing is refused for it.")),
        ]))
}
