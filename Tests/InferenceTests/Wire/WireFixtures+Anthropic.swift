@testable import Inference

/// Writes `messages` streams for tests: with an `event:` line, and the padding before the closing brace that the wire has.
struct AnthropicStream {
    private(set) var frames: [String] = []

    /// - Parameter members: JSON members behind the type.
    func event(_ type: String, _ members: String = "") -> AnthropicStream {
        var copy = self
        let padding = String(repeating: " ", count: frames.count % 4)
        copy.frames.append("event: \(type)\ndata: {\"type\":\"\(type)\"\(members.isEmpty ? "" : ",")\(members)\(padding)}")
        return copy
    }

    func start(id: String = "msg_1", usage: String = #"{"input_tokens":25,"output_tokens":1}"#) -> AnthropicStream {
        event(
            "message_start",
            #""message":{"id":"\#(id)","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":\#(usage)}"#
        )
    }

    func ping() -> AnthropicStream { event("ping") }
    func open(_ index: Int, _ block: String) -> AnthropicStream { event("content_block_start", #""index":\#(index),"content_block":\#(block)"#) }
    func delta(_ index: Int, _ delta: String) -> AnthropicStream { event("content_block_delta", #""index":\#(index),"delta":\#(delta)"#) }
    func close(_ index: Int) -> AnthropicStream { event("content_block_stop", #""index":\#(index)"#) }

    func openText(_ index: Int) -> AnthropicStream { open(index, #"{"type":"text","text":""}"#) }
    func text(_ index: Int, _ text: String) -> AnthropicStream { delta(index, #"{"type":"text_delta","text":"\#(text)"}"#) }
    func openTool(_ index: Int, id: String, name: String) -> AnthropicStream {
        open(index, #"{"type":"tool_use","id":"\#(id)","name":"\#(name)","input":{}}"#)
    }

    /// A piece of a tool's arguments.
    func input(_ index: Int, _ piece: String) -> AnthropicStream {
        let escaped = piece.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return delta(index, #"{"type":"input_json_delta","partial_json":"\#(escaped)"}"#)
    }

    /// - Parameter sequence: JSON.
    func stop(_ reason: String, sequence: String = "null", usage: String = #"{"output_tokens":15}"#, more: String = "") -> AnthropicStream {
        event("message_delta", #""delta":{"stop_reason":"\#(reason)","stop_sequence":\#(sequence)\#(more)},"usage":\#(usage)"#)
    }

    func end() -> AnthropicStream { event("message_stop") }

    func error(_ type: String, _ message: String = "m") -> AnthropicStream {
        event("error", #""error":{"type":"\#(type)","message":"\#(message)"}"#)
    }

    func fixture(_ name: String = "") -> WireFixture {
        WireFixture(name, .anthropic, frames, decides: [#""stop_reason":""#, "event: error"])
    }

    var decoded: DecodedStream { fixture().decoded() }
}

extension WireFixture {
    static let anthropic: [WireFixture] = [
        AnthropicStream().start().openText(0).ping().text(0, "Hel").text(0, "lo, wörld 😀").close(0).stop("end_turn").end().fixture("text"),
        AnthropicFixtures.tools.fixture("tools"), AnthropicFixtures.thinking.fixture("thinking"),
        AnthropicFixtures.cutTool.fixture("cut in a tool"),
        AnthropicStream().start().ping().stop("refusal", more: #","stop_details":{"type":"refusal","category":"cyber","explanation":"Not this."}"#)
            .end().fixture("refusal"),
        AnthropicStream().start().openText(0).text(0, "Hal").error("overloaded_error", "Overloaded").fixture("overloaded"),
        AnthropicFixtures.serverTool.fixture("a tool of the provider's own"),
    ]
}

enum AnthropicFixtures {
    /// Text, a call in pieces of which the first is empty, and a call without arguments.
    static let tools = AnthropicStream()
        .start(usage: #"{"input_tokens":25,"output_tokens":1,"cache_creation_input_tokens":100,"cache_read_input_tokens":40}"#)
        .openText(0).text(0, "Let me see.").close(0).ping()
        .openTool(1, id: "toolu_a", name: "weather").input(1, "").input(1, #"{"city":"#).input(1, #" "Bo\"nn"}"#).close(1)
        .openTool(2, id: "toolu_b", name: "now").input(2, "").close(2)
        .stop("tool_use").end()

    /// Thoughts with their signature, encrypted thoughts, then the answer.
    static let thinking = AnthropicStream().start()
        .open(0, #"{"type":"thinking","thinking":"","signature":""}"#)
        .delta(0, #"{"type":"thinking_delta","thinking":"Let me "}"#).delta(0, #"{"type":"thinking_delta","thinking":"think."}"#)
        .delta(0, #"{"type":"signature_delta","signature":"EqQB"}"#).close(0)
        .open(1, #"{"type":"redacted_thinking","data":"abc"}"#).close(1)
        .openText(2).text(2, "42").close(2)
        .stop("end_turn", usage: #"{"output_tokens":30,"output_tokens_details":{"thinking_tokens":20}}"#).end()

    /// The bound on tokens inside a call: no `content_block_stop`, no valid JSON.
    static let cutTool = AnthropicStream().start()
        .openTool(0, id: "toolu_a", name: "now").input(0, "").close(0)
        .openTool(1, id: "toolu_b", name: "write").input(1, "").input(1, #"{"text":"Once upon"#)
        .stop("max_tokens", usage: #"{"output_tokens":64}"#).end()

    /// The input of the provider's own tool is not a call of ours; the input tokens grow.
    static let serverTool = AnthropicStream().start(usage: #"{"input_tokens":43,"output_tokens":1}"#)
        .open(0, #"{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}"#)
        .input(0, #"{"query":"bonn"}"#).close(0)
        .open(1, #"{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","title":"Bonn"}]}"#).close(1)
        .openText(2).text(2, "On the Rhine.").delta(2, #"{"type":"citations_delta","citation":{"cited_text":"x"}}"#).close(2)
        .stop("end_turn", usage: #"{"input_tokens":61,"output_tokens":9,"server_tool_use":{"web_search_requests":1}}"#).end()
}
