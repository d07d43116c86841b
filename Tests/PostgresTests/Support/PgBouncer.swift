import Foundation
import Postgres
import TestSupport

#if canImport(Glibc)
import Glibc
#endif

/// A private pgbouncer in transaction mode in front of a test's database. Not being able to start one fails the test.
final class PgBouncer: Sendable {
    let url: String
    private let adminURL: String
    private let pidFile: String

    static func start(for database: Database, serverConnections: Int) async throws -> PgBouncer {
        guard
            let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"].first(
                where: FileManager.default.isExecutableFile(atPath:))
        else {
            throw TestSupportError("pgbouncer is not installed: apt-get install -y pgbouncer (or brew install pgbouncer)")
        }
        let folder = try TestFolder.make("pgbouncer")
        guard let parts = URLComponents(string: database.url), let user = parts.user, let password = parts.password else {
            throw TestSupportError("the database's URL has no user and password")
        }
        let port = try freePort()
        let name = parts.path.dropFirst()
        try """
        [databases]
        \(name) = host=127.0.0.1 port=\(database.port) dbname=\(name)
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = \(port)
        unix_socket_dir =
        auth_type = plain
        auth_file = \(folder)/users
        admin_users = \(user)
        pool_mode = transaction
        default_pool_size = \(serverConnections)
        max_client_conn = 100
        pidfile = \(folder)/pgbouncer.pid
        logfile = \(folder)/pgbouncer.log
        """.write(toFile: "\(folder)/pgbouncer.ini", atomically: true, encoding: .utf8)
        try "\"\(user)\" \"\(password)\"\n".write(toFile: "\(folder)/users", atomically: true, encoding: .utf8)

        // It refuses to run as root; the servers of the tests run as the same user then.
        let command = "\(program) -d -q \(folder)/pgbouncer.ini"
        let script = geteuid() == 0 ? "chown -R postgres \(folder) && runuser -u postgres -- \(command)" : command
        guard await run(script) == 0 else { throw TestSupportError("pgbouncer did not start, see \(folder)/pgbouncer.log") }

        let address = "postgres://\(user):\(password)@127.0.0.1:\(port)"
        let pooler = PgBouncer(url: "\(address)/\(name)", adminURL: "\(address)/pgbouncer", pidFile: "\(folder)/pgbouncer.pid")
        try await eventually("pgbouncer listens") {
            guard let end = Socket.connect(to: port) else { return false }
            close(end)
            return true
        }
        return pooler
    }

    private init(url: String, adminURL: String, pidFile: String) {
        self.url = url
        self.adminURL = adminURL
        self.pidFile = pidFile
    }

    /// Clients that are connected now, this question's own connection left out. psql, for the console speaks the simple protocol only.
    func connectionsMade() async throws -> Int {
        let (status, output) = await Self.shell("psql -XAtc 'show clients' '\(adminURL)'")
        guard status == 0 else { throw TestSupportError("pgbouncer's console did not answer") }
        return output.split(separator: "\n").filter { $0.hasPrefix("C|") && !$0.contains("|pgbouncer|") }.count
    }

    func stop() {
        guard let text = try? String(contentsOfFile: pidFile, encoding: .utf8), let pid = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else { return }
        kill(pid, SIGTERM)
    }

    private static func run(_ script: String) async -> Int32 { await shell("{ \(script); } </dev/null >/dev/null 2>&1").status }

    /// On a thread of its own, for it blocks.
    private static func shell(_ script: String) async -> (status: Int32, output: String) {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: blockingShell(script)) }
        }
    }

    /// Not Foundation's `Process`: it waits for a daemon that its child left behind.
    private static func blockingShell(_ script: String) -> (status: Int32, output: String) {
        guard let stream = popen(script, "re") else { return (-1, "") }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = fread(&buffer, 1, buffer.count, stream)
            guard count > 0 else { break }
            output += buffer.prefix(count)
        }
        return (pclose(stream), String(decoding: output, as: UTF8.self))
    }

    private static func freePort() throws -> Int {
        let proxy = try TestProxy(to: 1)
        defer { proxy.stop() }
        return proxy.port
    }
}
