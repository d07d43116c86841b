import Foundation
import HummingbirdTesting
import TestSupport
import Testing
import Web

@testable import Inference

/// The official Python clients against a listening ingress whose model says what a test wants: what they put together is what it said.
@Suite("Official clients", .timeLimit(.minutes(3))) struct OfficialClientsTests {
    /// Says what the last message names.
    private static let provider = PlayedProvider { request, receive in
        let last = request.messages.last
        let images = request.messages.flatMap(\.images).map(\.url)
        if !images.isEmpty {
            try await receive(.text(images.joined(separator: " ")))
            return try await end(receive, .completed, FinishReason(.stop, raw: "stop"))
        }
        if last?.role == .tool {
            let results = request.messages.filter { $0.role == .tool }.map(\.content)
            try await receive(.text(results.joined(separator: ", ")))
            return try await end(receive, .completed, FinishReason(.stop, raw: "stop"))
        }
        switch last?.content {
        case "history":
            try await receive(.text(request.messages.map(\.content).joined(separator: "|")))
            try await end(receive, .completed, FinishReason(.stop, raw: "stop"))
        case "remember":
            let name = request.tools.map(\.name).contains("memory_search") ? "memory_search" : "none"
            try await receive(.toolCall(ToolCall(index: 0, id: "c0", name: name, arguments: #"{"query":"anything"}"#)))
            try await end(receive, .completed, FinishReason(.toolCalls, raw: "tool_calls"))
        case "text":
            try await receive(.chunk(StreamChunk(.reasoning, "Hm")))
            for piece in ["Hello ", "wörld ", "🌍"] { try await receive(.text(piece)) }
            try await end(receive, .completed, FinishReason(.stop, raw: "stop"))
        case "tools":
            for event in ToldRun.parallelCalls {
                switch event {
                case .toolCallDelta(let delta): try await receive(.toolCallDelta(delta))
                case .toolCall(let call): try await receive(.toolCall(call))
                default: break
                }
            }
            try await end(receive, .completed, FinishReason(.toolCalls, raw: "tool_calls"))
        case "refusal":
            for piece in ["I ", "won't."] { try await receive(.chunk(StreamChunk(.refusal, piece))) }
            try await end(receive, .completed, FinishReason(.refusal, raw: "stop"))
        case "sequence":
            try await receive(.text("Up to here"))
            try await end(receive, .completed, FinishReason(.stop, raw: "stop_sequence", stopSequence: "END"))
        case "length":
            try await receive(.toolCallDelta(ToolCallDelta(index: 0, id: "c0", name: "weather", arguments: "")))
            try await receive(.toolCallDelta(ToolCallDelta(index: 0, arguments: #"{"city":"#)))
            try await end(receive, .incomplete(.maxOutputTokens), FinishReason(.length, raw: "length"))
        case "useless":
            try await end(receive, .failed(InferenceError(.serverError, "Not again.", shouldRetry: false)))
        default:
            if last?.content == "during" { try await receive(.text("part")) }
            // A provider that asks for so long a pause is not asked again.
            try await end(receive, .failed(InferenceError(.rateLimited, "Too many.", code: "slow_down", retryAfter: .seconds(90))))
        }
    }

    private static func end(_ receive: PlayedProvider.Receive, _ outcome: StepEnding.Outcome, _ finish: FinishReason? = nil) async throws {
        try await receive(.usage(ToldRun.usage))
        try await receive(.ended(StepEnding(outcome, finish: finish)))
    }

    /// What a program below `Clients` prints.
    private static func run(_ program: String, _ address: (Int) -> String, _ ask: RunRoutesTests.Asker) async throws -> JSONValue {
        guard let packages = ProcessInfo.processInfo.environment["MAINSTAY_PYTHON_CLIENTS"] else {
            throw TestSupportError("MAINSTAY_PYTHON_CLIENTS is not set: name the folder with the packages openai and anthropic, or run ops/test")
        }
        let port = try #require(ask.client.port)
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Clients/\(program)").path
        let result = try await Program.run(
            words: ["/usr/bin/env", "python3", file, address(port), "mine"],
            environment: [
                "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": NSTemporaryDirectory(), "PYTHONPATH": packages,
                "PYTHONDONTWRITEBYTECODE": "1",
            ])
        try #require(result.status == 0, "\(program): \(result.errors)")
        return try JSONValue(parsing: result.output)
    }

    /// As long as in earnest: after it the head of an answer is sent, and a failure has no status of its own any more.
    private let silence = Duration.seconds(10)

    private static let calls: JSONValue = [["c0", "weather", #"{"city":"Oslo"}"#], ["c1", "time", #"{"zone":"CET"}"#]]

    @Test("OpenAI's: Chat Completions and Responses, streamed, by its helpers and as a whole; tools, refusals, bounds, errors, resume, models")
    func openAI() async throws {
        try await RunRoutesTests.withRoutes([Self.provider], silence: silence) { ask in
            let told = try await Self.run("openai_client.py", { "http://127.0.0.1:\($0)/v1" }, ask)
            for way in ["chat_whole", "chat_stream", "chat_helper", "responses_whole", "responses_stream", "responses_helper"] {
                let isChat = way.hasPrefix("chat")
                let end = isChat ? "finish" : "status"
                #expect(told[path: "\(way).text.text"] == "Hello wörld 🌍", "\(way)")
                #expect(told[path: "\(way).text.\(end)"] == .string(isChat ? "stop" : "completed"), "\(way)")
                #expect(told[path: "\(way).tools.calls"] == Self.calls, "\(way)")
                #expect(told[path: "\(way).tools.\(end)"] == .string(isChat ? "tool_calls" : "completed"), "\(way)")
                #expect(told[path: "\(way).refusal.refusal"] == "I won't.", "\(way)")
                #expect(told[path: "\(way).refusal.text"] == "", "\(way)")
                guard !way.hasSuffix("helper") else { continue }
                #expect(told[path: "\(way).length.\(end)"] == .string(isChat ? "length" : "incomplete"), "\(way)")
                #expect(told[path: "\(way).length.calls.0.2"] == #"{"city":"#, "\(way)")
                #expect(told[path: "\(way).before.error"] == "RateLimitError", "\(way)")
                #expect(told[path: "\(way).before.status"] == 429, "\(way)")
                #expect(told[path: "\(way).before.code"] == "slow_down", "\(way)")
                if way.hasSuffix("whole") {
                    #expect(told[path: "\(way).text.tokens"] == 12, "\(way)")
                    #expect(told[path: "\(way).during.error"] == "RateLimitError", "\(way)")
                }
            }
            #expect(told[path: "chat_stream.text.reasoning"] == "Hm")
            #expect(told[path: "chat_stream.text.tokens"] == 12)
            #expect(told[path: "chat_stream.during.error"] == "APIError")
            #expect(told[path: "chat_stream.during.message"] == "Too many.")
            #expect(told[path: "responses_stream.during.last"] == "response.failed")
            #expect(told[path: "responses_stream.during.text"] == "part")
            #expect(told[path: "responses_stream.text.last"] == "response.completed")
            #expect(told[path: "responses_background.first"] == ["queued", "test-model", "", 0, true, true])
            #expect(told[path: "responses_background.text"] == "Hello wörld 🌍")
            #expect(told[path: "responses_background.status"] == "completed")
            let numbers = told[path: "responses_resumed.numbers"].elements ?? []
            #expect(numbers == numbers.indices.map { JSONValue.integer(Int64($0)) })
            #expect(told[path: "responses_resumed.last"] == "response.completed")
            #expect(told[path: "responses_resumed.status"] == "completed")
            #expect(told[path: "unknown_model"] == ["error": "NotFoundError", "code": "model_not_found"])
            #expect(told[path: "wrong_key"] == ["error": "AuthenticationError", "code": "invalid_api_key"])
            #expect(told[path: "useless"] == ["status": 502, "repetitions": "0"])
            #expect(told[path: "models"] == ["scripted", "scripted-fast", "played/test-model"])
            #expect(told[path: "model"] == "o/ada")
            #expect(told[path: "tool_round"] == "weather result, time result")
            let images: JSONValue = "https://a.example/cat.png data:image/png;base64,iVBORw0KGgo="
            #expect(told[path: "images"] == [images, images])
            #expect(told[path: "conversation.text"] == "text|Hello wörld 🌍|history")
            #expect(told[path: "conversation.named"] == true)
            #expect(told[path: "conversation.unknown"] == "previous_response_not_found")
            // Behind the result of a tool the model says what the tool told.
            #expect(told[path: "extended.text"].string?.isEmpty == false)
            #expect(told[path: "extended.calls"] == 0)
            #expect(told[path: "extended.finish"] == "stop")
        }
    }

    @Test("Anthropic's: Messages, streamed, by its helper and as a whole; tools, thinking, refusals, bounds, errors, models")
    func anthropic() async throws {
        try await RunRoutesTests.withRoutes([Self.provider], silence: silence) { ask in
            let told = try await Self.run("anthropic_client.py", { "http://127.0.0.1:\($0)" }, ask)
            for way in ["whole", "helper"] {
                #expect(told[path: "\(way).text.text"] == "Hello wörld 🌍", "\(way)")
                #expect(told[path: "\(way).text.stop"] == "end_turn", "\(way)")
                #expect(told[path: "\(way).text.tokens"] == 12, "\(way)")
                #expect(told[path: "\(way).text.thinking"] == "", "\(way)")
                #expect(told[path: "\(way).tools.calls"] == [["c0", "weather", ["city": "Oslo"]], ["c1", "time", ["zone": "CET"]]], "\(way)")
                #expect(told[path: "\(way).tools.stop"] == "tool_use", "\(way)")
                #expect(told[path: "\(way).refusal.text"] == "I won't.", "\(way)")
                #expect(told[path: "\(way).refusal.stop"] == "refusal", "\(way)")
                #expect(told[path: "\(way).length.stop"] == "max_tokens", "\(way)")
                #expect(told[path: "\(way).sequence.stop"] == "stop_sequence", "\(way)")
                #expect(told[path: "\(way).sequence.sequence"] == "END", "\(way)")
                #expect(told[path: "\(way).text.sequence"] == .null, "\(way)")
            }
            #expect(told[path: "whole.during.error"] == "RateLimitError")
            for way in ["whole", "stream", "helper"] {
                #expect(told[path: "\(way).before"] == ["error": "RateLimitError", "status": 429, "type": "rate_limit_error"], "\(way)")
            }
            for way in ["stream", "helper"] {
                // The client raises it behind the head, whose status was 200.
                #expect(told[path: "\(way).during.type"] == "rate_limit_error", "\(way)")
                #expect(told[path: "\(way).during.status"] == 200, "\(way)")
            }
            #expect(told[path: "stream.tools.inputs"] == [#"{"city":"Oslo"}"#, #"{"zone":"CET"}"#])
            #expect(told[path: "stream.length.inputs"] == [#"{"city":"#])
            #expect(told[path: "stream.text"] == ["first": "message_start", "last": "message_stop", "inputs": []])
            #expect(told[path: "thinking.thinking"] == "Hm")
            #expect(told[path: "thinking.text"] == "Hello wörld 🌍")
            #expect(told[path: "unknown_model"] == ["error": "NotFoundError", "type": "not_found_error", "request": true])
            #expect(told[path: "wrong_key"] == ["error": "AuthenticationError", "type": "authentication_error", "request": true])
            #expect(told[path: "useless"] == ["status": 502, "repetitions": "0"])
            #expect(told[path: "models"] == ["scripted", "scripted-fast", "played/test-model"])
            #expect(told[path: "model"] == "o/ada")
            #expect(told[path: "tool_round"] == "weather result, time result")
            #expect(told[path: "images"] == "data:image/png;base64,iVBORw0KGgo= https://a.example/cat.png")
            #expect(told[path: "extended.text"].string?.isEmpty == false)
            #expect(told[path: "extended.calls"] == [])
            #expect(told[path: "extended.stop"] == "end_turn")
        }
    }
}
