import NIOCore
import Testing

@testable import Web

@Suite("A body of lines, cut into lines")
struct NDJSONSplitterTests {
    private typealias Piece = NDJSONSplitter.Piece

    private static func line(_ number: Int, _ text: String) -> Piece { .line(NDJSONLine(number: number, bytes: Array(text.utf8))) }

    private static func pieces(_ parts: [ArraySlice<UInt8>], limit: Int = 14) -> [Piece] {
        var splitter = NDJSONSplitter(limit: limit)
        var pieces: [Piece] = []
        for part in parts { splitter.feed(part, into: &pieces) }
        splitter.end(into: &pieces)
        return pieces
    }

    private static let body = Array("{\"a\":\"é🪙\"}\n\n[2]\r\n \t\r\nthis is longer than is read\r\n{}\nfifteen letters\nlast".utf8)

    private static let expected = [
        line(1, "{\"a\":\"é🪙\"}"), line(3, "[2]"), .tooLong(number: 5), line(6, "{}"), .tooLong(number: 7), line(8, "last"),
    ]

    @Test("comes to the same lines wherever it is cut, and byte by byte")
    func everyCut() {
        let body = Self.body
        for cut in 0...body.count {
            let pieces = Self.pieces([body[..<cut], body[cut...]])
            #expect(pieces == Self.expected, "cut at \(cut)")
        }
        #expect(Self.pieces(body.indices.map { body[$0...$0] }) == Self.expected)
    }

    @Test("a last line needs no end, and one of nothing is none")
    func last() {
        #expect(Self.pieces([Array("a".utf8)[...]]) == [Self.line(1, "a")])
        #expect(Self.pieces([Array("a\n".utf8)[...]]) == [Self.line(1, "a")])
        #expect(Self.pieces([Array("a\r".utf8)[...]]) == [Self.line(1, "a")])
        #expect(Self.pieces([Array(" \r".utf8)[...]]).isEmpty)
        #expect(Self.pieces([]).isEmpty)
        #expect(Self.pieces([Array("this is longer than is read".utf8)[...]]) == [.tooLong(number: 1)])
    }

    @Test("bytes that are no text pass as they are")
    func bytes() {
        #expect(
            Self.pieces([[0xC3, 0x28, 0x0A, 0xFF]]) == [
                .line(NDJSONLine(number: 1, bytes: [0xC3, 0x28])), .line(NDJSONLine(number: 2, bytes: [0xFF])),
            ])
    }
}

@Suite("An exchange of lines")
struct NDJSONExchangeTests {
    private static func answer(_ slot: Int) -> ByteBuffer { ByteBuffer(string: "<\(slot)>") }

    private static func line(_ number: Int, _ text: String) -> NDJSONSplitter.Piece { .line(NDJSONLine(number: number, bytes: Array(text.utf8))) }

    @Test("answers are written in the order of their lines, together where they wait together")
    func order() {
        var exchange = NDJSONExchange(limits: .init(line: 100))
        #expect(exchange.next() == [.read])
        exchange.received(ByteBuffer(string: "a\nb\nc\nd"))
        #expect(
            exchange.next() == [.handle(Self.line(1, "a"), slot: 0), .handle(Self.line(2, "b"), slot: 1), .handle(Self.line(3, "c"), slot: 2), .read])
        exchange.answered(slot: 1, Self.answer(1))
        #expect(exchange.next() == [])
        exchange.ended()
        #expect(exchange.next() == [.handle(Self.line(4, "d"), slot: 3)])
        exchange.answered(slot: 0, Self.answer(0))
        #expect(exchange.next() == [.write(ByteBuffer(string: "<0><1>"))])
        exchange.answered(slot: 3, Self.answer(3))
        exchange.answered(slot: 2, Self.answer(2))
        #expect(exchange.next() == [], "one write at a time")
        exchange.wrote()
        #expect(exchange.next() == [.write(ByteBuffer(string: "<2><3>"))])
        exchange.wrote()
        #expect(exchange.next() == [.finish])
        #expect(exchange.next() == [])
    }

    @Test("no more lines are in flight than may be, written or not, and the body is read on only when none waits")
    func bounds() {
        var exchange = NDJSONExchange(limits: .init(line: 100, inFlight: 2))
        #expect(exchange.next() == [.read])
        exchange.received(ByteBuffer(string: "a\nb\nc\n"))
        #expect(exchange.next() == [.handle(Self.line(1, "a"), slot: 0), .handle(Self.line(2, "b"), slot: 1)])
        exchange.answered(slot: 0, Self.answer(0))
        #expect(exchange.next() == [.write(ByteBuffer(string: "<0>"))], "the client has not taken it")
        exchange.wrote()
        #expect(exchange.next() == [.handle(Self.line(3, "c"), slot: 2), .read])

        var large = NDJSONExchange(limits: .init(line: 100, inFlight: 10, bytesInFlight: 5))
        _ = large.next()
        large.received(ByteBuffer(string: "123456\n1\n123\n12\n"))
        #expect(large.next() == [.handle(Self.line(1, "123456"), slot: 0)], "more than may be goes alone")
        large.answered(slot: 0, Self.answer(0))
        _ = large.next()
        large.wrote()
        #expect(large.next() == [.handle(Self.line(2, "1"), slot: 1), .handle(Self.line(3, "123"), slot: 2)])
    }

    @Test("once it is refused no line is begun: each that waits is told why, and so is the one that has not come whole")
    func refused() {
        let problem = Problem.unauthorized(.ended)
        var exchange = NDJSONExchange(limits: .init(line: 100, inFlight: 1))
        _ = exchange.next()
        exchange.received(ByteBuffer(string: "a\nb\nhal"))
        #expect(exchange.next() == [.handle(Self.line(1, "a"), slot: 0)])
        exchange.refused(problem)
        #expect(exchange.next() == [])
        for (slot, refused) in [(0, 2), (1, 3)] {
            exchange.answered(slot: slot, Self.answer(slot))
            #expect(exchange.next() == [.write(Self.answer(slot))])
            exchange.wrote()
            #expect(exchange.next() == [.handle(.unread(number: refused, problem), slot: slot + 1)])
        }
        exchange.answered(slot: 2, Self.answer(2))
        #expect(exchange.next() == [.write(Self.answer(2))])
        exchange.wrote()
        #expect(exchange.next() == [.finish])
    }

    @Test("a body that breaks off is told so behind what came before, and half a line is none")
    func stopped() {
        var exchange = NDJSONExchange(limits: .init(line: 100))
        _ = exchange.next()
        exchange.received(ByteBuffer(string: "a\nhal"))
        _ = exchange.next()
        exchange.stopped(.badRequest("x"))
        #expect(exchange.next() == [.handle(.unread(number: 2, .badRequest("x")), slot: 1)])
        exchange.received(ByteBuffer(string: "f\n"))
        exchange.ended()
        exchange.stopped(.badRequest("y"))
        #expect(exchange.next() == [])
        exchange.answered(slot: 1, Self.answer(1))
        exchange.answered(slot: 0, Self.answer(0))
        #expect(exchange.next() == [.write(ByteBuffer(string: "<0><1>"))])
        exchange.wrote()
        #expect(exchange.next() == [.finish])
    }

    @Test("a client that reads nothing, or sends nothing, is found out; one that waits for its lines is not")
    func pulses() {
        var exchange = NDJSONExchange(limits: .init(line: 100))
        _ = exchange.next()
        #expect(exchange.pulse(patience: 2) == nil)
        #expect(exchange.pulse(patience: 2) == .silent)
        exchange.received(ByteBuffer(string: "a\n"))
        _ = exchange.next()
        for _ in 0..<5 { #expect(exchange.pulse(patience: 2) == nil, "its line is being worked on") }
        exchange.answered(slot: 0, Self.answer(0))
        _ = exchange.next()
        #expect(exchange.pulse(patience: 2) == nil)
        #expect(exchange.pulse(patience: 2) == .stalled)
        exchange.wrote()
        #expect(exchange.pulse(patience: 2) == nil)
    }
}
