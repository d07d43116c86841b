import Testing

@testable import Directory
@testable import Workspaces

@Suite("What differs between two documents")
struct CharacterDiffTests {
    private func diff(_ older: String, _ newer: String) throws -> CharacterDiff {
        var (one, other) = (JSONParser(Array(older.utf8)), JSONParser(Array(newer.utf8)))
        return CharacterDiff(from: try one.parse(), to: try other.parse())
    }

    /// `+/path to`, `-/path from`, `~/path from to`.
    private func changes(_ older: String, _ newer: String) throws -> [String] {
        try diff(older, newer).changes.map { change in
            switch change.kind {
            case .added: "+\(change.path) \(change.to ?? "")"
            case .removed: "-\(change.path) \(change.from ?? "")"
            case .changed: "~\(change.path) \(change.from ?? "") \(change.to ?? "")"
            }
        }
    }

    private static let cases: [(String, String, [String])] = [
        (#"{"a": 1}"#, #"{"a": 1}"#, []), (#"{"a": 1, "b": 2}"#, #"{"b": 2, "a": 1}"#, []), (#"{"a": 1.0}"#, #"{"a": 10e-1}"#, []),
        (#"{"a": 12345678901234567890}"#, #"{"a": 12345678901234567891}"#, ["~/a 12345678901234567890 12345678901234567891"]),
        (#"{"a": 1}"#, #"{"a": "1"}"#, [#"~/a 1 "1""#]), (#"{"a": null}"#, #"{}"#, ["-/a null"]), (#"{}"#, #"{"a": {"b": []}}"#, [#"+/a {"b":[]}"#]),
        (#"{"a": {"b": 1, "c": 2}}"#, #"{"a": {"b": 1, "c": 3}}"#, ["~/a/c 2 3"]),
        (#"{"a/b": {"~": true}}"#, #"{"a/b": {"~": false}}"#, ["~/a~1b/~0 true false"]),
        (#"{"l": [1, 2, 3]}"#, #"{"l": [1, 9, 2, 3]}"#, ["+/l/1 9"]), (#"{"l": [1, 2, 3]}"#, #"{"l": [0, 1, 2, 3]}"#, ["+/l/0 0"]),
        (#"{"l": [1, 2, 3]}"#, #"{"l": [1, 3]}"#, ["-/l/1 2"]), (#"{"l": [1, 1]}"#, #"{"l": [1, 1, 1]}"#, ["+/l/2 1"]),
        (#"{"l": [1, 2, 3]}"#, #"{"l": []}"#, ["-/l/0 1", "-/l/1 2", "-/l/2 3"]),
        (#"{"l": [1, 2, 3]}"#, #"{"l": [1, 8, 9, 3]}"#, ["~/l/1 2 8", "+/l/2 9"]),
        (#"{"l": [{"a": 1, "b": 2}, 5]}"#, #"{"l": [{"a": 1, "b": 3}, 5]}"#, ["~/l/0/b 2 3"]),
        (#"{"l": [[1], [2]]}"#, #"{"l": [[1], [3]]}"#, ["~/l/1/0 2 3"]), (#"[]"#, #"{}"#, ["~ [] {}"]),
        ("{\"\u{e9}\": 1}", "{\"e\u{301}\": 1}", ["-/\u{e9} 1", "+/e\u{301} 1"]),
        ("{\"a\": \"\u{e9}\"}", "{\"a\": \"e\u{301}\"}", ["~/a \"\u{e9}\" \"e\u{301}\""]),
    ]

    @Test("is told place by place", arguments: cases)
    func places(older: String, newer: String, expected: [String]) throws {
        let found = try changes(older, newer)
        #expect(found.map { Array($0.utf8) } == expected.map { Array($0.utf8) }, "\(found)")
    }

    @Test("is nothing when one way there is nothing the other way, and as many places otherwise", arguments: cases)
    func bothWays(older: String, newer: String, expected: [String]) throws {
        #expect(try diff(newer, older).changes.count == expected.count)
    }

    @Test("long values are cut at 500 characters")
    func cutValues() throws {
        let long = String(repeating: "é", count: 2000)
        let change = try #require(try diff("{\"a\": \"\(long)\"}", "{\"a\": \"\(String(repeating: "x", count: 498))\"}").changes.first)
        #expect(change.from?.count == 500 && change.from?.hasSuffix("é…") == true)
        #expect(change.to?.count == 500 && change.to?.hasSuffix("x\"") == true)
    }

    @Test("a thousand places are told, and that there are more")
    func bound() throws {
        let lists = [1000, 1001].map { count in "[" + (0..<count).map(String.init).joined(separator: ",") + "]" }
        let (all, cut) = (try diff("[]", lists[0]), try diff("[]", lists[1]))
        #expect(all.changes.count == 1000 && !all.isCut)
        #expect(cut.changes.count == 1000 && cut.isCut)
    }

    @Test("documents that differ deep inside take no time", .timeLimit(.minutes(1)))
    func deep() throws {
        let text = String(repeating: "x", count: 1 << 18)
        func document(_ end: String) -> String {
            String(repeating: "[0,", count: 60) + "\"\(text)\(end)\"" + String(repeating: ",1]", count: 60)
        }
        let changes = try diff(document("a"), document("b")).changes
        #expect(changes.map(\.path) == [String(repeating: "/1", count: 60)])
    }
}
