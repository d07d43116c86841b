import Foundation
package import Postgres

extension Agent {
    init(_ row: PostgresRow) throws {
        let source = try ForkSource(row)
        self.init(
            id: try row.decode("id"), name: try row.decode("name"), displayName: try row.decode("display_name"),
            visibility: try row.stored("visibility"), forkedFrom: source, lineage: try [ForkSource](row, source: source),
            version: try row.decode("version"), createdAt: try row.decode("created_at"), updatedAt: try row.decode("updated_at"))
    }
}

extension ForkSource {
    /// Reads the four `forked_from_…` columns; nil where they are null.
    package init?(_ row: PostgresRow) throws {
        guard let owner = try row.decode("forked_from_owner", as: String?.self) else { return nil }
        self.init(
            owner: owner, name: try row.decode("forked_from_name"), version: try row.decode("forked_from_version"),
            agent: try row.decode("forked_from_agent"))
    }
}

extension AgentDetail {
    init(_ row: PostgresRow) throws {
        agent = try Agent(row)
        version = AgentVersion(
            number: try row.decode("number"), shape: try row.stored("shape"), digest: CharacterDigest(bytes: try row.decode("digest")),
            character: try row.document("character"), secretPlaces: try row.decode("secret_places"), changelog: try row.decode("changelog"),
            createdAt: try row.decode("version_created_at"))
    }
}

extension PostgresRow {
    /// A word of a closed set, as a column with a check keeps it.
    package func stored<Word: RawRepresentable>(_ column: String, as type: Word.Type = Word.self) throws -> Word where Word.RawValue == String {
        let text = try decode(column, as: String.self)
        guard let word = Word(rawValue: text) else {
            throw PostgresError(.decoding, "the column holds \(text), which this release does not know", column: column)
        }
        return word
    }

    /// A document of a `jsonb` column, with the digits of its numbers.
    package func document(_ column: String) throws -> JSONNode {
        var parser = JSONParser(try decode(column, as: PostgresJSON.self).bytes)
        do {
            return try parser.parse()
        } catch {
            throw PostgresError(.decoding, "the column holds a document that cannot be read: \(error)", column: column)
        }
    }
}
