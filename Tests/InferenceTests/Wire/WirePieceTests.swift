import Foundation
import Testing

@testable import Inference

/// The short way through a delta: what it accepts is what the general decoder makes of the same bytes, and everything else it leaves to it.
@Suite struct WirePieceTests {
    /// What both ways say of an event's data, as text; nil where they have nothing to say.
    private struct Reading {
        var short: String?
        var general: String?

        init(_ data: String, _ format: ProviderFormat) {
            let json = JSONDecoder()
            let bytes = Data(data.utf8)
            switch format {
            case .openai, .openrouter:
                short = ChatCompletionsPiece(data).map { "\($0.text)" }
                if let chunk = try? json.decode(ChatCompletionsChunk.self, from: bytes), let choice = chunk.choices?.first {
                    let saysMore =
                        chunk.choices?.count != 1 || chunk.usage != nil || chunk.error != nil || choice.message != nil || choice.index ?? 0 != 0
                        || choice.finishReason != nil || choice.delta?.refusal != nil || choice.delta?.reasoningText != nil
                        || choice.delta?.toolCalls != nil || choice.delta?.functionCall != nil
                    general = saysMore ? "more" : choice.delta?.content?.text ?? ""
                }
            case .anthropic:
                short = AnthropicMessagesPiece(data).map { "\(AnthropicMessagesEvent.blockDelta(index: $0.index, $0.delta))" }
                general = (try? json.decode(AnthropicMessagesEvent.self, from: bytes)).map { "\($0)" }
            case .openaiResponses:
                short = ResponsesPiece(data).map { "\($0.number ?? -1) \($0.event)" }
                general = (try? json.decode(NumberedResponsesEvent.self, from: bytes)).map { "\($0.number ?? -1) \($0.event)" }
            }
        }
    }

    private static func data(of fixture: WireFixture) -> [String] {
        fixture.frames.flatMap { $0.split(separator: "\n") }.compactMap { $0.hasPrefix("data: ") ? String($0.dropFirst(6)) : nil }
    }

    @Test("on every event of every recorded stream both ways agree, damaged in any way too", arguments: WireFixture.all)
    func agreement(_ fixture: WireFixture) async {
        for data in Self.data(of: fixture) {
            await Task.yield()
            let whole = Reading(data, fixture.format)
            #expect(whole.short == nil || whole.short == whole.general, "\(data)")
            for seed in 0..<UInt64(40) {
                var generator = SeededGenerator(seed: seed)
                var bytes = Array(data.utf8)
                for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0..<3, using: &generator) {
                    case 0: bytes.remove(at: place)
                    case 1: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &generator)], at: place)
                    default: bytes[place] = Array(#""\{}[],:0n \u"#.utf8).randomElement(using: &generator) ?? 0
                    }
                }
                let damaged = String(decoding: bytes, as: UTF8.self)
                let read = Reading(damaged, fixture.format)
                #expect(read.short == nil || read.short == read.general, "\(damaged)")
            }
        }
    }

    @Test(
        "the deltas of real streams go the short way",
        arguments: [
            (
                ProviderFormat.openai,
                #"{"id":"c1","object":"chat.completion.chunk","created":1717171717,"model":"m","system_fingerprint":null,"#
                    + #""choices":[{"index":0,"delta":{"role":"assistant","content":"Grüße \"\u00e9\ud83d\ude00\n"},"logprobs":null,"finish_reason":null}]}"#,
                "Grüße \"é😀\n"
            ),
            (
                ProviderFormat.openrouter,
                #"{"id":"g","provider":"P","created":1,"choices":[{"index":0,"delta":{"role":"assistant","content":""},"#
                    + #""finish_reason":null,"native_finish_reason":null}]}"#, ""
            ),
            (ProviderFormat.anthropic, #"{"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"Hi"}}"#, nil),
            (
                ProviderFormat.anthropic, #"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}"#,
                nil
            ),
            (
                ProviderFormat.openaiResponses,
                #"{"type":"response.output_text.delta","sequence_number":4,"item_id":"msg","output_index":0,"#
                    + #""content_index":0,"delta":"In","logprobs":[],"obfuscation":"a1"}"#, nil
            ),
            (
                ProviderFormat.openaiResponses,
                #"{"type":"response.function_call_arguments.delta","sequence_number":9,"item_id":"fc","output_index":1,"delta":"{"}"#, nil
            ),
        ])
    func realDeltas(_ format: ProviderFormat, _ data: String, _ text: String?) throws {
        let read = Reading(data, format)
        #expect(read.short != nil)
        #expect(read.short == read.general)
        if let text { #expect(read.short == text) }
    }

    @Test(
        "what is not plain is left to the general decoder",
        arguments: [
            #"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#, #"{"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"}}]}"#,
            #"{"choices":[{"index":1,"delta":{"content":"a"}}]}"#, #"{"choices":[{"delta":{"content":"a","content":"b"}}]}"#,
            #"{"choices":[{"delta":{"content":[{"text":"a"}]}}]}"#, #"{"choices":[{"delta":{"content":"\ud83d"}}]}"#,
            #"{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":1}}"#, #"{"choices":[{"delta":{"content":"a"}}]} x"#,
            #"{"choices":[{"delta":{"content":"a",}}]}"#, #"{"choices":[{"delta":{"content":"a"}}],"x":01}"#, #"{"choices":[]}"#, #"{}"#, "", "[1]",
            #"{"choices":[{"delta":{"content":"a\x"}}]}"#, #"{"choices":[{"delta":{"content":"a"}}],"x":nul}"#,
            "{\"choices\":[{\"delta\":{\"content\":\"a\nb\"}}]}",
        ])
    func notPlain(_ data: String) {
        #expect(ChatCompletionsPiece(data) == nil)
    }

    @Test("an event of text reads as it was written, whatever the text", arguments: ["", "a", "\"quoted\\\"", "ä\u{1F600}\u{7}\n\r\t", "\u{2028}/"])
    func ownEvents(_ text: String) throws {
        for channel in [StreamChunk.Channel.text, .reasoning, .refusal] {
            let event = RunEvent.chunk(StreamChunk(channel, text))
            #expect(try RunEvent(payload: event.payload) == event)
        }
        #expect(throws: DecodingError.self) { try RunEvent(payload: Array(#"{"type":"text.delta","text":""#.utf8) + [0xFF] + Array(#""}"#.utf8)) }
        let later = Array(#"{"type":"text.delta","text":"a","since":[1]}"#.utf8)
        #expect(try RunEvent(payload: later) == .chunk(StreamChunk(.text, "a")))
    }
}
