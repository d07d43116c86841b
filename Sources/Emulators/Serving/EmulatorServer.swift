import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle

/// A server that speaks a provider's wire and says what a script tells it.
///
/// ```swift
/// let script = EmulatorScript(EmulatorAnswer(text: ["Hel", "lo"], ending: EmulatorEnding(.reset, after: 1)))
/// try await EmulatorServer.with(EmulatorServer(kind: .openai, script: script)) { server, url in
///     …
/// }
/// ```
package struct EmulatorServer: Service {
    package let kind: EmulatorKind
    /// What reached it.
    package let book: RequestBook
    private let host: String
    private let boundPort: BoundPort
    private let logger: Logger
    private let application: Application<EmulatorResponder>

    /// - Parameters:
    ///   - port: 0 for any that is free, see ``port()``.
    ///   - seed: two servers with one seed and script give the same answers to the same requests.
    ///   - clock: paces the streams and dates the observations.
    package init(
        kind: EmulatorKind, script: EmulatorScript = .builtIn, host: String = "127.0.0.1", port: Int = 0, seed: UInt64 = 1,
        clock: any Clock<Duration> = ContinuousClock(), logger: Logger = Logger(label: "mainstay.emulator")
    ) {
        self.kind = kind
        self.host = host
        self.logger = logger
        let book = RequestBook(clock: clock)
        let boundPort = BoundPort()
        self.book = book
        self.boundPort = boundPort
        let shelf = ResponseShelf()
        var application = Application(
            responder: EmulatorResponder(kind: kind, script: script, seed: seed, clock: clock, book: book, shelf: shelf),
            // One that watches its client for each connection.
            server: .http1(configuration: .init(additionalChannelHandlers: [ClientWatch()])),
            // Ten thousand clients may come at once.
            configuration: .init(address: .hostname(host, port: port), serverName: nil, backlog: 4_096),
            onServerRunning: { channel in boundPort.settle(.success(channel.localAddress?.port ?? port)) }, logger: logger)
        application.addServices(shelf)
        self.application = application
    }

    /// Waits until the server listens.
    ///
    /// - Throws: what keeps it from listening; `CancellationError`.
    package func port() async throws -> Int {
        try await boundPort.wait()
    }

    /// Where a client of the provider is pointed to: its base URL. Waits until the server listens.
    package func url() async throws -> String {
        // A server on all addresses is reached by this one.
        let name = host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host
        return "http://\(name.contains(":") ? "[\(name)]" : name):\(try await port())\(kind.clientBase)"
    }

    /// Serves until graceful shutdown or cancellation. Open streams are closed without their ends.
    package func run() async throws {
        do {
            try await application.run()
        } catch {
            boundPort.settle(.failure(error))
            throw error
        }
        boundPort.settle(.failure(CancellationError()))
    }

    /// Runs a server for the length of `body`, which is given its base URL.
    ///
    /// - Throws: what keeps the server from listening, what `body` throws.
    package static func with<Value: Sendable>(
        _ server: EmulatorServer, _ body: @escaping @Sendable (EmulatorServer, String) async throws -> Value
    ) async throws -> Value {
        let group = ServiceGroup(configuration: .init(services: [server], logger: server.logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let result: Result<Value, any Error>
            do { result = .success(try await body(server, try await server.url())) } catch { result = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try result.get()
        }
    }
}
