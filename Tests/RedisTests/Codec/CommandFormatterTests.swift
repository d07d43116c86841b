import NIOCore
import Testing

@testable import Redis

@Suite struct CommandFormatterTests {
    private func wire(_ command: RedisCommand) throws -> String {
        var buffer = ByteBuffer()
        try CommandFormatter.append(command, to: &buffer)
        return String(buffer: buffer)
    }

    @Test("Each argument is sent with its length, whatever it holds")
    func arguments() throws {
        #expect(try wire(RedisCommand("PING")) == "*1\r\n$4\r\nPING\r\n")
        #expect(try wire(RedisCommand("SET", "k", "")) == "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n")
        #expect(try wire(RedisCommand("SET", "a b", "1\r\nDEL x")) == "*3\r\n$3\r\nSET\r\n$3\r\na b\r\n$8\r\n1\r\nDEL x\r\n")
        #expect(try wire(RedisCommand("X", .bytes([0, 10, 0]), "é")) == "*3\r\n$1\r\nX\r\n$3\r\n\0\n\0\r\n$2\r\né\r\n")
        #expect(try wire(RedisCommand("X", .integer(.min), 0)) == "*3\r\n$1\r\nX\r\n$20\r\n-9223372036854775808\r\n$1\r\n0\r\n")
    }

    @Test("A name and arguments that are all empty are still a command")
    func empty() throws {
        #expect(try wire(RedisCommand("", "", .bytes([]))) == "*3\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n")
    }

    @Test("Commands are appended one after the other")
    func several() throws {
        var buffer = ByteBuffer(string: "-")
        for name in ["A", "B"] { try CommandFormatter.append(RedisCommand(name), to: &buffer) }
        #expect(String(buffer: buffer) == "-*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n")
    }

    @Test("A command of a thousand arguments reads back as it was written")
    func roundTrip() throws {
        let words = (0..<1_000).map { String(repeating: "x", count: $0 % 50) + "\($0)" }
        var buffer = ByteBuffer()
        try CommandFormatter.append(RedisCommand("MGET", arguments: words.map { .string($0) }), to: &buffer)
        var read: [RedisValue] = []
        try ReplyReader().read(buffer) { value in
            read.append(value)
            return true
        }
        #expect(read == [.array((["MGET"] + words).map { .bulk(Array($0.utf8)) })])
    }

    @Test("A command above 512 MB is refused before memory is spent on it")
    func tooLarge() {
        // One array of 64 MB, named nine times.
        let part = RedisArgument.bytes([UInt8](repeating: 0, count: 64 * 1_024 * 1_024))
        #expect {
            try wire(RedisCommand("SET", arguments: Array(repeating: part, count: 9)))
        } throws: { error in
            (error as? RedisError)?.code == .protocol && (error as? RedisError)?.command == "SET"
        }
    }

    @Test("Literals and interpolations are one argument each")
    func literals() {
        let id = "a b"
        #expect(RedisCommand("EXPIRE", "run:\(id)", 60).arguments == [.string("run:a b"), .integer(60)])
    }
}
