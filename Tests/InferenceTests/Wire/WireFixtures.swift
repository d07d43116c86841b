import Testing

@testable import Inference

/// One recorded shape of a stream, written anew: what ``WireConformanceTests`` holds every format's decoder to.
struct WireFixture: Sendable, CustomTestStringConvertible {
    var name: String
    var format: ProviderFormat
    /// The lines of each event, joined with LF, without the empty line behind it.
    var frames: [String]
    /// The first frame that decides how the answer ends.
    var settling: Int

    var testDescription: String { "\(format.rawValue): \(name)" }

    /// - Parameter decides: Parts of a frame by which the one that decides is known.
    init(_ name: String, _ format: ProviderFormat, _ frames: [String], decides: [String]) {
        self.name = name
        self.format = format
        self.frames = frames
        settling = frames.firstIndex { frame in decides.contains { frame.contains($0) } } ?? frames.count
    }

    /// All formats' fixtures. A format without any is found by ``WireConformanceTests/everyFormat()``.
    static let all: [WireFixture] = chat + openRouter + responses + anthropic

    static let chat: [WireFixture] = ChatFixtures.all.map { name, stream in
        WireFixture(name, .openai, stream.frames, decides: [#""finish_reason":""#])
    }

    // MARK: Bytes

    func bytes(_ frames: [String]? = nil, lineEnd: String = "\n") -> [UInt8] {
        Array((frames ?? self.frames).map { $0.replacing("\n", with: lineEnd) + lineEnd + lineEnd }.joined().utf8)
    }

    /// Bytes after which the outcome is decided. A frame that ends in CR LF CR LF is dispatched at its last CR.
    func settled(lineEnd: String) -> Int {
        guard settling < frames.count else { return bytes(lineEnd: lineEnd).count + 1 }
        return bytes(Array(frames[...settling]), lineEnd: lineEnd).count - (lineEnd == "\r\n" ? 1 : 0)
    }

    // MARK: Decoding

    func decoder() -> any StreamDecoder { format.wire().decoder() }

    /// Decodes the bytes in reads of `size`, or in one, and ends the stream cleanly.
    func decoded(_ bytes: [UInt8]? = nil, by size: Int? = nil) -> DecodedStream {
        let bytes = bytes ?? self.bytes()
        let size = size ?? max(1, bytes.count)
        var decoder = decoder()
        var found = DecodedStream()
        for start in stride(from: 0, to: bytes.count, by: size) {
            found.add(decoder.decode(Array(bytes[start..<min(start + size, bytes.count)])))
        }
        found.add(decoder.end(.clean))
        return found
    }
}

extension WireFormat {
    /// The decoder of an answer to a conversation without calls.
    func decoder() -> any StreamDecoder { decoder(into: Answer()) }
}

// MARK: OpenRouter

extension WireFixture {
    private static func chunk(_ delta: String, finish: String? = nil, native: String? = nil, more: String = "") -> String {
        let reasons = [finish, native].map { $0.map { "\"\($0)\"" } ?? "null" }
        return
            #"data: {"id":"gen-1","provider":"Minimax","model":"m","object":"chat.completion.chunk","created":1,"choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(reasons[0]),"native_finish_reason":\#(reasons[1]),"logprobs":null}]\#(more)}"#
    }

    private static let openRouterUsage =
        #","usage":{"prompt_tokens":7,"completion_tokens":10,"total_tokens":17,"cost":0.00125,"is_byok":false,"prompt_tokens_details":{"cached_tokens":3,"cache_write_tokens":2},"completion_tokens_details":{"reasoning_tokens":11}}"#

    /// The role and an empty content on every chunk, usage beside a choice.
    static let openRouterText = WireFixture(
        "text", .openrouter,
        Array(repeating: ": OPENROUTER PROCESSING", count: 12) + [
            #"data: {"id":"gen-1","choices":[],"debug":{"echo_upstream_body":{}}}"#,
            chunk(#"{"role":"assistant","content":"","reasoning":"Hm","reasoning_details":[{"type":"reasoning.text","text":"Hm","index":0}]}"#),
            chunk(#"{"role":"assistant","content":"","reasoning_details":[{"type":"reasoning.encrypted","data":"zz","index":0}]}"#),
            chunk(#"{"role":"assistant","content":"Grüß"}"#), chunk(#"{"role":"assistant","content":" dich"}"#),
            chunk(#"{"role":"assistant","content":""}"#, finish: "stop", native: "end_turn"),
            chunk(#"{"role":"assistant","content":""}"#, more: openRouterUsage), "data: [DONE]",
        ], decides: [#""finish_reason":""#])

    /// The failure as it was captured: two finishes before it, no finish beside it, the usage in it and an end marker behind it.
    static let openRouterFailure = WireFixture(
        "failure", .openrouter,
        [
            ": OPENROUTER PROCESSING", chunk(#"{"role":"assistant","content":"Half"}"#),
            chunk(#"{"role":"assistant","content":""}"#, finish: "length"), chunk(#"{"role":"assistant","content":""}"#, finish: "length"),
            chunk(
                #"{"role":"assistant","content":""}"#,
                more: #","error":{"code":502,"message":"Upstream went away","metadata":{"error_type":"provider_unavailable"}}"# + openRouterUsage),
            "data: [DONE]",
        ], decides: [#""error":{"#])

    /// Index, id and type of a tool's fragments may be null.
    static let openRouterTool = WireFixture(
        "tool", .openrouter,
        [
            chunk(
                #"{"role":"assistant","content":"","tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"time","arguments":""}}]}"#
            ),
            chunk(
                #"{"role":"assistant","content":"","tool_calls":[{"index":null,"id":null,"type":null,"function":{"name":null,"arguments":"{\"zone\":"}}]}"#
            ),
            chunk(
                #"{"role":"assistant","content":"","tool_calls":[{"index":null,"id":null,"type":null,"function":{"name":null,"arguments":"\"CET\"}"}}]}"#
            ),
            chunk(#"{"role":"assistant","content":""}"#, finish: "tool_calls", native: "tool_use"),
            chunk(#"{"role":"assistant","content":""}"#, more: openRouterUsage), "data: [DONE]",
        ], decides: [#""finish_reason":""#])

    static let openRouter = [openRouterText, openRouterFailure, openRouterTool]
}
