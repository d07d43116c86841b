@testable import Inference

/// Writes chat completion streams for tests, in the form that OpenAI documents.
struct ChatStream {
    private(set) var frames: [String] = []

    /// A chunk with one choice; `delta` and the rest are JSON.
    func chunk(_ delta: String, finish: String? = nil, more: String = "") -> ChatStream {
        let reason = finish.map { "\"\($0)\"" } ?? "null"
        return raw(
            #"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(reason)}]\#(more)}"#
        )
    }

    func role() -> ChatStream { chunk(#"{"role":"assistant","content":"","refusal":null}"#) }
    func text(_ text: String) -> ChatStream { chunk(#"{"content":"\#(text)"}"#) }
    func refusal(_ text: String) -> ChatStream { chunk(#"{"content":null,"refusal":"\#(text)"}"#) }
    func finish(_ reason: String) -> ChatStream { chunk("{}", finish: reason) }

    /// A fragment of a tool call; nil leaves the member out.
    func tool(index: Int? = nil, id: String? = nil, name: String? = nil, arguments: String? = nil) -> ChatStream {
        chunk(#"{"tool_calls":[\#(Self.fragment(index: index, id: id, name: name, arguments: arguments))]}"#)
    }

    static func fragment(index: Int?, id: String?, name: String?, arguments: String?) -> String {
        var members: [String] = []
        if let index { members.append(#""index":\#(index)"#) }
        if let id { members.append(#""id":"\#(id)","type":"function""#) }
        var function: [String] = []
        if let name { function.append(#""name":"\#(name)""#) }
        if let arguments {
            let escaped = arguments.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            function.append(#""arguments":"\#(escaped)""#)
        }
        members.append(#""function":{\#(function.joined(separator: ","))}"#)
        return "{\(members.joined(separator: ","))}"
    }

    func usage(prompt: Int, completion: Int, choices: String = "[]") -> ChatStream {
        raw(
            #"{"id":"chatcmpl-1","choices":\#(choices),"usage":{"prompt_tokens":\#(prompt),"completion_tokens":\#(completion),"total_tokens":\#(prompt + completion),"prompt_tokens_details":{"cached_tokens":1},"completion_tokens_details":{"reasoning_tokens":2}}}"#
        )
    }

    func done() -> ChatStream { raw("[DONE]") }
    func comment(_ text: String) -> ChatStream { appending(": \(text)") }
    func raw(_ data: String) -> ChatStream { appending("data: \(data)") }

    private func appending(_ frame: String) -> ChatStream {
        var copy = self
        copy.frames.append(frame)
        return copy
    }

    /// The bytes, each frame followed by an empty line.
    func bytes(lineEnd: String = "\n") -> [UInt8] {
        Array(frames.map { $0 + lineEnd + lineEnd }.joined().utf8)
    }
}

/// What the tests look at again and again: recorded shapes, written anew.
enum ChatFixtures {
    /// A plain answer with the usage chunk.
    static let text = ChatStream().role().text("Hel").text("lo, ").text("wörld 😀").finish("stop").usage(prompt: 9, completion: 4).done()
    /// Two parallel tool calls, one after the other.
    static let tools = ChatStream()
        .chunk(#"{"role":"assistant","content":null}"#)
        .tool(index: 0, id: "call_a", name: "weather", arguments: "").tool(index: 0, arguments: #"{"city":"#).tool(index: 0, arguments: #""Bonn"}"#)
        .tool(index: 1, id: "call_b", name: "time", arguments: "").tool(index: 1, arguments: #"{"zone":"C\"ET"}"#)
        .finish("tool_calls").usage(prompt: 30, completion: 20).done()
    /// The answer reached its bound.
    static let length = ChatStream().role().text("One two").finish("length").done()
    /// A refusal, which finishes with `stop`.
    static let refusal = ChatStream().role().refusal("I can").refusal("not.").finish("stop").done()
    /// Reasoning first, comments before everything, role and empty content on every chunk, usage beside a choice.
    static let reasoning = ChatStream()
        .comment("OPENROUTER PROCESSING").comment("OPENROUTER PROCESSING")
        .chunk(
            #"{"role":"assistant","content":"","reasoning":"Think","reasoning_details":[{"type":"reasoning.text","text":"Think","index":0}]}"#
        )
        .chunk(#"{"role":"assistant","content":"Answer"}"#)
        .chunk(#"{"role":"assistant","content":""}"#, finish: "stop")
        .usage(prompt: 3, completion: 10, choices: #"[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]"#).done()

    static let all: [(name: String, stream: ChatStream)] = [
        ("text", text), ("tools", tools), ("length", length), ("refusal", refusal), ("reasoning", reasoning),
    ]
}

/// A stream's events, with deltas of one kind joined, so that streams that were cut differently can be compared.
struct DecodedStream: Equatable {
    var text = ""
    var reasoning = ""
    var refusal = ""
    var fragments: [Int: String] = [:]
    var calls: [ToolCall] = []
    var usages: [TokenUsage] = []
    var endings: [StepEnding] = []
    var followsEnding = false

    init() {}

    init(_ events: [ProviderEvent]) {
        add(events)
    }

    mutating func add(_ events: [ProviderEvent]) {
        for event in events {
            if !endings.isEmpty { followsEnding = true }
            switch event {
            case .chunk(let chunk):
                switch chunk.channel {
                case .text: text += chunk.text
                case .reasoning: reasoning += chunk.text
                case .refusal: refusal += chunk.text
                }
            case .toolCallDelta(let delta): fragments[delta.index, default: ""] += delta.arguments
            case .toolCall(let call): calls.append(call)
            case .usage(let usage): usages.append(usage)
            case .ended(let ending): endings.append(ending)
            case .group(let events, _): add(events)
            }
        }
    }

    /// Decodes the bytes in one piece and ends the stream cleanly.
    init(_ bytes: some Sequence<UInt8>) {
        var decoder = ChatCompletionsDecoder()
        self.init(decoder.decode(bytes) + decoder.end(.clean))
    }

    init(_ stream: ChatStream) {
        self.init(stream.bytes())
    }

    var outcome: StepEnding.Outcome? { endings.first?.outcome }

    var failure: InferenceError.Kind? {
        if case .failed(let error) = outcome { error.kind } else { nil }
    }
}
