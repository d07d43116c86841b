import Testing
import HTTPTypes
import Web

@testable import Inference

@Suite("Chat Completions") struct ChatShapeTests {
    private let head =
        #""id":"chatcmpl-\#(ToldRun.name)","object":"chat.completion.chunk","created":\#(ToldRun.created),"model":"m-1""#

    private func encoder(includesUsage: Bool = false) -> ChatStreamEncoder {
        ChatStreamEncoder(run: ToldRun.id, model: "asked", includesUsage: includesUsage)
    }

    private func deltas(_ frames: [ToldFrame]) -> [JSONValue] { frames.map { $0.data[path: "choices.0.delta"] } }

    @Test("The bytes of a short answer")
    func bytes() {
        var encoder = encoder()
        let text = encoder.frames(for: ToldRun.events([ToldRun.text("Hi")])).map { $0.data ?? "" }
        #expect(
            text == [
                #"{\#(head),"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}"#,
                #"{\#(head),"choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}]}"#,
                #"{\#(head),"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}"#, "[DONE]",
            ])
    }

    @Test("Tokens come in a chunk of their own when they are asked for, and every chunk before it says null")
    func usage() {
        let frames = encoder(includesUsage: true).told(ToldRun.events([ToldRun.text("Hi")]))
        #expect(frames.dropLast(2).allSatisfy { $0.data["usage"] == .null })
        let last = frames[frames.count - 2].data
        #expect(last[path: "choices"] == [])
        #expect(last[path: "usage.prompt_tokens"] == 7)
        #expect(last[path: "usage.completion_tokens"] == 5)
        #expect(last[path: "usage.total_tokens"] == 12)
        #expect(last[path: "usage.prompt_tokens_details.cached_tokens"] == 2)
        #expect(last[path: "usage.completion_tokens_details.reasoning_tokens"] == 1)
        #expect(frames.last?.data == "[DONE]")
        let uncounted = encoder(includesUsage: true).told(ToldRun.events([], .completed(finish: FinishReason(.stop, raw: nil), usage: nil)))
        #expect(uncounted[uncounted.count - 2].data[path: "usage"] == .null)
    }

    @Test("Parallel calls: index, id, type and name once, then fragments")
    func calls() {
        let frames = encoder().told(ToldRun.events(ToldRun.parallelCalls, ToldRun.calledTools))
        let calls = deltas(frames).compactMap { $0["tool_calls"]?[0] }
        #expect(calls.map { $0[path: "index"].number } == [0, 0, 0, 1, 1, 1])
        #expect(calls[0] == ["index": 0, "id": "c0", "type": "function", "function": ["name": "weather", "arguments": ""]])
        #expect(calls[1] == ["index": 0, "function": ["arguments": #"{"city":"#]])
        #expect(calls[3][path: "id"] == "c1")
        #expect(frames[frames.count - 2].data[path: "choices.0.finish_reason"] == "tool_calls")
    }

    @Test("Reasoning and refusal have members of their own")
    func channels() {
        let frames = encoder().told(ToldRun.events([ToldRun.reasoning("Hm"), ToldRun.refusal("No")]))
        #expect(deltas(frames)[1] == ["reasoning_content": "Hm"])
        #expect(deltas(frames)[2] == ["refusal": "No"])
    }

    @Test(
        "How an answer ended",
        arguments: [
            (ToldRun.completed, "stop"), (ToldRun.cutByLength, "length"),
            (.incomplete(reason: .contentFilter, finish: nil, usage: nil), "content_filter"),
            (.completed(finish: FinishReason(.refusal, raw: "refusal"), usage: nil), "stop"),
            (.completed(finish: FinishReason(.contentFilter, raw: nil), usage: nil), "content_filter"),
        ] as [(RunEvent, String)])
    func finishes(_ end: RunEvent, _ word: String) {
        let frames = encoder().told(ToldRun.events([ToldRun.text("Hi")], end))
        #expect(frames[frames.count - 2].data[path: "choices.0.finish_reason"] == .string(word))
        #expect(frames.last?.data == "[DONE]")
    }

    @Test(
        "A run that was cut or failed ends in an error and is never done",
        arguments: [
            (ToldRun.failed, "slow_down"), (.cancelled, "cancelled"),
            (.incomplete(reason: .interrupted, finish: nil, usage: nil), "interrupted"),
            (.incomplete(reason: .truncated, finish: FinishReason(.stop, raw: "stop"), usage: nil), "truncated"),
            (.incomplete(reason: .timeLimit, finish: nil, usage: nil), "time_limit"),
        ] as [(RunEvent, String)])
    func cut(_ end: RunEvent, _ code: String) {
        let frames = encoder().told(ToldRun.events([ToldRun.text("Hi")], end))
        #expect(frames.last?.data[path: "error.code"] == .string(code))
        #expect(frames.last?.data[path: "error.message"].string?.isEmpty == false)
        #expect(!frames.contains { $0.data == "[DONE]" })
        #expect(frames.allSatisfy { $0.data[path: "choices.0.finish_reason"] == .null })
    }

    @Test("A call that the bound cuts is shown as far as it came, in a stream and as a whole")
    func lengthInsideTool() {
        let events = ToldRun.events([ToldRun.fragment(0, #"{"a":"#, id: "c", name: "f")], ToldRun.cutByLength)
        let frames = encoder().told(events)
        #expect(frames[frames.count - 2].data[path: "choices.0.finish_reason"] == "length")
        let whole = ChatShape.whole(ToldRun.answer(events), run: ToldRun.id, for: CompatibleRequest(run: RunRequest(messages: []), model: "m"))
        #expect(whole[path: "choices.0.finish_reason"] == "length")
        #expect(whole[path: "choices.0.message.tool_calls.0.function.arguments"] == #"{"a":"#)
    }

    @Test("A whole answer")
    func whole() {
        let request = CompatibleRequest(run: RunRequest(messages: []), model: "asked")
        let text = ChatShape.whole(ToldRun.answer(ToldRun.events([ToldRun.reasoning("Hm"), ToldRun.text("Hi")])), run: ToldRun.id, for: request)
        #expect(text[path: "object"] == "chat.completion")
        #expect(text[path: "model"] == "m-1")
        #expect(text[path: "choices.0.message.content"] == "Hi")
        #expect(text[path: "choices.0.message.reasoning_content"] == "Hm")
        #expect(text[path: "choices.0.finish_reason"] == "stop")
        #expect(text[path: "usage.total_tokens"] == 12)
        let calls = ChatShape.whole(ToldRun.answer(ToldRun.events(ToldRun.parallelCalls, ToldRun.calledTools)), run: ToldRun.id, for: request)
        #expect(calls[path: "choices.0.message.content"] == .null)
        #expect(
            calls[path: "choices.0.message.tool_calls.1"] == [
                "id": "c1", "type": "function", "function": ["name": "time", "arguments": #"{"zone":"CET"}"#],
            ])
    }

    // MARK: Requests

    @Test("The fullest request")
    func decoding() throws {
        let wanted = try ChatShape.decode(
            JSONValue(
                parsing: #"""
                    {"model":"m","stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":9,"temperature":0.5,"top_p":1,
                     "stop":"END","n":1,"logprobs":false,"seed":3,"user":"u","logit_bias":{},"metadata":{"k":"v"},"parallel_tool_calls":false,
                     "reasoning_effort":"low","response_format":{"type":"json_object"},"tool_choice":{"type":"function","function":{"name":"f"}},
                     "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","b":1,"a":2}}}],
                     "messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
                      {"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
                      {"role":"tool","tool_call_id":"c","content":"42"},{"role":"assistant","content":null,"refusal":"No"}]}
                    """#))
        #expect(wanted.model == "m")
        #expect(wanted.streams && wanted.includesUsage && !wanted.isBackground)
        let run = wanted.run
        #expect(run.messages.map(\.role) == [.developer, .user, .assistant, .tool, .assistant])
        #expect(run.messages.map(\.content) == ["Be brief.", "ab", "", "42", "No"])
        #expect(run.messages[2].toolCalls == [RunMessage.Call(id: "c", name: "f", arguments: "{}")])
        #expect(run.messages[3].toolCallID == "c")
        #expect(run.tools == [ToolDefinition(name: "f", description: "d", parameters: ["type": "object", "b": 1, "a": 2])])
        #expect(run.metadata == ["k": "v"])
        let options = try #require(run.options)
        #expect(options.maxOutputTokens == 9 && options.temperature == 0.5 && options.topP == 1 && options.stop == ["END"])
        #expect(options.toolChoice == .tool("f") && options.parallelToolCalls == false && options.reasoningEffort == "low")
        #expect(options.responseFormat == ["type": "json_object"])
        let small = try ChatShape.decode(JSONValue(parsing: #"{"model":"m","messages":[{"role":"user","content":"a"}]}"#))
        #expect(small == CompatibleRequest(run: RunRequest(messages: [RunMessage(.user, "a")]), model: "m"))
    }

    @Test("Images among texts keep their places")
    func images() throws {
        let wanted = try ChatShape.decode(
            JSONValue(
                parsing: #"""
                    {"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"Compare"},
                      {"type":"image_url","image_url":{"url":"https://a.example/cat.png","detail":"low"}},
                      {"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}},{"type":"text","text":"these."}]}]}
                    """#))
        let message = try #require(wanted.run.messages.first)
        #expect(message.content == "Comparethese.")
        #expect(
            message.parts == [
                .text("Compare"), .image(try MessageImage(url: "https://a.example/cat.png", detail: "low")),
                .image(try MessageImage(mediaType: "image/png", base64: "iVBORw0KGgo=")), .text("these."),
            ])
        #expect(wanted.run.faults.isEmpty)
    }

    @Test("What the system or the model did not say is left out, and the places of the rest are those that were sent")
    func silence() throws {
        let wanted = try ChatShape.decode(
            JSONValue(
                parsing: #"""
                    {"model":"m","messages":[{"role":"system","content":""},{"role":"developer","content":[{"type":"text","text":""}]},
                      {"role":"user","content":"a"},{"role":"assistant","content":""},{"role":"assistant","content":null},
                      {"role":"assistant","content":"","tool_calls":[]},{"role":"user","content":"b"},
                      {"role":"assistant","content":"","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
                      {"role":"tool","tool_call_id":"c","content":""},{"role":"assistant","content":"","refusal":"No"}]}
                    """#))
        #expect(wanted.run.messages.map(\.role) == [.user, .user, .assistant, .tool, .assistant])
        #expect(wanted.run.messages.map(\.content) == ["a", "b", "", "", "No"])
        #expect(throws: Never.self) { try wanted.check() }
        let blank = try ChatShape.decode(
            JSONValue(parsing: #"{"model":"m","messages":[{"role":"system","content":""},{"role":"user","content":""}]}"#))
        let fault = AnswerFault(try #require(throws: Problem.self) { try blank.check() })
        #expect(fault.message == "messages[1].content: It is empty.")
        let nothing = try ChatShape.decode(JSONValue(parsing: #"{"model":"m","messages":[{"role":"system","content":""}]}"#))
        #expect(throws: Problem.self) { try nothing.check() }
    }

    @Test(
        "What is wrong with the run is told by the member that was sent",
        arguments: [
            (#""max_tokens":0"#, "max_tokens"), (#""max_tokens":9,"max_completion_tokens":0"#, "max_completion_tokens"),
            (#""temperature":3"#, "temperature"), (#""top_p":2"#, "top_p"), (#""stop":"""#, "stop"), (#""stop":["a",""]"#, "stop[1]"),
            (#""reasoning_effort":"huge""#, "reasoning_effort"), (#""response_format":{"type":"xml"}"#, "response_format"),
            (#""response_format":{"type":"json_schema","json_schema":{"name":"n"}}"#, "response_format.json_schema.schema"),
            (#""tool_choice":{"type":"function","function":{"name":"a b"}}"#, "tool_choice.function.name"),
            (#""tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"a b"}}]"#, "tools[1].function.name"),
            (#""tools":[{"type":"function","function":{"name":"f","parameters":"none"}}]"#, "tools[0].function.parameters"),
            (#""messages":[{"role":"system","content":"a"},{"role":"user","content":""}]"#, "messages[1].content"),
            (#""messages":[{"role":"tool","content":"a"}]"#, "messages[0].tool_call_id"), (#""messages":[]"#, "messages"),
            (#""max_steps":99"#, "max_steps"),
        ])
    func faults(_ members: String, _ parameter: String) throws {
        let messages = members.contains(#""messages""#) ? "" : #","messages":[{"role":"user","content":"a"}]"#
        let wanted = try ChatShape.decode(JSONValue(parsing: #"{"model":"m",\#(members)\#(messages)}"#))
        let fault = AnswerFault(try #require(throws: Problem.self) { try wanted.check() })
        #expect(fault.status == 400 && fault.parameter == parameter)
        #expect(fault.message.hasPrefix("\(parameter): It "))
    }

    @Test("Every effort that OpenAI knows is passed on", arguments: ["none", "minimal", "low", "medium", "high", "xhigh", "max"])
    func efforts(_ effort: String) throws {
        let wanted = try ChatShape.decode(
            JSONValue(parsing: #"{"model":"m","reasoning_effort":"\#(effort)","messages":[{"role":"user","content":"a"}]}"#))
        #expect(wanted.run.options?.reasoningEffort == effort)
        #expect(throws: Never.self) { try wanted.check() }
    }

    @Test(
        "What would be answered wrongly is refused by its place",
        arguments: [
            (#"{"messages":[]}"#, "#/model"), (#"{"model":"m"}"#, "#/messages"), ("[]", "#"),
            (#"{"model":"m","messages":[{"role":"king","content":"a"}]}"#, "#/messages/0/role"),
            (#"{"model":"m","messages":[{"role":"user"}]}"#, "#/messages/0/content"),
            (#"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]}"#, "#/messages/0/content/0/image_url/url"),
            (
                #"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}]}]}"#,
                "#/messages/0/content/0/image_url/url"
            ),
            (
                #"{"model":"m","messages":[{"role":"system","content":[{"type":"image_url","image_url":{"url":"https://a.example/b"}}]}]}"#,
                "#/messages/0/content/0"
            ),
            (#"{"model":"m","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]}"#, "#/messages/0/content/0"),
            (#"{"model":"m","messages":[],"n":2}"#, "#/n"), (#"{"model":"m","messages":[],"logprobs":true}"#, "#/logprobs"),
            (#"{"model":"m","messages":[],"audio":{"voice":"v"}}"#, "#/audio"),
            (#"{"model":"m","messages":[],"modalities":["text","audio"]}"#, "#/modalities/1"),
            (#"{"model":"m","messages":[],"tools":[{"type":"custom","custom":{}}]}"#, "#/tools/0/type"),
            (#"{"model":"m","messages":[],"temperature":"hot"}"#, "#/temperature"), (#"{"model":"m","messages":[],"stream":1}"#, "#/stream"),
            (#"{"model":"m","messages":[],"tool_choice":"maybe"}"#, "#/tool_choice"),
        ])
    func refused(_ body: String, _ pointer: String) throws {
        let document = try JSONValue(parsing: body)
        let problem = try #require(throws: Problem.self) { try ChatShape.decode(document) }
        #expect(problem.status == .badRequest)
        #expect(problem.errors.first?.place == .pointer(pointer))
    }
}
