import Logging
import Postgres
import Redis

/// Refuses to run with a role that could pass row-level security by, on a database with migrations still to run, or on a Redis
/// that would throw jobs away. A Redis that does not answer, or does not tell its settings, is no reason not to start: it may
/// come, and many a hosted one forbids the question.
struct StartCheck: Sendable {
    let pool: PostgresPool
    let redis: RedisClient
    let logger: Logger

    /// - Throws: `Settings.Faults` with all that was found, each with what to do.
    func run() async throws {
        var faults = try await roleFaults()
        if let fault = try await PendingMigrations.look(in: pool).fault { faults.append("MAINSTAY_DATABASE_URL: \(fault)") }
        do {
            let facts = try await RedisFacts.read(from: redis)
            faults += Self.faults(of: facts)
            for warning in Self.warnings(of: facts) { logger.warning("\(warning)") }
        } catch let error as RedisError where error.code == .configuration {
            faults.append("MAINSTAY_REDIS_URL: \(error.message).")
        } catch {
            // It may come.
        }
        guard faults.isEmpty else { throw Settings.Faults(faults: faults) }
    }

    private func roleFaults() async throws -> [String] {
        let faults = try await RoleFacts.read(from: pool)?.faults ?? []
        return faults.map { "MAINSTAY_DATABASE_URL: \($0); wanted is mainstay_server, which sql/roles.sql makes." }
    }

    /// What keeps a process from starting.
    static func faults(of facts: RedisFacts) -> [String] {
        var faults: [String] = []
        if facts.isCluster == true, !facts.isSpokenToAsCluster {
            faults.append("MAINSTAY_REDIS_URL: this server is a node of a cluster, which has most keys on others; wanted is `?cluster=true`.")
        }
        if let policy = facts.settings["maxmemory-policy"], policy != "noeviction" {
            faults.append("MAINSTAY_REDIS_URL: maxmemory-policy is \(policy); wanted is noeviction, for an evicted queue is a lost queue.")
        }
        if let append = facts.settings["appendonly"], append != "yes" {
            faults.append("MAINSTAY_REDIS_URL: appendonly is \(append); wanted is yes, for a restart would lose accepted jobs.")
        }
        return faults
    }

    /// What does not, and should be known.
    static func warnings(of facts: RedisFacts) -> [String] {
        guard let sync = facts.settings["appendfsync"] else {
            let needed = "appendonly yes, appendfsync always, maxmemory-policy noeviction"
            return ["MAINSTAY_REDIS_URL: this Redis does not tell its settings; it needs \(needed)."]
        }
        if sync == "always" { return [] }
        return ["MAINSTAY_REDIS_URL: appendfsync is \(sync); wanted is always, for a kill would lose runs and build profiles that were accepted."]
    }
}
