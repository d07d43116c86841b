import Foundation
import LocalStack

/// What `mainstay bench streams` measures, each part a process of its own as in life: the servers, an emulated provider, an ingress
/// and two workers. This process is the client and nothing else.
struct StreamBenchStack: Sendable {
    /// The provider.
    let direct: StreamBenchTarget
    /// The same provider, asked by Mainstay.
    let through: StreamBenchTarget

    private static let workers = 2
    private static let emulator = "emulate"

    /// Runs all of them for the length of `body`; they have ended, and their folder is gone, when this returns.
    ///
    /// - Parameter streams: As many find a place in any one of the workers.
    /// - Throws: `UpFault` when one does not come up; `LocalStackError` when the servers do not; `BenchFault`; what `body` throws.
    static func with<R: Sendable>(
        streams: Int, _ body: @escaping @Sendable (StreamBenchStack) async throws -> R
    ) async throws -> R {
        try await BenchServers.with(.standard) { servers in
            try await BenchProcesses.with(named: "mainstay-bench-streams") { processes in
                let folder = processes.folder
                let own = ownEnvironment(ProcessInfo.processInfo.environment)
                let arguments = ["emulate", "openai", "--port", "0", "--json", "--stack", folder.path]
                return try await processes.keeping([.init(name: emulator, arguments: arguments)], UpStart.childEnvironment(own, [])) {
                    let provider = try await providerPort(in: folder)
                    let token = try await FirstToken.ensure(nil, databaseURL: servers.endpoints.serverURL)
                    let ports = try FreePort.next(1 + workers)
                    let variables = settings(for: servers.endpoints, port: ports[0], provider: provider, streams: streams, own: own)
                    let children = Supervisor.Child.all(of: folder, metricsPorts: Array(ports.dropFirst()))
                    return try await processes.keeping(children, UpStart.childEnvironment(own, variables)) {
                        try await UpStart(folder: folder, port: ports[0]).waitUntilReady()
                        return try await body(
                            StreamBenchStack(
                                direct: StreamBenchTarget(side: .direct, port: provider),
                                through: StreamBenchTarget(side: .through, port: ports[0], token: token)))
                    }
                }
            }
        }
    }

    /// The emulator's port, which it says in the first line of its output.
    private static func providerPort(in folder: UpFolder) async throws -> Int {
        struct Address: Decodable { let port: Int }
        let log = folder.log(emulator)
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            if let line = text.split(separator: "\n").first(where: { $0.hasPrefix("{") }),
                let address = try? JSONDecoder().decode(Address.self, from: Data(line.utf8))
            {
                return address.port
            }
            guard ContinuousClock.now < deadline else {
                throw UpFault("the emulated provider did not listen within 30 s. Its last words:\n\(Supervisor.lastLines(of: log, 12))")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    // MARK: Environment

    /// Our own environment as far as it is for what is measured. Settings such as the number of partitions are, so that they can be
    /// tried; other providers and issuers, and a file that may name them, are not.
    static func ownEnvironment(_ environment: [String: String]) -> [String: String] {
        environment.filter { name, _ in
            !["MAINSTAY_PROVIDER", "MAINSTAY_OIDC_", "MAINSTAY_CONFIG"].contains { name.hasPrefix($0) }
        }
    }

    private static func settings(
        for endpoints: Endpoints, port: Int, provider: Int, streams: Int, own: [String: String]
    ) -> [(String, String)] {
        UpStart.stores(endpoints) + [
            ("MAINSTAY_HTTP_HOST", "127.0.0.1"),
            ("MAINSTAY_HTTP_PORT", "\(port)"),
            ("MAINSTAY_PROVIDER_URL", "http://127.0.0.1:\(provider)/v1"),
            ("MAINSTAY_PROVIDER_MODEL", StreamBenchLoad.model),
            // A run whose client has read its end holds its place a little longer, and the next one of that client is there already.
            ("MAINSTAY_RUN_CONCURRENCY", "\(streams * 2 + 64)"),
            // Of no use when the client has left: an interrupted bench ends at once.
            ("MAINSTAY_DRAIN_SECONDS", "1"),
        ] + StackSetting.all.map { ($0.variable, $0.chosen(earlier: [:], own: own)) }
    }
}
