@testable import Inference

/// Writes `responses` streams for tests: every event with its `event:` line and its sequence number.
struct ResponsesStream {
    private(set) var frames: [String] = []

    /// - Parameter members: JSON members behind type and sequence number.
    func event(_ type: String, _ members: String = "") -> ResponsesStream {
        var copy = self
        let rest = members.isEmpty ? "" : ",\(members)"
        copy.frames.append("event: \(type)\ndata: {\"type\":\"\(type)\",\"sequence_number\":\(frames.count)\(rest)}")
        return copy
    }

    func created() -> ResponsesStream {
        event("response.created", #""response":{"id":"resp_1","object":"response","status":"in_progress","error":null,"output":[],"usage":null}"#)
            .event("response.in_progress", #""response":{"id":"resp_1","object":"response","status":"in_progress","output":[]}"#)
    }

    func added(_ output: Int, _ item: String) -> ResponsesStream {
        event("response.output_item.added", #""output_index":\#(output),"item":\#(item)"#)
    }

    func done(_ output: Int, _ item: String) -> ResponsesStream {
        event("response.output_item.done", #""output_index":\#(output),"item":\#(item)"#)
    }

    /// A message in pieces, with all that stands around it.
    func message(_ output: Int, _ pieces: [String]) -> ResponsesStream {
        let whole = pieces.joined()
        var stream = added(output, #"{"id":"msg_\#(output)","type":"message","role":"assistant","status":"in_progress","content":[]}"#)
            .event(
                "response.content_part.added",
                #""item_id":"msg_\#(output)","output_index":\#(output),"content_index":0,"part":{"type":"output_text","text":""}"#)
        for piece in pieces { stream = stream.text(output, piece) }
        return
            stream
            .event("response.output_text.done", #""item_id":"msg_\#(output)","output_index":\#(output),"content_index":0,"text":"\#(whole)""#)
            .event(
                "response.content_part.done",
                #""item_id":"msg_\#(output)","output_index":\#(output),"content_index":0,"part":{"type":"output_text","text":"\#(whole)"}"#
            )
            .done(output, Self.messageItem(output, whole))
    }

    static func messageItem(_ output: Int, _ text: String) -> String {
        #"{"id":"msg_\#(output)","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"\#(text)","annotations":[]}]}"#
    }

    func text(_ output: Int, _ piece: String) -> ResponsesStream {
        event(
            "response.output_text.delta",
            #""item_id":"msg_\#(output)","output_index":\#(output),"content_index":0,"delta":"\#(piece)","logprobs":[]"#)
    }

    /// A call in pieces. Its item's id is another one in each event, as an intermediary was seen to do.
    func call(_ output: Int, id: String, name: String, _ pieces: [String]) -> ResponsesStream {
        func item(_ arguments: String) -> String {
            #"{"id":"fc_\#(output)_\#(arguments.count)","type":"function_call","call_id":"\#(id)","name":"\#(name)","arguments":"\#(Self.escaped(arguments))"}"#
        }
        var stream = added(output, item(""))
        for (position, piece) in pieces.enumerated() { stream = stream.arguments(output, piece, item: "fc_\(output)_\(position)x") }
        return
            stream
            .event(
                "response.function_call_arguments.done",
                #""item_id":"fc_\#(output)_z","output_index":\#(output),"arguments":"\#(Self.escaped(pieces.joined()))""#
            )
            .done(output, item(pieces.joined()))
    }

    func arguments(_ output: Int, _ piece: String, item: String = "fc") -> ResponsesStream {
        event(
            "response.function_call_arguments.delta",
            #""item_id":"\#(item)","output_index":\#(output),"delta":"\#(Self.escaped(piece))""#)
    }

    static func escaped(_ text: String) -> String { text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") }

    static let usage =
        #"{"input_tokens":12,"input_tokens_details":{"cached_tokens":4},"output_tokens":20,"output_tokens_details":{"reasoning_tokens":8},"total_tokens":32}"#

    /// - Parameter more: Members of the response beside status, output and usage.
    func end(_ status: String, output: String = "[]", more: String = #""error":null,"incomplete_details":null"#) -> ResponsesStream {
        event(
            "response.\(status)",
            #""response":{"id":"resp_1","object":"response","status":"\#(status)",\#(more),"output":\#(output),"usage":\#(Self.usage)}"#)
    }

    func fixture(_ name: String = "") -> WireFixture {
        WireFixture(
            name, .openaiResponses, frames,
            decides: ["event: response.completed", "event: response.incomplete", "event: response.failed", "event: error"])
    }

    var decoded: DecodedStream { fixture().decoded() }
}

enum ResponsesFixtures {
    static let text = ResponsesStream().created().message(0, ["Hel", "lo, wörld", " 😀"])
        .end("completed", output: "[\(ResponsesStream.messageItem(0, "Hello, wörld 😀"))]")

    /// A summary of thoughts, then two calls.
    static let tools = ResponsesStream().created()
        .added(0, #"{"id":"rs_1","type":"reasoning","summary":[]}"#)
        .event(
            "response.reasoning_summary_part.added",
            #""item_id":"rs_1","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}"#
        )
        .event("response.reasoning_summary_text.delta", #""item_id":"rs_1","output_index":0,"summary_index":0,"delta":"Two ""#)
        .event("response.reasoning_summary_text.delta", #""item_id":"rs_1","output_index":0,"summary_index":0,"delta":"calls.""#)
        .event("response.reasoning_summary_text.done", #""item_id":"rs_1","output_index":0,"summary_index":0,"text":"Two calls.""#)
        .done(0, #"{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"Two calls."}]}"#)
        .call(1, id: "call_a", name: "weather", [#"{"city""#, #":"Bo\"nn"}"#]).call(2, id: "call_b", name: "now", ["{}"])
        .end("completed")

    static let refusal = ResponsesStream().created()
        .added(0, #"{"id":"msg_0","type":"message","role":"assistant","content":[]}"#)
        .event("response.refusal.delta", #""item_id":"msg_0","output_index":0,"content_index":0,"delta":"I can""#)
        .event("response.refusal.delta", #""item_id":"msg_0","output_index":0,"content_index":0,"delta":"not.""#)
        .event("response.refusal.done", #""item_id":"msg_0","output_index":0,"content_index":0,"refusal":"I cannot.""#)
        .done(0, #"{"id":"msg_0","type":"message","role":"assistant","content":[{"type":"refusal","refusal":"I cannot."}]}"#)
        .end("completed")

    /// The bound on tokens inside a call.
    static let cutTool = ResponsesStream().created().message(0, ["One"])
        .added(1, #"{"id":"fc_1","type":"function_call","call_id":"call_a","name":"write","arguments":""}"#)
        .arguments(1, #"{"text":"Once"#)
        .end("incomplete", more: #""error":null,"incomplete_details":{"reason":"max_output_tokens"}"#)

    /// A quota that is used up, told after status 200: the error with its members one level down, and `response.failed` behind it.
    static let quota = ResponsesStream().created()
        .event(
            "error",
            #""error":{"type":"insufficient_quota","code":"insufficient_quota","message":"You exceeded your current quota.","param":null}"#
        )
        .end("failed", more: #""error":{"code":"insufficient_quota","message":"You exceeded your current quota."},"incomplete_details":null"#)
}

extension WireFixture {
    static let responses: [WireFixture] = [
        ResponsesFixtures.text.fixture("text"), ResponsesFixtures.tools.fixture("tools"), ResponsesFixtures.refusal.fixture("refusal"),
        ResponsesFixtures.cutTool.fixture("cut in a tool"), ResponsesFixtures.quota.fixture("quota"),
    ]
}
