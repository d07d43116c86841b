import NIOHTTP1
import TestSupport
import Testing
import Web

@testable import Emulators

/// Answers that are no streams: refusals, models, observations.
@Suite("An emulator's other answers", .timeLimit(.minutes(1))) struct EmulatorRefusalTests {
    @Test("are errors in the shape of the provider", arguments: EmulatorKind.allCases) func errors(kind: EmulatorKind) async throws {
        let answer = EmulatorAnswer(refuse: EmulatorError(429, message: "slow down", retryAfter: 7, headers: ["x-test": "1"]))
        try await Asking.with(answer, of: kind) { asking in
            let path = kind == .anthropic ? "/v1/messages" : "/chat/completions"
            let body = #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}"#
            let answer = try await asking.ask(path, body, headers: ["anthropic-version": "2023-06-01"])
            #expect(answer.status == 429)
            #expect(answer.headers.first(name: "retry-after") == "7")
            #expect(answer.headers.first(name: "x-test") == "1")
            let json = try answer.json()
            #expect(json["error"]?["message"] == "slow down")
            switch kind {
            case .openai: #expect(json["error"]?["code"] == "rate_limit_exceeded")
            case .anthropic: #expect(json["type"] == "error" && json["error"]?["type"] == "rate_limit_error")
            case .openrouter: #expect(json["error"]?["code"] == 429 && json["error"]?["metadata"]?["error_type"] == "rate_limit_exceeded")
            }
        }
    }

    @Test("may have a status that says otherwise than the body") func jsonError() async throws {
        try await Asking.with(EmulatorAnswer(refuse: EmulatorError(429, httpStatus: 200))) { asking in
            let answer = try await asking.ask()
            #expect(answer.status == 200)
            #expect(answer.headers.first(name: "content-type") == "application/json")
            #expect(try answer.json()["error"]?["code"] == "rate_limit_exceeded")
        }
    }

    @Test("want the key, the model and the version that the script wants") func conditions() async throws {
        let script = EmulatorScript(key: "sk-1", models: ["m"])
        try await Asking.with(script) { asking in
            #expect(try await asking.ask().status == 401)
            #expect(try await asking.ask(headers: ["authorization": "Bearer sk-2"]).status == 401)
            #expect(try await asking.ask(headers: ["authorization": "Bearer sk-1"]).status == 200)
            let other = #"{"model":"n","messages":[{"role":"user","content":"Hi"}]}"#
            let unknown = try await asking.ask("/chat/completions", other, headers: ["authorization": "Bearer sk-1"])
            #expect(unknown.status == 404)
            #expect(try unknown.json()["error"]?["code"] == "model_not_found")
            let models = try await asking.ask("/models", nil, method: .GET, headers: ["authorization": "Bearer sk-1"]).json()
            #expect(models["data"]?[0]?["id"] == "m")
            #expect(try await asking.ask("/nothing", headers: ["authorization": "Bearer sk-1"]).status == 404)
        }
        try await Asking.with(script, of: .anthropic) { asking in
            let body = #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}"#
            let answer = try await asking.ask("/v1/messages", body, headers: ["x-api-key": "sk-1"])
            #expect(answer.status == 400)
            #expect(try answer.json()["error"]?["message"]?.string?.contains("anthropic-version") == true)
        }
    }

    @Test("tell what was asked, without keys") func observations() async throws {
        try await Asking.with(EmulatorAnswer(text: "Hi"), of: .openrouter) { asking in
            _ = try await asking.ask(headers: ["authorization": "Bearer sk-secret", "x-title": "Test"])
            try await eventually("its end") { asking.server.book.open == 0 }
            let book = asking.url.replacing("/api/v1", with: "")
            let observer = Asking(server: asking.server, url: book)
            let answer = try await observer.ask("/_emulator/requests", nil, method: .GET)
            #expect(!answer.text.contains("sk-secret"))
            let json = try answer.json()
            #expect(json["open"] == 0)
            let request = json["requests"]?[0]
            #expect(request?["path"] == "/api/v1/chat/completions")
            #expect(request?["headers"]?["x-title"] == "Test")
            #expect(request?["body"] == .string(Asking.streaming))
            #expect(request?["state"] == "finished")
            #expect(try await observer.ask("/_emulator/requests", nil, method: .DELETE).status == 204)
            #expect(asking.server.book.entries.isEmpty)
        }
    }

    @Test("tell that a port is taken") func taken() async throws {
        try await Asking.with(EmulatorAnswer()) { asking in
            let port = try await asking.server.port()
            let second = EmulatorServer(kind: .openai, port: port)
            await #expect(throws: (any Error).self) { try await EmulatorServer.with(second) { _, _ in } }
        }
    }
}
