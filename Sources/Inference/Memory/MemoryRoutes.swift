import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web

/// Memories over HTTP: read, searched, written and deleted at once.
struct MemoryRoutes: Sendable {
    let store: MemoryStore
    let agents: any AgentLookup
    private let underWay = KeysUnderWay()

    init(store: MemoryStore, agents: any AgentLookup) {
        self.store = store
        self.agents = agents
    }

    /// Mounts and describes them.
    func add(to routes: inout APIRoutes) {
        routes.on(Self.list, use: list)
        routes.on(Self.create, use: create)
        routes.on(Self.show, use: show)
        routes.on(Self.delete, use: delete)
    }

    /// With words the best first and one page of them; without, the newest first and all, page by page.
    private func list(_ request: Request, _ context: IdentifiedContext) async throws -> Page<MemoryAnswer> {
        let query = try Query(request)
        let page = try PageRequest<UUID>(request)
        let workspace = context.identity.workspace
        var reach = MemoryStore.Reach.all
        if let reference = query["agent"], !reference.isEmpty {
            guard let agent = try await agents.agent(reference, workspace: workspace) else {
                throw Query.fault("agent", "There is no such agent here. Name it `owner/name`, or by the id of an agent of this workspace.")
            }
            reach = .agent(agent.id)
        }
        if let words = query["q"], words.contains(where: { !$0.isWhitespace }) {
            guard page.after == nil else { throw Query.fault("cursor", "What is searched has one page; send `q` without it.") }
            let found = try await store.search(words, reach: reach, workspace: workspace, limit: page.limit)
            return Page(items: found.map(MemoryAnswer.init), nextCursor: nil)
        }
        let rows = try await store.list(reach: reach, workspace: workspace, before: page.after, limit: page.limit + 1)
        let next = rows.count > page.limit ? try rows.prefix(page.limit).last.map { try Cursor.encode($0.id) } : nil
        return Page(items: rows.prefix(page.limit).map(MemoryAnswer.init), nextCursor: next)
    }

    private func create(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let (wanted, body) = try await request.readJSON(MemoryBody.self, in: context)
        let workspace = context.identity.workspace
        var faults = wanted.faults
        var agent: UUID?
        if let reference = wanted.agent {
            agent = try await agents.agent(reference, workspace: workspace)?.id
            if agent == nil { faults.append(FieldFault(body: ["agent"], "There is no such agent here. Name it `owner/name`, or by its id.")) }
        }
        guard faults.isEmpty else { throw Problem.invalid(faults) }
        let memory = NewMemory(
            agent: agent, name: wanted.name, kind: wanted.kind ?? NewMemory.usualKind, content: wanted.content, metadata: wanted.metadata ?? [:])
        let key = try IdempotencyKey.read(from: request, workspace: workspace, body: body).map { Idempotency(key: $0.key, digest: $0.digest) }
        return try await underWay.alone(key, workspace: workspace) {
            guard let written = try await store.write(memory, workspace: workspace, idempotency: key) else {
                throw Problem.notFound("The memory that this request wrote before was deleted since.")
            }
            var response = try context.responseEncoder.encode(MemoryAnswer(written.memory), from: request, context: context)
            response.status = written.isNew ? .created : .ok
            response.headers[.location] = "/v1/memories/\(written.memory.id.lowercased)"
            if written.isReplay { response.headers[.idempotencyReplayed] = "true" }
            return response
        }
    }

    private func show(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let id = try context.pathID()
        guard let memory = try await store.memory(id, workspace: context.identity.workspace) else { throw Self.unknown(id) }
        return try context.responseEncoder.encode(MemoryAnswer(memory), from: request, context: context)
    }

    private func delete(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let (id, workspace) = (try context.pathID(), context.identity.workspace)
        guard try await store.delete(id, workspace: workspace) else { throw Self.unknown(id) }
        return Response(status: .noContent)
    }

    private static func unknown(_ id: UUID) -> Problem { .notFound("There is no memory `\(id.lowercased)` here.") }
}
