import Testing

@testable import Inference

/// The traps T1 to T5 of event streams, and that no split of the bytes changes anything.
@Suite struct SSEDecoderTests {
    private func events(_ text: String) throws -> [SSEEvent] {
        var decoder = SSEDecoder()
        return try decoder.decode(text.utf8)
    }

    @Test("One event with type, data and id")
    func oneEvent() throws {
        #expect(try events("event: ping\ndata: {}\nid: 7\n\n") == [SSEEvent(type: "ping", data: "{}", lastEventID: "7")])
    }

    @Test("T2: LF, CR and CRLF end lines, also mixed", arguments: ["\n", "\r", "\r\n"])
    func lineEnds(_ end: String) throws {
        let text = ["data: one", "data: two", "", "data: three", "", ""].joined(separator: end)
        #expect(try events(text) == [SSEEvent(data: "one\ntwo"), SSEEvent(data: "three")])
    }

    @Test("T2: a CR at the end of one read and the LF at the start of the next are one line end")
    func splitLineEnd() throws {
        var decoder = SSEDecoder()
        #expect(try decoder.decode("data: a\r".utf8).isEmpty)
        #expect(try decoder.decode("\n\r".utf8) == [SSEEvent(data: "a")])
        #expect(try decoder.decode("\ndata: b\n\n".utf8) == [SSEEvent(data: "b")])
    }

    @Test("T1: a character split over reads arrives whole", arguments: ["é", "€", "😀"])
    func splitCharacter(_ character: String) throws {
        var decoder = SSEDecoder()
        var found: [SSEEvent] = []
        for byte in "data: a\(character)z\n\n".utf8 { found += try decoder.decode([byte]) }
        #expect(found == [SSEEvent(data: "a\(character)z")])
    }

    @Test("T3: U+2028, U+2029 and U+0085 end no line")
    func unicodeSeparators() throws {
        #expect(try events("data: a\u{2028}b\u{2029}c\u{85}d\n\n") == [SSEEvent(data: "a\u{2028}b\u{2029}c\u{85}d")])
    }

    @Test("T4: only one space after the colon is taken away, and none need be there")
    func spaces() throws {
        #expect(try events("data:  two\ndata:none\ndata\n\n") == [SSEEvent(data: " two\nnone\n")])
    }

    @Test("T4: a lone empty data line is an event with empty data")
    func emptyData() throws {
        #expect(try events("data:\n\n") == [SSEEvent(data: "")])
    }

    @Test("T5: an event without data is not dispatched, and its type does not leak into the next")
    func typeOnly() throws {
        #expect(try events("event: ping\n\ndata: x\n\n") == [SSEEvent(data: "x")])
    }

    @Test("T5: comments are counted and are no events")
    func comments() throws {
        var decoder = SSEDecoder()
        #expect(try decoder.decode(": one\n:\n\n: two\n\n".utf8).isEmpty)
        #expect(decoder.comments == 3)
        #expect(!decoder.hasPartialEvent)
    }

    @Test("T5: a byte order mark is skipped at the start and is text elsewhere")
    func byteOrderMark() throws {
        #expect(try events("\u{FEFF}data: a\n\n") == [SSEEvent(data: "a")])
        #expect(try events("data: a\n\n\u{FEFF}data: b\n\n") == [SSEEvent(data: "a")])
    }

    @Test("T5: an id stays for later events, an empty one resets it, one with a NUL is ignored")
    func ids() throws {
        let found = try events("id: 1\ndata: a\n\ndata: b\n\nid: 2\u{0}\ndata: c\n\nid\ndata: d\n\n")
        #expect(found.map(\.lastEventID) == ["1", "1", "1", ""])
    }

    @Test("Retry takes digits only")
    func retry() throws {
        var decoder = SSEDecoder()
        _ = try decoder.decode("retry: 250\nretry: 1.5\nretry: -1\nretry:\n\n".utf8)
        #expect(decoder.retryMilliseconds == 250)
    }

    @Test("T5: unknown fields and lines without a colon are ignored")
    func unknownFields() throws {
        #expect(try events("foo: bar\nnonsense\nDATA: no\ndata: yes\n\n") == [SSEEvent(data: "yes")])
    }

    @Test("What is pending when the stream stops is no event")
    func pending() throws {
        var decoder = SSEDecoder()
        #expect(try decoder.decode("data: a\n".utf8).isEmpty)
        #expect(decoder.hasPartialEvent)
    }

    @Test("Invalid UTF-8 becomes replacement characters and spoils nothing else")
    func invalidUTF8() throws {
        var decoder = SSEDecoder()
        let found = try decoder.decode(Array("data: a".utf8) + [0xFF, 0xC3] + Array("b\n\ndata: ok\n\n".utf8))
        #expect(found.map(\.data) == ["a\u{FFFD}\u{FFFD}b", "ok"])
    }

    @Test("A line over the bound is a fault, and so is an event")
    func bounds() throws {
        var decoder = SSEDecoder(limits: .init(line: 10, event: 20))
        #expect(throws: SSEDecoder.Fault.lineTooLong(limit: 10)) { try decoder.decode("data: 12345".utf8) }
        decoder = SSEDecoder(limits: .init(line: 10, event: 8))
        #expect(throws: SSEDecoder.Fault.eventTooLong(limit: 8)) { try decoder.decode("data:1234\ndata:5678\n\n".utf8) }
    }

    @Test("Any two cuts of a stream, in any line ending, give the same events", arguments: ["\n", "\r", "\r\n"])
    func everySplit(_ end: String) throws {
        let lines = ["\u{FEFF}: hello", "", "event: a", "data: x😀", "data:", "id: 1", "", "", "data: é", "retry: 5", "", "event: lost"]
        let bytes = Array(lines.joined(separator: end).utf8)
        var whole = SSEDecoder()
        let expected = try whole.decode(bytes)
        #expect(expected.count == 2)
        for first in 0...bytes.count {
            for second in stride(from: first, through: bytes.count, by: 3) {
                var decoder = SSEDecoder()
                var found = try decoder.decode(bytes[..<first])
                found += try decoder.decode(bytes[first..<second])
                found += try decoder.decode(bytes[second...])
                #expect(found == expected, "cut at \(first) and \(second)")
            }
        }
    }
}
