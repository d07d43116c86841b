import Foundation
import Postgres
import Workspaces

/// All SQL of budgets and of what was used. A budget's id is its holder's: the workspace's own, or a token's.
struct BudgetStore: Sendable {
    /// A budget with all that a decision hangs on, as it is in a transaction that holds its row.
    struct Standing: Sendable, Equatable {
        var holder: UUID
        var budget: RunBudget
        var spent: RunSpent
        /// See ``RunRate``.
        var due: Date?
        /// The database's time.
        var now: Date
    }

    /// What a token's runs came to on a day.
    struct Usage: Sendable, Equatable {
        /// `2026-01-31`, UTC.
        var day: String
        /// Nil when nobody knows whose runs they were.
        var token: UUID?
        var runs: Int
        var inputTokens: Int
        var outputTokens: Int
        var cost: Double
        /// Of the runs, those whose cost nobody knows, or not all of it.
        var unpricedRuns: Int
        /// Of the runs, those whose tokens are an estimate, or hold one.
        var estimatedRuns: Int
        /// Calls that were lost with their workers and made once more: an estimate of each is in the tokens.
        var repeatedCalls: Int
    }

    /// Stands for no token.
    private static let noToken = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

    let pool: PostgresPool

    // MARK: Budgets

    /// Whether any of these holders has a budget. Two seconds at most: a request waits for it.
    func isBounded(_ holders: [UUID], workspace: UUID) async throws -> Bool {
        try await pool.query(.workspaces([workspace]), Self.any, workspace, holders, timeout: .seconds(2)).isEmpty == false
    }

    /// Sets a holder's budget; an empty one takes it away. One that is there already is left as it is.
    func set(_ budget: RunBudget, of holder: UUID, workspace: UUID, by actor: AccessActor) async throws {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            let changed =
                if budget.isEmpty {
                    try await transaction.execute(Self.delete, workspace, holder)
                } else {
                    try await transaction.execute(
                        Self.upsert, workspace, holder, budget.runsPerMinute, budget.tokensPerDay, budget.costPerDay, budget.costPerMonth)
                }
            guard changed > 0 else { return }
            AccessLogStore.append(.budget(budget, of: holder, workspace, by: actor), in: transaction)
        }
    }

    /// What a holder may use and has used; without a budget an empty one.
    func standing(of holder: UUID, workspace: UUID) async throws -> Standing? {
        try await pool.query(.workspaces([workspace]), Self.look, workspace, holder).first.map(Self.decoded)
    }

    /// The budgets of these holders, locked until the transaction ends.
    func lock(_ holders: [UUID], workspace: UUID, in transaction: PostgresTransaction) async throws -> [Standing] {
        try await transaction.query(Self.locked, workspace, holders).map(Self.decoded)
    }

    /// Remembers when the next run is due; goes out with the commit.
    func submitDue(_ due: Date, of holder: UUID, workspace: UUID, in transaction: PostgresTransaction) {
        transaction.submit(Self.move, workspace, holder, due)
    }

    /// Whether the workspace has such a token.
    func hasToken(_ id: UUID, workspace: UUID) async throws -> Bool {
        try await pool.query(.workspaces([workspace]), Self.token, workspace, id).isEmpty == false
    }

    // MARK: Usage

    /// Counts a finished run; goes out with the transaction that finishes it.
    static func submit(_ spending: RunSpending, in transaction: PostgresTransaction) {
        transaction.submit(
            Self.add, spending.workspace, spending.token ?? noToken, max(0, spending.usage.input ?? 0), max(0, spending.usage.output ?? 0),
            spending.cost, spending.isUnpriced ? 1 : 0, spending.usage.isEstimated ? 1 : 0, spending.repeatedCalls)
    }

    /// The days of a workspace, the latest first.
    func usage(workspace: UUID, days: Int) async throws -> [Usage] {
        try await pool.query(.workspaces([workspace]), Self.history, workspace, days).map { row in
            let token = try row.decode("token_id", as: UUID.self)
            return Usage(
                day: try row.decode("day"), token: token == Self.noToken ? nil : token, runs: try row.decode("runs"),
                inputTokens: try row.decode("input_tokens"), outputTokens: try row.decode("output_tokens"), cost: try row.decode("cost"),
                unpricedRuns: try row.decode("unpriced_runs"), estimatedRuns: try row.decode("estimated_runs"),
                repeatedCalls: try row.decode("repeated_calls"))
        }
    }

    private static func decoded(_ row: PostgresRow) throws -> Standing {
        Standing(
            holder: try row.decode("id"),
            budget: RunBudget(
                runsPerMinute: try row.decode("runs_per_minute"), tokensPerDay: try row.decode("tokens_per_day"),
                costPerDay: try row.decode("cost_per_day"), costPerMonth: try row.decode("cost_per_month")),
            spent: RunSpent(
                tokensToday: try row.decode("tokens_today"), costToday: try row.decode("cost_today"),
                costThisMonth: try row.decode("cost_this_month")),
            due: try row.decode("due_at"), now: try row.decode("now"))
    }
}

extension BudgetStore {
    private static let any: SQL = """
        -- look whether runs are bounded
        select 1 from run_budgets where workspace_id = $1 and id = any ($2) limit 1
        """
    private static let upsert: SQL = """
        -- set a budget of runs
        insert into run_budgets (workspace_id, id, runs_per_minute, tokens_per_day, cost_per_day, cost_per_month) values ($1, $2, $3, $4, $5, $6)
        on conflict (workspace_id, id) do update
          set runs_per_minute = excluded.runs_per_minute, tokens_per_day = excluded.tokens_per_day, cost_per_day = excluded.cost_per_day,
            cost_per_month = excluded.cost_per_month, updated_at = mainstay_now(), due_at = null
          where (run_budgets.runs_per_minute, run_budgets.tokens_per_day, run_budgets.cost_per_day, run_budgets.cost_per_month)
            is distinct from (excluded.runs_per_minute, excluded.tokens_per_day, excluded.cost_per_day, excluded.cost_per_month)
        """
    private static let delete: SQL = """
        -- take a budget of runs away
        delete from run_budgets where workspace_id = $1 and id = $2
        """
    private static let look: SQL = """
        -- show a budget of runs
        select holder.id, b.runs_per_minute, b.tokens_per_day, b.cost_per_day, b.cost_per_month, b.due_at, clock.now, s.tokens_today, s.cost_today,
          s.cost_this_month
        from (select $2::uuid as id) holder
          left join run_budgets b on b.workspace_id = $1 and b.id = holder.id
          cross join lateral (select mainstay_now() as now) clock
          cross join lateral (
            select coalesce(sum(u.input_tokens + u.output_tokens) filter (where u.day = (clock.now at time zone 'utc')::date), 0)::int8 as tokens_today,
              coalesce(sum(u.cost) filter (where u.day = (clock.now at time zone 'utc')::date), 0) as cost_today,
              coalesce(sum(u.cost), 0) as cost_this_month
            from run_usage u
            where u.workspace_id = $1 and u.day >= date_trunc('month', clock.now at time zone 'utc')::date
              and (holder.id = $1 or u.token_id = holder.id)
          ) s
        """
    private static let locked: SQL = """
        -- lock budgets of runs
        select b.id, b.runs_per_minute, b.tokens_per_day, b.cost_per_day, b.cost_per_month, b.due_at, clock.now, s.tokens_today, s.cost_today,
          s.cost_this_month
        from run_budgets b
          cross join lateral (select mainstay_now() as now) clock
          cross join lateral (
            select coalesce(sum(u.input_tokens + u.output_tokens) filter (where u.day = (clock.now at time zone 'utc')::date), 0)::int8 as tokens_today,
              coalesce(sum(u.cost) filter (where u.day = (clock.now at time zone 'utc')::date), 0) as cost_today,
              coalesce(sum(u.cost), 0) as cost_this_month
            from run_usage u
            where u.workspace_id = b.workspace_id and u.day >= date_trunc('month', clock.now at time zone 'utc')::date
              and (b.id = b.workspace_id or u.token_id = b.id)
          ) s
        where b.workspace_id = $1 and b.id = any ($2)
        order by b.id for update of b
        """
    private static let move: SQL = """
        -- move on when the next run is due
        update run_budgets set due_at = $3 where workspace_id = $1 and id = $2
        """
    private static let token: SQL = """
        -- look whether there is a token to bound
        select 1 from tokens where workspace_id = $1 and id = $2 and operator_id is null
        """
    private static let add: SQL = """
        -- add a run to what was used
        insert into run_usage (workspace_id, day, token_id, runs, input_tokens, output_tokens, cost, unpriced_runs, estimated_runs, repeated_calls)
        values ($1, (mainstay_now() at time zone 'utc')::date, $2, 1, $3, $4, $5, $6, $7, $8)
        on conflict (workspace_id, day, token_id) do update
          set runs = run_usage.runs + 1, input_tokens = run_usage.input_tokens + excluded.input_tokens,
            output_tokens = run_usage.output_tokens + excluded.output_tokens, cost = run_usage.cost + excluded.cost,
            unpriced_runs = run_usage.unpriced_runs + excluded.unpriced_runs,
            estimated_runs = run_usage.estimated_runs + excluded.estimated_runs,
            repeated_calls = run_usage.repeated_calls + excluded.repeated_calls
        """
    private static let history: SQL = """
        -- list what runs have used
        select day::text as day, token_id, runs, input_tokens, output_tokens, cost, unpriced_runs, estimated_runs, repeated_calls from run_usage
        where workspace_id = $1 and day > (mainstay_now() at time zone 'utc')::date - $2::int4 order by run_usage.day desc, token_id
        """
}
