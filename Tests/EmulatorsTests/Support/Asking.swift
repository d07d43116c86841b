import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Web

@testable import Emulators

/// Requests to an emulator as a plain HTTP client sends them.
struct Asking: Sendable {
    let server: EmulatorServer
    /// A client's base URL.
    let url: String

    struct Answer: Sendable {
        let status: Int
        let headers: NIOHTTP1.HTTPHeaders
        let text: String

        func json() throws -> JSONValue { try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) }
    }

    /// Runs an emulator of one answer.
    static func with<Value: Sendable>(
        _ answer: EmulatorAnswer, of kind: EmulatorKind = .openai, clock: any Clock<Duration> = ContinuousClock(),
        _ body: @escaping @Sendable (Asking) async throws -> Value
    ) async throws -> Value {
        try await with(EmulatorScript(answer), of: kind, clock: clock, body)
    }

    static func with<Value: Sendable>(
        _ script: EmulatorScript, of kind: EmulatorKind = .openai, clock: any Clock<Duration> = ContinuousClock(),
        _ body: @escaping @Sendable (Asking) async throws -> Value
    ) async throws -> Value {
        try await EmulatorServer.with(EmulatorServer(kind: kind, script: script, clock: clock)) { server, url in
            try await body(Asking(server: server, url: url))
        }
    }

    /// Sends a request and answers its head; the body comes as it is read.
    func open(
        _ path: String = "/chat/completions", _ body: String? = Asking.streaming, method: NIOHTTP1.HTTPMethod = .POST,
        headers: [String: String] = [:]
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body))
        }
        return try await HTTPClient.shared.execute(request, timeout: .seconds(50))
    }

    /// Sends a request and reads all of its answer.
    func ask(
        _ path: String = "/chat/completions", _ body: String? = Asking.streaming, method: NIOHTTP1.HTTPMethod = .POST,
        headers: [String: String] = [:]
    ) async throws -> Answer {
        let response = try await open(path, body, method: method, headers: headers)
        let bytes = try await response.body.collect(upTo: 1 << 20)
        return Answer(status: Int(response.status.code), headers: response.headers, text: String(buffer: bytes))
    }

    static let streaming = #"{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#
    static let whole = #"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#
}
