import Foundation

/// Why a tool was not carried out as it was called; the model is told, and may call again.
struct ToolFault: Error, Sendable, Equatable {
    var message: String

    init(_ message: String) {
        self.message = message
    }
}

/// A call of `memory_write`, read and checked.
enum MemoryWriteCall: Sendable, Equatable {
    /// A new memory; under its name, where it has one.
    case write(NewMemory)
    case update(id: UUID, content: String, kind: String?)
    case delete(Target)

    /// Which memory is meant.
    enum Target: Sendable, Equatable {
        case id(UUID)
        case name(String, agent: UUID?)
    }

    private struct Arguments: Decodable {
        var operation: String?
        var content: String?
        var name: String?
        var id: String?
        var kind: String?
        var scope: String?
    }

    /// - Parameters:
    ///   - arguments: The call's JSON.
    ///   - agent: The run's; what it writes is its own unless the call says otherwise.
    /// - Throws: ``ToolFault`` with every fault, in words for the model.
    init(arguments: String, agent: UUID?) throws {
        let given = try ToolArguments.decode(Arguments.self, from: arguments)
        var faults = MemoryBounds.faults(content: given.content, name: given.name, kind: given.kind).map { "`\($0.member)` \($0.detail)" }
        let scope = given.scope.flatMap(MemoryScope.init(rawValue:)) ?? (agent == nil ? .workspace : .agent)
        if let word = given.scope, MemoryScope(rawValue: word) == nil { faults.append("`scope` is `agent` or `workspace`") }
        if scope == .agent, agent == nil { faults.append("`scope` is `workspace` here: this conversation has no agent") }
        let id = given.id.flatMap(UUID.init(uuidString:))
        if given.id != nil, id == nil { faults.append("`id` is a memory's id, as memory_search told it") }
        let operation = given.operation ?? (id == nil ? "write" : "update")
        if operation != "delete", given.content == nil { faults.append("`content` says what to remember") }
        if ["update", "delete"].contains(operation), id == nil, given.name == nil { faults.append("`id` or `name` says which memory is meant") }
        if !["write", "update", "delete"].contains(operation) { faults.append("`operation` is `write`, `update` or `delete`") }
        guard faults.isEmpty else { throw ToolFault(faults.joined(separator: "; ") + ".") }

        let owner = scope == .agent ? agent : nil
        switch (operation, id) {
        case ("delete", let id?): self = .delete(.id(id))
        case ("delete", nil): self = .delete(.name(given.name ?? "", agent: owner))
        case (_, let id?): self = .update(id: id, content: given.content ?? "", kind: given.kind)
        default:
            self = .write(
                NewMemory(agent: owner, name: given.name, kind: given.kind ?? NewMemory.usualKind, content: given.content ?? ""))
        }
    }
}

/// A call of `memory_search`, read and checked.
struct MemorySearchCall: Sendable, Equatable {
    var query: String
    var limit: Int

    static let most = 20

    private struct Arguments: Decodable {
        var query: String?
        var limit: Int?
    }

    /// - Throws: ``ToolFault`` in words for the model.
    init(arguments: String) throws {
        let given = try ToolArguments.decode(Arguments.self, from: arguments)
        guard let query = given.query, query.contains(where: { !$0.isWhitespace }) else { throw ToolFault("`query` has the words to look for.") }
        let limit = given.limit ?? 5
        guard (1...Self.most).contains(limit) else { throw ToolFault("`limit` is a number from 1 to \(Self.most).") }
        self.query = query
        self.limit = limit
    }
}

/// Reads the arguments of a call.
enum ToolArguments {
    /// - Throws: ``ToolFault`` for what is no JSON object, or has a member of another kind.
    static func decode<Value: Decodable>(_ type: Value.Type, from arguments: String) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(arguments.utf8))
        } catch DecodingError.typeMismatch(_, let context) where !context.codingPath.isEmpty {
            let member = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw ToolFault("`\(member)` has another type than the tool's parameters say.")
        } catch {
            throw ToolFault("The arguments are not a JSON object of the tool's parameters.")
        }
    }
}
