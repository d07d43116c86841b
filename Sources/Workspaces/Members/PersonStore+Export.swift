package import Foundation
import Jobs
import Postgres

/// What is kept of a person, for the person: as lines `{"table":…,"row":{…}}`, the form of a workspace's export.
///
/// That is what the installation knows, whatever workspaces the person is in: who it is, its accounts at the issuer, its places, its tokens,
/// invitations by it and to it, and what the access log says of it and of its tokens. No hash, no secret, and of others no name and no
/// address. What it wrote in a workspace is the workspace's, and is in that workspace's export.
extension PersonStore {
    /// - Throws: `WorkspaceError` with `unknownUser`, also for a person who was erased: nothing of it is left to be told apart.
    package func export(_ id: UUID, by actor: AccessActor) async throws -> [String] {
        guard let user = try await find(id), user.name != Self.erasedName || user.email != nil else {
            throw WorkspaceError(.unknownUser, "there is no such user")
        }
        let known = try await lines(.role(.auth), Self.known, id, telling: .exported(person: id, by: actor))
        return known + (try await lines(.role(.upkeep), Self.logged, id.lowercased))
    }

    /// - Parameter event: what the access log is told of it.
    private func lines(
        _ scope: PostgresScope, _ sql: SQL, _ person: some PostgresEncodable, telling event: AccessEvent? = nil
    ) async throws -> [String] {
        try await pool.transaction(scope, timeout: .seconds(60)) { transaction in
            transaction.submit(Self.inUTC)
            let lines = try await transaction.query(sql, person).map { try $0.decode("line", as: String.self) }
            if let event { AccessLogStore.append(event, in: transaction) }
            return lines
        }
    }

    // MARK: SQL

    private static let inUTC: SQL = """
        -- write times in UTC
        set local timezone = 'UTC'
        """
    private static let known: SQL = """
        -- export what is known of a person
        with person as (select id, name, email, created_at from users where id = $1), parts (part, at, place, content) as (
          select 1, u.created_at, 'users', to_jsonb(u) from person u
          union all
          select 2, r.linked_at, 'external_identities', to_jsonb(r)
          from (select issuer, subject, linked_at from external_identities where user_id = $1) r
          union all
          select 3, r.created_at, 'members', to_jsonb(r) from (
            select w.slug as workspace, m.id, m.role, m.created_at
            from members m join workspaces w on w.id = m.workspace_id where m.user_id = $1) r
          union all
          select 4, r.created_at, 'tokens', to_jsonb(r) from (
            select w.slug as workspace, t.id, t.name, t.prefix, t.scopes, t.created_at, t.expires_at, t.last_used_at, t.revoked_at
            from tokens t join workspaces w on w.id = t.workspace_id where t.user_id = $1) r
          union all
          select 5, r.created_at, 'invitations', to_jsonb(r) from (
            select w.slug as workspace, i.id, i.role, i.created_at, i.expires_at, i.accepted_at, i.revoked_at,
              coalesce(i.invited_by = $1, false) as by_the_person,
              case when i.accepted_by = $1 or lower(i.email) = lower(p.email) then i.email end as email
            from person p, invitations i join workspaces w on w.id = i.workspace_id
            where i.accepted_by = $1 or i.invited_by = $1 or lower(i.email) = lower(p.email)) r
        )
        select '{"table":"' || place || '","row":' || content::text || '}' as line from parts order by part, at
        """
    private static let logged: SQL = """
        -- export what the access log says of a person
        with own as (select substr(subject, length('token:') + 1) as id from access_log where action = 'token.made' and details ->> 'user' = $1)
        select '{"table":"access_log","row":' || to_jsonb(r)::text || '}' as line
        from (
          select sequence, at, workspace, actor_kind, actor, action, subject, details from access_log
          where subject in ('member:' || $1, 'person:' || $1) or details ->> 'user' = $1 or (actor_kind = 'token' and actor in (select id from own))
            or subject in (select 'token:' || id from own)
        ) r
        order by r.sequence
        """
}
