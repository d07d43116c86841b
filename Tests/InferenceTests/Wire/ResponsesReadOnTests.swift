import Testing
import Web

@testable import Inference

/// Answers whose provider keeps them, read on behind any of their events.
@Suite("A response that is read on") struct ResponsesReadOnTests {
    private let format = ResponsesFormat()

    private func request(_ kept: KeptAnswer? = nil) -> ProviderRequest {
        var request = ProviderRequest(run: "r", model: "m", messages: [RunMessage(.user, "Hi")])
        request.isKept = true
        request.kept = kept
        return request
    }

    /// Reads frames, and ends the stream cleanly.
    private func read(_ kept: KeptAnswer, _ frames: some Sequence<String>, of fixture: WireFixture) -> DecodedStream {
        var decoder = format.decoder(for: request(kept))
        var found = DecodedStream()
        for frame in frames { found.add(decoder.decode(fixture.bytes([frame]))) }
        found.add(decoder.end(.clean))
        return found
    }

    @Test("is the same answer wherever the first reader stopped, in the middle of a text or of a call", arguments: WireFixture.responses)
    func everyCut(_ fixture: WireFixture) throws {
        let whole = fixture.decoded()
        var decoder = format.decoder(for: request())
        var (before, told) = (DecodedStream(), ToldAnswer())
        for frame in fixture.frames {
            for event in decoder.decode(fixture.bytes([frame])) {
                guard case .group(let events, let position) = event else {
                    Issue.record("an event without a position: \(event)")
                    continue
                }
                before.add(events)
                for event in events { if let shown = RunEvent(event) { told.take(shown) } }
                guard !decoder.isEnded, told != ToldAnswer() else { continue }
                let kept = KeptAnswer(position: position, told: told)
                let rest = Array(fixture.frames.dropFirst(position.sequence + 1))
                for frames in [rest, fixture.frames] {
                    // A provider that begins from the start again is not told twice.
                    let found = read(kept, frames, of: fixture)
                    #expect(before.text + found.text == whole.text, "behind \(position.sequence)")
                    #expect(before.reasoning + found.reasoning == whole.reasoning)
                    #expect(before.refusal + found.refusal == whole.refusal)
                    #expect(before.fragments.merging(found.fragments) { $0 + $1 } == whole.fragments)
                    #expect(found.calls == whole.calls && found.usages == whole.usages && found.endings == whole.endings)
                }
                // The rest lacks an event: whatever it is, it is not the rest of this answer.
                let torn = read(kept, rest.dropFirst(), of: fixture)
                #expect(torn.outcome == .incomplete(.truncated) && torn.text.isEmpty && torn.calls.isEmpty)
            }
        }
        #expect(before == whole)
    }

    @Test("gives its calls the same ids, also where the conversation has those of the provider")
    func ids() {
        let fixture = ResponsesFixtures.tools.fixture()
        let calls = fixture.decoded().calls.map { RunMessage.Call(id: $0.id, name: $0.name, arguments: $0.arguments) }
        func later(_ kept: KeptAnswer? = nil) -> ProviderRequest {
            var request = request(kept)
            request.messages.append(RunMessage(.assistant, "", toolCalls: calls))
            return request
        }
        var decoder = format.decoder(for: later())
        var (whole, told) = (DecodedStream(), ToldAnswer())
        for frame in fixture.frames {
            for event in decoder.decode(fixture.bytes([frame])) {
                guard case .group(let events, let position) = event else { continue }
                whole.add(events)
                for event in events { if let shown = RunEvent(event) { told.take(shown) } }
                guard !decoder.isEnded, told != ToldAnswer() else { continue }
                var rest = format.decoder(for: later(KeptAnswer(position: position, told: told)))
                var found = DecodedStream()
                found.add(rest.decode(fixture.bytes(Array(fixture.frames.dropFirst(position.sequence + 1)))))
                #expect(found.calls.map(\.id) == ["call_a_2", "call_b_3"], "behind \(position.sequence)")
            }
        }
        #expect(whole.calls.map(\.id) == ["call_a_2", "call_b_3"])
    }

    @Test("has a position from its first event on, and as a group what came as one")
    func groups() {
        var decoder = format.decoder(for: request())
        let frames = ResponsesFixtures.text.fixture().frames
        guard case .group(let none, let first)? = decoder.decode(ResponsesFixtures.text.fixture().bytes([frames[0]])).first else {
            return #expect(Bool(false), "there is no group")
        }
        #expect(none.isEmpty && first.answer == "resp_1" && first.sequence == 0)
        let rest = decoder.decode(ResponsesFixtures.text.fixture().bytes(Array(frames.dropFirst())))
        guard case .group(let last, _)? = rest.last else { return #expect(Bool(false), "there is no group") }
        #expect(last.count == 2, "the count and the end are one")
        guard case .ended = last.last else { return #expect(Bool(false), "the last event is no end") }
    }

    @Test("has no place to go on from once something of it came without a number, and can still be given up")
    func unnumbered() {
        func frame(_ json: String) -> [UInt8] { Array("data: \(json)\n\n".utf8) }
        let said = #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi"}"#
        let numbered = #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi","sequence_number":1}"#
        var decoder = format.decoder(for: request())
        _ = decoder.decode(frame(#"{"type":"response.created","sequence_number":0,"response":{"id":"resp_1"}}"#))
        // What says nothing needs no number.
        _ = decoder.decode(frame(#"{"type":"keepalive"}"#))
        guard case .group(let first, let placed)? = decoder.decode(frame(numbered)).first else { return #expect(Bool(false), "there is no group") }
        #expect(first == [.chunk(StreamChunk(.text, "Hi"))] && placed.isPlaced && format.rest(of: placed) != nil)
        guard case .group(let next, let unplaced)? = decoder.decode(frame(said)).first else { return #expect(Bool(false), "there is no group") }
        #expect(next == first && !unplaced.isPlaced)
        #expect(format.rest(of: unplaced) == nil && format.abandonment(of: unplaced) == "/responses/resp_1/cancel")

        var told = ToldAnswer()
        told.take(.chunk(StreamChunk(.text, "Hi")))
        var rest = format.decoder(for: request(KeptAnswer(position: placed, told: told)))
        var found = DecodedStream()
        found.add(rest.decode(frame(said)))
        #expect(found.outcome == .incomplete(.truncated) && found.text.isEmpty, "it may have been told before")
    }

    @Test("is asked for in the background, and stored; any other is not")
    func body() throws {
        func body(_ isKept: Bool) throws -> JSONValue {
            var request = request()
            request.isKept = isKept
            return try JSONBody.decode(JSONValue.self, from: format.body(request))
        }
        #expect(try body(true)["background"] == true && body(true)["store"] == true && body(true)["stream"] == true)
        #expect(try body(false)["background"] == nil && body(false)["store"] == false)
    }

    @Test("is read and given up at its own place; an id that is none has no place")
    func places() {
        func position(_ id: String) -> AnswerPosition { AnswerPosition(answer: id, sequence: 12, calls: [], told: []) }
        #expect(format.rest(of: position("resp_a-1")) == "/responses/resp_a-1?stream=true&starting_after=12")
        #expect(format.abandonment(of: position("resp_a-1")) == "/responses/resp_a-1/cancel")
        for id in ["", "..", "a/b", "a?b", "a b"] {
            #expect(format.rest(of: position(id)) == nil && format.abandonment(of: position(id)) == nil)
        }
        for other in ProviderFormat.allCases where other != .openaiResponses {
            #expect(other.wire().rest(of: position("a")) == nil)
        }
    }

    @Test("stands in the log as it was")
    func anchor() {
        let position = AnswerPosition(
            answer: "resp_1", sequence: 7, calls: [1, 2], told: [ResponsesPart(kind: .summary, output: 0, index: 1)])
        let anchor = RunAnchor(step: 3, position: position)
        #expect(RunAnchor(anchor.text) == anchor)
        #expect(RunAnchor("") == nil && RunAnchor("{}") == nil)
    }
}

extension RunEvent {
    /// What a provider says, as the log tells it; nil for what it does not tell so.
    init?(_ event: ProviderEvent) {
        switch event {
        case .chunk(let chunk): self = .chunk(chunk)
        case .toolCallDelta(let delta): self = .toolCallDelta(delta)
        case .toolCall(let call): self = .toolCall(call)
        case .usage(let usage): self = .usage(usage)
        case .ended, .group: return nil
        }
    }
}
