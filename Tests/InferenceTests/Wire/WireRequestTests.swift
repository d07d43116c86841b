import Foundation
import Testing
import Web

@testable import Inference

/// What each format makes of a request.
@Suite struct WireRequestTests {
    private static let conversation = ProviderRequest(
        run: "r", model: "m",
        messages: [
            RunMessage(.system, "Be kind."), RunMessage(.developer, "Be brief."), RunMessage(.user, "Weather?"),
            RunMessage(
                .assistant, "Let me see.",
                toolCalls: [.init(id: "a", name: "weather", arguments: #"{"city":"Bonn"}"#), .init(id: "b", name: "now", arguments: "")]),
            RunMessage(.tool, "Rain", toolCallID: "a"), RunMessage(.tool, "Noon", toolCallID: "b"), RunMessage(.user, "And tomorrow?"),
        ],
        tools: [ToolDefinition(name: "weather", description: "Of a city", parameters: ["type": "object"]), ToolDefinition(name: "now")])

    private static let options = GenerationOptions(
        maxOutputTokens: 4_000, temperature: 0.5, topP: 0.25, toolChoice: .required, parallelToolCalls: false, reasoningEffort: "low")

    /// The body as a value: the order of members is each format's own.
    private func body(_ format: ProviderFormat, _ change: (inout ProviderRequest) throws -> Void = { _ in }) throws -> JSONValue {
        var request = Self.conversation
        try change(&request)
        return try Self.value(String(decoding: try format.wire().body(request), as: UTF8.self))
    }

    /// Members sorted, so that two documents of the same content are equal.
    private static func value(_ text: String) throws -> JSONValue { try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) }

    @Test("The same request is the same bytes", arguments: ProviderFormat.allCases)
    func stable(_ format: ProviderFormat) throws {
        var request = Self.conversation
        request.options = Self.options
        #expect(try format.wire().body(request) == format.wire().body(request))
        #expect(try body(format)["stream"] == true)
        #expect(try body(format)["model"] == "m")
    }

    @Test("Chat completions: messages as they are, and the options that were given")
    func chat() throws {
        let plain = try body(.openai)
        #expect(Set(plain.members?.map(\.name) ?? []) == ["messages", "model", "stream", "stream_options", "tools"])
        #expect(plain["messages"]?.elements?.count == 7)
        let full = try body(.openai) { $0.options = Self.options }
        #expect(full["max_completion_tokens"] == 4_000)
        #expect(full["max_tokens"] == nil)
        #expect(full["temperature"] == 0.5)
        #expect(full["top_p"] == 0.25)
        #expect(full["tool_choice"] == "required")
        #expect(full["parallel_tool_calls"] == false)
        #expect(full["reasoning_effort"] == "low")
        let named = try body(.openai) {
            $0.options = GenerationOptions(stop: ["x"], toolChoice: .tool("now"), responseFormat: ["type": "json_object"])
        }
        #expect(try named["tool_choice"] == Self.value(#"{"type":"function","function":{"name":"now"}}"#))
        #expect(named["stop"] == ["x"])
        #expect(named["response_format"] == ["type": "json_object"])
        let toolless = try body(.openai) { request in
            request.tools = []
            request.options = Self.options
        }
        #expect(toolless["tool_choice"] == nil)
        #expect(toolless["parallel_tool_calls"] == nil)
    }

    @Test("OpenRouter: the older word for the bound, its own for the effort")
    func openRouter() throws {
        let full = try body(.openrouter) { $0.options = Self.options }
        #expect(full["max_tokens"] == 4_000)
        #expect(full["max_completion_tokens"] == nil)
        #expect(full["reasoning"] == ["effort": "low"])
        #expect(full["reasoning_effort"] == nil)
    }

    @Test("Responses: calls and results are items of their own, tools are flat")
    func responses() throws {
        let full = try body(.openaiResponses) { $0.options = Self.options }
        let expected = try Self.value(
            #"""
            {"model":"m","input":[
              {"type":"message","role":"system","content":"Be kind."},{"type":"message","role":"developer","content":"Be brief."},
              {"type":"message","role":"user","content":"Weather?"},{"type":"message","role":"assistant","content":"Let me see."},
              {"type":"function_call","call_id":"a","name":"weather","arguments":"{\"city\":\"Bonn\"}"},
              {"type":"function_call","call_id":"b","name":"now","arguments":""},
              {"type":"function_call_output","call_id":"a","output":"Rain"},{"type":"function_call_output","call_id":"b","output":"Noon"},
              {"type":"message","role":"user","content":"And tomorrow?"}],
             "tools":[
              {"type":"function","name":"weather","description":"Of a city","parameters":{"type":"object"},"strict":false},
              {"type":"function","name":"now","parameters":{"type":"object","properties":{}},"strict":false}],
             "tool_choice":"required","parallel_tool_calls":false,"max_output_tokens":4000,"temperature":0.5,"top_p":0.25,
             "reasoning":{"effort":"low"},"store":false,"stream":true}
            """#)
        #expect(full == expected)
        let schema: JSONValue = ["name": "n", "schema": ["type": "object"], "strict": true]
        let shaped = try body(.openaiResponses) {
            $0.options = GenerationOptions(toolChoice: .tool("now"), responseFormat: ["type": "json_schema", "json_schema": schema])
        }
        #expect(try shaped["text"] == Self.value(#"{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}}"#))
        #expect(try shaped["tool_choice"] == Self.value(#"{"type":"function","name":"now"}"#))
    }

    @Test("Messages: one system text, turns that alternate, calls and results as blocks")
    func anthropic() throws {
        let full = try body(.anthropic) { $0.options = Self.options }
        let expected = try Self.value(
            #"""
            {"model":"m","max_tokens":4000,"system":"Be kind.\n\nBe brief.","messages":[
              {"role":"user","content":[{"type":"text","text":"Weather?"}]},
              {"role":"assistant","content":[{"type":"text","text":"Let me see."},
                {"type":"tool_use","id":"a","name":"weather","input":{"city":"Bonn"}},{"type":"tool_use","id":"b","name":"now","input":{}}]},
              {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"Rain"},
                {"type":"tool_result","tool_use_id":"b","content":"Noon"},{"type":"text","text":"And tomorrow?"}]}],
             "tools":[
              {"name":"weather","description":"Of a city","input_schema":{"type":"object"}},
              {"name":"now","input_schema":{"type":"object","properties":{}}}],
             "tool_choice":{"type":"any","disable_parallel_tool_use":true},"temperature":0.5,"top_p":0.25,
             "thinking":{"type":"enabled","budget_tokens":2000},"stream":true}
            """#)
        #expect(full == expected)
        let plain = try body(.anthropic)
        #expect(plain["max_tokens"] == .integer(Int64(AnthropicMessagesRequest.defaultMaxTokens)))
        #expect(plain["tool_choice"] == nil)
        #expect(plain["thinking"] == nil)
    }

    @Test("Messages: every choice of tools has its word")
    func anthropicChoices() throws {
        let table: [(ToolChoice, Bool?, JSONValue)] = [
            (.auto, nil, ["type": "auto"]), (.required, true, ["type": "any"]), (ToolChoice.none, false, ["type": "none"]),
            (.tool("now"), nil, ["name": "now", "type": "tool"]), (.auto, false, ["disable_parallel_tool_use": true, "type": "auto"]),
        ]
        for (choice, parallel, expected) in table {
            let found = try body(.anthropic) { $0.options = GenerationOptions(toolChoice: choice, parallelToolCalls: parallel) }
            #expect(found["tool_choice"] == expected, "\(choice)")
        }
        let onlyOne = try body(.anthropic) { $0.options = GenerationOptions(parallelToolCalls: false) }
        #expect(onlyOne["tool_choice"] == ["disable_parallel_tool_use": true, "type": "auto"])
    }

    @Test("Messages: thoughts have a budget within the bound, and none after results of tools")
    func anthropicThinking() throws {
        let table: [(String, Int?, Int64?, Int64)] = [
            ("minimal", nil, 1_024, 9_216), ("high", nil, 16_384, 24_576), ("high", 10_000, 5_000, 10_000), ("low", 1_500, nil, 1_500),
            ("none", nil, nil, 8_192), ("none", 10_000, nil, 10_000), ("xhigh", nil, 16_384, 24_576), ("max", nil, 16_384, 24_576),
        ]
        for (effort, most, budget, bound) in table {
            let found = try body(.anthropic) { $0.options = GenerationOptions(maxOutputTokens: most, reasoningEffort: effort) }
            #expect(found["thinking"]?["budget_tokens"] == budget.map { .integer($0) }, "\(effort)")
            #expect(found["max_tokens"] == .integer(bound), "\(effort)")
        }
        let results = try body(.anthropic) { request in
            request.messages.removeLast()
            request.options = GenerationOptions(reasoningEffort: "high")
        }
        #expect(results["thinking"] == nil)
        #expect(results["max_tokens"] == .integer(Int64(AnthropicMessagesRequest.defaultMaxTokens)))
    }

    @Test("OpenAI's formats and OpenRouter are told the effort in the word that was sent", arguments: ["none", "minimal", "xhigh", "max"])
    func efforts(_ effort: String) throws {
        let options = GenerationOptions(reasoningEffort: effort)
        let chat = try body(.openai) { $0.options = options }
        #expect(chat["reasoning_effort"] == .string(effort))
        for format in [ProviderFormat.openaiResponses, .openrouter] {
            let other = try body(format) { $0.options = options }
            #expect(other["reasoning"]?["effort"] == .string(effort), "\(format)")
        }
    }

    @Test("An option that a format has no word for is refused, never left out")
    func refused() {
        let table: [(ProviderFormat, GenerationOptions)] = [
            (.openaiResponses, GenerationOptions(stop: ["x"])), (.anthropic, GenerationOptions(responseFormat: ["type": "json_object"])),
        ]
        for (format, options) in table {
            let error = #expect(throws: InferenceError.self) { try body(format) { $0.options = options } }
            #expect(error?.kind == .invalidRequest)
            #expect(error?.isRetryable == false)
        }
        #expect(throws: Never.self) { try body(.anthropic) { $0.options = GenerationOptions(responseFormat: ["type": "text"]) } }
    }

    // MARK: Images

    /// A question with an address and an image, and a tool's result with an image.
    private static func pictures(inResult: Bool = true) throws -> [RunMessage] {
        let (address, data) = (
            try MessageImage(url: "https://a.example/cat.png", detail: "low"), try MessageImage(mediaType: "image/png", base64: "iVBORw0KGgo=")
        )
        return [
            RunMessage(.user, parts: [.text("Compare"), .image(address), .image(data)]),
            RunMessage(.assistant, "", toolCalls: [.init(id: "a", name: "now", arguments: "{}")]),
            inResult ? RunMessage(.tool, parts: [.text("Seen"), .image(data)], toolCallID: "a") : RunMessage(.tool, "Seen", toolCallID: "a"),
        ]
    }

    @Test("Chat completions: parts as they are; an image that a tool brought is refused", arguments: [ProviderFormat.openai, .openrouter])
    func chatImages(_ format: ProviderFormat) throws {
        let full = try body(format) { $0.messages = try Self.pictures(inResult: false) }
        let expected = try Self.value(
            #"""
            [{"type":"text","text":"Compare"},{"type":"image_url","image_url":{"url":"https://a.example/cat.png","detail":"low"}},
             {"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]
            """#)
        #expect(full["messages"]?[0]?["content"] == expected)
        #expect(full["messages"]?[2]?["content"] == "Seen")
        let error = #expect(throws: InferenceError.self) { try body(format) { $0.messages = try Self.pictures() } }
        #expect(error?.kind == .invalidRequest && error?.code == "unsupported_content")
    }

    @Test("Responses: parts of input, in messages and in outputs of functions")
    func responsesImages() throws {
        let full = try body(.openaiResponses) { $0.messages = try Self.pictures() }
        let expected = try Self.value(
            #"""
            [{"type":"message","role":"user","content":[{"type":"input_text","text":"Compare"},
              {"type":"input_image","image_url":"https://a.example/cat.png","detail":"low"},
              {"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo=","detail":"auto"}]},
             {"type":"function_call","call_id":"a","name":"now","arguments":"{}"},
             {"type":"function_call_output","call_id":"a","output":[{"type":"input_text","text":"Seen"},
              {"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo=","detail":"auto"}]}]
            """#)
        #expect(full["input"] == expected)
    }

    @Test("Messages: blocks with their source, in turns of the user and in results of tools")
    func anthropicImages() throws {
        let full = try body(.anthropic) { $0.messages = try Self.pictures() }
        let expected = try Self.value(
            #"""
            [{"role":"user","content":[{"type":"text","text":"Compare"},
              {"type":"image","source":{"type":"url","url":"https://a.example/cat.png"}},
              {"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}]},
             {"role":"assistant","content":[{"type":"tool_use","id":"a","name":"now","input":{}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"Seen"},
              {"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}]}]}]
            """#)
        #expect(full["messages"] == expected)
    }

    @Test("Each format has its path and its headers")
    func headers() throws {
        let key = try #require(ProviderKey("sk"))
        func fields(_ format: any WireFormat, _ key: ProviderKey?) -> [String: String] {
            Dictionary(format.headers(key: key).map { ($0.name, $0.value) }) { first, _ in first }
        }
        for format in [ProviderFormat.openai, .openaiResponses] {
            #expect(fields(format.wire(), key) == ["authorization": "Bearer sk"])
            #expect(fields(format.wire(), nil).isEmpty)
        }
        #expect(fields(ProviderFormat.anthropic.wire(), key) == ["x-api-key": "sk", "anthropic-version": "2023-06-01"])
        #expect(
            fields(ProviderFormat.openrouter.wire(site: "https://agents.example"), key)
                == ["authorization": "Bearer sk", "http-referer": "https://agents.example", "x-openrouter-title": "Mainstay"])
        #expect(fields(ProviderFormat.openrouter.wire(), nil) == ["x-openrouter-title": "Mainstay"])
        #expect(ProviderFormat.allCases.map { $0.wire().path } == ["/chat/completions", "/responses", "/messages", "/chat/completions"])
    }
}
