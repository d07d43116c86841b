import HTTPTypes
import Web
import Workspaces

/// What these routes are, for the published description.
extension DirectoryRoutes {
    static let owner = APIOperation.Parameter("agent", in: .path, "The owner: the slug of the workspace that published the agent.")
    static let name = APIOperation.Parameter("name", in: .path, "The agent's name.")

    static let search = APIOperation(
        .get, "/v1/directory", summary: "List and search published agents",
        description: """
            Words find agents by owner, name, title, topics, summary and plugins, in any form of an English word; where they find less than \
            \(SearchBounds.standard.page), words of names that are one slip away are looked for too, so that a typo finds the agent. Up to \
            \(SearchBounds.standard.ranked) that fit are all ranked; of more, as many of them, the \(SearchBounds.standard.mostForked) most forked, and \
            those whose name or title is what was typed. Agents in quarantine and removed ones are not found; deprecated ones count half. Pages of \
            every order begin where the one before ended, at the same cost however far it is.
            """,
        tag: "Directory",
        parameters: [
            .init(
                "q", in: .query,
                "Words that all have to occur, at most \(SearchWords.maximumCount). `\"two words\"` stand beside each other, `or` gives a choice, `-word` leaves out."
            ),
            .init("tag", in: .query, "Only agents with this topic, in any case of its letters."),
            .init("plugin", in: .query, "Only agents that name this plugin."),
            .init("owner", in: .query, "Only agents of this owner."),
            .init("status", in: .query, "Only agents of this status.", schema: .string(oneOf: FoundStatus.allCases.map(\.rawValue))),
            .init(
                "verified", in: .query, "Only agents whose owner operators have verified; with `false`, only the others.", schema: .boolean),
            .init(
                "updated_since", in: .query,
                "Only agents that changed at this time or later, in RFC 3339. What is not found any more is in `/v1/directory/withdrawals`.",
                schema: .string(format: "date-time")),
            .init(
                "sort", in: .query, "`relevance` with `q` only, and then by itself; else `newest`, by first publication.",
                schema: .string(oneOf: DirectorySort.allCases.map(\.rawValue))),
            .init("facets", in: .query, "Count tags, plugins, owners, statuses and verified owners as well.", schema: .boolean), .limit, .cursor,
        ],
        answers: [.init(.ok, "A page of listings, without their characters.", schema: found)], problems: [.unprocessableContent])

    static let show = APIOperation(
        .get, "/v1/agents/{agent}/{name}", summary: "Read a published agent",
        description: "An agent in quarantine is shown without its character. A removed one is answered with 410 and the reason.",
        tag: "Directory", parameters: [owner, name],
        answers: [.init(.ok, "The listing with its character.", schema: published), .moved], problems: [.gone])

    static let fork = APIOperation(
        .post, "/v1/agents/{agent}/{name}/forks", summary: "Fork a published agent",
        description: """
            A job that makes a private copy in the caller's workspace, with an id of its own (the job's) and a note of where it came from. Secrets are \
            never copied; the answer and the outcome say which to set, and which plugins do not work here or have nobody who looks after them. The \
            body may be empty. The old name of a renamed agent will do.
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
        answers: [.init(.accepted, "Accepted: the job that does it, and what to know of the fork.", schema: ForkAccepted.schema)],
        problems: [.conflict, .gone, .tooManyRequests])

    static let setStatus = APIOperation(
        .put, "/v1/agents/{agent}/{name}/status", summary: "Deprecate an agent of one's own, or take that back",
        description: "With all its versions. The old name of a renamed agent will do. What operators have quarantined or removed stays so.",
        tag: "Directory", scope: "agents:write", parameters: [owner, name],
        request: .init(
            .object(["status": .string(oneOf: ["active", "deprecated"]), "reason": reason], optional: ["reason"]), limit: BodyLimit.action),
        answers: [.init(.ok, "The status as it is now.", schema: statusAnswer)], problems: [.conflict, .gone])

    static let setAnyStatus = APIOperation(
        .put, "/v1/operations/directory/{owner}/{name}/status", summary: "Set the status of any published agent",
        description: """
            `quarantined`: not found, shown without its document, not forked. `removed`: 410 with the reason. Both hold until an operator sets another \
            status. It is the decision of a case: its owner is told the reasons and may appeal, and what leaves the directory stands in the public \
            log. Reports that wait are decided with it. The same again changes nothing.
            """,
        tag: "Operations", scope: Scope.directoryModerate.rawValue,
        parameters: [
            .init("owner", in: .path, "The slug of the workspace that published the agent."), .init("name", in: .path, "The agent's name."),
        ],
        request: .init(
            .object(
                [
                    "status": statusWord, "reason": reason,
                    "ground": .string("Of the decision; `other` without it.", oneOf: ReportReason.allCases.map(\.rawValue)),
                ], optional: ["reason", "ground"]), limit: BodyLimit.action),
        answers: [.init(.ok, "The status as it is now.", schema: statusAnswer)])

    // MARK: Shapes

    private static let reason = JSONSchema.string(
        "For everyone to read; needed for all but `active`.", minLength: 1, maxLength: ListingStatus.maximumReason)

    private static let statusAnswer = JSONSchema.named(
        "ListingStatus",
        .object(
            ["owner": .string(), "name": .string(), "status": statusWord, "reason": .string(), "changed_at": .time],
            optional: ["reason", "changed_at"]))

    private static let statusWord = JSONSchema.string(oneOf: ListingStatus.allCases.map(\.rawValue))
    private static let optional: Set<String> = ["forked_from", "semantic_version", "status_reason", "status_changed_at", "resembles", "maintainer"]

    private static let listing = JSONSchema.named(
        "Listing",
        .object(
            [
                "owner": .string(), "name": .string(), "display_name": .string(), "summary": .string(), "topics": .array(of: .string()),
                "plugins": .array(of: PluginAnswer.schema), "version": .integer("Of the agent's own history.", minimum: 1),
                "semantic_version": .string("As it was published."), "shape": .string(oneOf: CharacterShape.allCases.map(\.rawValue)),
                "digest": .string(pattern: "^sha256:[0-9a-f]{64}$"), "secrets_to_set": .array(of: .string()), "forked_from": ForkSourceAnswer.schema,
                "forks": .integer("Forks that there are.", minimum: 0), "status": statusWord, "status_reason": .string(), "status_changed_at": .time,
                "published_at": .time, "updated_at": .time, "resembles": ResembledAgent.schema, "maintainer": MaintainerAnswer.schema,
                "url": .string("Where it is read.", format: "uri-reference"),
            ], optional: optional))

    private static let found = JSONSchema.named(
        "FoundListings",
        .object(
            [
                "items": .array(of: listing), "next_cursor": .string("Send it as `cursor` for the next page; absent on the last."),
                "sort": .string(oneOf: DirectorySort.allCases.map(\.rawValue)), "facets": FacetsAnswer.schema,
            ], optional: ["next_cursor", "facets"]))

    private static let published = JSONSchema.named(
        "PublishedAgent",
        .object(
            [
                "owner": .string(), "name": .string(), "display_name": .string(), "summary": .string(), "topics": .array(of: .string()),
                "plugins": .array(of: PluginAnswer.schema), "version": .integer("Of the agent's own history.", minimum: 1),
                "semantic_version": .string("As it was published."), "shape": .string(oneOf: CharacterShape.allCases.map(\.rawValue)),
                "digest": .string(pattern: "^sha256:[0-9a-f]{64}$"), "secrets_to_set": .array(of: .string()), "forked_from": ForkSourceAnswer.schema,
                "lineage": ForkOriginAnswer.lineageSchema, "behind": ForkOriginAnswer.behindSchema, "latest": ForkOriginAnswer.latestSchema,
                "original_status": ForkOriginAnswer.statusSchema, "forks": .integer("Forks that there are.", minimum: 0), "status": statusWord,
                "status_reason": .string(), "status_changed_at": .time, "published_at": .time, "updated_at": .time,
                "resembles": ResembledAgent.schema, "maintainer": MaintainerAnswer.schema,
                "url": .string("Where it is read.", format: "uri-reference"), "character": .map(of: .any),
            ], optional: optional.union(ForkOriginAnswer.optional).union(["character"])))
}
