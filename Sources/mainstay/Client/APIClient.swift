import AsyncHTTPClient
import Foundation
import Jobs
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// The ingress, as the commands talk to it.
struct APIClient: Sendable {
    let url: String
    let token: String?
    private let http: HTTPClient

    enum Method: Sendable {
        case get
        case post
        case delete
    }

    /// What the ingress answered instead of what was asked for.
    struct Failure: Error, CustomStringConvertible {
        let status: UInt
        let title: String
        let detail: String?

        var description: String {
            var text = "\(title) (\(status))"
            if let detail { text += ": \(detail)" }
            if status == 401 { text += "\nSet MAINSTAY_TOKEN; `mainstay token create` makes one." }
            return text
        }
    }

    init(settings: Settings, http: HTTPClient = .shared) {
        self.init(url: settings.text("url") ?? "", token: settings.text("token"), http: http)
    }

    init(url: String, token: String?, http: HTTPClient = .shared) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.token = token
        self.http = http
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
    func open(
        _ method: Method, _ path: String, body: Data? = nil, idempotencyKey: String? = nil, headers: [(String, String)] = [],
        timeout: Duration = .seconds(90)
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url + path)
        request.method = method == .get ? .GET : method == .post ? .POST : .DELETE
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let idempotencyKey { request.headers.add(name: "idempotency-key", value: idempotencyKey) }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(body)
        }
        let response = try await http.execute(request, timeout: .milliseconds(Int64(timeout.inSeconds * 1000)))
        guard (200..<300).contains(Int(response.status.code)) else {
            let bytes = try await response.body.collect(upTo: 1024 * 1024)
            let problem = try? Self.decoder.decode(ProblemBody.self, from: Data(buffer: bytes))
            throw Failure(
                status: UInt(response.status.code), title: problem?.title ?? response.status.reasonPhrase,
                detail: problem?.detail ?? (problem == nil ? String(String(buffer: bytes).prefix(300)) : nil))
        }
        return response
    }

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

/// What every accepted job is answered with.
struct AcceptedJob: Decodable {
    let id: UUID
}

/// What `GET /v1/jobs/{id}` answers.
struct JobAnswer: Decodable {
    let id: UUID
    let kind: String
    let state: String
    let attempts: Int
    let error: String?

    /// Waits until the job has an outcome, asking again as long as the ingress lets one wait.
    static func awaitOutcome(_ id: UUID, client: APIClient, within: Duration = .seconds(120)) async throws -> JobAnswer {
        let deadline = ContinuousClock.now + within
        while true {
            let answer: JobAnswer = try await client.call(.get, "/v1/jobs/\(id.uuidString.lowercased())?wait=10s")
            if ["done", "dead", "cancelled"].contains(answer.state) || ContinuousClock.now > deadline { return answer }
        }
    }
}
