import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing
import Web

@testable import Operations

/// One answer.
struct Answer: Sendable {
    let status: HTTPResponse.Status
    let headers: HTTPFields
    let text: String

    init(_ response: TestResponse) {
        status = response.status
        headers = response.headers
        text = String(buffer: response.body)
    }

    var json: JSONValue { (try? JSONBody.decode(JSONValue.self, from: Array(text.utf8))) ?? .null }
    var items: [JSONValue] { json["items"]?.elements ?? [] }
    var location: String? { headers[.location] }

    /// What the forms of a page carry.
    var formToken: String? {
        guard let start = text.range(of: #"name="form" value=""#) else { return nil }
        return String(text[start.upperBound...].prefix { $0 != "\"" })
    }
}

/// A program with a token.
struct Asker: Sendable {
    let client: any TestClientProtocol
    /// Nil for one that shows none.
    let token: String?

    func with(token: String?) -> Asker { Asker(client: client, token: token) }

    func callAsFunction(_ method: HTTPRequest.Method, _ path: String, _ body: String? = nil) async throws -> Answer {
        var headers: HTTPFields = [:]
        if let token { headers[.authorization] = "Bearer \(token)" }
        if body != nil { headers[.contentType] = "application/json" }
        return Answer(try await client.executeRequest(uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }))
    }
}

/// A person with a browser: it keeps cookies, runs no JavaScript and follows no redirects by itself.
actor Browser {
    nonisolated let client: any TestClientProtocol
    private var cookies: [String: String] = [:]

    init(client: any TestClientProtocol) {
        self.client = client
    }

    func cookie(_ name: String) -> String? { cookies[name] }
    func setCookie(_ name: String, _ value: String?) { cookies[name] = value }

    func get(_ path: String, headers: HTTPFields = [:]) async throws -> Answer {
        try await send(.get, path, headers, nil)
    }

    /// Sends a form.
    func post(_ path: String, _ fields: [(name: String, value: String?)], headers: HTTPFields = [:]) async throws -> Answer {
        var headers = headers
        headers[.contentType] = "application/x-www-form-urlencoded"
        let body = PageAddress.query("", fields).dropFirst()
        return try await send(.post, path, headers, ByteBuffer(string: String(body)))
    }

    /// Loads a page and sends one of its forms with what the page hides in it.
    func act(_ path: String, from page: String, _ fields: [(name: String, value: String?)] = []) async throws -> Answer {
        let token = try await get(page).formToken
        return try await post(path, fields + [(name: "form", value: token)])
    }

    /// Shows a token on the sign-in page.
    @discardableResult
    func signIn(_ token: String, next: String? = nil) async throws -> Answer {
        let page = try await get(PageAddress.query("/ops/login", [(name: "next", value: next)]))
        return try await post(
            "/ops/login", [(name: "form", value: page.formToken), (name: "token", value: token), (name: "next", value: next)])
    }

    private func send(_ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields, _ body: ByteBuffer?) async throws -> Answer {
        var headers = headers
        if !cookies.isEmpty { headers[.cookie] = cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }
        let answer = Answer(try await client.executeRequest(uri: path, method: method, headers: headers, body: body))
        for field in answer.headers[values: .setCookie] {
            let pair = field.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { continue }
            cookies[String(pair[0])] = field.contains("Max-Age=0;") ? nil : String(pair[1])
        }
        return answer
    }
}
