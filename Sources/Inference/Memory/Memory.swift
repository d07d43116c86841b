import Foundation

/// Who remembers.
enum MemoryScope: String, Sendable, Equatable, CaseIterable, Codable {
    /// Every agent of the workspace, and runs without an agent.
    case workspace
    /// One agent.
    case agent
}

/// Something that is kept from one run to the next, as its row tells it.
struct Memory: Sendable, Equatable {
    var id: UUID
    var scope: MemoryScope
    /// Of the scope `agent`.
    var agent: UUID?
    /// What it is written again under; one within its agent, or within the workspace.
    var name: String?
    /// One word for what it is: `fact`, unless whoever wrote it said otherwise.
    var kind: String
    var content: String
    var metadata: [String: String]
    var createdAt: Date
    var updatedAt: Date
}

/// A memory as it is to be written.
struct NewMemory: Sendable, Equatable {
    /// Nil: the whole workspace's.
    var agent: UUID?
    var name: String?
    var kind = NewMemory.usualKind
    var content: String
    var metadata: [String: String] = [:]

    var scope: MemoryScope { agent == nil ? .workspace : .agent }

    static let usualKind = "fact"
}

/// Bounds of what is remembered. The table's checks are the same.
enum MemoryBounds {
    /// Characters. A memory is a note, not a document: five of them are put before a conversation.
    static let content = 8_000
    static let name = 128
    static let kind = 32
    static let metadata = 16
    /// Characters of a question that count.
    static let query = 4_000

    /// What is wrong with the parts of a memory, each with the member that it is about. Empty when nothing is.
    static func faults(
        content: String?, name: String?, kind: String?, metadata: [String: String] = [:]
    ) -> [(member: String, detail: String)] {
        var faults: [(member: String, detail: String)] = []
        if let content, content.isEmpty || length(content) > Self.content {
            faults.append(("content", "has 1 to \(Self.content) characters"))
        }
        if let name, name.isEmpty || length(name) > Self.name { faults.append(("name", "has 1 to \(Self.name) characters")) }
        if let kind, kind.isEmpty || length(kind) > Self.kind { faults.append(("kind", "has 1 to \(Self.kind) characters")) }
        if metadata.count > Self.metadata { faults.append(("metadata", "holds at most \(Self.metadata) members")) }
        let texts = [content, name, kind].compactMap { $0 } + Array(metadata.keys) + Array(metadata.values)
        if texts.contains(where: { $0.utf8.contains(0) }) { faults.append(("content", "holds a NUL character, which cannot be stored")) }
        return faults
    }

    /// As PostgreSQL counts characters.
    private static func length(_ text: String) -> Int { text.unicodeScalars.count }
}
