import Foundation
import Testing

@testable import Emulators

@Suite("Questions") struct QuestionTests {
    @Test("are read from Chat Completions") func chat() throws {
        let question = try ChatQuestion.read(
            Data(
                #"""
                {"model":"m","stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false},"max_completion_tokens":7,
                 "tools":[{"type":"function","function":{"name":"f"}}],
                 "messages":[{"role":"system","content":"Be kind."},{"role":"user","content":[{"type":"text","text":"Hi"}]},
                  {"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},
                  {"role":"tool","tool_call_id":"a","content":"1"},{"role":"tool","tool_call_id":"b","content":"2"}]}
                """#.utf8), kind: .openai)
        #expect(
            question
                == Question(
                    shape: .chat, model: "m", streams: true, includesUsage: true, pads: false, outputLimit: 7, lastUser: "Hi",
                    toolResults: ["1", "2"], tools: ["f"], characters: 12))
    }

    @Test("are read from Responses, as text or as items") func responses() throws {
        let text = try ResponsesQuestion.read(Data(#"{"model":"m","input":"Hi"}"#.utf8))
        #expect(text.lastUser == "Hi")
        let items = try ResponsesQuestion.read(
            Data(
                #"""
                {"model":"m","stream":true,"max_output_tokens":9,"tools":[{"type":"function","name":"f","parameters":{}}],"input":[
                 {"role":"user","content":[{"type":"input_text","text":"Hi"}]},
                 {"type":"function_call","call_id":"a","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"a","output":"1"}]}
                """#.utf8))
        #expect(
            items
                == Question(
                    shape: .responses, model: "m", streams: true, outputLimit: 9, lastUser: "Hi", toolResults: ["1"], tools: ["f"], characters: 3))
    }

    @Test("are read from Messages") func messages() throws {
        let question = try MessagesQuestion.read(
            Data(
                #"""
                {"model":"m","max_tokens":8,"system":"Be kind.","tools":[{"name":"f","input_schema":{}}],"messages":[
                 {"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]},
                 {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"1"}]}]}]}
                """#.utf8))
        #expect(
            question
                == Question(shape: .messages, model: "m", outputLimit: 8, lastUser: "Hi", toolResults: ["1"], tools: ["f"], characters: 3))
    }

    static let refused: [(EmulatorShape, String, String?)] = [
        (.chat, #"{"model":"m"}"#, "messages"), (.chat, #"{"messages":[]}"#, "model"), (.chat, #"{"model":"m","messages":[]}"#, "messages"),
        (.chat, #"{"model":"gpt-5-nano","messages":[{"role":"user"}],"max_tokens":1}"#, "max_tokens"), (.chat, #"{"model":7}"#, "model"),
        (.responses, #"{"model":"m"}"#, "input"), (.messages, #"{"model":"m","messages":[]}"#, "max_tokens"),
        (.messages, #"{"model":"m","max_tokens":1}"#, "messages"), (.chat, "{", nil),
    ]

    @Test("are refused for what the provider refuses", arguments: QuestionTests.refused)
    func refusals(shape: EmulatorShape, body: String, param: String?) throws {
        let data = Data(body.utf8)
        let error = try #require(throws: EmulatorError.self) {
            switch shape {
            case .chat: _ = try ChatQuestion.read(data, kind: .openai)
            case .responses: _ = try ResponsesQuestion.read(data)
            case .messages: _ = try MessagesQuestion.read(data)
            }
        }
        #expect(error.status == 400)
        #expect(error.param == param)
    }
}
