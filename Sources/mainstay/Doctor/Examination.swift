import Foundation
import Inference
import Jobs
import Logging
import Postgres
import Redis
import Workspaces

/// Everything that the doctor looks at. A store that does not answer is a finding, and the next one is looked at all the same.
struct Examination: Sendable {
    private(set) var findings: [Finding] = []

    private static let logger: Logger = {
        var logger = Logger(label: "mainstay.doctor")
        logger.logLevel = .critical
        return logger
    }()

    mutating func look(at settings: Settings) async {
        await look("postgres", "start it, or mend MAINSTAY_DATABASE_URL") { try await Self.postgres(settings) }
        await look("secrets of workspaces", "mend MAINSTAY_CREDENTIALS_KEYS or MAINSTAY_DATABASE_URL, or run `mainstay migrate`") {
            try await Self.secrets(settings)
        }
        await look("access log", "mend MAINSTAY_AUDIT_KEY or MAINSTAY_DATABASE_URL, or run `mainstay migrate`") {
            try await Self.checkpoints(settings)
        }
        await look("plugins", "mend MAINSTAY_CORE_VERSION or MAINSTAY_DATABASE_URL, or run `mainstay migrate`") {
            try await Self.plugins(settings)
        }
        await look("redis", "start it, or mend MAINSTAY_REDIS_URL") { try await Self.redis(settings) }
        await look("run log", "start it, or mend MAINSTAY_RUN_LOG_URL") { try await Self.runLog(settings) }
    }

    private mutating func look(_ what: String, _ remedy: String, _ body: @Sendable () async throws -> [Finding]) async {
        do {
            findings += try await body()
        } catch {
            findings.append(Finding(what, "\(error)", .broken, remedy))
        }
    }

    // MARK: PostgreSQL

    private static func postgres(_ settings: Settings) async throws -> [Finding] {
        try await PostgresPool.with(try settings.postgres(for: "doctor"), logger: logger) { pool in
            var findings = try await server(pool)
            findings.append(Finding.migrations(try await PendingMigrations.look(in: pool)))
            findings.append(try await tables(pool))
            return findings
        }
    }

    private static func server(_ pool: PostgresPool) async throws -> [Finding] {
        let row = try await pool.query(
            .unscoped,
            """
            -- look at the server's settings
            select current_setting('server_version') as version, current_setting('synchronous_commit') as commit, current_setting('fsync') as fsync
            """
        ).first
        guard let row, let role = try await RoleFacts.read(from: pool) else { return [] }
        let version = try row.decode("version", as: String.self)
        let commit = try row.decode("commit", as: String.self)
        let fsync = try row.decode("fsync", as: String.self)
        return [
            Finding("postgres", "version \(version)", .good),
            Finding(
                "postgres role", role.name, role.isSafe ? .good : .unsafe,
                "use mainstay_server: a superuser or owner passes row-level security by"),
            Finding(
                "synchronous_commit", commit, commit == "on" ? .good : .unsafe,
                "set it to on: an accepted job must survive a crash of the server"),
            Finding("fsync", fsync, fsync == "on" ? .good : .unsafe, "set it to on: without it a power cut takes accepted jobs along"),
        ]
    }

    private static func tables(_ pool: PostgresPool) async throws -> Finding {
        let row = try await pool.query(
            .unscoped,
            """
            select count(*)::int8 as tables, (count(*) filter (where not (c.relrowsecurity and c.relforcerowsecurity)))::int8 as bare
            from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
            """
        ).first
        return Finding.rowLevelSecurity(
            tables: try row?.decode("tables", as: Int.self) ?? 0, bare: try row?.decode("bare", as: Int.self) ?? 0)
    }

    /// Workspace by workspace and in their own scopes: no role sees the secrets of all.
    private static func secrets(_ settings: Settings) async throws -> [Finding] {
        let keys = try settings.sealingKeys()
        let counts = try await PostgresPool.with(try settings.postgres(for: "doctor"), logger: logger) { pool in
            let (inventory, workspaces) = (SecretInventory(pool: pool), WorkspaceStore(pool: pool, multiUser: true))
            var (counts, last): ([String: Int], String?) = ([:], nil)
            while true {
                let page = try await workspaces.list(after: last)
                guard let end = page.last else { return counts }
                last = end.slug
                counts.merge(try await inventory.count(of: page.map(\.id)), uniquingKeysWith: +)
            }
        }
        return [Finding.secrets(counts, keys: keys)]
    }

    private static func checkpoints(_ settings: Settings) async throws -> [Finding] {
        let keys = try settings.auditKeys()
        let counts = try await PostgresPool.with(try settings.postgres(for: "doctor"), logger: logger) { pool in
            try await AccessLogStore(pool: pool).checkpointsByKey()
        }
        return [Finding.checkpoints(counts, keys: keys)]
    }

    private static func plugins(_ settings: Settings) async throws -> [Finding] {
        let core = try settings.coreVersion()
        let count = try await PostgresPool.with(try settings.postgres(for: "doctor"), logger: logger) { pool in
            try await pool.transaction(.unscoped) { try await PluginStore.count(in: $0) }
        }
        return [Finding.plugins(count, core: core)]
    }

    // MARK: Redis

    private static func redis(_ settings: Settings) async throws -> [Finding] {
        try await Stores.with(settings, for: "doctor") { stores in
            var findings = Finding.queues(try await RedisFacts.read(from: stores.redis))
            for queue in Features.queues {
                let backlog = try await stores.administration.backlog(of: queue)
                findings.append(
                    Finding(
                        "queue \(queue)", "\(backlog.total) jobs, \(backlog.workers) workers", backlog.workers > 0 ? .good : .unsafe,
                        "start `mainstay work`: nobody serves it"))
            }
            return findings
        }
    }

    private static func runLog(_ settings: Settings) async throws -> [Finding] {
        guard settings.text("run.log.url") != nil else { return [Finding("run log", "kept by the queues' Redis", .good)] }
        let client = RedisClient(configuration: try settings.runLog(for: "doctor"), logger: logger)
        return Finding.runLog(try await RedisFacts.read(from: client))
    }
}
