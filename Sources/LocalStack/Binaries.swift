#if canImport(Darwin)
import Foundation
#else
import FoundationEssentials
#endif

/// Where to look for programs. Tests give their own.
package struct SearchPath: Sendable {
    /// Folders of ordinary programs, in order.
    let programs: [String]
    /// Folders that hold one folder for each version of PostgreSQL (Debian, PGDG), or are one (Homebrew).
    let postgres: [String]

    package init(programs: [String], postgres: [String]) {
        self.programs = programs
        self.postgres = postgres
    }

    /// `PATH`, the administrator's folders (not in everybody's `PATH`), and where Debian and Homebrew put PostgreSQL.
    package static let system: SearchPath = {
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let usual = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin", "/opt/homebrew/bin"]
        return SearchPath(
            programs: path + usual.filter { !path.contains($0) }, postgres: ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"])
    }()

    func find(_ name: String, in folders: [String]? = nil) -> String? {
        (folders ?? programs).lazy.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Version folders, newest first: `/usr/lib/postgresql/15/bin`, `/opt/homebrew/opt/postgresql@17/bin`.
    func versions() -> [String] {
        postgres.flatMap { root in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
            return names.compactMap { name -> (version: Int, path: String)? in
                let number = name.hasPrefix("postgresql@") ? String(name.dropFirst(11)) : name
                return Int(number).map { ($0, "\(root)/\(name)/bin") }
            }.sorted { $0.version > $1.version }.map(\.path)
        }
    }
}

/// The names under which the servers are installed.
enum Package {
    static let redis = "apt-get install redis-server, or brew install redis"
    static let postgres = "apt-get install postgresql, or brew install postgresql@17"
}

/// The programs a stack is made of.
struct Binaries: Sendable {
    let redisServer, redisCLI, initdb, postgres, psql: String

    /// Looks where `pg_config` points, in the newest version folder, and in `PATH`; all that is missing is named at once.
    static func find(_ path: SearchPath) async throws -> Binaries {
        var folders = path.versions()
        // libpq's own pg_config may point to a folder without a server in it; then the next folder is asked.
        if let pgConfig = path.find("pg_config"),
            let answer = try? await Command(name: "pg_config", words: [pgConfig, "--bindir"], deadline: .seconds(10)).run(), answer.status == 0
        {
            folders.insert(answer.output.lastLines(1), at: 0)
        }
        folders += path.programs
        // All from one folder: programs of two versions do not go together.
        let names = ["initdb", "postgres", "psql"]
        let home = folders.first { folder in names.allSatisfy { path.find($0, in: [folder]) != nil } }
        let redisServer = path.find("redis-server")
        let redisCLI = path.find("redis-cli")

        var missing: [String] = []
        if redisServer == nil { missing.append("redis-server (\(Package.redis))") }
        if redisServer != nil, redisCLI == nil { missing.append("redis-cli (apt-get install redis-tools)") }
        if home == nil { missing.append("postgres with initdb and psql (\(Package.postgres))") }
        guard let redisServer, let redisCLI, let home else {
            throw LocalStackError(
                .missingBinary, "not installed: \(missing.joined(separator: "; "))",
                remedy: "`ops/up` installs what is missing. Looked in \((folders + path.programs).uniqued().joined(separator: ":")).")
        }
        try await requireVersion7(redisServer)
        return Binaries(
            redisServer: redisServer, redisCLI: redisCLI, initdb: "\(home)/initdb", postgres: "\(home)/postgres", psql: "\(home)/psql")
    }

    /// Redis 7 brought listpack settings and multi-part AOF, which the queues are measured with.
    private static func requireVersion7(_ server: String) async throws {
        let answer = try await Command(name: "redis-server", words: [server, "--version"], deadline: .seconds(10)).check()
        let version = answer.split(separator: " ").first { $0.hasPrefix("v=") }?.dropFirst(2) ?? ""
        guard let major = version.split(separator: ".").first.flatMap({ Int($0) }), major >= 7 else {
            throw LocalStackError(.missingBinary, "\(server) is version \(version); 7 or later is needed", remedy: "Install it: \(Package.redis).")
        }
    }
}

extension [String] {
    fileprivate func uniqued() -> [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
