import Foundation
import Postgres
import Web
import Workspaces

/// The SQL of deciding about agents. All of it runs as upkeep, for operators look at all workspaces.
enum CaseStore {
    // MARK: One case

    /// Which agent a case is about.
    static func agent(of caseID: UUID, in session: some PostgresSession) async throws -> UUID? {
        try await session.query("-- agent of a case\nselect agent_id from agent_cases where id = $1", caseID).first?.decode("agent_id")
    }

    /// A case with all that its decision hangs on, kept as it is until this transaction ends. Where the release before operators decided
    /// the one that an appeal is about, the operator is that of the token.
    static func lock(_ id: UUID, in session: some PostgresSession) async throws -> ModerationCase? {
        try await session.query(
            """
            -- lock a case
            select c.id, c.kind, c.standing, c.owner, c.name, c.agent_id, c.owner_workspace_id, c.status_before, c.decided_at, c.decision, c.ground,
              c.facts, c.rule, c.automated, c.decided_statement_id, p.owner as listed_owner, p.name as listed_name, p.status,
              s.id as appealed_statement, s.decision as appealed_decision, o.id as origin, o.decided_at is null as origin_is_open,
              o.decided_by_token as origin_token,
              coalesce(o.decided_by_operator, (
                select t.operator_id from tokens t where t.operator_id is not null and t.id = o.decided_by_token limit 1)) as origin_operator
            from agent_cases c
            left join published_agents p on p.workspace_id = c.owner_workspace_id and p.agent_id = c.agent_id
            left join agent_statements s on s.workspace_id = c.owner_workspace_id and s.id = c.statement_id
            left join agent_cases o on o.id = s.case_id
            where c.id = $1
            for update of c
            """, id
        ).first.map(ModerationCase.init)
    }

    /// Open appeals against what the threshold has done in a case: they are decided with it.
    static func appeals(against caseID: UUID, in session: some PostgresSession) async throws -> [(appealCase: UUID, decision: ModerationDecision)] {
        try await session.query(
            """
            -- appeals that are decided with a case
            select c.id, s.decision
            from agent_statements s join agent_cases c on c.owner_workspace_id = s.workspace_id and c.statement_id = s.id
            where s.case_id = $1 and c.kind = 'appeal' and c.decided_at is null
            order by c.id
            for update of c
            """, caseID
        ).map { (appealCase: try $0.decode("id"), decision: try $0.stored("decision")) }
    }

    /// The ground of the newest statement that takes something from the owner of an agent; nil when there is none.
    static func ground(ofRestricting agent: UUID, workspace: UUID, in session: some PostgresSession) async throws -> ReportReason? {
        try await session.query(
            """
            -- ground of the newest restriction
            select ground from agent_statements where workspace_id = $1 and agent_id = $2 and appeal_until is not null order by id desc limit 1
            """, workspace, agent
        ).first?.stored("ground", as: ReportReason.self)
    }

    // MARK: Writing a decision

    /// Closes cases with one decision.
    static func close(
        _ cases: [UUID], with order: ModerationOrder, by actor: ModerationOperator, statement: UUID?, in session: some PostgresSession
    ) async throws -> Date? {
        try await session.query(
            """
            -- close cases
            update agent_cases set decided_at = (select mainstay_now()), decision = $2, ground = $3, facts = $4, rule = $5, automated = $6,
              decided_by_token = $7, decided_by_operator = $8, decided_statement_id = $9
            where id = any ($1::uuid[]) and decided_at is null
            returning decided_at
            """, cases, order.decision.rawValue, order.ground.rawValue, order.facts, order.rule, order.automated, actor.token,
            actor.holder?.id, statement
        ).first?.decode("decided_at")
    }

    /// Writes a statement of reasons for the agent's owner.
    /// - Returns: false when the owner's workspace is gone.
    static func write(
        statement id: UUID, of found: ModerationCase, _ order: ModerationOrder, redress: String, in session: some PostgresSession
    ) async throws -> Bool {
        try await session.execute(
            """
            -- write a statement of reasons
            insert into agent_statements (workspace_id, id, case_id, agent_id, owner, name, decision, ground, facts, rule, automated, redress,
              appeal_until)
            select w.id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, case when $13 then mainstay_now() + $14 * interval '24 hours' end
            from workspaces w where w.id = $1
            """, found.workspace, id, found.id, found.agent, found.place.owner, found.place.name, order.decision.rawValue, order.ground.rawValue,
            order.facts, order.rule, order.automated, redress, order.decision.isRestriction, Double(ModerationStatement.appealDays)) > 0
    }

    /// Notes that what was stated about an agent is over.
    /// - Parameter caseID: only what was stated in this case; nil for all.
    static func lift(statementsAbout agent: UUID, inCase caseID: UUID?, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- lift what was stated about an agent
            update agent_statements set lifted_at = mainstay_now()
            where agent_id = $1 and appeal_until is not null and lifted_at is null and ($2::uuid is null or case_id = $2)
            """, agent, caseID)
    }

    /// Notes in the public log that an agent is back.
    static func liftLog(of agent: UUID, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- lift what the log says of an agent
            update agent_removals set lifted_at = mainstay_now() where agent_id = $1 and lifted_at is null
            """, agent)
    }

    /// Adds a line to the public log.
    static func log(_ id: UUID, of found: ModerationCase, _ order: ModerationOrder, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- log a removal
            insert into agent_removals (id, owner, name, agent_id, case_id, decision, ground) values ($1, $2, $3, $4, $5, $6, $7)
            """, id, found.place.owner, found.place.name, found.agent, found.id, order.decision.rawValue, order.ground.rawValue)
    }

    /// Lets the owners of forks be told of a removal.
    static func announce(_ removal: UUID, in transaction: PostgresTransaction) {
        transaction.submit("-- announce a takedown\ninsert into agent_takedowns (removal_id) values ($1)", removal)
    }

    /// Ends appeals, each by its own outcome, in the owner's rows.
    static func end(appealsOf cases: [UUID], outcomes: [AppealOutcome], in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- end appeals
            update agent_appeals a set outcome = given.outcome, decided_at = mainstay_now()
            from unnest($1::uuid[], $2::text[]) as given (case_id, outcome)
            where a.case_id = given.case_id and a.outcome is null
            """, cases, outcomes.map(\.rawValue))
    }

    /// Says in the public log what an appeal against the decision of a case came to.
    static func log(_ outcome: AppealOutcome, ofAppealAgainst origin: UUID, in transaction: PostgresTransaction) {
        transaction.submit(
            "-- log the outcome of an appeal\nupdate agent_removals set appeal_outcome = $2 where case_id = $1", origin, outcome.rawValue)
    }
}

extension ModerationCase {
    init(_ row: PostgresRow) throws {
        self.init(
            id: try row.decode("id"), kind: try row.stored("kind"), standing: try row.stored("standing"), owner: try row.decode("owner"),
            name: try row.decode("name"), agent: try row.decode("agent_id"), workspace: try row.decode("owner_workspace_id"),
            statusBefore: try row.storedIfPresent("status_before"), listed: try Listed(row), verdict: try Verdict(row), appealed: try Appealed(row))
    }
}

extension ModerationCase.Listed {
    fileprivate init?(_ row: PostgresRow) throws {
        guard let owner = try row.decode("listed_owner", as: String?.self) else { return nil }
        self.init(owner: owner, name: try row.decode("listed_name"), status: try row.stored("status"))
    }
}

extension ModerationCase.Verdict {
    fileprivate init?(_ row: PostgresRow) throws {
        guard let decidedAt = try row.decode("decided_at", as: Date?.self) else { return nil }
        self.init(order: try ModerationOrder(row), at: decidedAt, statement: try row.decode("decided_statement_id"))
    }
}

extension ModerationCase.Appealed {
    fileprivate init?(_ row: PostgresRow) throws {
        guard let statement = try row.decode("appealed_statement", as: UUID?.self) else { return nil }
        self.init(
            statement: statement, decision: try row.stored("appealed_decision"), origin: try row.decode("origin"),
            originIsOpen: try row.decode("origin_is_open"), operatorID: try row.decode("origin_operator"),
            operatorToken: try row.decode("origin_token"))
    }
}

extension ModerationOrder {
    /// Reads the five columns of a decision.
    init(_ row: PostgresRow) throws {
        self.init(
            decision: try row.stored("decision"), ground: try row.stored("ground"), facts: try row.decode("facts"), rule: try row.decode("rule"),
            automated: try row.decode("automated"))
    }
}
