import Foundation
import HTTPTypes
import Testing

@testable import Web

@Suite("JSON")
struct JSONTests {
    static let valid = [
        "null", "true", "false", "0", "-0", "12", "-1.5", "1e3", "1.25E-2", #""""#, #""a\"\\\/\b\f\n\r\tü\u00e9\ud83d\ude00""#, "[]", "[1,[2,[3]]]",
        "{}",
        #"{"a":{"b":[null,{"c":""}]},"a2":1}"#, " \n\t[ 1 , 2 ] \r\n", "\u{FEFF}[1]",
    ]
    static let invalid = [
        "", " ", "nul", "tru", "01", "-", "1.", "1e", "1e+", ".5", "+1", #"""#, #""\x""#, #""\u12""#, #""\u12g4""#, #""\ud800""#, #""\ud800\u0041""#,
        #""\udc00""#, "[", "[1", "[1,", "[,1]", "{", #"{"a""#, #"{"a":"#, #"{"a":1"#, #"{"a":1,"#, #"{a:1}"#, #"{"a" 1}"#, "[1}", "1 2", "\"\u{1}\"",
        "NaN", "'a'",
    ]

    @Test("every document that Foundation reads is read, and every one that it refuses is refused", arguments: valid + invalid)
    func oracle(_ text: String) {
        let foundation = (try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)) != nil
        let ours = (try? JSONParser.parse(Array(text.utf8))) != nil
        #expect(ours == foundation)
        #expect(ours == Self.valid.contains(text))
    }

    @Test("a comma before the end is refused, which Foundation lets pass", arguments: ["[1,]", #"{"a":1,}"#])
    func trailingComma(_ text: String) {
        #expect((try? JSONParser.parse(Array(text.utf8))) == nil)
    }

    @Test("every beginning of a document is cut short, and said to be")
    func prefixes() {
        let bytes = Array(#"{"a":[1,true,null,"x\u0041",{"b":false}],"c":"y"}"#.utf8)
        for end in 1..<bytes.count {
            // (An `#expect(throws:)` around a typed throw brings the compiler down: Swift 6.3.1.)
            do {
                _ = try JSONParser.parse(Array(bytes[..<end]))
                Issue.record("\(end) bytes are taken for a document")
            } catch {
                #expect(error == JSONSyntaxFault(reason: .truncated, offset: end))
            }
        }
    }

    @Test("what is written is read back the same", arguments: valid)
    func roundTrip(_ text: String) throws {
        let value = try JSONParser.parse(Array(text.utf8))
        #expect(try JSONParser.parse(value.bytes()) == value)
    }

    @Test("a body is read as a document in the order in which it was written, with the same checks as any other")
    func document() throws {
        #expect(try JSONBody.document(Array(#"{"b":1,"a":[2]}"#.utf8)) == .object([.init("b", 1), .init("a", [2])]))
        for (body, status) in [("", 400), ("{", 400), ("\u{0}", 400), (#"{"a":"x\u0000"}"#, 422)] {
            let problem = #expect(throws: Problem.self) { try JSONBody.document(Array(body.utf8)) }
            #expect(problem?.status.code == status, "\(body)")
        }
    }

    @Test("every control character is escaped")
    func escapes() throws {
        let text = String(String.UnicodeScalarView((0..<0x80).compactMap { Unicode.Scalar($0) }))
        let bytes = JSONValue.string(text).bytes()
        #expect(try JSONParser.parse(bytes) == .string(text))
        #expect(try JSONDecoder().decode(String.self, from: Data(bytes)) == text)
    }

    @Test("a value survives the coders")
    func coders() throws {
        let value: JSONValue = ["a": [1, 2.5, true, nil, "x"], "b": ["c": []], "d": [:]]
        let data = try WireCoding.encoder.encode(value)
        #expect(try WireCoding.decoder.decode(JSONValue.self, from: data) == value)
    }

    @Test(
        "a time beyond the year 9999, where RFC 3339 ends, is none",
        arguments: ["9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z", "999999-01-01T00:00:00Z"])
    func farTimes(_ text: String) {
        #expect((WireCoding.date(text) != nil) == text.hasPrefix("9999-"))
    }

    @Test(
        "times are written with milliseconds and read with or without",
        arguments: [("2026-01-31T08:30:00Z", 0.0), ("2026-01-31T08:30:00.250Z", 0.25), ("2026-01-31T09:30:00+01:00", 0.0)])
    func times(_ text: String, _ fraction: Double) throws {
        let date = Date(timeIntervalSince1970: 1_769_848_200 + fraction)
        #expect(WireCoding.date(text) == date)
        #expect(WireCoding.text(date) == (fraction == 0 ? "2026-01-31T08:30:00.000Z" : "2026-01-31T08:30:00.250Z"))
    }
}
