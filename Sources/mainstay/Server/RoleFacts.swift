import Postgres

/// What the role that we have in the database may pass by.
struct RoleFacts: Sendable, Equatable {
    let name: String
    let isSuperuser: Bool
    let bypassesRowLevelSecurity: Bool
    let ownsTables: Bool

    var isSafe: Bool { !isSuperuser && !bypassesRowLevelSecurity && !ownsTables }

    /// Nil where the database does not tell.
    static func read(from pool: PostgresPool) async throws -> RoleFacts? {
        try await pool.query(
            .unscoped,
            """
            -- look what our role may pass by
            select r.rolsuper as superuser, r.rolbypassrls as bypass, r.rolname::text as name,
              exists (
                select 1 from pg_class c
                where c.relkind in ('r', 'p', 'v') and c.relnamespace = 'public'::regnamespace and pg_has_role(r.oid, c.relowner, 'MEMBER')
              ) as owner
            from pg_roles r where r.rolname = current_user
            """
        ).first.map { row in
            RoleFacts(
                name: try row.decode("name"), isSuperuser: try row.decode("superuser"), bypassesRowLevelSecurity: try row.decode("bypass"),
                ownsTables: try row.decode("owner"))
        }
    }

    /// Each thing that keeps a process from starting, in words.
    var faults: [String] {
        var faults: [String] = []
        if isSuperuser { faults.append("role \(name) is a superuser") }
        if bypassesRowLevelSecurity { faults.append("role \(name) bypasses row-level security") }
        if ownsTables { faults.append("role \(name) owns tables") }
        return faults
    }
}
