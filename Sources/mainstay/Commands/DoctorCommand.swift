import ArgumentParser
import Foundation
import Jobs
import Logging
import Postgres
import Redis
import Schema

/// `mainstay doctor`: what it found, and what is unsafe.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at settings, stores and queues, and say what is unsafe.",
        discussion: """
            EXAMPLES
              mainstay doctor
              mainstay doctor --json

            EXIT CODES
              0 all is well   2 something is wrong or unsafe
            """)

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try await settings.load()
        var examination = Examination()
        await examination.look(at: settings)
        var table = Table("what", "found", "verdict", "what to do")
        for finding in examination.findings { table.rows.append([finding.what, finding.found, finding.verdict.rawValue, finding.remedy]) }
        output.print(table)
        if examination.findings.contains(where: { $0.verdict != .good }) { throw ExitCode.found }
    }
}

/// Everything that the doctor looked at.
struct Examination {
    enum Verdict: String {
        case good
        case unsafe
        case broken
    }

    struct Finding {
        let what: String
        let found: String
        let verdict: Verdict
        var remedy: String?
    }

    private(set) var findings: [Finding] = []

    private mutating func note(_ what: String, _ found: String, _ isGood: Bool, _ remedy: String, worst: Verdict = .unsafe) {
        findings.append(Finding(what: what, found: found, verdict: isGood ? .good : worst, remedy: isGood ? nil : remedy))
    }

    mutating func look(at settings: Settings) async {
        await lookAtPostgres(settings)
        await lookAtRedis(settings)
    }

    private mutating func lookAtPostgres(_ settings: Settings) async {
        var logger = Logger(label: "mainstay.doctor")
        logger.logLevel = .critical
        let pool: PostgresPool
        do {
            pool = PostgresPool(configuration: try settings.postgres(for: "doctor"), size: 1, logger: logger)
        } catch {
            return findings.append(Finding(what: "postgres", found: "\(error)", verdict: .broken, remedy: "set MAINSTAY_DATABASE_URL"))
        }
        do {
            let row = try await pool.query(
                .unscoped,
                """
                select current_setting('server_version') as version, current_setting('synchronous_commit') as commit, current_setting('fsync') as fsync,
                  r.rolsuper or r.rolbypassrls as above, r.rolname::text as role,
                  exists (select 1 from pg_class c where c.relowner = r.oid and c.relkind in ('r', 'p', 'v')) as owner
                from pg_roles r where r.rolname = current_user
                """
            ).first
            if let row {
                let role = try row.decode("role", as: String.self)
                let isAbove = try row.decode("above", as: Bool.self)
                let isOwner = try row.decode("owner", as: Bool.self)
                note("postgres", "version \(try row.decode("version", as: String.self))", true, "")
                note("postgres role", role, !isAbove && !isOwner, "use mainstay_server: a superuser or owner passes row-level security by")
                let commit = try row.decode("commit", as: String.self)
                note("synchronous_commit", commit, commit == "on", "set it to on: an accepted job must survive a crash of the server")
                let fsync = try row.decode("fsync", as: String.self)
                note("fsync", fsync, fsync == "on", "set it to on: without it a power cut takes accepted jobs along")
            }
            let bare =
                try await pool.query(
                    .unscoped,
                    """
                    select count(*)::int8 as tables from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
                    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
                      and not (c.relrowsecurity and c.relforcerowsecurity)
                    """
                ).first?.decode("tables", as: Int64.self) ?? 0
            note("row-level security", bare == 0 ? "forced on every tenant table" : "missing on \(bare) tables", bare == 0, "run `mainstay migrate`")
        } catch {
            findings.append(Finding(what: "postgres", found: "\(error)", verdict: .broken, remedy: "start it, or mend MAINSTAY_DATABASE_URL"))
        }
        await pool.close()
    }

    private mutating func lookAtRedis(_ settings: Settings) async {
        let found: [(String, String, Bool, String)]
        do {
            found = try await Stores.with(settings, for: "doctor") { stores in
                var found: [(String, String, Bool, String)] = []
                func setting(_ name: String) async throws -> String? {
                    try await stores.redis.send(RedisCommand("CONFIG", "GET", .string(name))).array?.last?.string
                }
                let info = try await stores.redis.send(RedisCommand("INFO", "server")).string ?? ""
                let version = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("redis_version:") }.map { String($0.dropFirst(14)) } ?? "?"
                let major = Int(version.prefix { $0 != "." }) ?? 0
                found.append(("redis", "version \(version)", major >= 7, "use 7.0 or later: the scripts need it"))
                let eviction = try await setting("maxmemory-policy") ?? "?"
                found.append(("maxmemory-policy", eviction, eviction == "noeviction", "set it to noeviction: an evicted queue is a lost queue"))
                let append = try await setting("appendonly") ?? "?"
                found.append(("appendonly", append, append == "yes", "set it to yes: without it a restart loses accepted stream jobs"))
                let sync = try await setting("appendfsync") ?? "?"
                found.append(("appendfsync", sync, sync == "always", "set it to always: under everysec a kill loses acknowledged jobs"))
                let entries = Int(try await setting("hash-max-listpack-entries") ?? "") ?? 512
                found.append(
                    (
                        "hash-max-listpack-entries", "\(entries)", entries <= 64,
                        "set it to 32: counters over many workspaces scan a long list without it"
                    ))
                for queue in Features.queues {
                    let backlog = try await stores.administration.backlog(of: queue)
                    let isServed = backlog.workers > 0
                    found.append(
                        ("queue \(queue)", "\(backlog.total) jobs, \(backlog.workers) workers", isServed, "start `mainstay work`: nobody serves it"))
                }
                return found
            }
        } catch {
            findings.append(Finding(what: "redis", found: "\(error)", verdict: .broken, remedy: "start it, or mend MAINSTAY_REDIS_URL"))
            return
        }
        for (what, value, isGood, remedy) in found { note(what, value, isGood, remedy) }
    }
}
