import Testing

@testable import Inference

/// Every cut of every fixture, in every line ending: what arrives is never more than was sent, and a cut is never a completion.
@Suite struct ChatCompletionsCutTests {
    @Test("A stream that is cut anywhere before its finish is never completed", arguments: ["\n", "\r", "\r\n"])
    func everyCut(_ lineEnd: String) async {
        for (name, stream) in ChatFixtures.all {
            let bytes = stream.bytes(lineEnd: lineEnd)
            let whole = DecodedStream(bytes)
            let finished = finishOffset(stream, lineEnd: lineEnd)
            for cut in 0..<bytes.count {
                if cut % 16 == 0 { await Task.yield() }  // other tests wait on these threads
                let found = DecodedStream(bytes[..<cut])
                #expect(found.endings.count == 1, "\(name) cut at \(cut)")
                #expect(!found.followsEnding, "\(name) cut at \(cut)")
                #expect(whole.text.hasPrefix(found.text) && whole.reasoning.hasPrefix(found.reasoning), "\(name) cut at \(cut)")
                if cut < finished {
                    #expect(found.outcome != .completed, "\(name) cut at \(cut)")
                    #expect(found.calls.isEmpty, "\(name) cut at \(cut)")
                } else {
                    #expect(found.outcome == whole.outcome, "\(name) cut at \(cut)")
                    #expect(found.calls == whole.calls, "\(name) cut at \(cut)")
                }
            }
        }
    }

    @Test("How the bytes are cut into reads changes nothing", arguments: ["\n", "\r", "\r\n"])
    func everySplit(_ lineEnd: String) async {
        for (name, stream) in ChatFixtures.all {
            let bytes = stream.bytes(lineEnd: lineEnd)
            let whole = DecodedStream(bytes)
            for split in 0...bytes.count {
                if split % 16 == 0 { await Task.yield() }
                var decoder = ChatCompletionsDecoder()
                let events = decoder.decode(bytes[..<split]) + decoder.decode(bytes[split...]) + decoder.end(.clean)
                #expect(DecodedStream(events) == whole, "\(name) split at \(split)")
            }
            var decoder = ChatCompletionsDecoder()
            var events: [ProviderEvent] = []
            for byte in bytes { events += decoder.decode(CollectionOfOne(byte)) }
            #expect(DecodedStream(events + decoder.end(.clean)) == whole, "\(name) byte by byte")
        }
    }

    @Test("A reset anywhere before the finish is a failure or incomplete")
    func everyReset() {
        for (name, stream) in ChatFixtures.all {
            let bytes = stream.bytes()
            let finished = finishOffset(stream, lineEnd: "\n")
            for cut in 0..<finished {
                var decoder = ChatCompletionsDecoder()
                let found = DecodedStream(decoder.decode(bytes[..<cut]) + decoder.end(.broken(InferenceError(.connection, "reset"))))
                let isHonest = found.outcome == .incomplete(.truncated) || found.failure == .connection
                #expect(isHonest, "\(name) reset at \(cut): \(String(describing: found.outcome))")
            }
        }
    }

    @Test("Damaged bytes never crash the decoder and never end a stream twice")
    func damage() {
        var generator = SeededGenerator(seed: 20_240_817)
        for (_, stream) in ChatFixtures.all {
            for _ in 0..<300 {
                var bytes = stream.bytes()
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
                }
                let found = DecodedStream(bytes)
                #expect(found.endings.count == 1)
                #expect(!found.followsEnding)
            }
        }
    }

    /// Where the frame with the finish is complete: from here on the answer is whole. A frame that ends in CR CR or in CR LF CR LF is
    /// dispatched at its last CR; the LF behind it adds nothing.
    private func finishOffset(_ stream: ChatStream, lineEnd: String) -> Int {
        var offset = 0
        for frame in stream.frames {
            offset += frame.utf8.count + 2 * lineEnd.utf8.count
            if frame.contains(#""finish_reason":""#) { return lineEnd == "\r\n" ? offset - 1 : offset }
        }
        return offset
    }
}
