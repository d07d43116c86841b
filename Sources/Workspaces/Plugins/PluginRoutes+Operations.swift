import HTTPTypes
import Web

/// What these routes are, for the published description.
extension PluginRoutes {
    static let list = APIOperation(
        .get, "/v1/plugins", summary: "List and search the plugins of the registry", tag: "Plugins",
        parameters: [
            .init(
                "q", in: .query,
                "Words that all have to occur in name, owner, description or topics; at most \(PluginFilter.maximumWords) count."),
            .init(
                "supports", in: .query, "Only plugins that support this line of the platform.",
                schema: .string(oneOf: PluginLine.allCases.map(\.rawValue))),
            .init("maintenance", in: .query, "Only plugins with this signal.", schema: .string(oneOf: MaintenanceSignal.allCases.map(\.rawValue))),
            .init(
                "sort", in: .query, "`newest` (the order without it): those that came into the registry last first.",
                schema: .string(oneOf: PluginOrder.allCases.map(\.rawValue))),
            .limit, .cursor,
        ],
        answers: [.init(.ok, "A page of plugins, without their releases.", schema: .page(of: plugin))])

    static let show = APIOperation(
        .get, "/v1/plugins/{name}", summary: "Read a plugin with its releases, and how many published agents name it",
        description: """
            The name of a package may hold `@` and `/`, and is one segment of the path: `/v1/plugins/%40elizaos%2Fplugin-discord`. A plugin that the \
            registry has under the ecosystem's other scope (`@elizaos`, `@elizaos-plugins`) is found as well; `name` says which it is.
            """,
        tag: "Plugins", parameters: [.init("name", in: .path, "The package's name, percent-encoded.")],
        answers: [.init(.ok, "The plugin.", schema: detail)])

    // MARK: Shapes

    private static let supports = JSONSchema.array(of: .string(oneOf: PluginLine.allCases.map(\.rawValue)))
    private static let maintenance = JSONSchema.string(
        "`unknown`: the registry does not say enough.", oneOf: MaintenanceSignal.allCases.map(\.rawValue))
    private static let firstSeen = JSONSchema.string("The date of the first registry that had it.", format: "date-time")
    private static let gone = JSONSchema.string("The date of the first registry that no longer had it.", format: "date-time")

    private static let plugin = JSONSchema.named(
        "Plugin",
        .object(
            [
                "name": .string("Of its package."), "owner": .string("Whose repository it is."), "repository": .string(format: "uri"),
                "description": .string(), "homepage": .string(format: "uri"), "topics": .array(of: .string()), "language": .string(),
                "stars": .integer(minimum: 0), "license": .string(), "supports": supports, "maintenance": maintenance,
                "maintenance_reason": .string("For people."), "last_updated_at": .time, "first_seen_at": firstSeen, "gone_at": gone,
                "url": .string("Where it is read.", format: "uri-reference"),
            ], optional: ["description", "homepage", "language", "stars", "license", "supports", "last_updated_at", "gone_at"]))

    private static let release = JSONSchema.named(
        "PluginRelease",
        .object(
            [
                "version": .string(), "line": .string("Where the registry lists it.", oneOf: PluginLine.allCases.map(\.rawValue)),
                "core_range": .string("The versions of the core that it asks for, as written; `latest` and the like are no range."),
                "published": JSONSchema.boolean, "current": JSONSchema.boolean, "first_seen_at": firstSeen,
            ], optional: ["core_range"], description: "`current`: named by the registry that was imported last."))

    private static let detail = JSONSchema.named(
        "PluginDetail",
        .object(
            [
                "name": .string("Of its package."), "owner": .string("Whose repository it is."), "repository": .string(format: "uri"),
                "description": .string(), "homepage": .string(format: "uri"), "topics": .array(of: .string()), "language": .string(),
                "stars": .integer(minimum: 0), "license": .string(), "supports": supports, "maintenance": maintenance,
                "maintenance_reason": .string("For people."), "last_updated_at": .time, "first_seen_at": firstSeen, "gone_at": gone,
                "url": .string("Where it is read.", format: "uri-reference"), "releases": .array(of: release),
                "agents": .integer("Published agents that name it.", minimum: 0),
                "source_digest": .string("Of the files that it was last written from.", pattern: "^sha256:[0-9a-f]{64}$"), "imported_at": .time,
            ], optional: ["description", "homepage", "language", "stars", "license", "supports", "last_updated_at", "gone_at"]))
}
