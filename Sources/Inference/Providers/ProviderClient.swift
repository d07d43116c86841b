import AsyncHTTPClient
import NIOCore
import ServiceLifecycle

/// The HTTP client that all providers of a process share.
///
/// Someone runs it, or calls ``shutdown()`` after its last use.
package final class ProviderClient: Service {
    let http: HTTPClient

    package init() {
        var configuration = HTTPClient.Configuration(
            // A key must not follow a redirect to another host.
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5)), decompression: .disabled)
        // As many streams at once as a worker has runs; the default of 8 a host would make the ninth wait for another's end.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 4_096
        // Each stream has its own connection: in HTTP/2 one slow reader's window can hold back the others.
        configuration.httpVersion = .http1Only
        http = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }

    /// Waits for graceful shutdown or cancellation, then closes all connections.
    package func run() async throws {
        // Cancellation ends the wait with an error, and means the same here.
        try? await gracefulShutdown()
        try await shutdown()
    }

    /// Closes all connections; calls in flight fail.
    package func shutdown() async throws {
        try await http.shutdown()
    }
}
