import Testing

@testable import Inference

/// T9 to T16: what providers do to the fragments of tool calls.
@Suite struct ToolCallAssemblerTests {
    private typealias Fragment = (index: Int?, id: String?, name: String?, arguments: String?)

    /// - Parameter ids: Those of the calls in the conversation.
    private func decode(_ fragments: [Fragment], finish: String = "tool_calls", after ids: [String] = []) -> DecodedStream {
        var stream = ChatStream().role()
        for fragment in fragments {
            stream = stream.tool(index: fragment.index, id: fragment.id, name: fragment.name, arguments: fragment.arguments)
        }
        let calls = ids.map { RunMessage.Call(id: $0, name: "f", arguments: "{}") }
        let request = ProviderRequest(run: "r", model: "m", messages: [RunMessage(.assistant, "", toolCalls: calls)])
        var decoder = ChatCompletionsFormat().decoder(for: request)
        return DecodedStream(decoder.decode(stream.finish(finish).done().bytes()) + decoder.end(.clean))
    }

    private func call(_ index: Int, _ id: String, _ name: String, _ arguments: String) -> ToolCall {
        ToolCall(index: index, id: id, name: name, arguments: arguments)
    }

    @Test("T9: as documented, two calls, fragments by index, also interleaved")
    func documented() {
        #expect(
            DecodedStream(ChatFixtures.tools).calls == [
                call(0, "call_a", "weather", #"{"city":"Bonn"}"#), call(1, "call_b", "time", #"{"zone":"C\"ET"}"#),
            ])
        let interleaved = decode([
            (0, "a", "f", ""), (1, "b", "g", ""), (0, nil, nil, #"{"x""#), (1, nil, nil, #"{"y":2"#), (0, nil, nil, ":1}"), (1, nil, nil, "}"),
        ])
        #expect(interleaved.calls == [call(0, "a", "f", #"{"x":1}"#), call(1, "b", "g", #"{"y":2}"#)])
        #expect(interleaved.fragments == [0: #"{"x":1}"#, 1: #"{"y":2}"#])
    }

    @Test("T9: no index at all, ids and order tell the calls apart")
    func noIndex() {
        let found = decode([(nil, "a", "f", #"{"x""#), (nil, nil, nil, ":1}"), (nil, "b", "g", "{}"), (nil, "b", nil, "")])
        #expect(found.calls == [call(0, "a", "f", #"{"x":1}"#), call(1, "b", "g", "{}")])
    }

    @Test("T9: all indices 0 for parallel calls, another id begins another call")
    func allZero() {
        let found = decode([(0, "a", "f", #"{"x":1}"#), (0, "b", "f", #"{"x":2}"#), (0, "c", "g", #"{"#), (0, nil, nil, "}")])
        #expect(found.calls == [call(0, "a", "f", #"{"x":1}"#), call(1, "b", "f", #"{"x":2}"#), call(2, "c", "g", "{}")])
    }

    @Test("T9: indices from 1 and with gaps are numbered from 0")
    func gaps() {
        let found = decode([(1, "a", "f", "{}"), (4, "b", "g", "{"), (4, nil, nil, "}")])
        #expect(found.calls.map(\.index) == [0, 1])
    }

    @Test("T10: the name may come later than the id, and be repeated empty or whole")
    func lateName() {
        let found = decode([(0, "a", nil, nil), (0, nil, "f", ""), (0, nil, "", #"{"x""#), (0, nil, "f", ":1}")])
        #expect(found.calls == [call(0, "a", "f", #"{"x":1}"#)])
        let events = assembled([
            ToolCallFragment(index: 0, id: "a"), ToolCallFragment(index: 0, name: "f", arguments: "{"), ToolCallFragment(index: 0, arguments: "}"),
        ])
        #expect(
            events == [
                ToolCallDelta(index: 0, id: "a", arguments: ""), ToolCallDelta(index: 0, name: "f", arguments: "{"),
                ToolCallDelta(index: 0, arguments: "}"),
            ])
    }

    @Test("T10: a call whose name never comes is a failure, not a call")
    func noName() {
        let found = decode([(0, "a", nil, "{}")])
        #expect(found.failure == .invalidResponse)
        #expect(found.calls.isEmpty)
    }

    @Test("T11: the id on every fragment, empty, late or missing")
    func ids() {
        #expect(decode([(0, "a", "f", "{"), (0, "a", nil, "}"), (0, "a", "f", "")]).calls == [call(0, "a", "f", "{}")])
        #expect(decode([(0, "", "f", "{"), (0, "", nil, "}")]).calls == [call(0, "call_0", "f", "{}")])
        #expect(decode([(0, nil, "f", "{"), (0, "late", nil, "}")]).calls == [call(0, "late", "f", "{}")])
    }

    @Test("T11: parallel calls with empty ids under one index")
    func emptyIDsInParallel() {
        let found = decode([(0, "", "f", #"{"x":1}"#), (0, "", "g", #"{"x":1}"#), (0, "", "g", #"{"x":2}"#)])
        #expect(found.calls.map(\.name) == ["f", "g", "g"])
        #expect(found.calls.map(\.id) == ["call_0", "call_1", "call_2"])
    }

    @Test("T11: one id for two calls, the calls stay two and their ids become unique")
    func sameID() {
        let found = decode([(0, "a", "f", #"{"x":1}"#), (1, "a", "f", #"{"x":2}"#)])
        #expect(found.calls == [call(0, "a", "f", #"{"x":1}"#), call(1, "a_1", "f", #"{"x":2}"#)])
    }

    @Test("T11: ids that are made are counted through the conversation, and one that it has is made another")
    func idsOfEarlierSteps() {
        let table: [(taken: [String], fragments: [Fragment], ids: [String])] = [
            (["call_0", "call_1"], [(0, nil, "f", "{}"), (1, "", "g", "{}")], ["call_2", "call_3"]),
            (["f:0"], [(0, "f:0", "f", "{}"), (1, "g:1", "g", "{}")], ["f:0_1", "g:1"]),
            (["0", "0_1"], [(0, "0", "f", "{}"), (1, "0", "g", "{}")], ["0_2", "0_3"]),
            (["call_1"], [(0, nil, "f", "{}")], ["call_2"]),
            // Of a conversation whose beginning is gone.
            (["f:0_3", "f:0", "f:0_2"], [(0, "f:0", "f", "{}")], ["f:0_4"]),
            ([], [(0, nil, "f", "{}"), (1, "call_0", "g", "{}")], ["call_0", "call_0_1"]),
        ]
        for (taken, fragments, ids) in table { #expect(decode(fragments, after: taken).calls.map(\.id) == ids) }
        var assembler = ToolCallAssembler(taken: ["f:0"])
        #expect(assembler.take(ToolCallFragment(index: 0, id: "f:0", name: "f", arguments: "{}"))?.id == "f:0_1", "it is told so from the first")
    }

    @Test("T25: an id that rotates without a name is the same call")
    func rotatingID() {
        #expect(decode([(0, "a", "f", "{"), (0, "b", nil, #""x":1"#), (0, "c", nil, "}")]).calls == [call(0, "a", "f", #"{"x":1}"#)])
    }

    @Test("T12: whole arguments at once, and an empty fragment behind them")
    func wholeAtOnce() {
        let found = decode([(0, "a", "f", #"{"x":1}"#), (0, nil, nil, ""), (0, "a", "f", "")])
        #expect(found.calls == [call(0, "a", "f", #"{"x":1}"#)])
        #expect(found.fragments == [0: #"{"x":1}"#])
    }

    @Test(
        "T13: arguments that are sent twice are taken once",
        arguments: [[#"{"x":"}"}{"x":"}"}"#], [#"{"x":"}"}"#, #"{"x":"}"}"#], [#"{"x":"#, #""}"}{"x""#, #":"}"}"#]])
    func doubled(_ pieces: [String]) {
        var fragments: [Fragment] = [(0, "a", "f", "")]
        fragments += pieces.map { (0, nil, nil, $0) }
        let found = decode(fragments)
        #expect(found.calls == [call(0, "a", "f", #"{"x":"}"}"#)])
        #expect(found.fragments == [0: #"{"x":"}"}"#])
    }

    @Test("T13: the whole call sent twice, id and name with it, is one call")
    func doubledCall() {
        #expect(decode([(0, "a", "f", #"{"x":1}"#), (0, "a", "f", #"{"x":1}"#)]).calls == [call(0, "a", "f", #"{"x":1}"#)])
    }

    @Test("Something else behind the arguments is a failure")
    func surplus() {
        #expect(decode([(0, "a", "f", #"{"x":1} and so on"#)]).failure == .invalidResponse)
    }

    @Test("No arguments are an empty object")
    func noArguments() {
        #expect(decode([(0, "a", "f", "")]).calls == [call(0, "a", "f", "{}")])
        #expect(decode([(0, "a", "f", nil)]).calls == [call(0, "a", "f", "{}")])
    }

    @Test("T15: escapes and surrogate pairs may be split anywhere")
    func splitEscapes() {
        let arguments = #"{"a":"\"}{\\","b":"\ud83d\ude00","c":[{}]}"#
        for cut in 0...arguments.count {
            let head = String(arguments.prefix(cut))
            let tail = String(arguments.dropFirst(cut))
            #expect(decode([(0, "a", "f", head), (0, nil, nil, tail)]).calls == [call(0, "a", "f", arguments)], "cut at \(cut)")
        }
    }

    @Test("T16: a call cut by the token bound is no call; one that was whole before it is")
    func cutByLength() {
        let found = decode([(0, "a", "f", #"{"x":1}"#), (1, "b", "g", #"{"y":"#)], finish: "length")
        #expect(found.outcome == .incomplete(.maxOutputTokens))
        #expect(found.calls == [call(0, "a", "f", #"{"x":1}"#)])
        #expect(decode([(0, "a", "f", "")], finish: "length").calls.isEmpty)
    }

    @Test("Arguments that are no JSON although the provider finished are a failure")
    func invalidArguments() {
        for arguments in [#"{"x":"#, "{x:1}", "hello"] {
            let found = decode([(0, "a", "f", arguments)])
            #expect(found.failure == .invalidResponse, "\(arguments)")
            #expect(found.calls.isEmpty)
        }
    }

    @Test("Deprecated function_call fragments are a tool call")
    func functionCall() {
        let stream = ChatStream().chunk(#"{"function_call":{"name":"f","arguments":"{"}}"#).chunk(#"{"function_call":{"arguments":"}"}}"#)
        #expect(DecodedStream(stream.finish("function_call").done()).calls == [call(0, "call_0", "f", "{}")])
    }

    @Test("Arguments as an object instead of text")
    func objectArguments() {
        let chunk = #"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":{"x":1}}}]}"#
        #expect(DecodedStream(ChatStream().chunk(chunk).finish("tool_calls").done()).calls == [call(0, "a", "f", #"{"x":1}"#)])
    }

    private func assembled(_ fragments: [ToolCallFragment]) -> [ToolCallDelta] {
        var assembler = ToolCallAssembler()
        return fragments.compactMap { assembler.take($0) }
    }
}
