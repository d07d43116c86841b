import Foundation
import Testing
import Web

@testable import Inference

@Suite struct RunRequestTests {
    private func decode(_ json: String) throws -> RunRequest {
        try JSONDecoder().decode(RunRequest.self, from: Data(json.utf8))
    }

    @Test("The smallest request, and the fullest")
    func decoding() throws {
        let small = try decode(#"{"messages":[{"role":"user","content":"Hi"}]}"#)
        #expect(small == RunRequest(messages: [RunMessage(.user, "Hi")]))
        #expect(small.faults.isEmpty)
        let full = try decode(
            """
            {"messages":[
              {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
              {"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
              {"role":"assistant","tool_calls":[{"id":"d","type":"function","function":{"name":"f","arguments":"{}"}}]},
              {"role":"tool","tool_call_id":"c","content":"42"}],
             "agent":"o/n","model":"scripted","metadata":{"k":"v"},
             "tools":[{"name":"f","parameters":{"type":"object"}},{"type":"function","function":{"name":"g","description":"d"}}]}
            """)
        #expect(full.messages[0].content == "ab")
        #expect(full.messages[1].toolCalls?.first?.function.name == "f")
        #expect(full.messages[2].content.isEmpty)
        #expect(full.messages[3].toolCallID == "c")
        #expect(full.tools?.map(\.name) == ["f", "g"])
        #expect(full.faults.isEmpty)
    }

    @Test("A payload is read back as it was written")
    func roundTrip() throws {
        let request = RunRequest(
            messages: [RunMessage(.user, "Hi"), RunMessage(.assistant, "", toolCalls: [.init(id: "c", name: "f", arguments: "{}")])], agent: "o/n",
            model: "m",
            tools: [ToolDefinition(name: "f", description: "d", parameters: ["properties": ["a": ["minimum": 0.5]]])],
            metadata: ["k": "v"],
            options: GenerationOptions(
                maxOutputTokens: 9, temperature: 0.5, topP: 1, stop: ["x"], toolChoice: .tool("f"), parallelToolCalls: false, reasoningEffort: "low",
                responseFormat: ["type": "text"]))
        #expect(try JSONDecoder().decode(RunRequest.self, from: JSONEncoder().encode(request)) == request)
    }

    @Test(
        "Wrong kinds are refused by name",
        arguments: [
            #"{}"#, #"{"messages":{}}"#, #"{"messages":[{"role":"king","content":"a"}]}"#, #"{"messages":[{"role":"user"}]}"#,
            #"{"messages":[{"role":"user","content":null}]}"#, #"{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}"#,
            #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"ftp://a.example/b"}}]}]}"#,
            #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/svg+xml;base64,aaaa"}}]}]}"#,
            #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,aaaa"}}]}]}"#,
            #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,a a="}}]}]}"#,
            #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a.example/b","detail":"huge"}}]}]}"#,
            #"{"messages":[{"role":"user","content":"a"}],"tools":[{}]}"#, #"{"messages":[{"role":"user","content":"a"}],"metadata":{"a":1}}"#,
        ])
    func refused(_ json: String) {
        #expect(throws: DecodingError.self) { try decode(json) }
    }

    @Test("Images are read, kept in their places, and read back; only users and tools show them, and not too many")
    func images() throws {
        let request = try decode(
            #"""
            {"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a.example/b","detail":"original"}},
             {"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"data:image/PNG;base64,iVBORw0KGgo="}}]}]}
            """#)
        #expect(request.messages[0].content == "What?")
        #expect(request.messages[0].images.map(\.url) == ["https://a.example/b", "data:image/png;base64,iVBORw0KGgo="])
        #expect(request.faults.isEmpty)
        #expect(try JSONDecoder().decode(RunRequest.self, from: JSONEncoder().encode(request)) == request)

        let image = ContentPart.image(try MessageImage(url: "https://a.example/b"))
        let wordless = RunRequest(messages: [RunMessage(.user, parts: [image]), RunMessage(.tool, parts: [image], toolCallID: "c")])
        #expect(wordless.faults.isEmpty)
        for role in [RunMessage.Role.system, .developer, .assistant] {
            #expect(RunRequest(messages: [RunMessage(role, parts: [image])]).faults.map(\.pointer) == ["/messages/0/content"])
        }
        let many = RunRequest(messages: [RunMessage(.user, parts: Array(repeating: image, count: 101))])
        #expect(many.faults.map(\.pointer) == ["/messages"])
        #expect(throws: MessageImage.Fault.self) { try MessageImage(url: "https://a.example/" + String(repeating: "b", count: 8_192)) }
    }

    @Test("Every fault is named by its place")
    func faults() {
        let request = RunRequest(
            messages: [RunMessage(.user, ""), RunMessage(.tool, "x"), RunMessage(.assistant, "")], agent: "", model: "",
            tools: [ToolDefinition(name: "a b"), ToolDefinition(name: "f"), ToolDefinition(name: "f", parameters: "text")],
            metadata: ["": "v", "k": String(repeating: "v", count: 600)])
        #expect(
            request.faults.map(\.pointer) == [
                "/messages/0/content", "/messages/1/tool_call_id", "/messages/2/content", "/agent", "/model", "/tools/0/name", "/tools/2/name",
                "/tools/2/parameters", "/metadata", "/metadata/k",
            ])
        #expect(RunRequest(messages: []).faults.map(\.pointer) == ["/messages"])
        #expect(RunRequest(messages: Array(repeating: RunMessage(.user, ""), count: 100)).faults.count == 20)
    }

    @Test("Steps, memory and fallback are read; one step is what a run has without them, eight with memory")
    func steps() throws {
        let request = try decode(
            #"{"messages":[{"role":"user","content":"Hi"}],"max_steps":5,"memory":true,"fallback":["a","b"]}"#)
        #expect(request.maxSteps == 5 && request.memory == true && request.fallback == ["a", "b"])
        #expect(request.stepLimit == 5)
        #expect(request.faults.isEmpty)
        #expect(try JSONDecoder().decode(RunRequest.self, from: JSONEncoder().encode(request)) == request)
        let hi = [RunMessage(.user, "Hi")]
        #expect(RunRequest(messages: hi).stepLimit == 1)
        #expect(RunRequest(messages: hi, memory: true).stepLimit == 8)
        #expect(RunRequest(messages: hi, maxSteps: 33).faults.map(\.pointer) == ["/max_steps"])
        #expect(RunRequest(messages: hi, maxSteps: 0).faults.map(\.pointer) == ["/max_steps"])
        #expect(RunRequest(messages: hi, maxSteps: 1, memory: true).faults.map(\.pointer) == ["/max_steps"])
        #expect(RunRequest(messages: hi, fallback: ["a", ""]).faults.map(\.pointer) == ["/fallback/1"])
        #expect(RunRequest(messages: hi, fallback: Array(repeating: "a", count: 5)).faults.map(\.pointer) == ["/fallback"])
        let taken = [ToolDefinition(name: "memory_write")]
        #expect(RunRequest(messages: hi, tools: taken, memory: true).faults.map(\.pointer) == ["/tools/0/name"])
        #expect(RunRequest(messages: hi, tools: taken).faults.isEmpty)
    }

    @Test("What becomes of an interrupted run is one of two words, and nothing when nobody said it")
    func interruption() throws {
        #expect(try decode(#"{"messages":[{"role":"user","content":"Hi"}]}"#).onInterruption == nil)
        for policy in InterruptionPolicy.allCases {
            let request = try decode(#"{"messages":[{"role":"user","content":"Hi"}],"on_interruption":"\#(policy.rawValue)"}"#)
            #expect(request.onInterruption == policy)
            #expect(try JSONDecoder().decode(RunRequest.self, from: JSONEncoder().encode(request)) == request)
        }
        #expect(throws: DecodingError.self) { try decode(#"{"messages":[{"role":"user","content":"Hi"}],"on_interruption":"again"}"#) }
    }

    @Test("Options are read under their own names, and a tool choice is a word or a name")
    func options() throws {
        let all = try decode(
            """
            {"messages":[{"role":"user","content":"Hi"}],"options":{"max_output_tokens":9,"temperature":0.5,"top_p":0.25,"stop":["x"],
             "tool_choice":{"name":"f"},"parallel_tool_calls":false,"reasoning_effort":"high","response_format":{"type":"json_object"}}}
            """)
        #expect(
            all.options
                == GenerationOptions(
                    maxOutputTokens: 9, temperature: 0.5, topP: 0.25, stop: ["x"], toolChoice: .tool("f"), parallelToolCalls: false,
                    reasoningEffort: "high", responseFormat: ["type": "json_object"]))
        #expect(all.faults.isEmpty)
        for (word, choice) in [("auto", ToolChoice.auto), ("none", ToolChoice.none), ("required", ToolChoice.required)] {
            let found = try decode(#"{"messages":[],"options":{"tool_choice":"\#(word)"}}"#).options?.toolChoice
            #expect(found == choice)
        }
        #expect(throws: DecodingError.self) { try decode(#"{"messages":[],"options":{"tool_choice":"always"}}"#) }
        #expect(throws: DecodingError.self) { try decode(#"{"messages":[],"options":{"tool_choice":{"function":"f"}}}"#) }
    }

    @Test("Every fault of the options is named by its place")
    func optionFaults() {
        var request = RunRequest(messages: [RunMessage(.user, "Hi")])
        request.options = GenerationOptions(
            maxOutputTokens: 0, temperature: 3, topP: -0.1, stop: ["x", ""], toolChoice: .tool("a b"), reasoningEffort: "huge",
            responseFormat: "text")
        #expect(
            request.faults.map(\.pointer) == [
                "/options/max_output_tokens", "/options/temperature", "/options/top_p", "/options/stop/1", "/options/tool_choice/name",
                "/options/reasoning_effort", "/options/response_format",
            ])
        request.options = GenerationOptions(
            stop: Array(repeating: "x", count: 17), responseFormat: ["type": "json_schema", "json_schema": ["name": "", "schema": "text"]])
        #expect(
            request.faults.map(\.pointer) == [
                "/options/stop", "/options/response_format/json_schema/name", "/options/response_format/json_schema/schema",
            ])
        request.options = GenerationOptions()
        #expect(request.faults.isEmpty)
        for effort in ["none", "minimal", "low", "medium", "high", "xhigh", "max"] {
            request.options = GenerationOptions(reasoningEffort: effort)
            #expect(request.faults.isEmpty, "\(effort)")
        }
    }

    @Test("An agent's prompt stands in front, its own system text first")
    func persona() {
        let agent = AgentCharacter(
            id: UUID(), label: "o/ada", name: "Ada", system: "Be kind.", bio: ["A librarian.", ""], topics: ["maps", "stars"], style: ["short"])
        let messages = agent.addressed([RunMessage(.system, "Mine"), RunMessage(.user, "Hi")])
        #expect(messages.map(\.role) == [.system, .system, .user])
        #expect(messages[0].content == "Be kind.\n\nAbout Ada:\n- A librarian.\n\nTopics: maps, stars\n\nStyle:\n- short")
        #expect(AgentCharacter(id: UUID(), label: "o/b", name: "Bo").prompt == "You are Bo.")
    }
}
