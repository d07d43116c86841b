import Foundation
import Jobs
package import Postgres
package import Web

/// Operators, and what tokens they hold over all workspaces. All of it runs as upkeep: for the command line alone. Their tokens are made,
/// rotated and revoked as others are, in ``TokenStore``.
package struct OperatorStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// The operator of a name, which is made where there is none.
    /// - Parameter name: 1 to 200 characters without space around them, in any case of its letters.
    /// - Throws: `PostgresError` 23514 for another name.
    package func named(_ name: String) async throws -> Operator {
        try await pool.transaction(.role(.upkeep)) { transaction in
            // Folded by the database alone, which compares them: two ways to fold would make two operators of one name.
            try await transaction.execute(Self.insert, UUID.version7(), name)
            guard let row = try await transaction.query(Self.byName, name).first else {
                throw PostgresError(.server, "the operator was not written")
            }
            return Operator(id: try row.decode("id"), name: try row.decode("name"))
        }
    }

    /// A token that an operator holds.
    package struct Held: Sendable, Hashable {
        package let token: Token
        package let `operator`: Operator
        /// The slug of the workspace that it lies in.
        package let workspace: String
    }

    /// Tokens of operators in the order of the operators' names, of each the newest first, revoked ones too.
    package func tokens(limit: Int) async throws -> [Held] {
        try await pool.query(.role(.upkeep), Self.held, limit).map { row in
            Held(
                token: try TokenStore.token(row), operator: Operator(id: try row.decode("operator_id"), name: try row.decode("operator")),
                workspace: try row.decode("slug"))
        }
    }

    // MARK: SQL

    private static let insert: SQL = """
        -- make an operator
        insert into operators (id, name) values ($1, lower($2)) on conflict (name) do nothing
        """
    private static let byName: SQL = """
        -- find an operator by its name
        select id, name from operators where name = lower($1)
        """
    private static let held: SQL = """
        -- list operators' tokens
        select tokens.workspace_id, tokens.id, tokens.user_id, tokens.name, tokens.prefix, tokens.scopes, tokens.created_at, tokens.expires_at,
          tokens.last_used_at, tokens.revoked_at, tokens.locked_until, tokens.replaced_by,
          case when tokens.revoked_at is not null then 'revoked' when tokens.expires_at <= mainstay_now() then 'expired'
            when tokens.locked_until > mainstay_now() then 'locked' else 'valid' end as state,
          operators.id as operator_id, operators.name as operator, workspaces.slug
        from tokens join operators on operators.id = tokens.operator_id join workspaces on workspaces.id = tokens.workspace_id
        where tokens.operator_id is not null
        order by operators.name, tokens.id desc limit $1
        """
}
