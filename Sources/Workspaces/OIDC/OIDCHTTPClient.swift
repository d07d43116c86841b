import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// Asks issuers for their documents, and for tokens, over HTTP: within 5 s and 256 KiB each, and without following redirects, which could
/// lead anywhere.
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
        try await bounded(address) { try await self.read(address) }
    }

    /// Sends a code to a token endpoint.
    /// - Throws: ``OIDCFault``; whatever the issuer says in an answer, its status too, is the caller's to read.
    func exchange(_ request: OIDCTokenRequest) async throws -> OIDCTokenAnswer {
        try await bounded(request.address) { try await self.send(request) }
    }

    private func bounded<Answer: Sendable>(
        _ address: OIDCAddress, _ work: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        do {
            // The client's own deadline ends with the head of the answer; a body may come drop by drop.
            return try await withThrowingTaskGroup(of: Answer?.self) { group in
                group.addTask { try await work() }
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

    private func read(_ address: OIDCAddress) async throws -> OIDCAnswer {
        let request = Self.request(to: address)
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

    private func send(_ exchange: OIDCTokenRequest) async throws -> OIDCTokenAnswer {
        var request = Self.request(to: exchange.address)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
        if let authorization = exchange.authorization { request.headers.add(name: "authorization", value: authorization) }
        request.body = .bytes(ByteBuffer(string: exchange.body))
        let response = try await http.execute(request, timeout: TimeAmount(Self.limit))
        let body = try await response.body.collect(upTo: Self.bound)
        return OIDCTokenAnswer(status: Int(response.status.code), body: Array(body.readableBytesView))
    }

    private static func request(to address: OIDCAddress) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address.text)
        request.headers.add(name: "accept", value: "application/json")
        request.headers.add(name: "user-agent", value: "mainstay")
        return request
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
