import Foundation
import Postgres
import Workspaces

/// What the owner of a fork is told: its origin was removed from the directory.
struct AgentNotice: Sendable, Equatable {
    enum State: String, Sendable, CaseIterable {
        case unread
        case read
    }

    let id: UUID
    /// The fork.
    let agent: UUID
    let agentName: String
    let source: Removal
    let createdAt: Date
    let readAt: Date?

    var state: State { readAt == nil ? .unread : .read }
}

/// The SQL of notices, and of telling who has to be told.
enum NoticeStore {
    // MARK: In a workspace

    /// Newest first.
    /// - Parameter before: the last one of the page before.
    static func page(
        of workspace: UUID, state: AgentNotice.State?, before: UUID?, limit: Int, in session: some PostgresSession
    ) async throws -> [AgentNotice] {
        try await session.query(
            """
            -- page of notices
            select n.id, n.agent_id, a.name as agent_name, n.created_at, n.read_at, r.id as removal_id, r.owner, r.name, r.decision, r.ground,
              r.decided_at, r.appeal_outcome, r.lifted_at
            from agent_notices n
            join agents a on a.workspace_id = n.workspace_id and a.id = n.agent_id
            join agent_removals r on r.id = n.removal_id
            where n.workspace_id = $1 and ($2::uuid is null or n.id < $2) and ($3::text is null or ($3 = 'read') = (n.read_at is not null))
            order by n.id desc limit $4
            """, workspace, before, state?.rawValue, limit
        ).map(AgentNotice.init)
    }

    /// Notes that a notice was read; the first time counts.
    /// - Returns: false when the workspace has no such notice.
    static func markRead(_ id: UUID, workspace: UUID, in session: some PostgresSession) async throws -> Bool {
        try await session.execute(
            """
            -- note that a notice was read
            update agent_notices set read_at = coalesce(read_at, mainstay_now()) where workspace_id = $1 and id = $2
            """, workspace, id) > 0
    }

    /// Writes a notice for every fork that a workspace has of a removed agent; one that is there stays as it is.
    /// - Returns: how many.
    static func write(of removal: UUID, workspace: UUID, in session: some PostgresSession) async throws -> Int {
        try await session.execute(
            """
            -- write notices of a removal
            insert into agent_notices (workspace_id, id, agent_id, removal_id)
            select a.workspace_id, (left(uuid_v7_floor(clock_timestamp())::text, 14) || '7' || right(gen_random_uuid()::text, 21))::uuid, a.id, r.id
            from agent_removals r join agents a on a.workspace_id = $1 and a.forked_from_agent = r.agent_id
            where r.id = $2
            on conflict (workspace_id, agent_id, removal_id) do nothing
            """, workspace, removal)
    }

    // MARK: The sweep (as upkeep, over all workspaces)

    /// Workspaces that a page has at most.
    static let pageLimit = 500

    /// Takes the takedown that has waited longest for its turn; nil when none is due. Another sweep passes it over until this
    /// transaction ends.
    static func claim(in session: some PostgresSession) async throws -> Takedown? {
        try await session.query(
            """
            -- claim a takedown
            select t.removal_id, t.pass, t.told_to, r.agent_id from agent_takedowns t join agent_removals r on r.id = t.removal_id
            where t.finished_at is null and t.sweep_at <= mainstay_now()
            order by t.sweep_at limit 1
            for update of t skip locked
            """
        ).first.map { row in
            Takedown(
                removal: try row.decode("removal_id"), agent: try row.decode("agent_id"), pass: try row.decode("pass"),
                toldTo: try row.decode("told_to"))
        }
    }

    /// The next workspaces that have a fork without its notice. The limit stands in the text, so that the plan is made for it.
    static func workspacesToTell(_ takedown: Takedown, in session: some PostgresSession) async throws -> [UUID] {
        try await session.query(
            """
            -- workspaces that have a fork to be told of
            select distinct a.workspace_id from agents a
            where a.forked_from_agent = $1 and a.workspace_id > $2
              and not exists (
                select 1 from agent_notices n where n.workspace_id = a.workspace_id and n.agent_id = a.id and n.removal_id = $3)
            order by a.workspace_id limit 500
            """, takedown.agent, takedown.toldTo, takedown.removal
        ).map { try $0.decode("workspace_id") }
    }

    /// Writes how far a takedown has come.
    static func note(_ step: Takedown.Step, of removal: UUID, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- note how far a takedown has come
            update agent_takedowns set pass = $2, told_to = $3, sweep_at = mainstay_now() + $4 * interval '1 second',
              finished_at = case when $5 then mainstay_now() end
            where removal_id = $1
            """, removal, Int16(clamping: step.pass), step.toldTo, step.rest / .seconds(1), step.isFinished)
    }
}

extension AgentNotice {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: try row.decode("id"), agent: try row.decode("agent_id"), agentName: try row.decode("agent_name"),
            source: Removal(
                id: try row.decode("removal_id"), owner: try row.decode("owner"), name: try row.decode("name"), decision: try row.stored("decision"),
                ground: try row.stored("ground"), decidedAt: try row.decode("decided_at"),
                appealOutcome: try row.storedIfPresent("appeal_outcome"), liftedAt: try row.decode("lifted_at")),
            createdAt: try row.decode("created_at"), readAt: try row.decode("read_at"))
    }
}
