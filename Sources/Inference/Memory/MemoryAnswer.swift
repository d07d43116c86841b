import Foundation
import Jobs
import Web

/// A memory as `/v1/memories` shows it.
struct MemoryAnswer: Encodable, Sendable {
    var id: String
    var scope: String
    var agent: String?
    var name: String?
    var kind: String
    var content: String
    var metadata: [String: String]?
    var createdAt: Date
    var updatedAt: Date

    enum CodingKeys: String, CodingKey {
        case id, scope, agent, name, kind, content, metadata
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    init(_ memory: Memory) {
        id = memory.id.lowercased
        scope = memory.scope.rawValue
        agent = memory.agent?.lowercased
        name = memory.name
        kind = memory.kind
        content = memory.content
        metadata = memory.metadata.isEmpty ? nil : memory.metadata
        createdAt = memory.createdAt
        updatedAt = memory.updatedAt
    }
}

/// The body of `POST /v1/memories`.
struct MemoryBody: Decodable, Sendable {
    var content: String
    var name: String?
    var kind: String?
    /// `owner/name`, or the id or name of an agent of the workspace; the whole workspace's when absent.
    var agent: String?
    var metadata: [String: String]?

    /// What is wrong with it, each by its place.
    var faults: [FieldFault] {
        MemoryBounds.faults(content: content, name: name, kind: kind, metadata: metadata ?? [:]).map {
            FieldFault(body: [$0.member], "It \($0.detail).")
        }
    }
}
