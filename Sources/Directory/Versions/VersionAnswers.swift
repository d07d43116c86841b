import Foundation
import Jobs
import Web
import Workspaces

/// A published version as everyone sees it.
struct VersionAnswer: Encodable, Sendable {
    let version: String
    let prerelease: Bool
    let number: Int
    let publisher: String
    let digest: String
    let shape: String
    let secretsToSet: [String]
    let changelog: String
    let publishedAt: Date
    let url: String

    enum CodingKeys: String, CodingKey {
        case version, prerelease, number, publisher, digest, shape, changelog, url
        case secretsToSet = "secrets_to_set"
        case publishedAt = "published_at"
    }

    init(_ version: PublishedVersion, at place: ListingPlace) {
        self.version = version.version.description
        prerelease = version.version.isPrerelease
        number = version.number
        publisher = version.publisher
        digest = version.digest.description
        shape = version.shape.rawValue
        secretsToSet = version.secretPlaces
        changelog = version.changelog
        publishedAt = version.publishedAt
        url = "/v1/agents/\(place.owner)/\(place.name)/v/\(version.version)"
    }

    static let schema = JSONSchema.named(
        "PublishedVersion",
        .object([
            "version": .string("The semantic version."), "prerelease": .boolean,
            "number": .integer("Of the agent's own history.", minimum: 1), "publisher": .string("Who published it."), "digest": digestSchema,
            "shape": shapeSchema, "secrets_to_set": .array(of: .string()), "changelog": .string(), "published_at": .time,
            "url": .string("Where it is read with its character.", format: "uri-reference"),
        ]))

    static let documentSchema = JSONSchema.named(
        "PublishedVersionDocument",
        .object([
            "version": .string("The semantic version."), "prerelease": .boolean,
            "number": .integer("Of the agent's own history.", minimum: 1), "publisher": .string("Who published it."), "digest": digestSchema,
            "shape": shapeSchema, "secrets_to_set": .array(of: .string()), "changelog": .string(), "published_at": .time,
            "url": .string(format: "uri-reference"), "character": .map(of: .any),
        ]))

    private static let digestSchema = JSONSchema.string("Of the canonical document.", pattern: "^sha256:[0-9a-f]{64}$")
    private static let shapeSchema = JSONSchema.string(oneOf: CharacterShape.allCases.map(\.rawValue))
}

/// What differs between two versions.
struct DiffAnswer: Encodable, Sendable {
    struct Change: Encodable, Sendable {
        let change: String
        let path: String
        let from: String?
        let to: String?
    }

    let from: String
    let to: String
    let changes: [Change]
    let cut: Bool

    init(from older: PublishedDocument, to newer: PublishedDocument) {
        let diff = CharacterDiff(from: older.character, to: newer.character)
        from = older.version.version.description
        to = newer.version.version.description
        changes = diff.changes.map { Change(change: $0.kind.rawValue, path: $0.path, from: $0.from, to: $0.to) }
        cut = diff.isCut
    }

    static let schema = JSONSchema.named(
        "VersionDiff",
        .object(
            [
                "from": .string(), "to": .string(),
                "changes": .array(
                    of: .object(
                        [
                            "change": .string(oneOf: CharacterDiff.Change.Kind.allCases.map(\.rawValue)), "path": .string("A JSON pointer."),
                            "from": .string("The value in `from`, as JSON."), "to": .string("The value in `to`, as JSON."),
                        ], optional: ["from", "to"]), maxItems: CharacterDiff.maximumChanges),
                "cut": .boolean,
            ],
            description: """
                Values of more than \(CharacterDiff.maximumValue) characters end in `…`. `cut`: there are more than \(CharacterDiff.maximumChanges) \
                changes.
                """))
}
