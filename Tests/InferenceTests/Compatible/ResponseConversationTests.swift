import Foundation
import HTTPTypes
import Postgres
import TestSupport
import Testing
import Web

@testable import Inference

@Suite("Responses that go on from another", .timeLimit(.minutes(2))) struct ResponseConversationTests {
    private typealias Asker = RunRoutesTests.Asker

    /// Counts what it was asked, and does what the last message wants.
    private static func provider(_ seen: Collected<ProviderRequest>, _ permits: Permits = Permits()) -> PlayedProvider {
        PlayedProvider { request, receive in
            seen.add(request)
            switch request.messages.last?.content {
            case "wait":
                try await receive(.text("so far"))
                try await permits.take()
            case "fail":
                try await receive(.text("so far"))
                let error = InferenceError(.invalidRequest, "No.")
                return try await receive(.ended(StepEnding(.failed(error))))
            case "call":
                try await receive(.toolCall(.played(0, "weather", #"{"city":"Oslo"}"#)))
                return try await receive(.ended(StepEnding(.completed, finish: FinishReason(.toolCalls, raw: "tool_calls"))))
            case "long":
                try await receive(.text("as far as"))
                return try await receive(.ended(StepEnding(.incomplete(.maxOutputTokens), finish: FinishReason(.length, raw: "length"))))
            default: try await receive(.text("answer \(seen.all.count)"))
            }
            try await receive(.stopped)
        }
    }

    private static func respond(
        _ ask: Asker, _ input: String, to previous: String? = nil, more: String = "", token: String = "mine"
    ) async throws -> RunRoutesTests.Answer {
        let previous = previous.map { #","previous_response_id":"\#($0)""# } ?? ""
        return try await ask(.post, "/v1/responses", #"{"model":"test-model","input":\#(input)\#(previous)\#(more)}"#, token: token)
    }

    @Test("What was asked and answered goes before the input, turn by turn; instructions do not, and a response may be gone on from twice")
    func conversation() async throws {
        let seen = Collected<ProviderRequest>()
        try await RunRoutesTests.withRoutes([Self.provider(seen)]) { ask in
            let first = try await Self.respond(ask, #""I am Ada.""#, more: #","instructions":"Be brief.""#)
            let id = try #require(first.json["id"]?.string)
            let second = try await Self.respond(ask, #""Who am I?""#, to: id, more: #","instructions":"Be long.""#)
            #expect(second.status == .ok)
            #expect(second.json[path: "previous_response_id"] == .string(id))
            #expect(seen.all.last?.messages.map(\.role) == [.system, .user, .assistant, .user])
            #expect(seen.all.last?.messages.map(\.content) == ["Be long.", "I am Ada.", "answer 1", "Who am I?"])

            let next = try #require(second.json["id"]?.string)
            let third = try await Self.respond(ask, #""And now?""#, to: next, more: #","stream":true"#)
            #expect(seen.all.last?.messages.map(\.content) == ["I am Ada.", "answer 1", "Who am I?", "answer 2", "And now?"])
            // The same at once, later, and as a whole.
            let frames = CompatibleRoutesTests.frames(third)
            let created = try #require(frames.first?.data[path: "response.id"].string)
            #expect(frames.first?.data[path: "response.previous_response_id"] == .string(next))
            #expect(CompatibleRoutesTests.frames(try await ask(.get, "/v1/responses/\(created)?stream=true")) == frames)
            #expect(try await ask(.get, "/v1/responses/\(created)").json[path: "previous_response_id"] == .string(next))

            _ = try await Self.respond(ask, #""Another way?""#, to: id)
            #expect(seen.all.last?.messages.map(\.content) == ["I am Ada.", "answer 1", "Another way?"])
        }
    }

    @Test("Calls of the client's tools, images and answers that a bound has cut are parts of the conversation")
    func kinds() async throws {
        let seen = Collected<ProviderRequest>()
        try await RunRoutesTests.withRoutes([Self.provider(seen)]) { ask in
            let tools = #","tools":[{"type":"function","name":"weather"}]"#
            let image = #"{"role":"user","content":[{"type":"input_image","image_url":"https://a.example/b"}]}"#
            let first = try await Self.respond(ask, "[\(image),{\"role\":\"user\",\"content\":\"call\"}]", more: tools)
            let call = try #require(first.json[path: "output.0.call_id"].string)
            let output = #"[{"type":"function_call_output","call_id":"\#(call)","output":"21"}]"#
            let second = try await Self.respond(ask, output, to: first.json["id"]?.string, more: tools)
            #expect(second.status == .ok)
            let messages = try #require(seen.all.last?.messages)
            #expect(messages.map(\.role) == [.user, .user, .assistant, .tool])
            #expect(messages[0].images.map(\.url) == ["https://a.example/b"])
            #expect(messages[2].toolCalls == [RunMessage.Call(id: call, name: "weather", arguments: #"{"city":"Oslo"}"#)])
            #expect(messages[3].toolCallID == call && messages[3].content == "21")

            let cut = try await Self.respond(ask, #""long""#)
            #expect(cut.json[path: "status"] == "incomplete")
            #expect(try await Self.respond(ask, #""go on""#, to: cut.json["id"]?.string).status == .ok)
            #expect(seen.all.last?.messages.map(\.content) == ["long", "as far as", "go on"])
        }
    }

    @Test("What cannot be gone on from is refused by its reason, in OpenAI's shape; another workspace's is an unknown one")
    func refused() async throws {
        let (seen, permits) = (Collected<ProviderRequest>(), Permits())
        try await RunRoutesTests.withRoutes([Self.provider(seen, permits)]) { ask in
            func expect(_ answer: RunRoutesTests.Answer, _ status: Int, _ code: String, _ what: String) {
                #expect(answer.status.code == status, "\(what)")
                #expect(answer.json[path: "error.code"] == .string(code), "\(what)")
                #expect(answer.json[path: "error.param"] == "previous_response_id", "\(what)")
                #expect(answer.json[path: "error.type"] == "invalid_request_error", "\(what)")
            }
            let kept = try #require(await Self.respond(ask, #""a""#).json["id"]?.string)
            let unknown = "resp_\(UUID().uuidString.lowercased())"
            let theirs = try await Self.respond(ask, #""b""#, to: kept, token: "theirs")
            expect(theirs, 404, "previous_response_not_found", "another workspace's")
            let absent = try await Self.respond(ask, #""b""#, to: unknown)
            expect(absent, 404, "previous_response_not_found", "an unknown one")
            #expect(
                theirs.json[path: "error.message"].string?.replacing(kept, with: "x")
                    == absent.json[path: "error.message"].string?.replacing(unknown, with: "x"))
            expect(try await Self.respond(ask, #""b""#, to: "msg_1"), 404, "previous_response_not_found", "no id")
            let unkept = try #require(await Self.respond(ask, #""a""#, more: #","store":false"#).json["id"]?.string)
            expect(try await Self.respond(ask, #""b""#, to: unkept), 404, "previous_response_not_found", "one that was not to be kept")
            let chat = try await ask(
                .post, "/v1/chat/completions", #"{"model":"test-model","messages":[{"role":"user","content":"a"}]}"#)
            let run = try #require(chat.headers[.run])
            expect(try await Self.respond(ask, #""b""#, to: "resp_\(run)"), 404, "previous_response_not_found", "a run that is no response")

            let failed = try await Self.respond(ask, #""fail""#, more: #","background":true"#)
            let failedID = try #require(failed.json["id"]?.string)
            _ = try await ask.engine.finished(try #require(ResponsesShape.run(failedID)))
            expect(try await Self.respond(ask, #""b""#, to: failedID), 400, "previous_response_not_usable", "a failed one")

            let going = try #require(await Self.respond(ask, #""wait""#, more: #","background":true"#).json["id"]?.string)
            expect(try await Self.respond(ask, #""b""#, to: going), 409, "previous_response_in_progress", "one that goes on")
            permits.give()
            _ = try await ask.engine.finished(try #require(ResponsesShape.run(going)))
            #expect(try await Self.respond(ask, #""b""#, to: going).status == .ok)
            #expect(seen.all.last?.messages.map(\.content) == ["wait", "so far", "b"])
        }
    }

    @Test("A response that is not kept goes on from another, and says so")
    func unkept() async throws {
        let seen = Collected<ProviderRequest>()
        try await RunRoutesTests.withRoutes([Self.provider(seen)]) { ask in
            let first = try #require(await Self.respond(ask, #""a""#).json["id"]?.string)
            let second = try await Self.respond(ask, #""b""#, to: first, more: #","store":false"#)
            #expect(second.json[path: "previous_response_id"] == .string(first))
            #expect(seen.all.last?.messages.map(\.content) == ["a", "answer 1", "b"])
            let rows = try await ask.engine.fixture.database.psql("select count(*) from run_turns")
            #expect(rows.trimmingCharacters(in: .whitespacesAndNewlines) == "1")
        }
    }

    @Test("What was asked is in the export of its workspace, and of no other")
    func export() async throws {
        try await RunRoutesTests.withRoutes([Self.provider(Collected())]) { ask in
            _ = try await Self.respond(ask, #""I am Ada.""#)
            let fixture = ask.engine.fixture
            @Sendable func lines(of workspace: UUID) async throws -> [String] {
                try await fixture.pool.query(
                    .workspaces([workspace]), "select line from export_page($1, $2, $3)", "run_turns", nil as String?, 10
                ).map { try $0.decode("line") }
            }
            let told = try await lines(of: fixture.workspace)
            #expect(told.count == 1 && told.first?.contains("I am Ada.") == true)
            #expect(try await lines(of: UUID()).isEmpty)
        }
    }

    @Test("What is wrong with an input is told by its place in the request, however long the conversation before it is")
    func inputs() async throws {
        try await RunRoutesTests.withRoutes([Self.provider(Collected())]) { ask in
            let first = try #require(await Self.respond(ask, #""a""#).json["id"]?.string)
            let answer = try await Self.respond(ask, #"[{"role":"user","content":"b"},{"role":"user","content":""}]"#, to: first)
            #expect(answer.status == .badRequest)
            #expect(answer.json[path: "error.param"] == "input[1].content")
        }
    }

    @Test("A conversation is as long as a request may be, and not longer")
    func bounds() async throws {
        try await RunRoutesTests.withRoutes([Self.provider(Collected())]) { ask in
            let picture = #"{"type":"input_image","image_url":"https://a.example/b"}"#
            let pictures = #"[{"role":"user","content":[\#(Array(repeating: picture, count: 60).joined(separator: ","))]}]"#
            let shown = try #require(await Self.respond(ask, pictures).json["id"]?.string)
            let more = try await Self.respond(ask, pictures, to: shown)
            #expect(more.status == .badRequest)
            #expect(more.json[path: "error.code"] == "conversation_too_long")

            let text = "\"\(String(repeating: "x", count: 2_200_000))\""
            let first = try #require(await Self.respond(ask, text).json["id"]?.string)
            #expect(try await Self.respond(ask, #""b""#, to: first).status == .ok)
            let refused = try await Self.respond(ask, text, to: first)
            #expect(refused.status == .badRequest)
            #expect(refused.json[path: "error.code"] == "conversation_too_long")

            let (store, workspace) = (ask.engine.fixture.store, ask.engine.fixture.workspace)
            let run = try #require(ResponsesShape.run(first))
            #expect(try await store.turns(upTo: run, workspace: workspace).count == 1)
            await #expect(throws: RunStore.ConversationTooLong.self) {
                try await store.turns(upTo: run, workspace: workspace, within: RunStore.TurnBounds(turns: 1, bytes: 1_000_000))
            }
            #expect(try await store.turns(upTo: run, workspace: UUID()).isEmpty)
            var last = first
            for _ in 0..<2 { last = try #require(await Self.respond(ask, #""b""#, to: last).json["id"]?.string) }
            let end = try #require(ResponsesShape.run(last))
            #expect(try await store.turns(upTo: end, workspace: workspace, within: RunStore.TurnBounds(turns: 3)).count == 3)
            await #expect(throws: RunStore.ConversationTooLong.self) {
                try await store.turns(upTo: end, workspace: workspace, within: RunStore.TurnBounds(turns: 2))
            }
        }
    }
}
