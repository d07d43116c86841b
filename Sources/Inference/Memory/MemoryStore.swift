import Foundation
import Jobs
import Postgres

/// All SQL of memories. A method that writes is a statement; who needs several together brings the transaction.
struct MemoryStore: Sendable {
    /// Which memories a reader may be shown: the workspace's own, and one agent's beside them.
    enum Reach: Sendable, Equatable {
        /// All of the workspace, whichever agent's.
        case all
        /// The whole workspace's, and this agent's.
        case agent(UUID?)
    }

    let pool: PostgresPool

    // MARK: Writing

    /// Writes a memory. With a name that is taken it replaces what was there.
    ///
    /// - Returns: the memory, and whether it is new.
    func write(_ memory: NewMemory, id: UUID, workspace: UUID, in session: some PostgresSession) async throws -> (memory: Memory, isNew: Bool) {
        let rows = try await session.query(
            """
            -- write a memory
            insert into memories (workspace_id, id, scope, agent_id, name, kind, content, metadata) values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (workspace_id, holder, name) do update
              set kind = excluded.kind, content = excluded.content, metadata = excluded.metadata, updated_at = mainstay_now()
            returning id, scope, agent_id, name, kind, content, metadata, created_at, updated_at
            """,
            workspace, id, memory.scope.rawValue, memory.agent, memory.name, memory.kind, memory.content, try PostgresJSON(encoding: memory.metadata))
        guard let row = rows.first else { throw PostgresError(.decoding, "writing a memory returned no row") }
        let written = try Self.memory(row)
        return (written, written.id == id)
    }

    /// Gives a memory another content, and another kind where one is given.
    ///
    /// - Returns: nil when there is none of this id in reach.
    func update(
        _ id: UUID, content: String, kind: String?, reach: Reach, workspace: UUID, in session: some PostgresSession
    ) async throws -> Memory? {
        let (isAll, agent) = Self.parameters(reach)
        return try await session.query(
            """
            -- update a memory
            update memories set content = $3, kind = coalesce($4, kind), updated_at = mainstay_now()
            where workspace_id = $1 and id = $2 and ($5 or agent_id is null or agent_id = $6)
            returning id, scope, agent_id, name, kind, content, metadata, created_at, updated_at
            """,
            workspace, id, content, kind, isAll, agent
        ).first.map(Self.memory)
    }

    /// Deletes a memory by its id, and what the events of runs repeat of it.
    ///
    /// - Returns: nil when there is none of this id in reach.
    func delete(_ id: UUID, reach: Reach, workspace: UUID, in session: some PostgresSession) async throws -> Memory? {
        let (isAll, agent) = Self.parameters(reach)
        return try await session.query(
            """
            -- delete a memory
            with gone as (
              delete from memories where workspace_id = $1 and id = $2 and ($3 or agent_id is null or agent_id = $4)
              returning id, scope, agent_id, name, kind, content, metadata, created_at, updated_at
            ), forgotten as (
              update memory_events set content = null where workspace_id = $1 and memory_id = (select id from gone) and content is not null
            )
            select id, scope, agent_id, name, kind, content, metadata, created_at, updated_at from gone
            """,
            workspace, id, isAll, agent
        ).first.map(Self.memory)
    }

    /// The id behind a name, of an agent's memory or of the whole workspace's.
    func find(name: String, agent: UUID?, workspace: UUID, in session: some PostgresSession) async throws -> UUID? {
        try await session.query(
            """
            -- find a memory by its name
            select id from memories where workspace_id = $1 and holder = coalesce($2, $1) and name = $3
            """,
            workspace, agent, name
        ).first?.decode("id")
    }

    // MARK: Reading

    func memory(_ id: UUID, workspace: UUID) async throws -> Memory? {
        try await pool.query(
            .workspaces([workspace]),
            """
            -- read a memory
            select id, scope, agent_id, name, kind, content, metadata, created_at, updated_at from memories where workspace_id = $1 and id = $2
            """,
            workspace, id
        ).first.map(Self.memory)
    }

    /// Memories that have any of the words, the best first.
    func search(_ words: String, reach: Reach, workspace: UUID, limit: Int) async throws -> [Memory] {
        let (isAll, agent) = Self.parameters(reach)
        return try await pool.query(
            .workspaces([workspace]),
            """
            -- search memories
            select id, scope, agent_id, name, kind, content, metadata, created_at, updated_at
            from memories, memory_query($2) as query
            where workspace_id = $1 and search @@ query and ($3 or agent_id is null or agent_id = $4)
            order by ts_rank(search, query, 1) desc, updated_at desc, id limit $5
            """,
            workspace, Self.storable(words), isAll, agent, limit
        ).map(Self.memory)
    }

    /// Memories, the newest first, behind the one with the id `before`.
    func list(reach: Reach, workspace: UUID, before: UUID?, limit: Int) async throws -> [Memory] {
        let (isAll, agent) = Self.parameters(reach)
        return try await pool.query(
            .workspaces([workspace]),
            """
            -- list memories
            select id, scope, agent_id, name, kind, content, metadata, created_at, updated_at
            from memories
            where workspace_id = $1 and ($2::uuid is null or id < $2) and ($3 or agent_id is null or agent_id = $4)
            order by id desc limit $5
            """,
            workspace, before, isAll, agent, limit
        ).map(Self.memory)
    }

    // MARK: Rows

    private static func parameters(_ reach: Reach) -> (isAll: Bool, agent: UUID?) {
        switch reach {
        case .all: (true, nil)
        case .agent(let agent): (false, agent)
        }
    }

    /// PostgreSQL's text has no NUL; what a model asks for may.
    private static func storable(_ text: String) -> String {
        let text = String(text.prefix(MemoryBounds.query))
        return text.utf8.contains(0) ? text.filter { $0 != "\0" } : text
    }

    private static func memory(_ row: PostgresRow) throws -> Memory {
        let scope: String = try row.decode("scope")
        return Memory(
            id: try row.decode("id"), scope: MemoryScope(rawValue: scope) ?? .workspace, agent: try row.decode("agent_id"),
            name: try row.decode("name"), kind: try row.decode("kind"), content: try row.decode("content"),
            metadata: try row.decode("metadata", as: PostgresJSON.self).decode(), createdAt: try row.decode("created_at"),
            updatedAt: try row.decode("updated_at"))
    }
}
