import NIOCore
import TestSupport
import Testing

@testable import Redis

@Suite struct ReplyReaderTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let name: String
        let wire: String
        let replies: [RedisValue]
        var testDescription: String { name }
    }

    static let examples: [Example] = [
        Example(name: "status", wire: "+OK\r\n", replies: [.simple("OK")]),
        Example(name: "empty status", wire: "+\r\n", replies: [.simple("")]),
        Example(name: "error", wire: "-NOGROUP No such key\r\n", replies: [.error("NOGROUP No such key")]),
        Example(
            name: "integers", wire: ":0\r\n:-1\r\n:9223372036854775807\r\n:-9223372036854775808\r\n",
            replies: [.integer(0), .integer(-1), .integer(.max), .integer(.min)]),
        Example(name: "bulk", wire: "$5\r\nhello\r\n", replies: [.bulk(Array("hello".utf8))]),
        Example(name: "bulk with line ends", wire: "$6\r\n\r\na\r\n\n\r\n", replies: [.bulk(Array("\r\na\r\n\n".utf8))]),
        Example(name: "empty bulk", wire: "$0\r\n\r\n", replies: [.bulk([])]),
        Example(name: "null bulk", wire: "$-1\r\n", replies: [.null]),
        Example(name: "null array", wire: "*-1\r\n", replies: [.null]),
        Example(name: "empty array", wire: "*0\r\n", replies: [.array([])]),
        Example(
            name: "error and null inside an array", wire: "*4\r\n+OK\r\n-ERR no\r\n$-1\r\n*-1\r\n",
            replies: [.array([.simple("OK"), .error("ERR no"), .null, .null])]),
        Example(
            name: "nested arrays, some empty", wire: "*3\r\n*0\r\n*2\r\n:1\r\n*1\r\n*0\r\n$1\r\nx\r\n",
            replies: [.array([.array([]), .array([.integer(1), .array([.array([])])]), .bulk([0x78])])]),
        Example(
            name: "several replies", wire: "+a\r\n*1\r\n:1\r\n$1\r\nb\r\n-c\r\n",
            replies: [.simple("a"), .array([.integer(1)]), .bulk([0x62]), .error("c")]),
        Example(
            name: "a stream's entries",
            wire: "*1\r\n*2\r\n$1\r\ns\r\n*2\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n*2\r\n$3\r\n2-0\r\n*-1\r\n",
            replies: [
                .array([
                    .array([
                        .bulk([0x73]),
                        .array([
                            .array([.bulk(Array("1-0".utf8)), .array([.bulk([0x66]), .bulk([0x76])])]), .array([.bulk(Array("2-0".utf8)), .null]),
                        ]),
                    ])
                ])
            ]),
        Example(name: "eight arrays in each other", wire: nested(8), replies: [tower(8)]),
    ]

    static func nested(_ depth: Int) -> String {
        String(repeating: "*1\r\n", count: depth) + ":7\r\n"
    }

    static func tower(_ depth: Int) -> RedisValue {
        (0..<depth).reduce(.integer(7)) { inner, _ in .array([inner]) }
    }

    private func read(_ pieces: [ArraySlice<UInt8>]) throws -> [RedisValue] {
        let reader = try ReplyReader()
        var replies: [RedisValue] = []
        for piece in pieces {
            try reader.read(ByteBuffer(bytes: piece)) { reply in
                replies.append(reply)
                return true
            }
        }
        return replies
    }

    @Test("Replies are read whole", arguments: examples)
    func whole(_ example: Example) throws {
        #expect(try read([Array(example.wire.utf8)[...]]) == example.replies)
    }

    @Test("Replies are read byte by byte", arguments: examples)
    func byteByByte(_ example: Example) throws {
        let bytes = Array(example.wire.utf8)
        #expect(try read(bytes.indices.map { bytes[$0...$0] }) == example.replies)
    }

    @Test("Replies are read whichever byte they are cut at", arguments: examples)
    func everyCut(_ example: Example) throws {
        let bytes = Array(example.wire.utf8)
        for cut in bytes.indices {
            #expect(try read([bytes[..<cut], bytes[cut...]]) == example.replies, "cut before byte \(cut)")
        }
    }

    @Test("Replies in random pieces are read", arguments: [1, 2, 3, 4] as [UInt64])
    func randomPieces(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let chosen = (0..<300).compactMap { _ in Self.examples.randomElement(using: &random) }
        let bytes = chosen.flatMap { Array($0.wire.utf8) }
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...40, using: &random))
            pieces.append(piece)
            rest = rest.dropFirst(piece.count)
        }
        #expect(try read(pieces) == chosen.flatMap(\.replies), "seed \(seed)")
    }

    @Test("A bulk string of 1 MB is read whole and in pieces", arguments: [1_048_600, 65_536, 16_384, 1_000])
    func bigBulk(piece: Int) throws {
        var random = SplitMix64(seed: 9)
        let payload = (0..<1_048_576).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let wire = Array("+before\r\n$1048576\r\n".utf8) + payload + Array("\r\n:1\r\n".utf8)
        let pieces = stride(from: 0, to: wire.count, by: piece).map { wire[$0..<min($0 + piece, wire.count)] }
        #expect(try read(pieces) == [.simple("before"), .bulk(payload), .integer(1)])
    }

    @Test("A thousand entries of a group read come out in order, in pieces of a socket's size")
    func manyEntries() throws {
        let entry = { (number: Int) in
            "*2\r\n$\(String(number).count)\r\n\(number)\r\n*2\r\n$1\r\nf\r\n$200\r\n\(String(repeating: "v", count: 200))\r\n"
        }
        let wire = Array("*1000\r\n\((0..<1_000).map(entry).joined())".utf8)
        let replies = try read(stride(from: 0, to: wire.count, by: 8_191).map { wire[$0..<min($0 + 8_191, wire.count)] })
        let numbers = try #require(replies.first?.array).map { $0.array?.first?.integer }
        #expect(replies.count == 1)
        #expect(numbers == Array(0..<1_000))
    }

    @Test("An array nested nine deep is a protocol error that says so")
    func tooDeep() {
        #expect {
            try read([Array(Self.nested(9).utf8)[...]])
        } throws: { error in
            (error as? RedisError)?.code == .protocol && "\(error)".contains("nests arrays more than 8 deep")
        }
    }

    @Test(
        "What is not RESP2 is a protocol error",
        arguments: ["HTTP/1.1 400 Bad Request\r\n", "%1\r\n+a\r\n+b\r\n", ":12a\r\n", "*-2\r\n", "$-2\r\n", "*1\r\n?\r\n"])
    func garbage(_ wire: String) {
        #expect {
            try read([Array(wire.utf8)[...]])
        } throws: { error in
            (error as? RedisError)?.code == .protocol
        }
    }

    @Test("After an error nothing more is read")
    func errorStays() throws {
        let reader = try ReplyReader()
        #expect(throws: RedisError.self) { try reader.read(ByteBuffer(string: "?\r\n")) { _ in true } }
        #expect(throws: RedisError.self) { try reader.read(ByteBuffer(string: "+OK\r\n")) { _ in true } }
    }

    @Test("An array that announces two billion elements costs no memory before they come")
    func hugeHeader() throws {
        #expect(try read([Array("*2000000000\r\n:1\r\n".utf8)[...]]).isEmpty)
    }

    @Test("Reading ends when the receiver has had enough")
    func stops() throws {
        let reader = try ReplyReader()
        var replies: [RedisValue] = []
        try reader.read(ByteBuffer(string: "+a\r\n+b\r\n+c\r\n")) { reply in
            replies.append(reply)
            return replies.count < 2
        }
        #expect(replies == [.simple("a"), .simple("b")])
    }

    @Test("Text that is not UTF-8 in a status does not fail the reader")
    func notText() throws {
        let replies = try read([[0x2b, 0xff, 0x0d, 0x0a][...]])
        #expect(replies == [.simple("\u{fffd}")])
    }
}
