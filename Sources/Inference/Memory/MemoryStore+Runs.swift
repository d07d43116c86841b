import Foundation
import Jobs
import Postgres

/// Memories as runs write them: the memory and its event in one transaction, fenced by the run's epoch.
///
/// ```
/// commit (memory, memory_events row) ──▶ append memory.written to the log
///            └─ the worker is lost here ──▶ who ends the run appends what the log has not
/// ```
extension MemoryStore {
    /// Carries out a write of a run, once a call: repeated, it finds what it wrote and changes nothing.
    ///
    /// - Returns: nil when the memory that is meant is not there.
    /// - Throws: ``RunStore/Superseded`` when another attempt owns the run, or it is finished.
    func write(
        _ wanted: MemoryWriteCall, by call: ToolCall, in place: RunPlace, _ transaction: PostgresTransaction
    ) async throws -> MemoryWriteEvent? {
        let (workspace, run) = (place.identity.workspace, place.identity.run)
        // Held, so that no attempt takes the run over between this look and the commit.
        try await RunStore(pool: pool).lock(place.identity, epoch: place.epoch, in: transaction)
        let earlier = try await transaction.query(
            """
            -- find the memory write of a call
            select id, operation, memory_id, scope, kind, content from memory_events
            where workspace_id = $1 and run_id = $2 and step = $3 and call = $4
            """,
            workspace, run, place.step, call.index)
        if let row = earlier.first { return try Self.event(row) }

        guard let (operation, memory) = try await effect(wanted, in: place, transaction) else { return nil }
        let id = UUID.version7()
        let event = MemoryWriteEvent(
            operation, memory: memory.id.lowercased, event: id.lowercased, scope: memory.scope.rawValue, kind: memory.kind,
            content: operation == .delete ? nil : memory.content)
        transaction.submit(
            """
            -- insert a memory write
            insert into memory_events (workspace_id, id, run_id, step, call, operation, memory_id, scope, kind, content)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            workspace, id, run, place.step, call.index, operation.rawValue, memory.id, event.scope, event.kind, event.content)
        return event
    }

    private func effect(
        _ wanted: MemoryWriteCall, in place: RunPlace, _ transaction: PostgresTransaction
    ) async throws -> (MemoryWriteEvent.Operation, Memory)? {
        let workspace = place.identity.workspace
        let reach = Reach.agent(place.agent)
        switch wanted {
        case .write(let memory):
            let written = try await write(memory, id: .version7(), workspace: workspace, in: transaction)
            return (memory.name == nil ? .create : .upsert, written.memory)
        case .update(let id, let content, let kind):
            let updated = try await update(id, content: content, kind: kind, reach: reach, workspace: workspace, in: transaction)
            return updated.map { (.update, $0) }
        case .delete(let target):
            let id: UUID?
            switch target {
            case .id(let given): id = given
            case .name(let name, let agent): id = try await find(name: name, agent: agent, workspace: workspace, in: transaction)
            }
            guard let id else { return nil }
            return try await delete(id, reach: reach, workspace: workspace, in: transaction).map { (.delete, $0) }
        }
    }

    /// Everything that a run wrote, in the order of its commits within a step.
    func writes(of run: UUID, workspace: UUID) async throws -> [MemoryWriteEvent] {
        try await pool.query(
            .workspaces([workspace]),
            """
            -- read the memory writes of a run
            select id, operation, memory_id, scope, kind, content from memory_events
            where workspace_id = $1 and run_id = $2 order by step, written_at, call
            """,
            workspace, run
        ).map(Self.event)
    }

    private static func event(_ row: PostgresRow) throws -> MemoryWriteEvent {
        let word: String = try row.decode("operation")
        guard let operation = MemoryWriteEvent.Operation(rawValue: word) else {
            throw PostgresError(.decoding, "\(word) is no operation on a memory", column: "operation")
        }
        return MemoryWriteEvent(
            operation, memory: try row.decode("memory_id", as: UUID.self).lowercased, event: try row.decode("id", as: UUID.self).lowercased,
            scope: try row.decode("scope"), kind: try row.decode("kind"), content: try row.decode("content"))
    }
}
