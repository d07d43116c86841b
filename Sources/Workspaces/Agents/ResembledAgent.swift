package import Postgres
package import Web

/// Another owner's agent whose title a listing has, to the eye.
package struct ResembledAgent: Encodable, Sendable, Equatable {
    package let owner: String
    package let name: String

    package init(owner: String, name: String) {
        self.owner = owner
        self.name = name
    }

    /// Reads the column `resembles`, which `resembled_agent` makes; nil where it is null.
    package init?(_ row: PostgresRow) throws {
        guard let text = try row.decode("resembles", as: String?.self) else { return nil }
        let words = text.split(separator: "/", maxSplits: 1).map(String.init)
        guard words.count == 2 else { throw PostgresError(.decoding, "the column holds \(text), which is no owner/name", column: "resembles") }
        self.init(owner: words[0], name: words[1])
    }

    /// `owner/name`.
    package var address: String { "\(owner)/\(name)" }

    package static let schema = JSONSchema.named(
        "ResembledAgent",
        .object(
            ["owner": .string(), "name": .string()],
            description: """
                Another owner's agent, which had the title first, for long or with many forks: the title of this one looks the same. Absent \
                where there is none, and for a fork of that agent, whose lineage names it.
                """))
}
