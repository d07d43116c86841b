import AsyncHTTPClient
import Foundation
import Jobs
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix

/// The ingress, as the commands talk to it.
struct APIClient: Sendable {
    let url: String
    let token: String?
    private let http: HTTPClient

    enum Method: Sendable {
        case get
        case post
        case put
        case patch
        case delete
    }

    /// What the ingress answered instead of what was asked for.
    struct Failure: Error, CustomStringConvertible {
        let status: UInt
        let title: String
        let detail: String?
        /// Seconds, where the answer says so.
        var retryAfter: Int?

        /// The same request may be answered otherwise a little later.
        var mayPass: Bool { status >= 500 || status == 429 }

        var description: String {
            var text = "\(title) (\(status))"
            if let detail { text += ": \(detail)" }
            if status == 401 { text += "\nSet MAINSTAY_TOKEN; `mainstay token create` makes one." }
            return text
        }
    }

    /// Nobody listens where the ingress should be.
    struct Unreachable: Error, CustomStringConvertible {
        let url: String
        let reason: String

        var description: String { "no ingress answers at \(url): start one with ops/up, or set MAINSTAY_URL (\(reason))" }
    }

    /// A person waits for the answer: a connection that is refused is told at once and not tried again for a minute and a half, as
    /// the shared client would. It lives as long as the process, so nobody shuts it down.
    private static let direct: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        // More than any command has requests under way: waiting for a free connection counts as connecting.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        return HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    }()

    init(settings: Settings, http: HTTPClient? = nil) {
        self.init(url: settings.text("url") ?? "", token: settings.text("token"), http: http)
    }

    init(url: String, token: String?, http: HTTPClient? = nil) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.token = token
        self.http = http ?? Self.direct
    }

    /// Sends a request and decodes its answer.
    func call<Answer: Decodable>(
        _ method: Method, _ path: String, body: (any Encodable)? = nil, idempotencyKey: String? = nil,
        timeout: Duration = .seconds(90),
        as: Answer.Type = Answer.self
    ) async throws -> Answer {
        let data = try await raw(method, path, body: body.map { try Self.encoder.encode($0) }, idempotencyKey: idempotencyKey, timeout: timeout)
        return try Self.decoder.decode(Answer.self, from: data)
    }

    /// Sends a request whose body is JSON already; returns the answer's bytes.
    func raw(
        _ method: Method, _ path: String, body: Data? = nil, idempotencyKey: String? = nil, timeout: Duration = .seconds(90)
    ) async throws -> Data {
        let response = try await open(method, path, body: body, idempotencyKey: idempotencyKey, timeout: timeout)
        return Data(buffer: try await response.body.collect(upTo: 64 * 1024 * 1024))
    }

    /// Sends a request and returns the answer with its body still to come; a problem is thrown.
    ///
    /// While the same Idempotency-Key is under way elsewhere it asks again, as often as a commit may take.
    /// - Throws: `Failure`, `Unreachable`, what the HTTP client throws when a connection breaks.
    func open(
        _ method: Method, _ path: String, body: Data? = nil, contentType: String = "application/json", idempotencyKey: String? = nil,
        headers: [(String, String)] = [], timeout: Duration = .seconds(90)
    ) async throws -> HTTPClientResponse {
        var triesLeft = idempotencyKey == nil ? 0 : 10
        while true {
            do {
                return try await once(
                    method, path, body: body, contentType: contentType, idempotencyKey: idempotencyKey, headers: headers, timeout: timeout)
            } catch let failure as Failure {
                guard triesLeft > 0, failure.status == 409, let pause = failure.retryAfter else { throw failure }
                triesLeft -= 1
                try await Task.sleep(for: .seconds(min(pause, 5)))
            }
        }
    }

    private func once(
        _ method: Method, _ path: String, body: Data?, contentType: String, idempotencyKey: String?, headers: [(String, String)],
        timeout: Duration
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url + path)
        request.method =
            switch method {
            case .get: .GET
            case .post: .POST
            case .put: .PUT
            case .patch: .PATCH
            case .delete: .DELETE
            }
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let idempotencyKey { request.headers.add(name: "idempotency-key", value: idempotencyKey) }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "content-type", value: contentType)
            request.body = .bytes(body)
        }
        let response: HTTPClientResponse
        do {
            response = try await http.execute(request, timeout: .milliseconds(Int64(timeout.inSeconds * 1000)))
        } catch {
            if let reason = Self.whyUnreachable(error) { throw Unreachable(url: url, reason: reason) }
            throw error
        }
        guard (200..<300).contains(Int(response.status.code)) else {
            let bytes = try await response.body.collect(upTo: 1024 * 1024)
            let problem = try? Self.decoder.decode(ProblemBody.self, from: Data(buffer: bytes))
            throw Failure(
                status: UInt(response.status.code), title: problem?.title ?? response.status.reasonPhrase,
                detail: problem?.detail ?? (problem == nil ? String(String(buffer: bytes).prefix(300)) : nil),
                retryAfter: response.headers.first(name: "retry-after").flatMap { Int($0) })
        }
        return response
    }

    /// Why there was no connection at all; nil when there was one, and something else went wrong.
    private static func whyUnreachable(_ error: any Error) -> String? {
        switch error {
        case let error as HTTPClientError where error == .connectTimeout: "nothing answers there"
        case let error as IOError where noConnection.contains(error.errnoCode): String(cString: strerror(error.errnoCode))
        // Of a host's name: it is not known, or none of its addresses takes a connection.
        case let error as NIOConnectionError:
            error.connectionErrors.isEmpty ? "the name \(error.host) is not known" : "no address of \(error.host) takes a connection"
        default: nil
        }
    }

    private static let noConnection: Set<Int32> = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH]

    private struct ProblemBody: Decodable {
        let title: String
        let detail: String?
    }

    static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()

    static let decoder = JSONDecoder()
}
