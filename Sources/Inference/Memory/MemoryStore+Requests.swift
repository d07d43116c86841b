import Foundation
import Jobs
import Postgres

/// Memories as requests write them: each in a transaction of its own.
extension MemoryStore {
    /// A memory that a request wrote.
    struct Written: Sendable, Equatable {
        var memory: Memory
        /// False where it replaced one of its name.
        var isNew: Bool
        /// The same request was carried out before; the memory is as it is by now.
        var isReplay = false
    }

    /// - Returns: nil for a repeated request whose memory was deleted since.
    /// - Throws: `JobError(.idempotencyMismatch)` when the key was used for another request.
    func write(_ memory: NewMemory, workspace: UUID, idempotency: Idempotency?) async throws -> Written? {
        let id = UUID.version7()
        let (written, earlier) = try await pool.transaction(.workspaces([workspace])) { transaction -> (Written?, UUID) in
            if let earlier = try await IdempotencyStore.claim(idempotency, for: id, workspace: workspace, in: transaction) { return (nil, earlier) }
            let (kept, isNew) = try await write(memory, id: id, workspace: workspace, in: transaction)
            if let idempotency, !isNew { IdempotencyStore.submitResult(kept.id, of: idempotency, workspace: workspace, in: transaction) }
            return (Written(memory: kept, isNew: isNew), kept.id)
        }
        if let written { return written }
        return try await self.memory(earlier, workspace: workspace).map { Written(memory: $0, isNew: false, isReplay: true) }
    }

    /// - Returns: false when there was none.
    func delete(_ id: UUID, workspace: UUID) async throws -> Bool {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            try await delete(id, reach: .all, workspace: workspace, in: transaction) != nil
        }
    }
}
