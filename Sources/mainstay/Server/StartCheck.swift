import Postgres
import Redis

/// Refuses to run with a role that could pass row-level security by, on a database that is not migrated, or on a Redis that
/// would throw jobs away. A Redis that does not answer, or does not tell its settings, is no reason not to start: it may come.
struct StartCheck: Sendable {
    let pool: PostgresPool
    let redis: RedisClient

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
        faults += await redisFaults()
        guard faults.isEmpty else { throw Settings.Faults(faults: faults) }
    }

    private func redisFaults() async -> [String] {
        // A connection of its own: the client's start with its service.
        let connection = redis.blockingConnection()
        func setting(_ name: String) async -> String? {
            try? await connection.send(RedisCommand("CONFIG", "GET", .string(name)), timeout: .seconds(2)).array?.last?.string
        }
        var faults: [String] = []
        if let policy = await setting("maxmemory-policy"), policy != "noeviction" {
            faults.append("MAINSTAY_REDIS_URL: maxmemory-policy is \(policy); wanted is noeviction, for an evicted queue is a lost queue.")
        }
        if let append = await setting("appendonly"), append != "yes" {
            faults.append("MAINSTAY_REDIS_URL: appendonly is \(append); wanted is yes, for a restart would lose accepted jobs.")
        }
        await connection.close()
        return faults
    }
}
