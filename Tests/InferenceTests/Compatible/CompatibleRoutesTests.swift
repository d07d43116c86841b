import Foundation
import HTTPTypes
import Jobs
import Testing
import Web

@testable import Inference

@Suite("Endpoints of other APIs", .timeLimit(.minutes(2))) struct CompatibleRoutesTests {
    typealias Asker = RunRoutesTests.Asker
    typealias Answer = RunRoutesTests.Answer

    private static let chat = "/v1/chat/completions"

    /// A body for each path that asks `text`.
    private static func bodies(_ text: String, model: String, more: String = "") -> [(path: String, body: String)] {
        let messages = #""model":"\#(model)","messages":[{"role":"user","content":"\#(text)"}]"#
        return [
            (chat, "{\(messages)\(more)}"), ("/v1/messages", #"{\#(messages),"max_tokens":99\#(more)}"#),
            ("/v1/responses", #"{"model":"\#(model)","input":"\#(text)"\#(more)}"#),
        ]
    }

    /// The text of an answer of any of the three.
    private static func text(_ answer: JSONValue) -> String? {
        (answer[path: "choices.0.message.content"].string ?? answer[path: "content.0.text"].string)
            ?? answer[path: "output.0.content.0.text"].string
    }

    /// The text that a stream's deltas join to.
    private static func text(_ frames: [ToldFrame]) -> String {
        frames.compactMap { frame in
            frame.data[path: "choices.0.delta.content"].string ?? frame.data[path: "delta.text"].string
                ?? (frame.type == "response.output_text.delta" ? frame.data["delta"]?.string : nil)
        }.joined()
    }

    static func frames(_ answer: Answer) -> [ToldFrame] { answer.events.map { ToldFrame($0) } }

    @Test("Whole and streamed answers say the same, each is a run, and an agent may be the model")
    func answers() async throws {
        try await RunRoutesTests.withRoutes { ask in
            for (path, body) in Self.bodies("Where is it?", model: "o/ada") {
                let whole = try await ask(.post, path, body)
                #expect(whole.status == .ok, "\(path)")
                let text = try #require(Self.text(whole.json), "\(path)")
                #expect(text.contains("You are Ada.") && text.contains("“Where is it?”"))
                #expect(whole.json[path: "model"] == "o/ada")
                let run = try #require(whole.headers[.run].flatMap(UUID.init(uuidString:)))
                #expect(try await ask.engine.finished(run).text == text)
                #expect(try await ask(.get, "/v1/runs/\(run.lowercased)").json[path: "agent"] == "o/ada")
            }
            for (path, body) in Self.bodies("Where is it?", model: "scripted", more: #","stream":true"#) {
                let stream = try await ask(.post, path, body)
                #expect(stream.status == .ok)
                #expect(stream.headers[.contentType] == "text/event-stream; charset=utf-8")
                let run = try #require(stream.headers[.run].flatMap(UUID.init(uuidString:)))
                let frames = Self.frames(stream)
                #expect(Self.text(frames) == (try await ask.engine.finished(run).text), "\(path)")
                #expect(frames.last?.data == "[DONE]" || ["message_stop", "response.completed"].contains(frames.last?.type))
                #expect(frames.count > 6, "\(path): it comes in pieces")
            }
        }
    }

    @Test("The head waits for the first words: a run that fails before them has a status, one that fails after them a stream with an error")
    func faults() async throws {
        let provider = PlayedProvider { request, receive in
            if request.messages.last?.content == "during" { try await receive(.text("part")) }
            // A provider that asks for so long a pause is not asked again.
            let error = InferenceError(.rateLimited, "Too many.", code: "slow_down", retryAfter: .seconds(90))
            try await receive(.ended(StepEnding(.failed(error))))
        }
        try await RunRoutesTests.withRoutes([provider], silence: .seconds(20)) { ask in
            for stream in ["", #","stream":true"#] {
                for (path, body) in Self.bodies("before", model: "test-model", more: stream) {
                    let answer = try await ask(.post, path, body)
                    #expect(answer.status == .tooManyRequests, "\(path)")
                    #expect(answer.headers[.retryAfter] == "90")
                    #expect(answer.headers[.contentType] == "application/json")
                    #expect(answer.json[path: "error.message"] == "Too many.")
                    #expect(answer.json[path: "error.type"] == "rate_limit_error")
                    #expect(answer.headers[.shouldRetry] == nil)
                }
            }
            for (path, body) in Self.bodies("during", model: "test-model") {
                // The whole of an answer that was cut is no answer.
                let answer = try await ask(.post, path, body, headers: [.idempotencyKey: "k-\(path.count)"])
                #expect(answer.status == .tooManyRequests)
                #expect(answer.headers[.shouldRetry] == "false")
            }
            for (path, body) in Self.bodies("during", model: "test-model", more: #","stream":true"#) {
                let answer = try await ask(.post, path, body)
                #expect(answer.status == .ok)
                let frames = Self.frames(answer)
                #expect(Self.text(frames) == "part")
                let last = try #require(frames.last)
                let told = [last.data[path: "error.message"], last.data[path: "response.error.message"]]
                #expect(told.contains("Too many."), "\(path)")
                #expect(!frames.contains { $0.data == "[DONE]" || $0.type == "message_stop" || $0.type == "response.completed" })
            }
        }
    }

    @Test("A client is told not to repeat a request whose answer failed for good, whole and streamed")
    func useless() async throws {
        let provider = PlayedProvider { _, receive in
            try await receive(.ended(StepEnding(.failed(InferenceError(.serverError, "Not again.", shouldRetry: false)))))
        }
        try await RunRoutesTests.withRoutes([provider], silence: .seconds(20)) { ask in
            for stream in ["", #","stream":true"#] {
                for (path, body) in Self.bodies("a", model: "test-model", more: stream) {
                    let answer = try await ask(.post, path, body)
                    #expect(answer.status == .badGateway, "\(path)")
                    #expect(answer.headers[.shouldRetry] == "false", "\(path)")
                }
            }
        }
    }

    @Test("This server's refusals have the shape of the API whose path was asked, also before a route is found")
    func problems() async throws {
        try await RunRoutesTests.withRoutes(worker: false) { ask in
            for (path, body) in Self.bodies("a", model: "scripted-fast") {
                let isAnthropic = path == "/v1/messages"
                let large = body.replacing(#""a""#, with: "\"\(String(repeating: "x", count: 5 << 20))\"")
                let answers: [(Answer, Int)] = [
                    (try await ask(.post, path, body, token: nil), 401), (try await ask(.post, path, body, token: "wrong"), 401),
                    (try await ask(.post, path, body, token: "reader"), 403), (try await ask(.post, path, "{"), 400),
                    (try await ask(.post, path, "{}"), 400), (try await ask(.post, path, body.replacing("scripted-fast", with: "gpt-0")), 404),
                    (try await ask(.post, path, body.replacing("scripted-fast", with: "o/nobody")), 404),
                    (try await ask(.delete, path), 405), (try await ask(.get, path + "/x/y/z"), 404), (try await ask(.post, path, large), 413),
                    (try await ask(.post, path, body.replacing(#""a""#, with: "\"\"")), 400),
                    (try await ask(.post, path, body, headers: [.onDisconnect: "maybe"]), 400),
                    (try await ask(.post, path, body, headers: [.onInterruption: "maybe"]), 400),
                ]
                for (answer, status) in answers {
                    #expect(answer.status.code == status, "\(path)")
                    #expect(answer.headers[.contentType] == "application/json")
                    #expect(answer.json[path: "error.message"].string?.isEmpty == false)
                    #expect(answer.json["type"]?.string == (isAnthropic ? "error" : nil))
                    #expect(
                        answer.json["error"]?.members?.map(\.name) == (isAnthropic ? ["message", "type"] : ["code", "message", "param", "type"]))
                }
                let unknown = answers[5].0.json
                #expect(unknown[path: "error.code"].string == (isAnthropic ? nil : "model_not_found"))
                #expect(unknown[path: "error.param"].string == (isAnthropic ? nil : "model"))
            }
            // A token in Anthropic's place is a token, and a path that is not theirs keeps our own shape.
            let keyed = try await ask(.get, "/v1/models", token: nil, headers: [.apiKey: "mine", .anthropicVersion: "2023-06-01"])
            #expect(keyed.status == .ok)
            #expect(try await ask(.get, "/v1/runs/x").headers[.contentType] == "application/problem+json")
        }
    }

    @Test("A request that no run can be made of is told by the members that the client sent, in the sentence, too")
    func members() async throws {
        try await RunRoutesTests.withRoutes(worker: false) { ask in
            let asked = #""model":"scripted-fast","messages":[{"role":"user","content":"a"}]"#
            let bodies = [
                (Self.chat, #"{\#(asked),"reasoning_effort":"huge"}"#, "reasoning_effort"),
                ("/v1/messages", #"{\#(asked),"max_tokens":0}"#, "max_tokens"),
                (
                    "/v1/messages", #"{"model":"scripted-fast","max_tokens":9,"system":"Be brief.","messages":[{"role":"user","content":""}]}"#,
                    "messages[0].content"
                ),
                (
                    "/v1/responses", #"{"model":"scripted-fast","instructions":"Be brief.","input":[{"role":"user","content":""}]}"#,
                    "input[0].content"
                ),
            ]
            for (path, body, member) in bodies {
                let answer = try await ask(.post, path, body)
                #expect(answer.status == .badRequest)
                #expect(answer.json[path: "error.message"].string?.hasPrefix("\(member): It is ") == true, "\(path)")
                #expect(answer.json[path: "error.param"] == (path == "/v1/messages" ? .null : .string(member)), "\(path)")
            }
            let native = try await ask(.post, "/v1/runs", #"{"messages":[{"role":"user","content":""}],"options":{"max_output_tokens":0}}"#)
            #expect(native.pointers == ["#/messages/0/content", "#/options/max_output_tokens"])
        }
    }

    @Test("A client may send back an answer without a text, as it was told")
    func silence() async throws {
        let seen = Collected<ProviderRequest>()
        let provider = PlayedProvider { request, receive in
            seen.add(request)
            try await receive(.stopped)
        }
        try await RunRoutesTests.withRoutes([provider]) { ask in
            let question = #"{"role":"user","content":"a"}"#
            let first = try await ask(.post, Self.chat, #"{"model":"test-model","messages":[\#(question)]}"#)
            #expect(first.status == .ok)
            let message = first.json[path: "choices.0.message"]
            #expect(message[path: "content"] == "")
            let told = String(decoding: message.bytes(), as: UTF8.self)
            let second = try await ask(.post, Self.chat, #"{"model":"test-model","messages":[\#(question),\#(told),\#(question)]}"#)
            #expect(second.status == .ok)
            #expect(seen.all.last?.messages.map(\.role) == [.user, .user])
        }
    }

    @Test("An answer whose connection is watched for its client's leaving closes it and says so, be it an error; any other keeps it")
    func connections() async throws {
        let provider = PlayedProvider { request, receive in
            guard request.messages.last?.content == "good" else {
                let error = InferenceError(.rateLimited, "Too many.", code: "slow_down", retryAfter: .seconds(90))
                return try await receive(.ended(StepEnding(.failed(error))))
            }
            try await receive(.text("yes"))
            try await receive(.stopped)
        }
        try await RunRoutesTests.withRoutes([provider], silence: .seconds(20)) { ask in
            for (text, status) in [("good", 200), ("bad", 429)] {
                for (path, body) in Self.bodies(text, model: "test-model") {
                    let watched = try await ask(.post, path, body, headers: [.onDisconnect: "cancel"])
                    #expect(watched.status.code == status, "\(path)")
                    #expect(watched.headers[.connection] == "close", "\(path)")
                    let kept = try await ask(.post, path, body)
                    #expect(kept.status.code == status, "\(path)")
                    #expect(kept.headers[.connection] != "close", "\(path)")
                }
            }
            for (path, body) in Self.bodies("good", model: "test-model", more: #","stream":true"#) {
                #expect(try await ask(.post, path, body, headers: [.onDisconnect: "cancel"]).headers[.connection] == "close")
                #expect(try await ask(.post, path, body).headers[.connection] != "close")
            }
        }
    }

    @Test("A request that is repeated under its key gets the same run from its beginning; another one under it is refused")
    func idempotency() async throws {
        try await RunRoutesTests.withRoutes { ask in
            for stream in ["", #","stream":true"#] {
                for (path, body) in Self.bodies("once", model: "scripted-fast", more: stream) {
                    let headers: HTTPFields = [.idempotencyKey: "key\(path.count)\(stream.count)"]
                    let first = try await ask(.post, path, body, headers: headers)
                    let again = try await ask(.post, path, body, headers: headers)
                    #expect(first.headers[.run] == again.headers[.run])
                    #expect(again.headers[.idempotencyReplayed] == "true")
                    #expect(first.body == again.body, "\(path)")
                    let other = try await ask(.post, path, body.replacing("once", with: "twice"), headers: headers)
                    #expect(other.status == .unprocessableContent)
                }
            }
        }
    }

    @Test("The description names each route")
    func description() async throws {
        try await RunRoutesTests.withRoutes(worker: false) { ask in
            let paths = try await ask(.get, "/openapi.json", token: nil).json["paths"]?.members?.map(\.name) ?? []
            for path in [
                Self.chat, "/v1/messages", "/v1/responses", "/v1/responses/{id}", "/v1/responses/{id}/cancel", "/v1/models", "/v1/models/{model}",
            ] { #expect(paths.contains(path), "\(path)") }
        }
    }
}
