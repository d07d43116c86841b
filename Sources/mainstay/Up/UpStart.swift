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
        return LocalStack(folder: folder.path, roles: Schema.roles, logger: logger)
    }

    /// This program's own path: the children are the same program.
    static func program() throws -> String {
        #if os(Linux)
        if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { return path }
        #endif
        guard let path = Bundle.main.executablePath else { throw UpFault("this program does not find its own path") }
        return path
    }

    /// Ends what a killed supervisor left, starts the servers, migrates, makes sure of a token and of what a stack keeps, and writes `env`.
    /// - Returns: the environment of the children.
    func prepare(_ stack: LocalStack) async throws -> [String: String] {
        // First of all: an ingress that was left behind holds the port.
        try await Orphans.end(in: folder)
        if let reason = FreePort.refusal(of: port) {
            throw UpFault("port \(port) cannot be listened on: \(reason). Choose another with --port, or stop what uses it.")
        }
        Talk.say("starting redis, redis (run logs) and postgres …")
        let endpoints = try await stack.start()
        Talk.say("migrating …")
        let applied = try await Migration.run(url: endpoints.ownerURL)
        if applied > 0 { Talk.say("\(applied) migrations applied") }
        let earlier = folder.environment()
        let token = try await FirstToken.ensure(earlier["MAINSTAY_TOKEN"], databaseURL: endpoints.serverURL)
        var variables = [("MAINSTAY_URL", "http://127.0.0.1:\(port)"), ("MAINSTAY_TOKEN", token)]
        variables += Self.stores(endpoints)
        variables.append(("MAINSTAY_HTTP_PORT", "\(port)"))
        variables += StackSetting.all.map { ($0.variable, $0.chosen(earlier: earlier, own: ProcessInfo.processInfo.environment)) }
        try folder.publish(environment: variables)
        return Self.childEnvironment(ProcessInfo.processInfo.environment, variables)
    }

    /// Where a stack's stores are, by the variables that name them.
    static func stores(_ endpoints: Endpoints) -> [(String, String)] {
        [
            ("MAINSTAY_DATABASE_URL", endpoints.serverURL),
            ("MAINSTAY_MIGRATION_URL", endpoints.ownerURL),
            ("MAINSTAY_REPORTING_URL", endpoints.reportingURL),
            ("MAINSTAY_REDIS_URL", endpoints.redisURL),
            ("MAINSTAY_RUN_LOG_URL", endpoints.runLogURL),
        ]
    }

    /// What the ingress and the workers get: our own environment under the stack's variables, but nothing that they must not have.
    static func childEnvironment(_ own: [String: String], _ variables: [(String, String)]) -> [String: String] {
        // They need neither the owner's password nor a token; and a port that we inherited cannot be that of several.
        let kept: Set<String> = ["MAINSTAY_MIGRATION_URL", "MAINSTAY_REPORTING_URL", "MAINSTAY_TOKEN", "MAINSTAY_METRICS_PORT"]
        var environment = own.filter { !kept.contains($0.key) }
        for (name, value) in variables where !kept.contains(name) { environment[name] = value }
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
