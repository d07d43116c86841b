import HTTPTypes
import Web
import Workspaces

/// What these routes are, for the published description.
extension DirectoryRoutes {
    private static let owner = APIOperation.Parameter("agent", in: .path, "The owner: the slug of the workspace that published the agent.")
    private static let name = APIOperation.Parameter("name", in: .path, "The agent's name.")

    static let search = APIOperation(
        .get, "/v1/directory", summary: "List and search published agents, newest first", tag: "Directory",
        parameters: [
            .init("q", in: .query, "Words that all have to occur in name, title, summary or topics; at most \(SearchWords.maximumCount) count."),
            .init("owner", in: .query, "Only agents of this owner."), .limit, .cursor,
        ],
        answers: [.init(.ok, "A page of listings, without their characters.", schema: .page(of: listing))])

    static let show = APIOperation(
        .get, "/v1/agents/{agent}/{name}", summary: "Read a published agent", tag: "Directory", parameters: [owner, name],
        answers: [.init(.ok, "The listing with its character.", schema: published)])

    static let fork = APIOperation(
        .post, "/v1/agents/{agent}/{name}/forks", summary: "Fork a published agent",
        description: """
            A job that makes a private copy in the caller's workspace, with an id of its own (the job's) and a note of where it came from. Secrets are \
            never copied; the outcome says which to set. The body may be empty.
            """,
        tag: "Directory", scope: "agents:write",
        parameters: [owner, name, .idempotencyKey],
        request: .init(
            .object(
                [
                    "name": .string(
                        "The fork's name. Otherwise the original's, with a number when it is taken.", maxLength: Int(AgentName.maximumLength))
                ],
                optional: ["name"]), limit: BodyLimit.action, required: false),
        answers: [.accepted])

    private static let listing = JSONSchema.named(
        "Listing",
        .object(
            [
                "owner": .string(), "name": .string(), "display_name": .string(), "summary": .string(), "topics": .array(of: .string()),
                "plugins": .array(of: PluginAnswer.schema), "version": .integer(minimum: 1),
                "shape": .string(oneOf: CharacterShape.allCases.map(\.rawValue)), "digest": .string(pattern: "^sha256:[0-9a-f]{64}$"),
                "secrets_to_set": .array(of: .string()), "forked_from": ForkSourceAnswer.schema, "published_at": .time, "updated_at": .time,
                "url": .string("Where it is read.", format: "uri-reference"),
            ], optional: ["forked_from"]))

    private static let published = JSONSchema.named(
        "PublishedAgent",
        .object(
            [
                "owner": .string(), "name": .string(), "display_name": .string(), "summary": .string(), "topics": .array(of: .string()),
                "plugins": .array(of: PluginAnswer.schema), "version": .integer(minimum: 1),
                "shape": .string(oneOf: CharacterShape.allCases.map(\.rawValue)), "digest": .string(pattern: "^sha256:[0-9a-f]{64}$"),
                "secrets_to_set": .array(of: .string()), "forked_from": ForkSourceAnswer.schema, "published_at": .time, "updated_at": .time,
                "url": .string("Where it is read.", format: "uri-reference"), "character": .map(of: .any),
            ], optional: ["forked_from"]))
}
