import Foundation
import LocalStack
import Logging
import Postgres
import Schema
import Workspaces

/// Brings the stores of a private stack to where the ingress and the workers can start.
struct UpStart: Sendable {
    let folder: UpFolder
    let port: Int

    func localStack() throws -> LocalStack {
        var logger = Logger(label: "mainstay.up")
        logger.logLevel = .notice
        return LocalStack(folder: folder.stack, roles: Schema.roles, logger: logger)
    }

    /// This program's own path: the children are the same program.
    static func program() throws -> String {
        #if os(Linux)
        if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { return path }
        #endif
        guard let path = Bundle.main.executablePath else { throw UpFault("this program does not find its own path") }
        return path
    }

    /// Starts the servers, migrates, makes sure of a token and writes `env`.
    /// - Returns: the environment of the children.
    func prepare(_ stack: LocalStack) async throws -> [String: String] {
        try PortCheck.require(port)
        Talk.say("starting redis, redis (run logs) and postgres …")
        let endpoints = try await stack.start()
        Talk.say("migrating …")
        let applied = try await Migration.run(url: endpoints.ownerURL)
        if applied > 0 { Talk.say("\(applied) migrations applied") }
        let earlier = folder.environment()["MAINSTAY_TOKEN"]
        let token = try await FirstToken.ensure(earlier, databaseURL: endpoints.serverURL)
        let variables: [(String, String)] = [
            ("MAINSTAY_URL", "http://127.0.0.1:\(port)"),
            ("MAINSTAY_TOKEN", token),
            ("MAINSTAY_DATABASE_URL", endpoints.serverURL),
            ("MAINSTAY_MIGRATION_URL", endpoints.ownerURL),
            ("MAINSTAY_REPORTING_URL", endpoints.reportingURL),
            ("MAINSTAY_REDIS_URL", endpoints.redisURL),
            ("MAINSTAY_RUN_LOG_URL", endpoints.runLogURL),
            ("MAINSTAY_HTTP_PORT", "\(port)"),
        ]
        try folder.write(environment: variables)
        // The children need neither the owner's password nor a token.
        let hidden: Set<String> = ["MAINSTAY_MIGRATION_URL", "MAINSTAY_REPORTING_URL", "MAINSTAY_TOKEN"]
        var environment = ProcessInfo.processInfo.environment.filter { !hidden.contains($0.key) }
        for (name, value) in variables where !hidden.contains(name) { environment[name] = value }
        return environment
    }

    /// Returns when the ingress says that it is ready.
    func waitUntilReady() async throws {
        let client = APIClient(url: "http://127.0.0.1:\(port)", token: nil)
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            if (try? await client.raw(.get, "/readyz", timeout: .seconds(2))) != nil { return }
            guard ContinuousClock.now < deadline else {
                throw UpFault("the ingress was not ready within a minute. Its last words:\n\(Supervisor.lastLines(of: folder.log("serve"), 12))")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

/// Whether a port can be listened on.
enum PortCheck {
    static func require(_ port: Int) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw UpFault("no socket can be made: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard result == 0 else {
            throw UpFault(
                "port \(port) cannot be listened on: \(String(cString: strerror(errno))). Choose another with --port, or stop what uses it.")
        }
    }
}
