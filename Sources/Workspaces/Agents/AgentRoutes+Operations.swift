import HTTPTypes
import Web

/// What these routes are, for the published description.
extension AgentRoutes {
    /// At this place in a path an agent's id stands, or the owner's slug when a name follows. The router needs one name for both.
    static let agentID = APIOperation.Parameter("agent", in: .path, "The agent's id.", schema: .uuid)

    static let list = APIOperation(
        .get, "/v1/agents", summary: "List the workspace's agents, newest first", tag: "Agents", scope: "agents:read",
        parameters: [.init("name", in: .query, "Only the agent of this name."), .limit, .cursor],
        answers: [.init(.ok, "A page of agents, without their characters.", schema: .page(of: agent))])

    static let take = APIOperation(
        .post, "/v1/agents", summary: "Import a character file",
        description: """
            Takes a character file of any generation (v0, v1, v2). An agent of the same name gains a version; a file that says what the newest version \
            says changes nothing. `secrets` and `settings.secrets` are stripped before anything is stored, and their places are told.
            """,
        tag: "Agents", scope: "agents:write",
        parameters: [
            .init("name", in: .query, "The agent's name in addresses; made of the file's `username` or `name` otherwise."),
            .init("changelog", in: .query, "What is new in this version.", schema: .string(maxLength: 1000)), .idempotencyKey,
        ],
        request: .init(
            .named("CharacterFile", .object(["name": .string(minLength: 1, maxLength: 100)], description: "Further members are kept as they are.")),
            limit: bodyLimit),
        answers: [
            .init(.created, "A new agent.", schema: imported),
            .init(.ok, "The agent was there: it has a new version, or `change` is `unchanged`.", schema: imported),
        ])

    static let show = APIOperation(
        .get, "/v1/agents/{agent}", summary: "Show an agent of the workspace with its character", tag: "Agents", scope: "agents:read",
        parameters: [agentID], answers: [.init(.ok, "The agent and its newest version.", schema: detail)])

    static let rename = APIOperation(
        .patch, "/v1/agents/{agent}", summary: "Name an agent anew",
        description: """
            Of a published agent the old address leads to the new one from then on (`301`), and no other owner ever gets it. Asked again it changes \
            nothing.
            """,
        tag: "Agents", scope: "agents:write", parameters: [agentID],
        request: .init(
            .object(["name": .string("In the form of names in addresses.", minLength: 1, maxLength: AgentName.maximumLength)]),
            limit: BodyLimit.action),
        answers: [.init(.ok, "The agent under its new name.", schema: detail)], problems: [.conflict, .gone])

    static let publish = APIOperation(
        .post, "/v1/agents/{agent}/publish", summary: "Publish an agent's newest version",
        description: """
            Writes a copy without secrets that anyone may read and fork, as a version that never changes. A version that is published already and says \
            the same is no new one; one that says something else is refused with 409. The directory shows the highest release. Refused with 422 while \
            anything in the character or the changelog looks like a key; the problem names each place. Refused with 409 for a name that is kept for \
            another owner, or looks the same as that of an agent that many have forked. Refused with 422 for a title with characters that are \
            not seen, or with letters of several alphabets in one word. A title that looks the same as an older one of another owner is no \
            obstacle: `resembles` tells whose it is, here and to everyone.
            """,
        tag: "Agents", scope: "agents:write",
        parameters: [agentID, .idempotencyKey],
        request: .init(
            .object(
                [
                    "version": .string(
                        "A semantic version. Otherwise the next patch; `1.0.0` the first time.", maxLength: SemanticVersion.maximumLength),
                    "changelog": .string("What is new. Otherwise what was said at the import.", maxLength: PublishRequest.maximumChangelog),
                ], optional: ["version", "changelog"]), limit: BodyLimit.action, required: false),
        answers: [.init(.ok, "The agent, which is public now.", schema: published)], problems: [.gone])

    static let unpublish = APIOperation(
        .delete, "/v1/agents/{agent}/publish", summary: "Take an agent out of the directory",
        description: "Forks stay, and nobody else ever gets the name. Its versions are kept: published again, none of them says anything else.",
        tag: "Agents", scope: "agents:write", parameters: [agentID], answers: [.noContent], problems: [.conflict, .gone])

    // MARK: Shapes

    private static let name = JSONSchema.string("Unique in the workspace; made once and kept.")
    private static let visibility = JSONSchema.string(oneOf: ["private", "public"])
    private static let version = JSONSchema.integer("The newest version's number.", minimum: 1)
    private static let shape = JSONSchema.string("The generation of the file's format.", oneOf: CharacterShape.allCases.map(\.rawValue))
    private static let digest = JSONSchema.string("Of the canonical document.", pattern: "^sha256:[0-9a-f]{64}$")
    private static let secrets = JSONSchema.array(of: .string("Where the file had a secret, as a JSON pointer."))

    private static let agent = JSONSchema.named(
        "Agent",
        .object(
            [
                "id": .uuid, "owner": .string("The workspace's slug."), "name": name, "display_name": .string(), "visibility": visibility,
                "version": version, "forked_from": ForkSourceAnswer.schema, "created_at": .time, "updated_at": .time,
            ], optional: ["forked_from"]))

    private static let detail = JSONSchema.named(
        "AgentDetail",
        .object(
            [
                "id": .uuid, "owner": .string("The workspace's slug."), "name": name, "display_name": .string(), "visibility": visibility,
                "version": version, "forked_from": ForkSourceAnswer.schema, "lineage": ForkOriginAnswer.lineageSchema,
                "behind": ForkOriginAnswer.behindSchema, "latest": ForkOriginAnswer.latestSchema, "original_status": ForkOriginAnswer.statusSchema,
                "created_at": .time, "updated_at": .time, "shape": shape, "digest": digest, "changelog": .string(), "secrets_to_set": secrets,
                "plugins": .array(of: PluginAnswer.schema), "character": .map(of: .any),
            ], optional: ForkOriginAnswer.optional.union(["forked_from"])))

    private static let publishedVersion = JSONSchema.object(
        [
            "version": .string("The semantic version."), "number": .integer("Of the agent's own history.", minimum: 1), "published_at": .time,
            "change": .string(oneOf: ["created", "unchanged"]), "shown": .boolean,
            "url": .string("Where the version is read, for good.", format: "uri-reference"),
        ], description: "`shown`: the directory shows this version, and not a higher release.")

    private static let published = JSONSchema.named(
        "Publication",
        .object(
            [
                "id": .uuid, "owner": .string("The workspace's slug."), "name": name, "display_name": .string(), "visibility": visibility,
                "version": version, "forked_from": ForkSourceAnswer.schema, "lineage": ForkOriginAnswer.lineageSchema,
                "behind": ForkOriginAnswer.behindSchema, "latest": ForkOriginAnswer.latestSchema, "original_status": ForkOriginAnswer.statusSchema,
                "created_at": .time, "updated_at": .time, "shape": shape, "digest": digest, "changelog": .string(), "secrets_to_set": secrets,
                "plugins": .array(of: PluginAnswer.schema),
                "publication": publishedVersion,
                "looks_like": .string("Another owner's agent that the name could be taken for, as `owner/name`."),
                "resembles": ResembledAgent.schema, "character": .map(of: .any),
            ], optional: ForkOriginAnswer.optional.union(["forked_from", "publication", "looks_like", "resembles"])))

    private static let imported = JSONSchema.named(
        "ImportedAgent",
        .object(
            [
                "id": .uuid, "owner": .string("The workspace's slug."), "name": name, "display_name": .string(), "visibility": visibility,
                "version": version, "forked_from": ForkSourceAnswer.schema, "lineage": ForkOriginAnswer.lineageSchema,
                "behind": ForkOriginAnswer.behindSchema, "latest": ForkOriginAnswer.latestSchema, "original_status": ForkOriginAnswer.statusSchema,
                "created_at": .time, "updated_at": .time, "shape": shape,
                "digest": digest, "changelog": .string(), "secrets_to_set": secrets, "plugins": .array(of: PluginAnswer.schema),
                "change": .string(oneOf: ["created", "updated", "unchanged"]),
                "stripped": .array(of: .string("The place of a secret that was not stored.")),
                "duplicates": .array(of: .string("A member that the file has twice; the later one counts.")),
                "key_shaped": .array(
                    of: .object(
                        ["pointer": .string(), "kind": .string()], description: "What looks like a key and keeps the agent from being published.")),
            ], optional: ForkOriginAnswer.optional.union(["forked_from"])))
}
