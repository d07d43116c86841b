package import Foundation
import Jobs
package import Postgres

/// Forks: a private agent made of a published one.
extension AgentStore {
    /// What a fork is made of.
    package struct Fork: Sendable {
        package let source: ForkSource
        /// Where the original itself came from, nearest first.
        package let lineage: [ForkSource]
        /// The published document; secrets are stripped again here, whatever the directory holds.
        package let character: JSONNode
        /// What the owner of the fork has to set.
        package let secretPlaces: [String]
        /// The wanted name.
        package let name: AgentName
        /// Whether the caller chose the name: then another one will not do.
        package let nameIsGiven: Bool

        package init(
            source: ForkSource, lineage: [ForkSource], character: JSONNode, secretPlaces: [String], name: AgentName, nameIsGiven: Bool
        ) {
            self.source = source
            self.lineage = lineage
            self.character = character
            self.secretPlaces = secretPlaces
            self.name = name
            self.nameIsGiven = nameIsGiven
        }
    }

    /// Writes a private copy as agent `id` and returns its name.
    ///
    /// Doing it again with the same id changes nothing and returns the same name.
    ///
    /// - Returns: nil when the given name is taken.
    /// - Throws: ``CharacterFileError`` for a document that is no character.
    package static func fork(_ fork: Fork, as id: UUID, workspace: UUID, in transaction: PostgresTransaction) async throws -> AgentName? {
        let original = try CharacterFile(document: fork.character)
        let file = try CharacterFile(document: original.document(forAgent: id.lowercased))
        var taken: Set<String> = []
        if !fork.nameIsGiven {
            taken = Set(
                try await transaction.query(
                    "-- names like\nselect name from agents where workspace_id = $1 and (name = $2 or name like $2 || '-%')", workspace,
                    fork.name.text
                ).map { try $0.decode("name") })
        }
        while true {
            let name = fork.name.free(among: taken)
            if try await insert(fork, as: id, named: name, displayName: file.name, workspace: workspace, in: transaction) {
                submitVersion(
                    file, digest: CharacterDigest(file.document), id: .version7(), number: 1, of: id,
                    changelog: "Forked from \(fork.source.owner)/\(fork.source.name), version \(fork.source.version).",
                    secretPlaces: fork.secretPlaces, workspace: workspace, in: transaction)
                return name
            }
            if let own = try await self.name(of: id, workspace: workspace, in: transaction) { return AgentName(own) }
            if fork.nameIsGiven { return nil }
            // Another transaction took it after the names were read, or a long name was shortened into it.
            taken.insert(name.text)
        }
    }

    /// - Returns: whether it was written; false when the id or the name is there already.
    private static func insert(
        _ fork: Fork, as id: UUID, named name: AgentName, displayName: String, workspace: UUID, in transaction: PostgresTransaction
    ) async throws -> Bool {
        try await !transaction.query(
            """
            -- create fork
            insert into agents (workspace_id, id, name, display_name, forked_from_owner, forked_from_name, forked_from_version, forked_from_agent,
              lineage)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict do nothing
            returning id
            """, workspace, id, name.text, displayName, fork.source.owner, fork.source.name, fork.source.version, fork.source.agent,
            PostgresJSON(bytes: AgentLineage.document(AgentLineage.extending(fork.lineage, by: fork.source)).canonicalBytes)
        ).isEmpty
    }

    private static func name(of agent: UUID, workspace: UUID, in session: some PostgresSession) async throws -> String? {
        try await session.query("-- name of agent\nselect name from agents where workspace_id = $1 and id = $2", workspace, agent).first?.decode(
            "name")
    }
}
