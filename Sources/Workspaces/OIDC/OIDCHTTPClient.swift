import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// Asks issuers for their documents over HTTP: within 5 s and 256 KiB each, and without following redirects, which could lead anywhere.
///
/// Someone runs it, or calls ``shutdown()`` after its last use.
package final class OIDCHTTPClient: Service {
    /// A set of keys has a few kilobytes.
    static let bound = 256 << 10
    /// A request waits for it.
    static let limit = Duration.seconds(5)

    private let http: HTTPClient
    private let clock: any Clock<Duration>

    /// - Parameter clock: what the limit is measured with.
    init(clock: any Clock<Duration> = ContinuousClock()) {
        self.clock = clock
        http = HTTPClient(
            eventLoopGroup: HTTPClient.defaultEventLoopGroup,
            configuration: HTTPClient.Configuration(
                redirectConfiguration: .disallow, timeout: .init(connect: TimeAmount(Self.limit), read: TimeAmount(Self.limit)),
                // So that the bound is one of what is kept, too.
                decompression: .disabled))
    }

    /// - Throws: ``OIDCFault``.
    func fetch(_ address: OIDCAddress) async throws -> OIDCAnswer {
        do {
            // The client's own deadline ends with the head of the answer; a body may come drop by drop.
            return try await withThrowingTaskGroup(of: OIDCAnswer?.self) { group in
                group.addTask { try await self.exchange(address) }
                group.addTask { [clock] in
                    try await clock.sleep(for: Self.limit)
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let answer = first else {
                    throw OIDCFault(.away, "\(address) did not answer within \(Self.limit.components.seconds) s")
                }
                return answer
            }
        } catch let fault as OIDCFault {
            throw fault
        } catch is NIOTooManyBytesError {
            throw OIDCFault(.answer, "\(address) answered with more than \(Self.bound) bytes")
        } catch {
            throw OIDCFault(.away, "\(address) cannot be asked: \(error)")
        }
    }

    private func exchange(_ address: OIDCAddress) async throws -> OIDCAnswer {
        var request = HTTPClientRequest(url: address.text)
        request.headers.add(name: "accept", value: "application/json")
        request.headers.add(name: "user-agent", value: "mainstay")
        let response = try await http.execute(request, timeout: TimeAmount(Self.limit))
        let status = Int(response.status.code)
        guard status == 200 else {
            let hint = (300..<400).contains(status) ? ", and redirects are not followed" : ""
            throw OIDCFault(.answer, "\(address) answered with HTTP status \(status)\(hint)")
        }
        let body = try await response.body.collect(upTo: Self.bound)
        let lines = response.headers[canonicalForm: "cache-control"]
        return OIDCAnswer(
            body: Array(body.readableBytesView), cacheControl: lines.isEmpty ? nil : lines.joined(separator: ","),
            age: response.headers.first(name: "age"))
    }

    // MARK: Service

    /// Waits for graceful shutdown or cancellation, then closes all connections.
    package func run() async throws {
        // Cancellation ends the wait with an error, and means the same here.
        try? await gracefulShutdown()
        try await shutdown()
    }

    /// Closes all connections; requests in flight fail.
    package func shutdown() async throws {
        try await http.shutdown()
    }
}
