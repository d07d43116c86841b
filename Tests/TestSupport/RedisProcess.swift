import Foundation
import LocalStack
package import Redis
import Synchronization

/// A server process of a test's own, redis-server or valkey-server, durable as the queues want it. The test may kill it, stop it and
/// start it again at its port; the end of the test process ends it too.
package final class RedisProcess: Sendable {
    package let port: Int
    package let folder: String
    private let words: [String]
    private let pid = Mutex<Int32?>(nil)

    package var url: String { "redis://127.0.0.1:\(port)/0" }

    /// - Parameters:
    ///   - program: a path, or a name that is looked for in `PATH`.
    ///   - more: the end of its command line.
    package init(program: String = "redis-server", port: Int, more: [String] = []) throws {
        let folder = try TestFolder.make("server")
        self.port = port
        self.folder = folder
        self.words =
            [
                program, "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder, "--pidfile", "\(folder)/redis.pid", "--logfile",
                "\(folder)/log",
                // The process is recognised by its folder, which a title of its own would hide.
                "--set-proc-title", "no", "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--hash-max-listpack-entries", "32",
                "--maxmemory-policy", "noeviction",
            ] + more
    }

    /// Starts it, and returns when it answers.
    package func start() async throws {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let started = try Spawn.start(
            words, environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"], input: null, output: null, errors: null,
            newSession: true)
        pid.withLock { $0 = started }
        do {
            let information = try await ask(RedisCommand("INFO", "server")).string ?? ""
            // Between the choice of a port and this moment somebody else's server may have taken it.
            guard information.contains("process_id:\(started)\r\n") else {
                throw TestSupportError("another server answers at port \(port)")
            }
            _ = try await ask(RedisCommand("PING"))
        } catch {
            await kill()
            throw TestSupportError("\(words[0]) does not answer at port \(port): \(error)\n\(lastWords)")
        }
    }

    package var isRunning: Bool { pid.withLock { $0 != nil } }

    /// kill -9; returns when the process has ended.
    package func kill() async {
        guard let pid = pid.withLock({ $0.take() }) else { return }
        // A stopped process dies of it all the same.
        _ = Foundation.kill(pid, SIGKILL)
        _ = await Program.end(of: pid)
    }

    package func signal(_ number: Int32) {
        if let pid = pid.withLock({ $0 }) { _ = Foundation.kill(pid, number) }
    }

    /// Sends one command to this server itself, over a connection of its own. An error reply is thrown.
    package func ask(_ command: RedisCommand) async throws -> RedisValue {
        try await withRedis(url) { client in try await client.send(command, timeout: .seconds(20)) }
    }

    private var lastWords: String {
        let text = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(8).joined(separator: "\n")
    }
}

/// The Valkey server that tests run against.
package enum Valkey {
    /// The program's path: what `MAINSTAY_VALKEY_SERVER` names, else what `ops/test` has installed, else the system's.
    package static func program() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["MAINSTAY_VALKEY_SERVER"] { return named }
        let files = FileManager.default
        let installed = files.currentDirectoryPath + "/.build/valkey"
        for file in files.enumerator(atPath: installed)?.allObjects ?? [] {
            if let name = file as? String, name.hasSuffix("/valkey-server") { return "\(installed)/\(name)" }
        }
        for folder in (environment["PATH"] ?? "").split(separator: ":") where files.isExecutableFile(atPath: "\(folder)/valkey-server") {
            return "\(folder)/valkey-server"
        }
        throw TestSupportError("no valkey-server is here: `ops/test` installs one below .build/valkey, and MAINSTAY_VALKEY_SERVER names another")
    }
}

/// Servers that suites share beside those of `TestStack`, started by the first test that asks. Keep to keys below a prefix of your own.
package enum SharedServers {
    private static let onlyValkey = Once {
        let server = try RedisProcess(program: Valkey.program(), port: FreePort.next())
        try await server.start()
        return server
    }
    private static let onlyCluster = Once { try await TestCluster.start() }
    // Without replicas: what a failover does is shown elsewhere, and each process costs.
    private static let onlyValkeyCluster = Once { try await TestCluster.start(program: Valkey.program(), replicas: 0) }

    package static func valkey() async throws -> RedisProcess { try await onlyValkey.value() }
    package static func cluster() async throws -> TestCluster { try await onlyCluster.value() }
    package static func valkeyCluster() async throws -> TestCluster { try await onlyValkeyCluster.value() }
}
