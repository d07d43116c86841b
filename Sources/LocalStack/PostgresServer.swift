#if canImport(Darwin)
import Darwin
import Foundation
#else
import FoundationEssentials
import Glibc
#endif

/// A private PostgreSQL, on TCP only (see `RedisServer`), passwords for everyone.
struct PostgresServer: PrivateServer {
    let server = Server.postgres
    let folder: StackFolder
    let password: String
    let profile: Profile

    /// Fast shutdown (transactions are rolled back), then immediate (the next start recovers).
    let endings = [SIGINT, SIGQUIT]

    private var home: String { folder.home(of: server) }
    private var data: String { "\(home)/data" }
    private var pidFile: String { "\(data)/postmaster.pid" }

    func running() -> RunningProcess? {
        recordedPID().flatMap { RunningProcess(pid: $0, mark: data) }
    }

    func prepare(port: Int, tools: Tools) async throws -> [String] {
        if folder.read("\(data)/PG_VERSION") == nil { try await makeCluster(tools) }
        try folder.write(configuration(port: port), to: "\(data)/postgresql.conf", owner: tools.account)
        // PostgreSQL trusts its pid file as long as a process of its user has that id, be it a stranger or one that nobody
        // waited for; it must not keep the server from starting. (That no backend of a killed server still runs is checked
        // by PostgreSQL through its shared memory, not by this file.)
        if let pid = recordedPID(), running() == nil, kill(pid, 0) == 0 { unlink(pidFile) }
        return [tools.binaries.postgres, "-D", data]
    }

    func isReady(port: Int, tools: Tools) async throws -> Bool {
        // The eighth line is the state of the server that the first line names.
        guard let lines = folder.read(pidFile)?.split(separator: "\n", omittingEmptySubsequences: false), lines.count > 7 else { return false }
        return lines[7].hasPrefix("ready") && lines[3] == "\(port)"
    }

    private func recordedPID() -> pid_t? {
        folder.read(pidFile).flatMap { $0.split(separator: "\n").first }.flatMap { pid_t($0) }
    }

    /// Under another name first: a cluster that was half made when something failed is never taken for a whole one.
    private func makeCluster(_ tools: Tools) async throws {
        let fresh = "\(home)/data.new"
        let passwordFile = "\(home)/initdb.password"
        if FileManager.default.fileExists(atPath: fresh) { try FileManager.default.removeItem(atPath: fresh) }
        try folder.write(password + "\n", to: passwordFile, owner: tools.account)
        defer { unlink(passwordFile) }
        let words = [
            tools.binaries.initdb, "-D", fresh, "-U", LoginRole.superuser.rawValue, "-A", "scram-sha-256", "--pwfile", passwordFile,
            "--locale=C.UTF-8", "-E", "UTF8",
        ]
        // A cluster for tests need not be on disk before they start.
        let extra = profile == .test ? ["--no-sync"] : []
        _ = try await Command(name: "initdb", words: tools.account.words(words + extra), deadline: .seconds(300)).check()
        guard rename(fresh, data) == 0 else { throw StackFolder.unusable(data, String(cString: strerror(errno))) }
    }

    private func configuration(port: Int) -> String {
        """
        # Written by mainstay at each start; changes here are lost, those by ALTER SYSTEM stay.
        listen_addresses = '127.0.0.1'
        port = \(port)
        unix_socket_directories = ''
        password_encryption = 'scram-sha-256'
        shared_buffers = 128MB
        synchronous_commit = on
        timezone = 'UTC'
        log_timezone = 'UTC'
        log_line_prefix = '%m [%p] %q%u@%d '
        \(profile == .test ? testing : standard)

        """
    }

    private var standard: String {
        """
        max_connections = 100
        fsync = on
        """
    }

    private var testing: String {
        """
        # Suites run in parallel, each with pools of its own.
        max_connections = 600
        # See Profile.test: a killed process loses nothing by this.
        fsync = off
        full_page_writes = off
        """
    }
}
