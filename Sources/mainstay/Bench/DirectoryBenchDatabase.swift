import Jobs
import LocalStack
import Postgres

/// Where a directory is measured: a migrated database, and the servers of the bench around it.
struct DirectoryBenchDatabase: Sendable {
    let servers: BenchServers
    /// As the role that owns the tables.
    let ownerURL: String
    /// As the role of ingress and workers.
    let serverURL: String
    let jobs: JobsConfiguration

    /// The servers' own.
    init(_ servers: BenchServers) {
        self.init(servers, ownerURL: servers.endpoints.ownerURL, serverURL: servers.endpoints.serverURL)
    }

    /// Another one in these servers.
    /// - Parameter prefix: of the keys in Redis; nil for the usual one.
    init(_ servers: BenchServers, ownerURL: String, serverURL: String, prefix: String? = nil) {
        self.servers = servers
        self.ownerURL = ownerURL
        self.serverURL = serverURL
        var jobs = JobsConfiguration()
        if let prefix { jobs.prefix = prefix }
        self.jobs = jobs
    }

    /// Connections as the role of ingress and workers.
    func pool(_ size: Int) throws -> PostgresPool {
        PostgresPool(configuration: try PostgresConfiguration(url: serverURL), size: size, logger: servers.logger)
    }

    /// One connection for the length of `body`.
    func with<R: Sendable>(url: String, _ body: (PostgresPool) async throws -> R) async throws -> R {
        try await PostgresPool.with(try PostgresConfiguration(url: url), logger: servers.logger, body)
    }
}
