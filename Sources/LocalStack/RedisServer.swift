#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A private redis-server. It listens on TCP only: a Unix socket's path may have 107 bytes at most, and a checkout may lie deeper.
struct RedisServer: PrivateServer {
    let server: Server
    let folder: StackFolder
    let password: String

    /// SIGTERM makes it write what is in its buffers and end.
    let endings = [SIGTERM]

    private var home: String { folder.home(of: server) }
    private var pidFile: String { "\(home)/redis.pid" }

    func running() -> RunningProcess? {
        folder.read(pidFile).flatMap { pid_t($0.lastLines(1)) }.flatMap { RunningProcess(pid: $0, mark: home) }
    }

    func prepare(port: Int, tools: Tools) async throws -> [String] {
        let configuration = "\(home)/redis.conf"
        try folder.write(text(port: port), to: configuration, owner: tools.account)
        // Left over from a server that was killed; a start is never mistaken for the one before.
        unlink(pidFile)
        return [tools.binaries.redisServer, configuration]
    }

    func isReady(port: Int, tools: Tools) async throws -> Bool {
        // The password goes by the environment, which unlike the arguments others cannot see. While it loads its file the
        // server answers LOADING; the pid file says that it is ours that answers.
        let command = Command(
            name: "redis-cli", words: [tools.binaries.redisCLI, "-h", "127.0.0.1", "-p", "\(port)", "--no-auth-warning", "ping"],
            environment: ["REDISCLI_AUTH": password], deadline: .seconds(10))
        let answer = try await command.run()
        return answer.output.hasPrefix("PONG") && running() != nil
    }

    private func text(port: Int) -> String {
        """
        # Written by mainstay at each start; changes here are lost.
        bind 127.0.0.1
        port \(port)
        protected-mode yes
        requirepass \(password)
        dir \(quoted(home))
        pidfile \(quoted(pidFile))
        # A title has 255 bytes at most; the command line as it is names this file in full, by which the process is recognised.
        set-proc-title no
        save ""
        # One for each deployment that shares the server: a stack has one, a test run many.
        databases 256
        maxmemory-policy noeviction
        tcp-keepalive 60
        \(server == .runLog ? memoryOnly : durable)

        """
    }

    private var durable: String {
        """
        appendonly yes
        # Under `everysec` a kill during a pending fsync loses entries that were acknowledged.
        appendfsync always
        # The engine's counters: HINCRBY on a listpack of more entries costs four times as much.
        hash-max-listpack-entries 32
        """
    }

    private var memoryOnly: String {
        """
        # What must last of a run is in PostgreSQL; a log that is lost ends its run honestly as interrupted.
        appendonly no
        """
    }

    private func quoted(_ path: String) -> String {
        "\"" + path.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }
}
