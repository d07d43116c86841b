import Foundation
import Testing
@testable import Workspaces

@Suite("JSON that loses nothing")
struct AgentsJSONTests {
    private func parse(_ text: String) throws -> JSONNode {
        var parser = JSONParser(Array(text.utf8))
        return try parser.parse()
    }

    private func canonical(_ text: String) throws -> String {
        String(decoding: try parse(text).canonicalBytes, as: UTF8.self)
    }

    @Test(
        "numbers have one canonical form",
        arguments: [
            ("1", "1"), ("1.0", "1"), ("10e-1", "1"), ("1.50", "1.5"), ("1e2", "100"), ("-0", "0"), ("-0.0e5", "0"), ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"), ("1e20", "100000000000000000000"), ("1E+20", "100000000000000000000"), ("1e21", "1e+21"), ("123e20", "1.23e+22"),
            ("-12.5e-9", "-1.25e-8"), ("12345678901234567890", "12345678901234567890"), ("0.1", "0.1"), ("333333333.33333329", "333333333.33333329"),
        ])
    func numbers(written: String, expected: String) throws {
        #expect(try canonical(written) == expected)
    }

    @Test("the canonical form of a double is ECMAScript's: its digits are those of the shortest text")
    func doubles() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite, abs(value) > 1e-300, abs(value) < 1e300 else { continue }
            let text = try canonical("\(value)")
            #expect(Double(text) == value, "\(value)")
            #expect(try canonical(text) == text, "\(value)")
        }
    }

    @Test("members are sorted by UTF-16, strings escaped as RFC 8785 says")
    func objects() throws {
        let written = #"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7,"a":"\u001f\"\\\/\b"}"#
        let expected = "{\"\\r\":2,\"1\":4,\"a\":\"\\u001f\\\"\\\\/\\b\",\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}"
        #expect(try canonical(written) == expected)
    }

    @Test(
        "what is not JSON is refused with line, column and place",
        arguments: [
            ("", 1, 1, "", "nothing in it"),
            ("{\n  \"a\": [1, 2,\n", 3, 1, "/a/2", "cut off"),
            ("{\n  \"a\": [1, 2,]\n}", 2, 14, "/a", "comma stands before"),
            (#"{"a": 1,}"#, 1, 9, "", "comma stands before the closing brace"),
            (#"{"a": "x"#, 1, 9, "/a", "cut off"),
            (#"{"a": tru}"#, 1, 7, "/a", "no value"),
            (#"{"a": 01}"#, 1, 9, "/a", "start with 0"),
            (#"{"a": 1e999}"#, 1, 12, "/a", "beyond"),
            (#"{"a": "\u0000"}"#, 1, 14, "/a", "NUL"),
            (#"{"a": "\ud800x"}"#, 1, 14, "/a", "surrogate"),
            (#"{"a": "\udc00"}"#, 1, 14, "/a", "surrogate"),
            (#"{"a": '1'}"#, 1, 7, "/a", "double quotes"),
            (#"{"a": // x"#, 1, 7, "/a", "comments"),
            (#"{"a": 1} {"#, 1, 10, "", "follows the end"),
            ("{\"a\": \"x\ny\"}", 1, 9, "/a", "line ends"),
            (#"{a: 1}"#, 1, 2, "", "double quotes"),
            (#"{"a/b": {"c~d": nul}}"#, 1, 17, "/a~1b/c~0d", "no value"),
        ])
    func faults(text: String, line: Int, column: Int, pointer: String, reason: String) throws {
        let error = try #require(throws: JSONSyntaxError.self) { try parse(text) }
        #expect(error.line == line)
        #expect(error.column == column)
        #expect(error.pointer.description == pointer)
        #expect(error.reason.contains(reason), "\(error)")
    }

    @Test("invalid UTF-8, UTF-16 and too deep nesting are refused")
    func encodings() throws {
        var overlong = JSONParser([0x22, 0xC0, 0x80, 0x22])
        #expect(try #require(throws: JSONSyntaxError.self) { try overlong.parse() }.reason.contains("UTF-8"))
        var sixteen = JSONParser([0xFF, 0xFE, 0x7B, 0x00])
        #expect(try #require(throws: JSONSyntaxError.self) { try sixteen.parse() }.reason.contains("UTF-16"))
        let deep = String(repeating: "[", count: 64)
        #expect(try parse(deep + String(repeating: "]", count: 64)).typeName == "a list")
        #expect(try #require(throws: JSONSyntaxError.self) { try parse("[" + deep) }.reason.contains("64 deep"))
    }

    @Test("of members with one name the last counts and the place is told; accents that only look alike are two names")
    func duplicates() throws {
        var parser = JSONParser(Array(#"{"a": 1, "b": 2, "a": 3}"#.utf8))
        let node = try parser.parse()
        #expect(node == .object([JSONMember(name: "a", value: .number("3")), JSONMember(name: "b", value: .number("2"))]))
        #expect(parser.duplicates.map(\.description) == ["/a"])
        var alike = JSONParser(Array("{\"\u{e9}\": 1, \"e\u{301}\": 2}".utf8))
        guard case .object(let members) = try alike.parse() else { return #expect(Bool(false)) }
        #expect(members.count == 2)
        #expect(alike.duplicates.isEmpty)
    }

    @Test("no prefix of a file is a file, and none crashes")
    func prefixes() throws {
        let bytes = try AgentSamples.own("night-porter")
        let end = try #require(bytes.lastIndex(of: UInt8(ascii: "}")))
        for length in 0...end {
            var parser = JSONParser(Array(bytes.prefix(length)))
            #expect(throws: JSONSyntaxError.self) { try parser.parse() }
        }
    }

    @Test("the canonical form says what Foundation reads in the file", arguments: AgentSamples.files)
    func oracle(path: String) throws {
        let bytes = try AgentSamples.bytes(path)
        var parser = JSONParser(bytes)
        let canonical = try parser.parse().canonicalBytes
        let ours = try #require(JSONSerialization.jsonObject(with: Data(canonical)) as? NSDictionary)
        let theirs = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? NSDictionary)
        #expect(ours == theirs)
        var again = JSONParser(canonical)
        #expect(try again.parse().canonicalBytes == canonical)
    }
}
