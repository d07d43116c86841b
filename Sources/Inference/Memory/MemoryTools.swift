import Foundation
import Jobs
import Postgres
import Web

/// The tools that `memory` offers.
enum MemoryTools {
    static let writing = "memory_write"
    static let searching = "memory_search"
    static let names: Set<String> = [writing, searching]

    static func all(_ store: MemoryStore) -> [any ServerTool] { [MemoryWriteTool(store: store), MemorySearchTool(store: store)] }
}

/// `memory_write`: remembers, corrects and forgets.
struct MemoryWriteTool: ServerTool {
    let store: MemoryStore
    /// A call that has written finds what it wrote.
    let isRepeatable = true

    let definition = ToolDefinition(
        name: MemoryTools.writing,
        description: """
            Remember something for later conversations. Give a name (such as `favourite-tea`) to what may change: a later write under the same name \
            replaces it. To correct or forget a memory, give its id or name with the operation `update` or `delete`.
            """,
        parameters: [
            "type": "object",
            "properties": [
                "content": ["type": "string", "description": "What to remember, in one or a few sentences that can be understood alone."],
                "name": ["type": "string", "description": "What it is written again under."],
                "kind": ["type": "string", "description": "One word for what it is, such as fact, preference, task. `fact` when absent."],
                "scope": [
                    "type": "string", "enum": ["agent", "workspace"],
                    "description": "Who remembers: you alone, or all agents of the workspace. You, when absent.",
                ],
                "operation": ["type": "string", "enum": ["write", "update", "delete"], "description": "`write` when absent."],
                "id": ["type": "string", "description": "The memory to update or delete."],
            ],
            "additionalProperties": false,
        ])

    func call(_ call: ToolCall, in place: ToolPlace) async throws -> ToolOutcome {
        let wanted = try MemoryWriteCall(arguments: call.arguments, agent: place.run.agent)
        let write = try await place.persisting {
            try await place.context.transaction { try await store.write(wanted, by: call, in: place.run, $0) }
        }
        guard let write else { throw ToolFault("There is no such memory here.") }
        let told: JSONValue = ["id": .string(write.memory), "operation": .string(write.operation.rawValue), "scope": .string(write.scope)]
        return ToolOutcome(output: String(decoding: told.bytes(), as: UTF8.self), writes: [write])
    }
}

/// `memory_search`: finds what was remembered, by any of the words.
struct MemorySearchTool: ServerTool {
    let store: MemoryStore
    let isRepeatable = true

    let definition = ToolDefinition(
        name: MemoryTools.searching,
        description: "Find what was remembered in earlier conversations, by any of the words, the best first.",
        parameters: [
            "type": "object",
            "properties": [
                "query": ["type": "string", "description": "Words to look for."],
                "limit": ["type": "integer", "minimum": 1, "maximum": 20, "description": "Memories at most; 5 when absent."],
            ],
            "required": ["query"],
            "additionalProperties": false,
        ])

    func call(_ call: ToolCall, in place: ToolPlace) async throws -> ToolOutcome {
        let wanted = try MemorySearchCall(arguments: call.arguments)
        let found = try await place.persisting {
            try await store.search(
                wanted.query, reach: .agent(place.run.agent), workspace: place.run.identity.workspace, limit: wanted.limit)
        }
        let told: JSONValue = ["memories": .array(found.map(Self.told))]
        return ToolOutcome(output: String(decoding: told.bytes(), as: UTF8.self))
    }

    private static func told(_ memory: Memory) -> JSONValue {
        var members: [JSONValue.Member] = [.init("id", .string(memory.id.lowercased))]
        if let name = memory.name { members.append(.init("name", .string(name))) }
        members += [
            .init("kind", .string(memory.kind)), .init("scope", .string(memory.scope.rawValue)), .init("content", .string(memory.content)),
            .init("updated_at", .string(WireCoding.text(memory.updatedAt))),
        ]
        return .object(members)
    }
}
