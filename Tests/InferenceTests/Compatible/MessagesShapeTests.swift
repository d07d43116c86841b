import Testing
import HTTPTypes
import Web

@testable import Inference

@Suite("Messages") struct MessagesShapeTests {
    private func encoder(showsThinking: Bool = false) -> MessagesStreamEncoder {
        MessagesStreamEncoder(run: ToldRun.id, model: "asked", showsThinking: showsThinking)
    }

    private let request = CompatibleRequest(run: RunRequest(messages: []), model: "asked")

    @Test("The events of a short answer, each named as its type")
    func short() {
        let frames = encoder().told(ToldRun.events([ToldRun.text("Hel"), ToldRun.text("lo")]))
        #expect(
            frames.map(\.type) == [
                "message_start", "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop", "message_delta",
                "message_stop",
            ])
        #expect(frames.allSatisfy { $0.event == $0.type })
        #expect(frames[0].data[path: "message.id"] == .string("msg_\(ToldRun.name)"))
        #expect(frames[0].data[path: "message.model"] == "m-1")
        #expect(frames[0].data[path: "message.content"] == [])
        #expect(frames[1].data[path: "content_block"] == ["type": "text", "text": ""])
        #expect(frames[2].data == ["type": "content_block_delta", "index": 0, "delta": ["type": "text_delta", "text": "Hel"]])
        #expect(frames[5].data[path: "delta.stop_reason"] == "end_turn")
        #expect(frames[5].data[path: "usage.output_tokens"] == 5)
        #expect(frames[5].data[path: "delta.stop_sequence"] == .null)
        // Of the 7 that the run counts, 2 came from a cache and stand beside the others.
        #expect(frames[5].data[path: "usage.input_tokens"] == 5)
        #expect(frames[5].data[path: "usage.cache_read_input_tokens"] == 2)
    }

    @Test(
        "The three counts of the input add up to what the run counts, whole and streamed; none is below zero",
        arguments: [
            (TokenUsage(input: 165, output: 15, cachedInput: 40, cacheWriteInput: 100), [25, 100, 40]),
            (TokenUsage(input: 9, output: 1), [9, 0, 0]), (TokenUsage(input: 9, output: 1, cachedInput: 9), [0, 0, 9]),
            (TokenUsage(input: 3, output: 1, cachedInput: 4), [0, 0, 4]), (TokenUsage(output: 1, cachedInput: 4), [0, 0, 4]),
        ] as [(TokenUsage, [Int64])])
    func cachedInput(_ usage: TokenUsage, _ counts: [Int64]) {
        let events = ToldRun.events([ToldRun.text("Hi")], .completed(finish: FinishReason(.stop, raw: "end_turn"), usage: usage))
        let frames = encoder().told(events)
        let whole = MessagesShape.whole(ToldRun.answer(events), run: ToldRun.id, for: request)
        for told in [frames[frames.count - 2].data, whole] {
            let names = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]
            #expect(names.map { told[path: "usage.\($0)"].number } == counts)
        }
    }

    @Test("The text at which the model stopped is told at the end of a stream and in a whole message")
    func stopSequence() {
        let finish = FinishReason(.stop, raw: "stop_sequence", stopSequence: "END")
        let events = ToldRun.events([ToldRun.text("Hi")], .completed(finish: finish, usage: nil))
        let frames = encoder().told(events)
        #expect(frames[0].data[path: "message.stop_sequence"] == .null)
        #expect(frames[frames.count - 2].data[path: "delta"] == ["stop_reason": "stop_sequence", "stop_sequence": "END", "stop_details": nil])
        let whole = MessagesShape.whole(ToldRun.answer(events), run: ToldRun.id, for: request)
        #expect(whole[path: "stop_reason"] == "stop_sequence" && whole[path: "stop_sequence"] == "END")
    }

    @Test("Parallel calls are blocks one after the other")
    func calls() {
        let frames = encoder().told(ToldRun.events([ToldRun.text("Let me see.")] + ToldRun.parallelCalls, ToldRun.calledTools))
        #expect(
            frames.dropFirst().dropLast(2).map { "\($0.type.dropFirst("content_block_".count)) \($0.data[path: "index"].number)" } == [
                "start 0", "delta 0", "stop 0", "start 1", "delta 1", "delta 1", "stop 1", "start 2", "delta 2", "delta 2", "stop 2",
            ])
        #expect(frames[4].data[path: "content_block"] == ["type": "tool_use", "id": "c0", "name": "weather", "input": .object([])])
        #expect(frames[5].data[path: "delta"] == ["type": "input_json_delta", "partial_json": #"{"city":"#])
        #expect(frames[frames.count - 2].data[path: "delta.stop_reason"] == "tool_use")
        let whole = MessagesShape.whole(
            ToldRun.answer(ToldRun.events(ToldRun.parallelCalls, ToldRun.calledTools)), run: ToldRun.id, for: request)
        #expect(whole[path: "content.1"] == ["type": "tool_use", "id": "c1", "name": "time", "input": ["zone": "CET"]])
        #expect(whole[path: "stop_reason"] == "tool_use")
    }

    @Test("Thinking is shown to who asked for it, and takes no block from who did not")
    func thinking() {
        let events = ToldRun.events([ToldRun.reasoning("Hm"), ToldRun.text("Hi")])
        let shown = encoder(showsThinking: true).told(events)
        #expect(shown[1].data[path: "content_block"] == ["type": "thinking", "thinking": "", "signature": ""])
        #expect(shown[2].data[path: "delta"] == ["type": "thinking_delta", "thinking": "Hm"])
        #expect(shown[4].data[path: "index"] == 1)
        let hidden = encoder().told(events)
        #expect(hidden[1].data[path: "content_block"] == ["type": "text", "text": ""])
        #expect(hidden[1].data[path: "index"] == 0)
        let answer = ToldRun.answer(events)
        #expect(MessagesShape.whole(answer, run: ToldRun.id, for: request)["content"]?.elements?.count == 1)
        var asked = request
        asked.showsThinking = true
        #expect(MessagesShape.whole(answer, run: ToldRun.id, for: asked)[path: "content.0.thinking"] == "Hm")
    }

    @Test("A call that the bound cuts: its block is never stopped, and a whole answer leaves it out")
    func lengthInsideTool() {
        let events = ToldRun.events([ToldRun.fragment(0, #"{"a":"#, id: "c", name: "f")], ToldRun.cutByLength)
        let frames = encoder().told(events)
        #expect(!frames.contains { $0.type == "content_block_stop" })
        #expect(frames[frames.count - 2].data[path: "delta.stop_reason"] == "max_tokens")
        let whole = MessagesShape.whole(ToldRun.answer(events), run: ToldRun.id, for: request)
        #expect(whole[path: "content"] == [])
        #expect(whole[path: "stop_reason"] == "max_tokens")
    }

    @Test(
        "How an answer ended: Anthropic's own word where the provider said one",
        arguments: [
            (ToldRun.completed, "end_turn"), (ToldRun.cutByLength, "max_tokens"),
            (.completed(finish: FinishReason(.stop, raw: "stop_sequence"), usage: nil), "stop_sequence"),
            (.completed(finish: FinishReason(.other, raw: "pause_turn"), usage: nil), "pause_turn"),
            (.completed(finish: FinishReason(.refusal, raw: "content_filter"), usage: nil), "refusal"),
            (.incomplete(reason: .contentFilter, finish: nil, usage: nil), "refusal"),
            (
                .incomplete(reason: .maxOutputTokens, finish: FinishReason(.length, raw: "model_context_window_exceeded"), usage: nil),
                "model_context_window_exceeded"
            ),
        ] as [(RunEvent, String)])
    func finishes(_ end: RunEvent, _ word: String) {
        let frames = encoder().told(ToldRun.events([ToldRun.refusal("No")], end))
        #expect(frames[frames.count - 2].data[path: "delta.stop_reason"] == .string(word))
        #expect(frames.last?.type == "message_stop")
    }

    @Test("A run that was cut or failed ends in an error event and never stops in order")
    func cut() {
        let ends: [(RunEvent, String)] = [
            (ToldRun.failed, "overloaded_error"), (.cancelled, "api_error"),
            (.incomplete(reason: .interrupted, finish: nil, usage: nil), "api_error"),
            (.incomplete(reason: .timeLimit, finish: nil, usage: nil), "timeout_error"),
        ]
        for (end, type) in ends {
            let frames = encoder().told(ToldRun.events([ToldRun.text("Hi")], end))
            #expect(frames.last?.event == "error")
            #expect(frames.last?.data[path: "error.type"] == .string(type))
            #expect(!frames.contains { ["message_delta", "message_stop"].contains($0.type) })
        }
    }

    @Test("A ping is an event")
    func ping() {
        #expect(ToldFrame(MessagesStreamEncoder.heartbeat).data == ["type": "ping"])
        #expect(MessagesStreamEncoder.heartbeat.event == "ping")
    }

    // MARK: Requests

    @Test("The fullest request")
    func decoding() throws {
        let wanted = try MessagesShape.decode(
            JSONValue(
                parsing: #"""
                    {"model":"m","max_tokens":9,"stream":true,"temperature":0.5,"stop_sequences":["END"],"metadata":{"user_id":"u"},"top_k":4,
                     "system":[{"type":"text","text":"Be ","cache_control":{"type":"ephemeral"}},{"type":"text","text":"brief."}],
                     "thinking":{"type":"enabled","budget_tokens":5000},"tool_choice":{"type":"any","disable_parallel_tool_use":true},
                     "tools":[{"name":"f","description":"d","input_schema":{"type":"object"}}],
                     "messages":[{"role":"user","content":"a"},
                      {"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"s"},{"type":"text","text":"b"},
                       {"type":"tool_use","id":"c","name":"f","input":{"z":1,"a":2}}]},
                      {"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"42"}]},
                       {"type":"tool_result","tool_use_id":"d","is_error":true,"content":"gone"},{"type":"text","text":"Well?"}]}]}
                    """#))
        #expect(wanted.streams && wanted.showsThinking)
        let messages = wanted.run.messages
        #expect(messages.map(\.role) == [.system, .user, .assistant, .tool, .tool, .user])
        #expect(messages.map(\.content) == ["Be brief.", "a", "b", "42", "Error: gone", "Well?"])
        #expect(messages[2].toolCalls == [RunMessage.Call(id: "c", name: "f", arguments: #"{"z":1,"a":2}"#)])
        #expect(messages[3].toolCallID == "c")
        #expect(wanted.run.tools == [ToolDefinition(name: "f", description: "d", parameters: ["type": "object"])])
        let options = try #require(wanted.run.options)
        #expect(options.maxOutputTokens == 9 && options.temperature == 0.5 && options.stop == ["END"])
        #expect(options.toolChoice == .required && options.parallelToolCalls == false && options.reasoningEffort == "medium")
    }

    @Test("Images stand in what the user says and in results of tools")
    func images() throws {
        let wanted = try MessagesShape.decode(
            JSONValue(
                parsing: #"""
                    {"model":"m","max_tokens":9,"messages":[{"role":"user","content":[
                      {"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"Seen:"},
                       {"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"/9j/4AAQ"}}]},
                      {"type":"image","source":{"type":"url","url":"https://a.example/cat.png"},"cache_control":{"type":"ephemeral"}},
                      {"type":"text","text":"Which?"}]}]}
                    """#))
        let messages = wanted.run.messages
        #expect(messages.map(\.role) == [.tool, .user])
        #expect(messages[0].parts == [.text("Seen:"), .image(try MessageImage(mediaType: "image/jpeg", base64: "/9j/4AAQ"))])
        #expect(messages[1].parts == [.image(try MessageImage(url: "https://a.example/cat.png")), .text("Which?")])
        #expect(wanted.run.faults.isEmpty)
    }

    @Test(
        "What is wrong with the run is told by the member that was sent",
        arguments: [
            (#""max_tokens":0"#, "max_tokens"), (#""temperature":3"#, "temperature"), (#""stop_sequences":["a",""]"#, "stop_sequences[1]"),
            (#""tool_choice":{"type":"tool","name":"a b"}"#, "tool_choice.name"), (#""tools":[{"name":"a b"}]"#, "tools[0].name"),
            (#""tools":[{"name":"f","input_schema":"none"}]"#, "tools[0].input_schema"), (#""messages":[]"#, "messages"),
            (#""messages":[{"role":"user","content":""}]"#, "messages[0].content"),
            (#""system":"Be brief.","messages":[{"role":"user","content":""}]"#, "messages[0].content"),
            (
                #"""
                "system":"Be brief.","messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"1"},
                 {"type":"tool_result","tool_use_id":"d","content":"2"}]},{"role":"user","content":[{"type":"text","text":""}]}]
                """#, "messages[1].content"
            ),
            (
                #""messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"tool_result","tool_use_id":"","content":"1"}]}]"#,
                "messages[0].content[1].tool_use_id"
            ),
        ])
    func faults(_ members: String, _ parameter: String) throws {
        let messages = members.contains(#""messages""#) ? "" : #","messages":[{"role":"user","content":"a"}]"#
        let bound = members.contains("max_tokens") ? "" : #","max_tokens":9"#
        let wanted = try MessagesShape.decode(JSONValue(parsing: #"{"model":"m",\#(members)\#(messages)\#(bound)}"#))
        let fault = AnswerFault(try #require(throws: Problem.self) { try wanted.check() })
        #expect(fault.status == 400 && fault.parameter == parameter)
        #expect(fault.message.hasPrefix("\(parameter): It "))
    }

    @Test(
        "What would be answered wrongly is refused by its place",
        arguments: [
            (#"{"model":"m","messages":[]}"#, "#/max_tokens"), (#"{"max_tokens":1,"messages":[]}"#, "#/model"),
            (#"{"model":"m","max_tokens":1,"messages":[{"role":"tool","content":"a"}]}"#, "#/messages/0/role"),
            (
                #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{}}]}]}"#,
                "#/messages/0/content/0/source/type"
            ),
            (
                #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}]}"#,
                "#/messages/0/content/0/source/type"
            ),
            (
                #"""
                {"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image",
                 "source":{"type":"base64","media_type":"image/tiff","data":"aaaa"}}]}]}
                """#, "#/messages/0/content/0/source"
            ),
            (#"{"model":"m","max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"image","source":{}}]}]}"#, "#/messages/0/content/0"),
            (#"{"model":"m","max_tokens":1,"messages":[],"tools":[{"type":"web_search_20250305","name":"s"}]}"#, "#/tools/0/type"),
            (#"{"model":"m","max_tokens":"9","messages":[]}"#, "#/max_tokens"),
            (#"{"model":"m","max_tokens":1,"messages":[],"mcp_servers":[{}]}"#, "#/mcp_servers"),
        ])
    func refused(_ body: String, _ pointer: String) throws {
        let document = try JSONValue(parsing: body)
        let problem = try #require(throws: Problem.self) { try MessagesShape.decode(document) }
        #expect(problem.status == .badRequest)
        #expect(problem.errors.first?.place == .pointer(pointer))
    }
}
