import Foundation
import Jobs
import Postgres
import Web
import Workspaces

/// All SQL of tools. What puts a secret in another's place is in `ToolStore+Rotation`.
struct ToolStore: Sendable {
    /// What a workspace may have: as many as a run may be given.
    static let most = RunRequest.Bounds.tools

    /// What is written of a tool besides its secret.
    struct Wish: Sendable, Equatable {
        var name: String
        var description: String?
        var parameters: JSONValue
        var url: String
        var timeoutMilliseconds: Int
        var isDisabled: Bool
    }

    /// What making a tool came to.
    enum Made: Sendable, Equatable {
        case made(StoredTool)
        /// The same request made it before: its secret was shown then.
        case before(StoredTool)
        /// The same request made it before, and it was removed since.
        case removed
        /// Another tool has the name.
        case nameTaken
        /// The workspace has as many as it may have.
        case full
    }

    let pool: PostgresPool

    /// - Throws: `JobError(.idempotencyMismatch)` when the key was used for another request.
    func make(
        _ id: UUID, _ wish: Wish, secret: SealedSecret, workspace: UUID, by actor: AccessActor, idempotency: Idempotency? = nil
    ) async throws -> Made {
        do {
            return try await pool.transaction(.workspaces([workspace])) { transaction in
                if let earlier = try await IdempotencyStore.claim(idempotency, for: id, workspace: workspace, in: transaction) {
                    guard let row = try await transaction.query(Self.one, workspace, earlier).first else { return .removed }
                    return .before(try Self.tool(row))
                }
                // Whoever makes another one waits for this transaction's end, and then counts what it left.
                transaction.submit(Self.lock, workspace)
                let rows = try await transaction.query(
                    Self.insert, workspace, id, wish.name, wish.description, PostgresJSON(bytes: wish.parameters.bytes()), wish.url, secret.keyID,
                    secret.bytes, wish.timeoutMilliseconds, wish.isDisabled, Self.most)
                guard let row = rows.first else { throw Full() }
                let tool = try Self.tool(row)
                AccessLogStore.append(.tool(.toolMade, tool, workspace, by: actor), in: transaction)
                return .made(tool)
            }
        } catch let error as PostgresError where error.constraint == "tools_name" {
            return .nameTaken
        } catch is Full {
            return .full
        }
    }

    /// What changing a tool came to.
    enum Changed: Sendable, Equatable {
        case changed(StoredTool)
        case nameTaken
        case unknown
    }

    func change(_ id: UUID, _ wish: Wish, workspace: UUID, by actor: AccessActor) async throws -> Changed {
        do {
            return try await pool.transaction(.workspaces([workspace])) { transaction in
                let rows = try await transaction.query(
                    Self.update, workspace, id, wish.name, wish.description, PostgresJSON(bytes: wish.parameters.bytes()), wish.url,
                    wish.timeoutMilliseconds, wish.isDisabled)
                guard let row = rows.first else { return .unknown }
                let tool = try Self.tool(row)
                AccessLogStore.append(.tool(.toolChanged, tool, workspace, by: actor), in: transaction)
                return .changed(tool)
            }
        } catch let error as PostgresError where error.constraint == "tools_name" {
            return .nameTaken
        }
    }

    /// By name.
    func list(workspace: UUID) async throws -> [StoredTool] {
        try await pool.query(.workspaces([workspace]), Self.all, workspace).map(Self.tool)
    }

    func find(_ id: UUID, workspace: UUID) async throws -> StoredTool? {
        try await pool.query(.workspaces([workspace]), Self.one, workspace, id).first.map(Self.tool)
    }

    /// - Returns: False when there was none.
    func remove(_ id: UUID, workspace: UUID, by actor: AccessActor) async throws -> Bool {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            guard let row = try await transaction.query(Self.delete, workspace, id).first else { return false }
            AccessLogStore.append(.tool(.toolRemoved, try Self.tool(row), workspace, by: actor), in: transaction)
            return true
        }
    }

    /// Ends a transaction that is not to leave a claimed key behind.
    private struct Full: Error {}

    static func tool(_ row: PostgresRow) throws -> StoredTool {
        let until = try row.decode("former_until", as: Date?.self)
        return StoredTool(
            id: try row.decode("id"), name: try row.decode("name"), description: try row.decode("description"),
            parameters: try row.decode("parameters", as: PostgresJSON.self).decode(), url: try row.decode("url"),
            secret: SealedSecret(keyID: try row.decode("key_id"), bytes: try row.decode("sealed")),
            timeoutMilliseconds: try row.decode("timeout_ms"), createdAt: try row.decode("created_at"), updatedAt: try row.decode("updated_at"),
            disabledAt: try row.decode("disabled_at"),
            former: try until.map { until in
                let secret = SealedSecret(keyID: try row.decode("former_key_id"), bytes: try row.decode("former_sealed"))
                return StoredTool.Former(secret: secret, until: until)
            })
    }

    // MARK: SQL

    private static let lock: SQL = """
        -- lock the number of a workspace's tools
        select pg_advisory_xact_lock(hashtext('mainstay.tools'), hashtext($1::uuid::text))
        """
    private static let insert: SQL = """
        -- make a tool
        insert into tools (workspace_id, id, name, description, parameters, url, key_id, sealed, timeout_ms, disabled_at)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, case when $10 then mainstay_now() end
        where (select count(*) from tools where workspace_id = $1) < $11
        returning id, name, description, parameters, url, key_id, sealed, timeout_ms, created_at, updated_at, disabled_at, former_key_id, former_sealed,
          case when former_until > mainstay_now() then former_until end as former_until
        """
    private static let update: SQL = """
        -- change a tool
        update tools set name = $3, description = $4, parameters = $5, url = $6, timeout_ms = $7, updated_at = mainstay_now(),
          disabled_at = case when $8 then coalesce(disabled_at, mainstay_now()) end
        where workspace_id = $1 and id = $2
        returning id, name, description, parameters, url, key_id, sealed, timeout_ms, created_at, updated_at, disabled_at, former_key_id, former_sealed,
          case when former_until > mainstay_now() then former_until end as former_until
        """
    private static let all: SQL = """
        -- list tools
        select id, name, description, parameters, url, key_id, sealed, timeout_ms, created_at, updated_at, disabled_at, former_key_id, former_sealed,
          case when former_until > mainstay_now() then former_until end as former_until
        from tools where workspace_id = $1 order by name
        """
    static let one: SQL = """
        -- show a tool
        select id, name, description, parameters, url, key_id, sealed, timeout_ms, created_at, updated_at, disabled_at, former_key_id, former_sealed,
          case when former_until > mainstay_now() then former_until end as former_until
        from tools where workspace_id = $1 and id = $2
        """
    private static let delete: SQL = """
        -- remove a tool
        delete from tools where workspace_id = $1 and id = $2
        returning id, name, description, parameters, url, key_id, sealed, timeout_ms, created_at, updated_at, disabled_at, former_key_id, former_sealed,
          case when former_until > mainstay_now() then former_until end as former_until
        """
}
