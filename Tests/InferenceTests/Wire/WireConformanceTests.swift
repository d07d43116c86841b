import Testing

@testable import Inference

/// What holds for the decoder of every format, on every fixture. A new provider adds its fixtures to ``WireFixture/all``, and nothing here.
///
/// The numbers in names of tests are those of the traps in `README.md` beside this file: what happens, what must come of it, and where
/// it is tested.
@Suite struct WireConformanceTests {
    static let lineEnds = ["\n", "\r", "\r\n"]
    private static let reset = InferenceError(.connection, "reset")

    @Test("every format has fixtures, a text and a tool call among them")
    func everyFormat() {
        for format in ProviderFormat.allCases {
            let whole = WireFixture.all.filter { $0.format == format }.map { $0.decoded() }
            #expect(whole.contains { $0.outcome == .completed && !$0.text.isEmpty }, "\(format)")
            #expect(whole.contains { $0.outcome == .completed && !$0.calls.isEmpty }, "\(format)")
            #expect(whole.contains { $0.outcome != .completed }, "\(format)")
        }
    }

    @Test("T1: how the bytes are cut into reads, and how lines end, changes nothing", arguments: WireFixture.all, WireConformanceTests.lineEnds)
    func everySplit(_ fixture: WireFixture, _ lineEnd: String) async {
        let expected = fixture.decoded()
        let bytes = fixture.bytes(lineEnd: lineEnd)
        for size in [1, 7, 64, 1_000, bytes.count] { #expect(fixture.decoded(bytes, by: size) == expected, "reads of \(size)") }
        for split in stride(from: 1, to: bytes.count, by: 17) {
            if split % 16 == 0 { await Task.yield() }  // other tests wait on these threads
            var decoder = fixture.decoder()
            var found = DecodedStream()
            found.add(decoder.decode(Array(bytes[..<split])))
            found.add(decoder.decode(Array(bytes[split...])))
            found.add(decoder.end(.clean))
            #expect(found == expected, "split at \(split)")
        }
    }

    @Test("T1, T2: a read may end behind any byte, in any line ending", arguments: WireFixture.all, WireConformanceTests.lineEnds)
    func everyByte(_ fixture: WireFixture, _ lineEnd: String) async {
        let frames = fixture.frames.map { fixture.bytes([$0], lineEnd: lineEnd) }
        // What is shown behind each frame when each comes in a read of its own.
        var whole = fixture.decoder()
        var told = DecodedStream()
        let shown = frames.map { frame -> DecodedStream in
            told.add(whole.decode(frame))
            return told
        }
        var decoder = fixture.decoder()
        var found = DecodedStream()
        var faults: [String] = []
        for (index, frame) in frames.enumerated() {
            await Task.yield()  // other tests wait on these threads
            // A cut that spoils anything shows in its frame or, where it leaves something behind, in the next one.
            let next = index + 1 < frames.count ? frames[index + 1] : []
            for cut in 1...frame.count {
                found.add(decoder.decode([frame[cut - 1]]))
                // A decoder is a value: a copy of it reads the rest at once, itself goes on byte by byte.
                var (copy, rest) = (decoder, found)
                rest.add(copy.decode(Array(frame[cut...]) + next))
                if rest != shown[min(index + 1, frames.count - 1)] { faults.append("frame \(index), byte \(cut)") }
            }
        }
        #expect(faults.isEmpty, "\(faults.prefix(5))")
        found.add(decoder.end(.clean))
        #expect(found == fixture.decoded())
    }

    @Test("T5: comments between all events and a byte order mark change nothing", arguments: WireFixture.all, WireConformanceTests.lineEnds)
    func comments(_ fixture: WireFixture, _ lineEnd: String) {
        let frames = fixture.frames.flatMap { [": keep-alive", $0, ":"] }
        let bytes = [0xEF, 0xBB, 0xBF] + fixture.bytes(frames, lineEnd: lineEnd)
        #expect(fixture.decoded(bytes) == fixture.decoded())
        #expect(fixture.decoded(bytes, by: 1) == fixture.decoded())
    }

    @Test("T18, T19: an answer that is cut anywhere before its finish is never completed", arguments: WireFixture.all, WireConformanceTests.lineEnds)
    func everyCut(_ fixture: WireFixture, _ lineEnd: String) async {
        let whole = fixture.decoded()
        let bytes = fixture.bytes(lineEnd: lineEnd)
        let settled = fixture.settled(lineEnd: lineEnd)
        var decoder = fixture.decoder()
        var shown = DecodedStream()
        var faults: [String] = []
        for cut in 0...bytes.count {
            if cut % 64 == 0 { await Task.yield() }
            for end in [StreamEnd.clean, .broken(Self.reset)] {
                // A decoder is a value: a copy of it is ended here, itself goes on.
                var copy = decoder
                var found = shown
                found.add(copy.end(end))
                if let fault = Self.fault(in: found, of: whole, isSettled: cut >= settled) { faults.append("cut at \(cut), \(end): \(fault)") }
            }
            if cut < bytes.count { shown.add(decoder.decode([bytes[cut]])) }
        }
        #expect(faults.isEmpty, "\(faults.prefix(5))")
        #expect(shown.endings.count <= 1)
    }

    /// What is wrong with a cut stream; nil for one that is told as it is.
    private static func fault(in found: DecodedStream, of whole: DecodedStream, isSettled: Bool) -> String? {
        if found.endings.count != 1 { return "\(found.endings.count) ends" }
        if found.followsEnding { return "an event behind the end" }
        if !whole.text.hasPrefix(found.text) || !whole.reasoning.hasPrefix(found.reasoning) || !whole.refusal.hasPrefix(found.refusal) {
            return "what is shown was not sent"
        }
        if isSettled {
            return found.outcome == whole.outcome && found.calls == whole.calls ? nil : "\(found.endings) with \(found.calls.count) calls"
        }
        switch found.outcome {
        case .completed, nil: return "\(found.endings)"
        case .incomplete: return found.calls.isEmpty ? nil : "a call of a cut answer"
        case .failed(let error):
            let isOurs = error.kind == .invalidResponse || error == reset
            return isOurs && found.text.isEmpty ? nil : "\(error)"
        }
    }

    @Test("T18: without the marks of its end a stream is never completed", arguments: WireFixture.all)
    func withoutFinish(_ fixture: WireFixture) {
        let found = fixture.decoded(fixture.bytes(Array(fixture.frames[..<fixture.settling])))
        #expect(found.outcome != .completed)
        #expect(found.endings.count == 1)
    }

    @Test("T20: after the end nothing is awaited and nothing is said", arguments: WireFixture.all)
    func afterTheEnd(_ fixture: WireFixture) {
        var decoder = fixture.decoder()
        var found = DecodedStream()
        found.add(decoder.decode(fixture.bytes()))
        found.add(decoder.end(.clean))
        #expect(decoder.isEnded)
        #expect(decoder.decode(fixture.bytes()).isEmpty)
        #expect(decoder.decode(body: Array("{}".utf8)).isEmpty)
        #expect(decoder.end(.broken(Self.reset)).isEmpty)
        #expect(found.endings.count == 1)
    }

    @Test("T6: comments, heads and empty pieces are not the first token", arguments: WireFixture.all)
    func firstToken(_ fixture: WireFixture) {
        var decoder = fixture.decoder()
        for frame in fixture.frames {
            let events = decoder.decode(fixture.bytes([frame]))
            let shows = events.contains { event in
                switch event {
                case .chunk, .toolCallDelta: true
                case .toolCall, .usage, .ended, .group: false
                }
            }
            if shows { #expect(decoder.hasFirstToken) }
            if !decoder.hasFirstToken { #expect(!shows, "\(frame)") }
        }
        #expect(!fixture.decoder().hasFirstToken)
    }

    @Test("T14: the arguments of a call are told as they come, long before the call is whole", arguments: ProviderFormat.allCases)
    func argumentsStream(_ format: ProviderFormat) throws {
        let fixture = try #require(WireFixture.all.first { $0.format == format && !$0.decoded().calls.isEmpty })
        var decoder = fixture.decoder()
        var pieces = 0
        for frame in fixture.frames[..<fixture.settling] {
            for event in decoder.decode(fixture.bytes([frame])) {
                if case .toolCallDelta(let delta) = event, !delta.arguments.isEmpty { pieces += 1 }
            }
        }
        #expect(pieces >= 2)
        #expect(decoder.hasFirstToken)
        #expect(!decoder.isSettled)
    }

    @Test("T11: no call gets an id that the conversation has, and nothing else of the answer is another", arguments: WireFixture.all)
    func idsOfEarlierSteps(_ fixture: WireFixture) {
        var expected = fixture.decoded()
        let calls = expected.calls.map { RunMessage.Call(id: $0.id, name: $0.name, arguments: $0.arguments) }
        let request = ProviderRequest(run: "r", model: "m", messages: [RunMessage(.assistant, expected.text, toolCalls: calls)])
        var decoder = fixture.format.wire().decoder(for: request)
        var found = DecodedStream()
        found.add(decoder.decode(fixture.bytes()))
        found.add(decoder.end(.clean))
        let ids = Set(found.calls.map(\.id))
        #expect(ids.count == calls.count && ids.isDisjoint(with: calls.map(\.id)))
        for index in expected.calls.indices where index < found.calls.count { expected.calls[index].id = found.calls[index].id }
        #expect(found == expected)
    }

    @Test("T22: an event that is no JSON fails the answer wherever it stands before the end", arguments: WireFixture.all)
    func malformed(_ fixture: WireFixture) {
        for place in 0...min(fixture.settling, fixture.frames.count - 1) {
            var frames = fixture.frames
            frames.insert(#"data: {"half":"#, at: place)
            var decoder = fixture.decoder()
            var found = DecodedStream()
            found.add(decoder.decode(fixture.bytes(frames)))
            found.add(decoder.end(.clean))
            #expect(found.failure == .invalidResponse, "at \(place)")
            #expect(decoder.malformedEvents == 1, "at \(place)")
        }
    }

    @Test("T21: an error object under status 200 is an error, in a stream and as a body", arguments: ProviderFormat.allCases)
    func errorObject(_ format: ProviderFormat) {
        let quota = #"{"error":{"message":"no","type":"insufficient_quota","code":"insufficient_quota"}}"#
        var decoder = format.wire().decoder()
        var found = DecodedStream()
        found.add(decoder.decode(Array("data: \(quota)\n\n".utf8)))
        found.add(decoder.end(.clean))
        #expect(found.failure == .paymentRequired)
        decoder = format.wire().decoder()
        #expect(DecodedStream(decoder.decode(body: Array(quota.utf8))).failure == .paymentRequired)
        decoder = format.wire().decoder()
        #expect(DecodedStream(decoder.decode(body: Array("<html>".utf8))).failure == .invalidResponse)
    }
}
