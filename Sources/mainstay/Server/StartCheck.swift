import Postgres

/// Refuses to run with a role that could pass row-level security by, or on a database that is not migrated.
struct StartCheck: Sendable {
    let pool: PostgresPool

    func run() async throws {
        let row = try await pool.query(
            .unscoped,
            """
            select r.rolsuper as superuser, r.rolbypassrls as bypass, current_user as name,
              exists (select 1 from pg_class c where c.relowner = r.oid and c.relkind in ('r', 'p', 'v')) as owner,
              to_regclass('public.outcomes') is not null as migrated
            from pg_roles r where r.rolname = current_user
            """
        ).first
        guard let row else { return }
        let name = try row.decode("name", as: String.self)
        var faults: [String] = []
        if try row.decode("superuser", as: Bool.self) { faults.append("role \(name) is a superuser") }
        if try row.decode("bypass", as: Bool.self) { faults.append("role \(name) bypasses row-level security") }
        if try row.decode("owner", as: Bool.self) { faults.append("role \(name) owns tables") }
        if !faults.isEmpty {
            faults = faults.map { "MAINSTAY_DATABASE_URL: \($0); wanted is mainstay_server, which sql/roles.sql makes." }
        }
        if try !row.decode("migrated", as: Bool.self) { faults.append("the database is not migrated: run `mainstay migrate`.") }
        guard faults.isEmpty else { throw Settings.Faults(faults: faults) }
    }
}
