/// What no look at a column's type and checks can find out, each with its reason. Everything else is found.
enum SpecialValues {
    enum Value: Sendable {
        /// A piece of JSON.
        case json(String)
        /// The slug of the workspace that the row is for.
        case slug
    }

    /// By table and column.
    static let values: [String: Value] = [
        // Their policies compare it with the slug.
        "published_agents.owner": .slug, "published_versions.publisher": .slug,
    ]

    static func value(_ table: Table, _ column: Column) -> Value? { values["\(table.name).\(column.name)"] }
}
