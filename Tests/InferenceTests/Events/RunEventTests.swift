import Foundation
import Testing

@testable import Inference

/// The wire form is a contract: these bytes must not change within a version.
@Suite struct RunEventTests {
    static let golden: [(RunEvent, String)] = [
        (
            .runStarted(RunStarted(run: "r", attempt: 2, provider: "scripted", model: "m", agent: "a/b")),
            #"{"type":"run.started","version":1,"run":"r","attempt":2,"provider":"scripted","model":"m","agent":"a/b"}"#
        ),
        (
            .runStarted(RunStarted(run: "r", attempt: 1, provider: "p", model: "m")),
            #"{"type":"run.started","version":1,"run":"r","attempt":1,"provider":"p","model":"m"}"#
        ),
        (
            .runStarted(RunStarted(run: "r", attempt: 1, provider: "p", model: "m", serverTools: ["a", "b"], previous: "q")),
            #"{"type":"run.started","version":1,"run":"r","attempt":1,"provider":"p","model":"m","server_tools":["a","b"],"previous_run":"q"}"#
        ),
        (.stepStarted(step: 1), #"{"type":"step.started","step":1}"#),
        (.chunk(StreamChunk(.text, "a\"b\\c\n\u{1}é😀\u{2028}")), "{\"type\":\"text.delta\",\"text\":\"a\\\"b\\\\c\\n\\u0001é😀\u{2028}\"}"),
        (.chunk(StreamChunk(.reasoning, "")), #"{"type":"reasoning.delta","text":""}"#),
        (.chunk(StreamChunk(.refusal, "no")), #"{"type":"refusal.delta","text":"no"}"#),
        (
            .toolCallDelta(ToolCallDelta(index: 0, id: "c", name: "f", arguments: "")),
            #"{"type":"tool_call.delta","index":0,"id":"c","name":"f","arguments":""}"#
        ),
        (.toolCallDelta(ToolCallDelta(index: 1, arguments: "{")), #"{"type":"tool_call.delta","index":1,"arguments":"{"}"#),
        (
            .toolCall(ToolCall(index: 0, id: "c", name: "f", arguments: "{}")),
            #"{"type":"tool_call.completed","index":0,"id":"c","name":"f","arguments":"{}"}"#
        ),
        (
            .usage(TokenUsage(input: 1, output: 2, total: 3, cachedInput: 4, reasoningOutput: 5)),
            #"{"type":"usage","input_tokens":1,"output_tokens":2,"total_tokens":3,"cached_input_tokens":4,"reasoning_output_tokens":5}"#
        ),
        (
            .usage(TokenUsage(input: 1, cacheWriteInput: 6, cost: 0.00125)),
            #"{"type":"usage","input_tokens":1,"cache_write_input_tokens":6,"cost":0.00125}"#
        ),
        (
            .usage(TokenUsage(input: 4, output: 1, isEstimated: true)),
            #"{"type":"usage","input_tokens":4,"output_tokens":1,"estimated":true}"#
        ),
        (
            .stepFinished(StepFinished(step: 1, finish: FinishReason(.stop, raw: "stop"), missingDone: true)),
            #"{"type":"step.finished","step":1,"finish":{"unified":"stop","raw":"stop"},"missing_done":true}"#
        ),
        (
            .runStarted(RunStarted(run: "r", attempt: 1, provider: "p", model: "m", onInterruption: .continue)),
            #"{"type":"run.started","version":1,"run":"r","attempt":1,"provider":"p","model":"m","on_interruption":"continue"}"#
        ),
        (.resumed(RunResumed(attempt: 2, step: 3)), #"{"type":"run.resumed","attempt":2,"step":3}"#),
        (.stepFinished(StepFinished(step: 2, finish: nil, state: .cancelled)), #"{"type":"step.finished","step":2,"state":"cancelled"}"#),
        (.stepFinished(StepFinished(step: 1, finish: nil)), #"{"type":"step.finished","step":1}"#),
        (
            .memoryWritten(MemoryWriteEvent(.upsert, memory: "m", event: "e", scope: "agent", kind: "fact", content: "a")),
            #"{"type":"memory.written","operation":"upsert","memory":"m","event":"e","scope":"agent","kind":"fact","content":"a"}"#
        ),
        (
            .memoryWritten(MemoryWriteEvent(.delete, memory: "m", event: "e", scope: "workspace")),
            #"{"type":"memory.written","operation":"delete","memory":"m","event":"e","scope":"workspace"}"#
        ),
        (
            .toolResult(ToolResult(index: 1, id: "c", name: "f", output: "no", isError: true)),
            #"{"type":"tool.result","index":1,"id":"c","name":"f","is_error":true,"output":"no"}"#
        ),
        (
            .toolResult(ToolResult(index: 0, id: "c", name: "f", output: "{}")),
            #"{"type":"tool.result","index":0,"id":"c","name":"f","output":"{}"}"#
        ),
        (
            .paused(RunPause(calls: ["a", "b\""], until: "2026-01-31T08:30:00.000Z")),
            #"{"type":"run.paused","calls":["a","b\""],"until":"2026-01-31T08:30:00.000Z"}"#
        ),
        (
            .completed(finish: FinishReason(.toolCalls, raw: "tool_calls"), usage: TokenUsage(output: 7)),
            #"{"type":"run.completed","finish":{"unified":"tool_calls","raw":"tool_calls"},"usage":{"output_tokens":7}}"#
        ),
        (
            .completed(finish: FinishReason(.stop, raw: "stop_sequence", stopSequence: "END"), usage: nil),
            #"{"type":"run.completed","finish":{"unified":"stop","raw":"stop_sequence","stop_sequence":"END"}}"#
        ),
        (.incomplete(reason: .interrupted, finish: nil, usage: nil), #"{"type":"run.incomplete","reason":"interrupted"}"#),
        (
            .incomplete(reason: .maxOutputTokens, finish: FinishReason(.length, raw: "length"), usage: nil),
            #"{"type":"run.incomplete","reason":"max_output_tokens","finish":{"unified":"length","raw":"length"}}"#
        ),
        (
            .incomplete(reason: .truncated, finish: nil, usage: TokenUsage(input: 4, isEstimated: true)),
            #"{"type":"run.incomplete","reason":"truncated","usage":{"input_tokens":4,"estimated":true}}"#
        ),
        (
            .failed(InferenceError(.rateLimited, "slow", provider: "p", status: 429, code: "x", retryAfter: .seconds(2))),
            #"{"type":"run.failed","error":{"kind":"rate_limited","message":"slow","retryable":true,"provider":"p","status":429,"code":"x","retry_after_ms":2000}}"#
        ),
        (
            .failed(InferenceError(.rateLimited, "for good", shouldRetry: false)),
            #"{"type":"run.failed","error":{"kind":"rate_limited","message":"for good","retryable":false}}"#
        ),
        (.cancelled, #"{"type":"run.cancelled"}"#),
    ]

    @Test("Each event has exactly these bytes")
    func bytes() {
        for (event, text) in Self.golden { #expect(String(decoding: event.payload, as: UTF8.self) == text) }
    }

    @Test("Each event is read back as it was, and JSONSerialization agrees that it is JSON")
    func roundTrip() throws {
        for (event, _) in Self.golden {
            #expect(try RunEvent(payload: event.payload) == event)
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(event.payload)) }
        }
    }

    @Test("What is read plainly is what the general decoder reads, and a part of it is nothing")
    func readPlainly() throws {
        var plain: Set<String> = []
        for (event, wire) in Self.golden {
            let bytes = Array(wire.utf8)
            // The plain reader wants all bytes at one place, and leaves these to the general one.
            #expect(try RunEvent(payload: AnySequence(bytes)) == event)
            for count in bytes.indices { #expect(RunEvent.plain(bytes.prefix(count)) == nil) }
            guard let read = RunEvent.plain(bytes) else { continue }
            #expect(read == event)
            plain.insert(event.type)
        }
        #expect(plain == ["run.started", "step.started", "text.delta", "reasoning.delta", "refusal.delta", "tool_call.delta"])
    }

    @Test("The type is found without decoding, and terminal events are known by it")
    func types() {
        for (event, _) in Self.golden {
            #expect(RunEvent.type(ofPayload: event.payload) == event.type)
            #expect(RunEvent.isTerminal(type: event.type) == event.isTerminal)
        }
        #expect(RunEvent.type(ofPayload: Array("{}".utf8)) == nil)
        #expect(Set(Self.golden.map(\.0.type)) == Set(RunRoutes.eventTypes))
    }

    @Test("No payload has a line break, whatever the text")
    func noLineBreaks() {
        for scalar in 0..<0x20 {
            let text = String(UnicodeScalar(UInt8(scalar)))
            let payload = RunEvent.chunk(StreamChunk(.text, text)).payload
            #expect(!payload.contains { $0 < 0x20 })
            #expect((try? RunEvent(payload: payload)) == .chunk(StreamChunk(.text, text)))
        }
    }

    @Test("Types and words of a later version are ignored or kept, never refused")
    func laterVersions() throws {
        #expect(try RunEvent(payload: #"{"type":"memory.write","id":"x"}"#.utf8) == nil)
        #expect(try RunEvent(payload: #"{"type":"text.delta","text":"a","new":[1]}"#.utf8) == .chunk(StreamChunk(.text, "a")))
        #expect(
            try RunEvent(payload: #"{"type":"run.completed","finish":{"unified":"pondering","raw":"p"}}"#.utf8)
                == .completed(finish: FinishReason(.other, raw: "p"), usage: nil))
    }

    @Test("An event that lacks a member is refused")
    func missingMember() {
        let cut = [#"{"type":"text.delta"}"#, #"{"type":"run.incomplete"}"#, "{}", "nope"]
        let odd = [#"{"type":"run.incomplete","reason":"odd"}"#, #"{"type":"step.finished","step":1,"state":"odd"}"#]
        for text in cut + odd {
            #expect(throws: DecodingError.self, "\(text)") { try RunEvent(payload: text.utf8) }
        }
    }

    @Test("A result in an event is cut between characters, within its bound, and the mark says so")
    func boundedResults() {
        let call = ToolCall(index: 0, id: "c", name: "f", arguments: "{}")
        let short = String(repeating: "é", count: ToolResult.outputLimit / 2)
        #expect(ToolResult(of: call, output: short, isError: false).output == short)
        let long = ToolResult(of: call, output: short + "é", isError: false).output
        #expect(long.utf8.count <= ToolResult.outputLimit)
        #expect(long.hasSuffix("é…"))
    }

    @Test("Exactly four events are terminal, exactly three are output")
    func kinds() {
        let types = Set(Self.golden.filter(\.0.isTerminal).map(\.0.type))
        #expect(types == ["run.completed", "run.incomplete", "run.failed", "run.cancelled"])
        #expect(Set(Self.golden.filter(\.0.isModelOutput).map(\.0.type)).count == 5)
    }
}

@Suite struct RunEventIDTests {
    @Test("Ids are read as they are written, and nothing else is read")
    func parsing() {
        #expect(RunEventID("3-17") == RunEventID(epoch: 3, number: 17))
        #expect(RunEventID(epoch: 3, number: 17).description == "3-17")
        for text in ["", "-", "3", "3-", "-3", "0-1", "1-0", "01-1", "1-1-1", "1 -1", "+1-1", "１-1", "1-99999999999999999999", "a-b", "1-1\n"] {
            #expect(RunEventID(text) == nil, "\(text)")
        }
    }

    @Test("Ids order by epoch, then by number")
    func order() {
        let sorted = ["1-1", "1-2", "1-10", "2-1", "10-1"].compactMap { RunEventID($0) }
        #expect(sorted.shuffled().sorted() == sorted)
    }

    @Test("One id follows another within an epoch only; the first follows nothing")
    func following() {
        let first = RunEventID(epoch: 2, number: 1)
        #expect(first.follows(nil))
        #expect(first.next.follows(first))
        #expect(!first.next.next.follows(first))
        #expect(!first.next.follows(nil))
        #expect(!first.follows(RunEventID(epoch: 1, number: 9)))
    }
}
