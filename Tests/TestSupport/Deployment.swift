import AsyncHTTPClient
package import Foundation
import LocalStack
import NIOCore
import NIOHTTP1
import Synchronization

/// The built program as an operator runs it: one ingress and some workers as processes of their own, on servers of a test.
///
/// Processes are ended when `with` returns, however it returns.
package final class Deployment: Sendable {
    package let database: TestDatabase
    package let environment: [String: String]
    package let url: String
    package let token: String
    private let processes = Mutex<[String: Int32]>([:])
    private let folder: String

    package var stack: TestStack { database.stack }

    private init(database: TestDatabase, environment: [String: String], port: Int, token: String) throws {
        self.database = database
        self.environment = environment
        self.url = "http://127.0.0.1:\(port)"
        self.token = token
        self.folder = try TestFolder.make("deployment")
    }

    /// The program that belongs to these tests: `MAINSTAY_PROGRAM`, else the one beside the test bundle.
    package static var program: String {
        get throws {
            if let named = ProcessInfo.processInfo.environment["MAINSTAY_PROGRAM"] { return named }
            var places = [FileManager.default.currentDirectoryPath + "/.build/debug/mainstay"]
            if let bundle = CommandLine.arguments.first {
                places.insert(URL(fileURLWithPath: bundle).deletingLastPathComponent().path + "/mainstay", at: 0)
            }
            #if os(Linux)
            if let bundle = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
                places.insert(URL(fileURLWithPath: bundle).deletingLastPathComponent().path + "/mainstay", at: 0)
            }
            #endif
            guard let found = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
                throw TestSupportError("the program is not built; looked at \(places)")
            }
            return found
        }
    }

    /// Brings a deployment up on a fresh database, and hands it to `body` once the ingress is ready.
    ///
    /// - Parameter own: servers of its own, which the body may kill; otherwise those of the test run.
    package static func with(
        own: Bool = false, workers: Int = 2, variables: [String: String] = [:], _ body: @escaping @Sendable (Deployment) async throws -> Void
    ) async throws {
        guard own else { return try await start(try await TestDatabase.make(), own, workers, variables, body) }
        try await TestStack.withOwnStack { stack in
            try await start(try await TestDatabase.makeMigrated(in: stack), own, workers, variables, body)
        }
    }

    /// Below the servers' ports and those of outgoing connections.
    private static func freePort() throws -> Int { try FreePort.next(in: 10_000..<20_000) }

    private static let nextDatabase = Atomic<Int>(0)

    private static func place(_ url: String, _ number: Int) -> String {
        url.hasSuffix("/0") ? String(url.dropLast()) + "\(number)" : url
    }

    private static func start(
        _ database: TestDatabase, _ own: Bool, _ workers: Int, _ variables: [String: String], _ body: @Sendable (Deployment) async throws -> Void
    ) async throws {
        let port = try freePort()
        // A Redis database of its own, that none before it had: deployments that share one would work on each other's jobs.
        let number = own ? 0 : 1 + nextDatabase.wrappingAdd(1, ordering: .relaxed).oldValue
        var environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": "/tmp",
            "MAINSTAY_DATABASE_URL": database.serverURL, "MAINSTAY_REPORTING_URL": database.reportingURL,
            "MAINSTAY_MIGRATION_URL": database.ownerURL, "MAINSTAY_REDIS_URL": place(database.stack.redisURL, number),
            "MAINSTAY_RUN_LOG_URL": place(database.stack.runLogURL, number), "MAINSTAY_HTTP_PORT": "\(port)",
            "MAINSTAY_URL": "http://127.0.0.1:\(port)",
            "MAINSTAY_LEASE_SECONDS": "2", "MAINSTAY_LOG_LEVEL": "warning",
        ]
        environment.merge(variables) { $1 }
        let created = try await Program.run(["token", "create", "--name", "tests"], environment: environment)
        guard created.status == 0 else { throw TestSupportError("no token: \(created.errors)") }
        let token = created.output.trimmingCharacters(in: .whitespacesAndNewlines)
        environment["MAINSTAY_TOKEN"] = token
        let deployment = try Deployment(database: database, environment: environment, port: port, token: token)
        do {
            try deployment.spawn("serve", ["serve"])
            for number in 0..<workers { try deployment.spawn("work-\(number)", ["work"]) }
            try await eventually(timeout: .seconds(30), "the ingress's readiness") { try await deployment.isReady() }
            try await body(deployment)
        } catch {
            let words = deployment.lastWords()
            await deployment.end()
            throw words.isEmpty ? error : TestSupportError("\(error)\n\(words)")
        }
        await deployment.end()
    }

    // MARK: Processes

    /// Starts one process of the program under a name, its output in a log of its own.
    package func spawn(_ name: String, _ arguments: [String], variables: [String: String] = [:]) throws {
        let log = open("\(folder)/\(name).log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer {
            close(log)
            close(null)
        }
        let pid = try Spawn.start(
            [try Self.program] + arguments, environment: environment.merging(variables) { $1 }, input: null, output: log, errors: log,
            newSession: true)
        processes.withLock { $0[name] = pid }
    }

    /// Ends a process by a signal and waits for it.
    /// - Returns: its exit code, or 128 + the signal.
    @discardableResult
    package func end(_ name: String, by signal: Int32 = SIGTERM) async -> Int32? {
        guard let pid = processes.withLock({ $0.removeValue(forKey: name) }) else { return nil }
        kill(pid, signal)
        return await Program.end(of: pid)
    }

    package func signal(_ name: String, _ signal: Int32) {
        if let pid = processes.withLock({ $0[name] }) { kill(pid, signal) }
    }

    private func end() async {
        for name in processes.withLock({ Array($0.keys) }) {
            // A stopped process would not hear anything else.
            signal(name, SIGCONT)
            await end(name, by: SIGKILL)
        }
    }

    private func lastWords() -> String {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().map { file in
            let text = (try? String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)) ?? ""
            let lines = text.split(separator: "\n").suffix(8)
            return lines.isEmpty ? "" : "\(file):\n  " + lines.joined(separator: "\n  ")
        }.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// Runs a command of the program to its end.
    package func command(_ arguments: String..., variables: [String: String] = [:]) async throws -> Program.Result {
        try await Program.run(arguments, environment: environment.merging(variables) { $1 })
    }

    /// Runs a script as superuser; returns rows, columns parted by `|`, without the line break behind the last.
    package func psql(_ script: String) async throws -> String {
        try await database.psql(script).trimmingCharacters(in: .newlines)
    }

    // MARK: HTTP

    package struct Answer: Sendable {
        package let status: Int
        package let headers: [String: String]
        package let body: Data

        /// The body as a JSON object; empty for any other.
        package var json: [String: Any] { (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:] }
        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    package func isReady() async throws -> Bool {
        ((try? await call("GET", "/readyz"))?.status ?? 0) == 200
    }

    /// Sends a request with the deployment's token.
    package func call(
        _ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:], bytes: [UInt8]? = nil, token: String? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = NIOHTTP1.HTTPMethod(rawValue: method)
        request.headers.add(name: "authorization", value: "Bearer \(token ?? self.token)")
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let bytes = bytes ?? body.map({ Array($0.utf8) }) {
            if headers["content-type"] == nil { request.headers.add(name: "content-type", value: "application/json") }
            request.body = .bytes(bytes)
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let collected = try await response.body.collect(upTo: 64 * 1024 * 1024)
        var found: [String: String] = [:]
        for (name, value) in response.headers { found[name.lowercased()] = value }
        return Answer(status: Int(response.status.code), headers: found, body: Data(collected.readableBytesView))
    }

    /// Opens an event stream and hands its bytes over as they come, until `body` returns false or the stream ends.
    package func events(of run: String, after last: String? = nil, _ body: @Sendable (String) throws -> Bool) async throws {
        var request = HTTPClientRequest(url: "\(url)/v1/runs/\(run)/events")
        request.headers.add(name: "authorization", value: "Bearer \(token)")
        if let last { request.headers.add(name: "last-event-id", value: last) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        guard response.status == .ok else { throw TestSupportError("events were answered \(response.status)") }
        for try await buffer in response.body where try !body(String(decoding: buffer.readableBytesView, as: UTF8.self)) { return }
    }

    /// Waits for a job's outcome.
    /// - Returns: its final state.
    package func outcome(of job: String) async throws -> String {
        for _ in 0..<20 {
            let state = try await call("GET", "/v1/jobs/\(job)?wait=10s").json["state"] as? String ?? "unknown"
            if ["done", "dead", "cancelled"].contains(state) { return state }
        }
        return "unfinished"
    }
}
