import Foundation
import Postgres

/// An agent's newest version, read and looked through, before it is published.
///
/// All of it is done before a transaction: a file of two megabytes takes a while, and a transaction that waits for it would hold the
/// agent's row and a connection meanwhile.
struct AgentDraft: Sendable {
    let detail: AgentDetail
    let file: CharacterFile
    /// What is shown to everyone beside the file.
    let changelog: String
    /// What looks like a key, in the file or in the changelog.
    let findings: [KeyFinding]
    /// The version's document and the file's, as they are stored.
    let documents: (version: PostgresJSON, file: PostgresJSON)

    /// - Parameter changelog: nil for what was said when the version was made.
    init(_ detail: AgentDetail, changelog: String?) throws {
        self.detail = detail
        self.file = try CharacterFile(document: detail.version.character)
        self.changelog = changelog ?? detail.version.changelog
        // The changelog is shown to everyone as the file is.
        let remark = JSONNode.object([JSONMember(name: "changelog", value: .string(self.changelog))])
        self.findings = KeyScanner.findings(in: file.document) + KeyScanner.findings(in: remark)
        self.documents = (PostgresJSON(bytes: detail.version.character.canonicalBytes), PostgresJSON(bytes: file.document.canonicalBytes))
    }
}

extension AgentDetail {
    /// The same version under what the agent's row says now.
    func with(_ agent: Agent) -> AgentDetail {
        AgentDetail(agent: agent, version: version, standing: standing)
    }
}
