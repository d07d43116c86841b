import TestSupport
import Testing

@testable import Workspaces

@Suite("A character file in the form of another generation")
struct CharacterConversionTests {
    private func node(_ text: String) throws -> JSONNode {
        var parser = JSONParser(Array(text.utf8))
        return try parser.parse()
    }

    private func text(_ node: JSONNode) -> String { String(decoding: node.canonicalBytes, as: UTF8.self) }

    /// What a file becomes, and what is noted: `moved /lore`.
    private func converted(_ file: String, to shape: CharacterShape) throws -> (text: String, notes: [String]) {
        let conversion = CharacterConversion(try node(file), to: shape)
        return (text(conversion.document), conversion.notes.map { "\($0.kind.rawValue) \($0.pointer)" })
    }

    private static let cases: [(String, CharacterShape, String, [String])] = [
        // Who speaks, and what was done.
        (
            #"{"name":"a","messageExamples":[[{"user":"u","content":{"text":"t","action":"GO"}}]]}"#, .v1,
            #"{"messageExamples":[[{"content":{"actions":["GO"],"text":"t"},"name":"u"}]],"name":"a"}"#, []
        ),
        (
            #"{"name":"a","messageExamples":[[{"user":"u","content":"t"}]]}"#, .v2,
            #"{"messageExamples":[{"examples":[{"content":{"text":"t"},"name":"u"}]}],"name":"a"}"#, []
        ),
        (
            #"{"name":"a","messageExamples":[{"title":"x","examples":[{"name":"u","user":"w","content":{"text":"t"}}]}]}"#, .v1,
            #"{"messageExamples":[[{"content":{"text":"t"},"name":"u"}]],"name":"a"}"#,
            ["left /messageExamples/0/examples/0/user", "left /messageExamples/0/title"]
        ),
        (
            #"{"name":"a","messageExamples":[[{"user":"u","content":{"action":"A","actions":["B"],"text":"t"}}]]}"#, .v1,
            #"{"messageExamples":[[{"content":{"actions":["A","B"],"text":"t"},"name":"u"}]],"name":"a"}"#, []
        ),
        // A character's story.
        (#"{"name":"a","bio":"b","lore":["l","m"]}"#, .v1, #"{"bio":["b","l","m"],"name":"a"}"#, ["moved /lore"]),
        (#"{"name":"a","lore":"l"}"#, .v2, #"{"bio":["l"],"name":"a"}"#, ["moved /lore"]),
        (#"{"name":"a","bio":"b","lore":[]}"#, .v1, #"{"bio":"b","name":"a"}"#, []),
        (#"{"name":"a","bio":"b"}"#, .v2, #"{"bio":["b"],"name":"a"}"#, []),
        // Where it talks and what it thinks with.
        (
            #"{"name":"a","clients":["Discord","smoke-signals"],"modelProvider":"openai","plugins":["@x/y"]}"#, .v1,
            #"{"name":"a","plugins":["@x/y","@elizaos/plugin-discord","@elizaos/plugin-openai"]}"#,
            ["moved /clients/0", "left /clients/1", "moved /modelProvider"]
        ),
        (
            #"{"name":"a","clients":[],"modelProvider":"","plugins":["@elizaos/plugin-discord"]}"#, .v2,
            #"{"name":"a","plugins":["@elizaos/plugin-discord"]}"#, []
        ),
        (
            #"{"name":"a","clients":["discord"],"plugins":["@elizaos/plugin-discord@^1.0.0"]}"#, .v1,
            #"{"name":"a","plugins":["@elizaos/plugin-discord@^1.0.0"]}"#, ["moved /clients/0"]
        ),
        // What it knows.
        (
            #"{"name":"a","knowledge":["t",{"path":"p","shared":true},{"id":"1","path":"q","content":"c"}]}"#, .v2,
            #"{"knowledge":["t",{"item":{"case":"path","value":"p"}},"c"],"name":"a"}"#,
            ["left /knowledge/1/shared", "left /knowledge/2/id", "left /knowledge/2/path", "kept /knowledge"]
        ),
        (
            #"{"name":"a","knowledge":[{"directory":"d","shared":false}]}"#, .v2,
            #"{"knowledge":[{"item":{"case":"directory","value":{"path":"d","shared":false}}}],"name":"a"}"#, []
        ),
        (
            #"{"name":"a","knowledge":[{"item":{"case":"path","value":"p"}}],"documents":["m"]}"#, .v1,
            #"{"knowledge":[{"path":"p"},"m"],"name":"a"}"#, ["moved /documents"]
        ),
        (
            #"{"name":"a","knowledge":[{"item":{"case":"directory","value":{"path":"d","shared":true}}}]}"#, .v1,
            #"{"knowledge":[{"directory":"d","shared":true}],"name":"a"}"#, []
        ),
        (
            #"{"name":"a","knowledge":[{"item":{"case":"web","value":"p"}}]}"#, .v1,
            #"{"knowledge":[{"item":{"case":"web","value":"p"}}],"name":"a"}"#, ["kept /knowledge/0"]
        ),
        // What only one generation has, and what nobody here knows.
        (
            #"{"name":"a","advancedPlanning":true,"shift":{"from":1.50},"twitterSpaces":null}"#, .v1,
            #"{"name":"a","shift":{"from":1.5},"twitterSpaces":null}"#, ["left /advancedPlanning"]
        ),
        (#"{"name":"a","advancedPlanning":true}"#, .v2, #"{"advancedPlanning":true,"name":"a"}"#, []),
    ]

    @Test("is written member by member, and what has no equal form is told by its place", arguments: cases)
    func members(file: String, shape: CharacterShape, expected: String, notes: [String]) throws {
        let found = try converted(file, to: shape)
        #expect(found.text == expected)
        #expect(found.notes == notes)
    }

    @Test("the oldest generation gets the members that it asks for, and its words back")
    func oldest() throws {
        let plugins = #"["@elizaos/plugin-telegram","@x/y","@elizaos/plugin-groq","@elizaos/plugin-openai"]"#
        let found = try converted(#"{"name":"a","bio":"b","style":{"all":["s"]},"plugins":\#(plugins)}"#, to: .v0)
        #expect(
            found.text
                == #"{"adjectives":[],"bio":"b","clients":["telegram"],"lore":[],"messageExamples":[],"modelProvider":"groq","name":"a","#
                + #""plugins":["@x/y","@elizaos/plugin-openai"],"postExamples":[],"style":{"all":["s"],"chat":[],"post":[]},"topics":[]}"#)
        #expect(found.notes == ["moved /plugins/0", "moved /plugins/2", "kept /plugins/3"])
        let own = try converted(#"{"name":"a","clients":[],"plugins":["@elizaos/plugin-telegram"]}"#, to: .v0)
        #expect(own.notes == [], "a file that says its clients itself is not guessed at")
        #expect(own.text.contains(#""plugins":["@elizaos/plugin-telegram"]"#))
        let words = #"{"name":"a","clients":["twitter","discord"],"modelProvider":"openai","plugins":["@x/y"]}"#
        let back = CharacterConversion(CharacterConversion(try node(words), to: .v1).document, to: .v0).document
        #expect(back["clients"] == .array([.string("twitter"), .string("discord")]) && back["modelProvider"] == .string("openai"))
        #expect(back["plugins"] == .array([.string("@x/y")]))
        let several = try converted(#"{"name":"a","messageExamples":[[{"name":"u","content":{"actions":["A","B"]}}]]}"#, to: .v0)
        #expect(several.notes == ["kept /messageExamples/0/0/content/actions"])
        #expect(several.text.contains(#"{"actions":["A","B"]}"#))
    }

    // MARK: Properties

    @Test("there and back again a file says what it said, but for the places that notes name", arguments: [UInt64](1...60))
    func roundTrip(seed: UInt64) throws {
        for shape in CharacterShape.allCases {
            var generator = SplitMix64(seed: seed)
            let file = CharacterSample(of: shape, using: &generator).document
            for other in CharacterShape.allCases {
                let there = CharacterConversion(file, to: other)
                let back = CharacterConversion(there.document, to: shape)
                let noted = Self.changed(there.notes + back.notes)
                #expect(
                    text(file.without(noted)) == text(back.document.without(noted)),
                    "\(shape) to \(other) and back, seed \(seed): \(there.notes + back.notes)")
            }
        }
    }

    /// The members that are not as they were: those that notes name, and those that what was moved may have come from or gone to.
    private static func changed(_ notes: [CharacterConversion.Note]) -> Set<JSONPointer.Step> {
        let named = Set(notes.filter { $0.kind != .kept }.compactMap(\.pointer.steps.first))
        let together: [[String]] = [["bio", "lore"], ["documents", "knowledge"], ["clients", "modelProvider", "plugins"]]
        return together.map { Set($0.map(JSONPointer.Step.name)) }.reduce(named) { $0.isDisjoint(with: $1) ? $0 : $0.union($1) }
    }

    @Test("a converted file is read as one of its generation, and says the same in it", arguments: [UInt64](1...60))
    func meaning(seed: UInt64) throws {
        for shape in CharacterShape.allCases {
            var generator = SplitMix64(seed: seed)
            let given = try CharacterFile(document: CharacterSample(of: shape, using: &generator).document)
            for other in CharacterShape.allCases {
                let conversion = CharacterConversion(given.document, to: other)
                let file = try CharacterFile(document: conversion.document)
                #expect(file.shape == other, "seed \(seed)")
                #expect(file.conversations == given.conversations, "seed \(seed)")
                #expect(file.bio + file.lore == given.bio + given.lore, "seed \(seed)")
                #expect(file.knowledge == given.knowledge, "seed \(seed)")
                #expect([file.topics, file.adjectives, file.postExamples] == [given.topics, given.adjectives, given.postExamples], "seed \(seed)")
                #expect(conversion.document["somethingElse"] == given.document["somethingElse"], "seed \(seed)")
                let again = CharacterConversion(conversion.document, to: other)
                #expect(text(again.document) == text(conversion.document), "again it stays the same, seed \(seed)")
                #expect(again.notes.allSatisfy { $0.kind == .kept }, "seed \(seed)")
            }
        }
    }

    @Test("every file at hand is written in every generation, and says the same in each", arguments: AgentSamples.files)
    func allFiles(path: String) throws {
        let given = try CharacterFile(AgentSamples.bytes(path))
        for shape in CharacterShape.allCases {
            let conversion = CharacterConversion(given.document, to: shape)
            let file = try CharacterFile(document: conversion.document)
            #expect(file.shape == shape)
            #expect(file.conversations == given.conversations)
            #expect(file.bio + file.lore == given.bio + given.lore)
            #expect(file.knowledge == given.knowledge)
            #expect(!conversion.isCut)
            // Nothing of the file is missing that no note names.
            let noted = Set(conversion.notes.compactMap(\.pointer.steps.first))
            guard case .object(let members) = given.document else { continue }
            for member in members where !noted.contains(.name(member.name)) {
                let isEmpty = ["[]", "null", "\"\""].contains(text(member.value))
                #expect(isEmpty || conversion.document[member.name] != nil, "\(member.name)")
            }
        }
    }

    @Test("a thousand notes are told, and that there are more; a name that looks like a key is blotted out")
    func bounds() throws {
        let items = Array(repeating: #"{"content":"c","id":"1"}"#, count: 1001).joined(separator: ",")
        let conversion = CharacterConversion(try node(#"{"name":"a","knowledge":["# + items + "]}"), to: .v1)
        #expect(conversion.notes.count == 1000 && conversion.isCut)
        let fake = "ghp_" + String("0123456789abcdefghijklmnopqrstuvwxyzAB".reversed())
        let secret = try converted(#"{"name":"a","messageExamples":[{"examples":[],"\#(fake)":1}]}"#, to: .v1)
        #expect(secret.notes == ["left /messageExamples/0/[redacted]"])
    }

    @Test("people read it line by line, with the digits of its numbers")
    func lines() throws {
        let text = try node(#"{"b":[],"a":[1,{"c":12345678901234567890}],"d":"\n"}"#).lines
        #expect(text == "{\n  \"b\": [],\n  \"a\": [\n    1,\n    {\n      \"c\": 12345678901234567890\n    }\n  ],\n  \"d\": \"\\n\"\n}")
    }
}

extension JSONNode {
    /// This object without the members that these steps lead to.
    fileprivate func without(_ steps: Set<JSONPointer.Step>) -> JSONNode {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { !steps.contains(.name($0.name)) })
    }
}
