import Testing
import HTTPTypes
import Web

@testable import Inference

@Suite("Responses") struct ResponsesShapeTests {
    private func told(_ events: [RunEvent], after: Int = -1) -> [ToldFrame] { ResponsesStreamEncoder(run: ToldRun.id, after: after).told(events) }

    /// Types without their common beginning.
    private func types(_ frames: [ToldFrame]) -> [String] { frames.map { String($0.type.dropFirst("response.".count)) } }

    @Test("The events of a short answer, each named as its type and numbered from 0 without gaps")
    func short() {
        let frames = told(ToldRun.events([ToldRun.text("Hel"), ToldRun.text("lo")]))
        #expect(
            types(frames) == [
                "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta", "output_text.delta", "output_text.done",
                "content_part.done", "output_item.done", "completed",
            ])
        #expect(frames.allSatisfy { $0.event == $0.type })
        #expect(frames.map { $0.data[path: "sequence_number"].number } == (0..<10).map { Int64($0) })
        #expect(frames[0].data[path: "response.id"] == .string("resp_\(ToldRun.name)"))
        #expect(frames[0].data[path: "response.status"] == "in_progress")
        #expect(frames[0].data[path: "response.output"] == [])
        #expect(frames[4].data[path: "delta"] == "Hel")
        #expect(frames[4].data[path: "item_id"] == .string("msg_\(ToldRun.name)_0"))
        #expect(frames[6].data[path: "text"] == "Hello")
        let response = frames[9].data["response"] ?? .null
        #expect(response[path: "status"] == "completed")
        #expect(response[path: "output.0.content.0.text"] == "Hello")
        #expect(response[path: "output.0.status"] == "completed")
        #expect(response[path: "usage.total_tokens"] == 12)
        #expect(response[path: "usage.input_tokens_details.cached_tokens"] == 2)
    }

    @Test("Parallel calls, reasoning and refusal are items of their own")
    func items() {
        let events = ToldRun.events([ToldRun.reasoning("Hm"), ToldRun.refusal("No")] + ToldRun.parallelCalls, ToldRun.calledTools)
        let frames = told(events)
        #expect(
            types(frames).dropFirst(2) == [
                "output_item.added", "content_part.added", "reasoning_text.delta", "reasoning_text.done", "content_part.done", "output_item.done",
                "output_item.added", "content_part.added", "refusal.delta", "refusal.done", "content_part.done", "output_item.done",
                "output_item.added", "function_call_arguments.delta", "function_call_arguments.delta", "function_call_arguments.done",
                "output_item.done", "output_item.added", "function_call_arguments.delta", "function_call_arguments.delta",
                "function_call_arguments.done", "output_item.done", "completed",
            ])
        let output = frames.last?.data[path: "response.output"].elements ?? []
        #expect(output.compactMap { $0["type"]?.string } == ["reasoning", "message", "function_call", "function_call"])
        #expect(output[1][path: "content.0"] == ["type": "refusal", "refusal": "No"])
        #expect(output[3][path: "call_id"] == "c1")
        #expect(output[3][path: "arguments"] == #"{"zone":"CET"}"#)
        // What was done is what the response holds in the end.
        let done = frames.filter { $0.type == "response.output_item.done" }.map { $0.data["item"] ?? .null }
        #expect(done == output)
        #expect(ResponsesShape.response(ToldRun.answer(events), run: ToldRun.id)["output"]?.elements == output)
    }

    @Test("Coming back behind any number gives the rest of the same stream, to the byte")
    func resume() {
        let middle = [ToldRun.reasoning("Hm"), ToldRun.text("a"), ToldRun.text("b")] + ToldRun.parallelCalls
        for end in [ToldRun.calledTools, ToldRun.cutByLength, ToldRun.failed, .cancelled] {
            var whole = ResponsesStreamEncoder(run: ToldRun.id)
            let frames = whole.frames(for: ToldRun.events(middle, end))
            for number in frames.indices {
                var rest = ResponsesStreamEncoder(run: ToldRun.id, after: number)
                #expect(rest.frames(for: ToldRun.events(middle, end)) == Array(frames[(number + 1)...]), "after \(number)")
            }
        }
    }

    @Test("How a response ended")
    func endings() {
        func last(_ end: RunEvent) -> ToldFrame? { told(ToldRun.events([ToldRun.text("Hi")], end)).last }
        let length = last(ToldRun.cutByLength)
        #expect(length?.type == "response.incomplete")
        #expect(length?.data[path: "response.incomplete_details.reason"] == "max_output_tokens")
        #expect(length?.data[path: "response.output.0.status"] == "incomplete")
        let failed = last(ToldRun.failed)
        #expect(failed?.type == "response.failed")
        #expect(failed?.data[path: "response.error.code"] == "server_error")
        #expect(failed?.data[path: "response.error.message"] == "Too much to do.")
        for reason in [IncompleteReason.interrupted, .truncated, .timeLimit] {
            let cut = last(.incomplete(reason: reason, finish: FinishReason(.stop, raw: "stop"), usage: nil))
            #expect(cut?.type == "response.failed")
            #expect(cut?.data[path: "response.status"] == "failed")
            #expect(cut?.data[path: "response.output.0.status"] == "incomplete")
        }
        let cancelled = last(.cancelled)
        #expect(cancelled?.type == "response.incomplete")
        #expect(cancelled?.data[path: "response.status"] == "cancelled")
        #expect(cancelled?.data[path: "response.error"] == .null)
        // What ends with a failed response is not done.
        #expect(!told(ToldRun.events([ToldRun.text("Hi")], ToldRun.failed)).contains { $0.type.hasSuffix(".done") })
    }

    @Test("A call that the bound cuts is an incomplete item without its arguments' end")
    func lengthInsideTool() {
        let frames = told(ToldRun.events([ToldRun.fragment(0, #"{"a":"#, id: "c", name: "f")], ToldRun.cutByLength))
        #expect(!frames.contains { $0.type == "response.function_call_arguments.done" })
        #expect(frames[frames.count - 2].data[path: "item.status"] == "incomplete")
        #expect(frames.last?.data[path: "response.output.0.status"] == "incomplete")
    }

    @Test("A run that failed before it began is created and failed; one that waits is queued")
    func edges() {
        #expect(types(told([ToldRun.failed])) == ["created", "in_progress", "failed"])
        #expect(ResponsesShape.status(AnswerParts()) == "queued")
        #expect(ResponsesShape.status(ToldRun.answer([ToldRun.started])) == "in_progress")
        #expect(ResponsesShape.run("resp_\(ToldRun.name)") == ToldRun.id)
        #expect(ResponsesShape.run(ToldRun.name) == ToldRun.id)
        #expect(ResponsesShape.run("resp_x") == nil)
    }

    // MARK: Requests

    @Test("The fullest request")
    func decoding() throws {
        let wanted = try ResponsesShape.decode(
            JSONValue(
                parsing: #"""
                    {"model":"m","background":true,"stream":true,"instructions":"Be brief.","max_output_tokens":9,"store":true,
                     "reasoning":{"effort":"high","summary":"auto"},"tool_choice":{"type":"function","name":"f"},"metadata":{"k":"v"},
                     "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}},
                     "tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":true}],
                     "input":[{"role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_text","text":"b"}]},
                      {"type":"reasoning","id":"rs_1","summary":[]},
                      {"type":"message","role":"assistant","content":[{"type":"output_text","text":"c"}]},
                      {"type":"function_call","call_id":"x","name":"f","arguments":"{}"},{"type":"function_call","call_id":"y","name":"f","arguments":"{}"},
                      {"type":"function_call_output","call_id":"x","output":"42"},
                      {"type":"function_call_output","call_id":"y","output":[{"type":"input_text","text":"43"}]}]}
                    """#))
        #expect(wanted.isBackground && wanted.streams)
        let messages = wanted.run.messages
        #expect(messages.map(\.role) == [.system, .user, .assistant, .tool, .tool])
        #expect(messages.map(\.content) == ["Be brief.", "ab", "c", "42", "43"])
        #expect(messages[2].toolCalls?.map(\.id) == ["x", "y"])
        #expect(wanted.run.tools?.map(\.name) == ["f"])
        #expect(wanted.run.metadata == ["k": "v"])
        let options = try #require(wanted.run.options)
        #expect(options.maxOutputTokens == 9 && options.reasoningEffort == "high" && options.toolChoice == .tool("f"))
        #expect(
            options.responseFormat == ["type": "json_schema", "json_schema": ["name": "n", "schema": ["type": "object"], "strict": true]])
        let small = try ResponsesShape.decode(JSONValue(parsing: #"{"model":"m","input":"a"}"#))
        var expected = RunRequest(messages: [RunMessage(.user, "a")])
        expected.turn = ConversationTurn(start: 0)
        #expect(small.run == expected && small.previous == nil && small.input == 0)
        // Instructions are a request's own and no part of the conversation.
        #expect(wanted.run.turn == ConversationTurn(start: 1) && wanted.input == 1)
        let unkept = try ResponsesShape.decode(JSONValue(parsing: #"{"model":"m","input":"a","store":false,"previous_response_id":"resp_1"}"#))
        #expect(unkept.run.turn == nil && unkept.previous == "resp_1")
    }

    @Test("Images stand in messages and in outputs of functions")
    func images() throws {
        let wanted = try ResponsesShape.decode(
            JSONValue(
                parsing: #"""
                    {"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"What is it?"},
                      {"type":"input_image","image_url":"https://a.example/cat.png","detail":"high"}]},
                      {"type":"function_call","call_id":"x","name":"f","arguments":"{}"},
                      {"type":"function_call_output","call_id":"x","output":[{"type":"input_image","image_url":"data:image/gif;base64,R0lGODdh"}]}]}
                    """#))
        let messages = wanted.run.messages
        #expect(messages[0].parts == [.text("What is it?"), .image(try MessageImage(url: "https://a.example/cat.png", detail: "high"))])
        #expect(messages[2].parts == [.image(try MessageImage(mediaType: "image/gif", base64: "R0lGODdh"))])
        #expect(wanted.run.faults.isEmpty)
    }

    @Test("What the system or the model did not say is left out, and the places of the rest are those that were sent")
    func silence() throws {
        let wanted = try ResponsesShape.decode(
            JSONValue(
                parsing: #"""
                    {"model":"m","input":[{"role":"system","content":""},{"role":"developer","content":[]},{"role":"user","content":"a"},
                      {"type":"message","role":"assistant","content":[{"type":"output_text","text":""}]},
                      {"type":"function_call","call_id":"x","name":"f","arguments":"{}"},
                      {"type":"function_call_output","call_id":"x","output":""},{"role":"assistant","content":""},{"role":"user","content":"b"}]}
                    """#))
        #expect(wanted.run.messages.map(\.role) == [.user, .assistant, .tool, .user])
        #expect(wanted.run.messages[1].toolCalls?.map(\.id) == ["x"])
        #expect(throws: Never.self) { try wanted.check() }
        let blank = try ResponsesShape.decode(
            JSONValue(parsing: #"{"model":"m","input":[{"role":"assistant","content":""},{"role":"user","content":""}]}"#))
        let fault = AnswerFault(try #require(throws: Problem.self) { try blank.check() })
        #expect(fault.message == "input[1].content: It is empty.")
    }

    @Test(
        "What is wrong with the run is told by the member that was sent",
        arguments: [
            (#""max_output_tokens":0"#, "max_output_tokens"), (#""reasoning":{"effort":"huge"}"#, "reasoning.effort"),
            (#""text":{"format":{"type":"xml"}}"#, "text.format"),
            (#""text":{"format":{"type":"json_schema","schema":{}}}"#, "text.format.name"),
            (#""text":{"format":{"type":"json_schema","name":"n"}}"#, "text.format.schema"),
            (#""tool_choice":{"type":"function","name":"a b"}"#, "tool_choice.name"),
            (#""tools":[{"type":"function","name":"f","parameters":"none"}]"#, "tools[0].parameters"), (#""input":"""#, "input"),
            (#""instructions":"Be brief.","input":"""#, "input"), (#""input":[]"#, "input"),
            (#""instructions":"Be brief.","input":[{"role":"user","content":"a"},{"role":"user","content":""}]"#, "input[1].content"),
            (
                #"""
                "input":[{"role":"user","content":"a"},{"type":"reasoning","id":"rs_1","summary":[]},
                 {"type":"function_call","call_id":"x","name":"f","arguments":"{}"},{"type":"function_call","call_id":"y","name":"f","arguments":"{}"},
                 {"type":"function_call_output","call_id":"x","output":"1"},{"type":"function_call_output","call_id":"","output":"2"}]
                """#, "input[5].call_id"
            ),
        ])
    func faults(_ members: String, _ parameter: String) throws {
        let input = members.contains(#""input""#) ? "" : #","input":"a""#
        let wanted = try ResponsesShape.decode(JSONValue(parsing: #"{"model":"m",\#(members)\#(input)}"#))
        let fault = AnswerFault(try #require(throws: Problem.self) { try wanted.check() })
        #expect(fault.status == 400 && fault.parameter == parameter)
        #expect(fault.message.hasPrefix("\(parameter): It "))
    }

    @Test(
        "What would be answered wrongly is refused by its place",
        arguments: [
            (#"{"model":"m"}"#, "#/input"), (#"{"input":"a"}"#, "#/model"),
            (#"{"model":"m","input":"a","previous_response_id":1}"#, "#/previous_response_id"),
            (#"{"model":"m","input":"a","conversation":"conv_1"}"#, "#/conversation"),
            (#"{"model":"m","input":[{"type":"item_reference","id":"i"}]}"#, "#/input/0"),
            (#"{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"u"}]}]}"#, "#/input/0/content/0/image_url"),
            (#"{"model":"m","input":[{"role":"user","content":[{"type":"input_image","file_id":"file-1"}]}]}"#, "#/input/0/content/0"),
            (#"{"model":"m","input":[{"role":"system","content":[{"type":"input_image","image_url":"https://a/b"}]}]}"#, "#/input/0/content/0"),
            (#"{"model":"m","input":"a","tools":[{"type":"web_search"}]}"#, "#/tools/0/type"),
        ])
    func refused(_ body: String, _ pointer: String) throws {
        let document = try JSONValue(parsing: body)
        let problem = try #require(throws: Problem.self) { try ResponsesShape.decode(document) }
        #expect(problem.status == .badRequest)
        #expect(problem.errors.first?.place == .pointer(pointer))
    }
}
