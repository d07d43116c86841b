/// Where the database is and how to talk to it. Read from a URL or from the PG* variables; what neither says, libpq takes from
/// the process's own PG* variables, password file and service file.
///
/// `description`, `debugDescription` and reflection never show a password.
public struct PostgresConfiguration: Sendable, Equatable {
    /// libpq's own options by keyword (`host`, `port`, `dbname`, `user`, `password`, `sslmode`, `options`, …).
    private(set) var options: [String: String]

    /// Shown in `pg_stat_activity`.
    public var applicationName = "mainstay"

    /// For a whole call: waiting for a connection, every statement and the commit. 30 s, so that a caller outlives a fail-over
    /// of the database but not its own client.
    public var statementTimeout: Duration = .seconds(30)

    /// How long a call keeps trying to open a connection. 5 s rides out a restart of the server. Name resolution is the
    /// system's own and may take longer than this where DNS does not answer; give `hostaddr` to avoid it.
    public var connectTimeout: Duration = .seconds(5)

    /// True behind pgbouncer in transaction mode: no named prepared statements and nothing that outlives a transaction.
    public var pooler = false

    /// Callers that may wait for a connection at the same time; one more is refused with code `overloaded`. 1,000 waiters on
    /// four connections are about a second of work.
    public var maximumWaiting = 1_000

    /// Prepared statements kept for each connection. More than the program has statements, so eviction is the exception.
    public var statementCacheSize = 256

    /// Reads `postgres://` or `postgresql://`: `user:password@host:port/database?keyword=value&…`.
    ///
    /// Several hosts are separated by commas; a unix socket is `?host=/directory`; every keyword of libpq is accepted, a word
    /// that it does not know is an error with code `configuration`. No message quotes the URL.
    public init(url: String) throws {
        self.init(options: try ConnectionURL.options(url))
        try check()
    }

    /// Reads the PG* variables that libpq reads (PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGSSLMODE, …) from a given
    /// environment.
    public init(environment: [String: String]) throws {
        var options: [String: String] = [:]
        for option in LibPQ.options {
            if let variable = option.environmentVariable, let value = environment[variable] { options[option.keyword] = value }
        }
        self.init(options: options)
        try check()
    }

    private init(options: [String: String]) {
        self.options = options
        if let name = self.options.removeValue(forKey: "application_name") { applicationName = name }
        if let text = self.options["connect_timeout"], let seconds = Int(text), seconds > 0 { connectTimeout = .seconds(seconds) }
    }

    private func check() throws {
        let known = Set(LibPQ.options.map(\.keyword))
        for keyword in options.keys.sorted() where !known.contains(keyword) {
            throw PostgresError(
                .configuration, "the database option \(keyword) is not one of libpq's; it knows \(known.sorted().joined(separator: ", "))")
        }
        for (keyword, value) in options where value.utf8.contains(0) {
            throw PostgresError(.configuration, "the database option \(keyword) holds a NUL byte")
        }
    }

    /// What a connection is opened with, in the order of the keywords.
    func connectionOptions() throws -> [(keyword: String, value: String)] {
        var all = options
        if pooler, all["options"] != nil {
            throw PostgresError(.configuration, "`options` cannot be used with a pooler: the setting would stay behind for other clients")
        }
        all["application_name"] = applicationName
        all["client_encoding"] = "UTF8"
        // A peer that vanished while a connection was idle is noticed within a minute instead of after hours.
        let keepalives = ["keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"]
        all.merge(keepalives) { given, _ in given }
        return all.sorted { $0.key < $1.key }.map { (keyword: $0.key, value: $0.value) }
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private static let secret: Set<String> = ["password", "sslpassword"]

    public var description: String {
        let shown = options.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.secret.contains($0.key) ? "…" : $0.value)" }
        return "postgres(\(shown.joined(separator: " "))\(pooler ? " pooler" : ""))"
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
