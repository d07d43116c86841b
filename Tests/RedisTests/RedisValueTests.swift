import Redis
import Testing

@Suite struct RedisValueTests {
    @Test(
        "A bulk string that is a decimal integer, and only that, reads as one",
        arguments: [
            ("0", 0), ("-0", 0), ("42", 42), ("-17", -17), ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("99999999999999999999", nil), ("", nil), ("-", nil), ("+1", nil),
            ("1.0", nil), (" 1", nil), ("1 ", nil), ("0x1", nil), ("--1", nil),
        ] as [(String, Int?)])
    func integers(_ text: String, _ value: Int?) {
        #expect(RedisValue.bulk(Array(text.utf8)).integer == value)
    }

    @Test("Each view of a reply is nil for the replies it does not fit")
    func views() {
        #expect(RedisValue.simple("OK").string == "OK")
        #expect(RedisValue.bulk([0xff]).string == nil)
        #expect(RedisValue.error("ERR").string == nil)
        #expect(RedisValue.simple("7").integer == nil)
        #expect(RedisValue.integer(7).integer == 7)
        #expect(RedisValue.simple("ab").bytes == [0x61, 0x62])
        #expect(RedisValue.integer(7).bytes == nil)
        #expect(RedisValue.array([.null]).array == [.null])
        #expect(RedisValue.null.array == nil)
        #expect(RedisValue.null.isNull)
        #expect(!RedisValue.array([]).isNull)
    }

    @Test("A script's digest is the one the server computes")
    func digest() {
        #expect(RedisScript(name: "one", source: "return 1").sha1 == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
        #expect(RedisScript(name: "empty", source: "").sha1 == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    }
}
