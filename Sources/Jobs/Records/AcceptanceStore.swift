import Foundation
import Postgres

/// An Idempotency-Key with what it was used for.
public struct Idempotency: Sendable, Hashable {
    /// 1 to 255 characters, unique within the workspace.
    public let key: String
    /// SHA-256 over what makes two requests the same: method, path, query and body.
    public let digest: [UInt8]

    public init(key: String, digest: [UInt8]) {
        self.key = key
        self.digest = digest
    }
}

/// The ledger: what a producer was promised, kept before it is told.
struct AcceptanceStore: Sendable {
    let pool: PostgresPool

    struct Item: Sendable {
        let envelope: Envelope
        let queue: String
        let partition: Int
        let idempotency: Idempotency?
        /// Not to be begun before; nil for at once.
        var notBefore: Date?
    }

    enum Answer: Sendable, Equatable {
        case accepted
        /// The same request was accepted before, as this job.
        case replayed(UUID)
        /// The key was used for another request.
        case mismatch
    }

    /// A producer waits for its answer, and asks again: a connection that is half open must not hold it for as long as a
    /// statement may take.
    private static let patience = Duration.seconds(5)

    /// Commits many acceptances as one group.
    /// - Parameter confirmed: groups whose jobs are all in Redis; forgetting them rides along.
    func commit(_ items: [Item], group: UUID, confirmed: [UUID]) async throws -> [Answer] {
        let workspaces = Array(Set(items.map(\.envelope.workspace)))
        return try await pool.transaction(.workspaces(workspaces), timeout: Self.patience) { transaction in
            if !confirmed.isEmpty { transaction.submit("delete from append_groups where id = any($1)", confirmed) }
            transaction.submit("insert into append_groups (id) values ($1)", group)
            var answers = [Answer](repeating: .accepted, count: items.count)
            let keyed = items.indices.filter { items[$0].idempotency != nil }
            if !keyed.isEmpty {
                for (index, answer) in try await claimKeys(items, keyed, in: transaction) { answers[index] = answer }
            }
            // An id that stands twice in the group is one job.
            var ids: Set<UUID> = []
            let accepted = items.indices.filter { answers[$0] == .accepted && ids.insert(items[$0].envelope.id).inserted }.map { items[$0] }
            if !accepted.isEmpty { Self.submit(accepted, group: group, in: transaction) }
            return answers
        }
    }

    /// Adds acceptances to a transaction. An id may stand in `items` once only.
    /// - Parameter group: has its row in `append_groups` by the same transaction.
    static func submit(_ items: [Item], group: UUID, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            insert into acceptances (workspace_id, id, kind, version, queue, partition, append_group, trace, body, accepted_at, not_before, route)
            select workspace_id, id, kind, version, queue, partition, $12, trace, body, accepted_at, not_before, route
            from unnest($1::uuid[], $2::uuid[], $3::text[], $4::int2[], $5::text[], $6::int2[], $7::text[], $8::bytea[], $9::timestamptz[],
                        $10::timestamptz[], $11::text[])
              as given (workspace_id, id, kind, version, queue, partition, trace, body, accepted_at, not_before, route)
            on conflict (workspace_id, id) do update set append_group = excluded.append_group
            """,
            items.map(\.envelope.workspace), items.map(\.envelope.id), items.map(\.envelope.kind),
            items.map { Int16(clamping: $0.envelope.version) }, items.map(\.queue), items.map { Int16(clamping: $0.partition) },
            items.map(\.envelope.trace?.header), items.map(\.envelope.body), items.map(\.envelope.acceptedDate),
            items.map(\.notBefore), items.map(\.envelope.route.stored), group)
    }

    /// Answers for those whose key was taken before, by another transaction or by a neighbour in this one.
    private func claimKeys(_ items: [Item], _ keyed: [Int], in transaction: PostgresTransaction) async throws -> [(Int, Answer)] {
        struct Key: Hashable {
            let workspace: UUID
            let key: String
        }
        // In one order everywhere, so that two groups with the same keys wait for each other and do not deadlock.
        let ordered = keyed.sorted {
            let (left, right) = (items[$0], items[$1])
            let (leftKey, rightKey) = (left.idempotency?.key ?? "", right.idempotency?.key ?? "")
            return (left.envelope.workspace.words.high, left.envelope.workspace.words.low, leftKey)
                < (right.envelope.workspace.words.high, right.envelope.workspace.words.low, rightKey)
        }
        let claimed = try await transaction.query(
            """
            insert into idempotency_keys (workspace_id, id, digest, job_id)
            select * from unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[])
            on conflict (workspace_id, id) do nothing
            returning job_id
            """,
            ordered.map { items[$0].envelope.workspace }, ordered.map { items[$0].idempotency?.key ?? "" },
            ordered.map { items[$0].idempotency?.digest ?? [] }, ordered.map { items[$0].envelope.id })
        let mine = Set(try claimed.map { try $0.decode("job_id", as: UUID.self) })
        let lost = ordered.filter { !mine.contains(items[$0].envelope.id) }
        guard !lost.isEmpty else { return [] }
        let holders = try await transaction.query(
            """
            select workspace_id, id, digest, job_id from idempotency_keys
            where (workspace_id, id) in (select * from unnest($1::uuid[], $2::text[]))
            """, lost.map { items[$0].envelope.workspace }, lost.map { items[$0].idempotency?.key ?? "" })
        var found: [Key: (digest: [UInt8], job: UUID)] = [:]
        for row in holders {
            found[Key(workspace: try row.decode("workspace_id"), key: try row.decode("id"))] = (try row.decode("digest"), try row.decode("job_id"))
        }
        return lost.map { index in
            let item = items[index]
            guard let holder = found[Key(workspace: item.envelope.workspace, key: item.idempotency?.key ?? "")] else { return (index, .mismatch) }
            return (index, holder.digest == item.idempotency?.digest ? .replayed(holder.job) : .mismatch)
        }
    }

    /// Forgets groups whose jobs are all in Redis.
    func confirm(_ groups: [UUID]) async throws {
        _ = try await pool.execute(.unscoped, "delete from append_groups where id = any($1)", groups)
    }
}
