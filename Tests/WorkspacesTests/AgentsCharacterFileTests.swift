import Foundation
import Testing
@testable import Workspaces

@Suite("Character files of three generations")
struct AgentsCharacterFileTests {
    private func read(_ text: String) throws -> CharacterFile {
        try CharacterFile(Array(text.utf8))
    }

    private func faults(_ text: String) throws -> [String] {
        let error = try #require(throws: CharacterFileError.self) { try read(text) }
        guard case .faults(let faults) = error else {
            Issue.record("\(error)")
            return []
        }
        return faults.map(\.description)
    }

    @Test("every file at hand is read whole: nothing but secrets is lost", arguments: AgentSamples.files)
    func allFiles(path: String) throws {
        let bytes = try AgentSamples.bytes(path)
        let file = try CharacterFile(bytes)
        #expect(!file.name.isEmpty)
        #expect(!file.bio.isEmpty)
        #expect(!file.conversations.isEmpty)
        #expect(file.conversations.allSatisfy { !$0.isEmpty && $0.allSatisfy { !$0.speaker.isEmpty && !$0.text.isEmpty } })
        #expect(AgentName(displayName: file.name) != nil)

        var expected = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        expected["secrets"] = nil
        if var settings = expected["settings"] as? [String: Any] {
            settings["secrets"] = nil
            expected["settings"] = settings
        }
        let stored = try #require(JSONSerialization.jsonObject(with: Data(file.document.canonicalBytes)) as? NSDictionary)
        #expect(stored == expected as NSDictionary)
    }

    @Test(
        "our samples show all three shapes",
        arguments: [
            ("harbor-guide.character.json", CharacterShape.v0), ("ledger-lint.character.json", .v0), ("tidewatch.character.json", .v1),
            ("migration-clerk.character.json", .v1), ("build-sage.character.json", .v2), ("night-porter", .v2),
        ])
    func shapes(name: String, shape: CharacterShape) throws {
        #expect(try CharacterFile(AgentSamples.own(name)).shape == shape)
    }

    @Test(
        "a shape is told by its newest mark",
        arguments: [
            (#"{"name": "a"}"#, CharacterShape.v1),
            (#"{"name": "a", "lore": []}"#, .v0),
            (#"{"name": "a", "clients": [], "messageExamples": [[{"user": "u", "content": {"text": "t"}}]]}"#, .v0),
            (#"{"name": "a", "clients": [], "messageExamples": [[{"name": "u", "content": {"text": "t"}}]]}"#, .v1),
            (#"{"name": "a", "messageExamples": [{"examples": [{"user": "u", "content": {"text": "t"}}]}]}"#, .v2),
            (#"{"name": "a", "knowledge": [{"item": {"case": "path", "value": "x.md"}}]}"#, .v2),
            (#"{"name": "a", "advancedPlanning": true}"#, .v2),
        ])
    func shape(text: String, shape: CharacterShape) throws {
        #expect(try read(text).shape == shape)
    }

    @Test("the fields mean the same in every shape")
    func fields() throws {
        let first = try read(#"{"name": "a", "bio": "one", "messageExamples": [[{"user": "u", "content": {"text": "t", "action": "GO"}}]]}"#)
        let second = try read(#"{"name": "a", "bio": ["one"], "messageExamples": [[{"name": "u", "content": {"text": "t", "actions": ["GO"]}}]]}"#)
        let third = try read(
            #"{"name": "a", "bio": ["one"], "messageExamples": [{"examples": [{"name": "u", "content": {"text": "t", "actions": ["GO"]}}]}]}"#)
        for file in [first, second, third] {
            #expect(file.bio == ["one"])
            #expect(file.conversations == [[CharacterMessage(speaker: "u", text: "t", actions: ["GO"])]])
        }
    }

    @Test("knowledge of every shape")
    func knowledge() throws {
        let file = try read(
            """
            {"name": "a", "knowledge": ["plain", {"path": "a.md", "shared": true}, {"directory": "d"}, {"id": "1", "path": "b.md", "content": "said"},
            {"item": {"case": "path", "value": "c.md"}}, {"item": {"case": "directory", "value": {"path": "e"}}}, {"strange": 1}], "documents": ["more"]}
            """)
        let expected: [CharacterKnowledge] = [
            .text("plain"), .file(path: "a.md"), .directory(path: "d"), .text("said"), .file(path: "c.md"), .directory(path: "e"), .other,
            .text("more"),
        ]
        #expect(file.knowledge == expected)
    }

    @Test("plugins are named with or without scope and range, each once")
    func plugins() throws {
        let file = try read(#"{"name": "a", "plugins": ["@x/one", "@x/two@^1.6.0", "three@2", {"name": "four", "version": "~4"}, "@x/one"]}"#)
        let expected = [
            PluginReference(name: "@x/one", range: nil), PluginReference(name: "@x/two", range: "^1.6.0"), PluginReference(name: "three", range: "2"),
            PluginReference(name: "four", range: "~4"),
        ]
        #expect(file.plugins == expected)
    }

    @Test("a byte order mark and null members are tolerated")
    func tolerance() throws {
        let file = try CharacterFile(
            [0xEF, 0xBB, 0xBF] + Array(#"{"name": "a", "bio": null, "settings": null, "style": null, "plugins": null}"#.utf8))
        #expect(file.name == "a")
        #expect(file.bio.isEmpty)
    }

    @Test("all faults are named at once, by place and without values")
    func allFaults() throws {
        let found = try faults(
            """
            {"name": 7, "bio": [1, "x", {}], "style": [], "plugins": [3], "settings": "sk-very-secret",
             "messageExamples": [[{"user": "u"}], {"no": 1}, 5, [{"content": {"text": "t"}}, {"name": "n", "content": {"text": 9}}]]}
            """)
        #expect(
            found == [
                "/name: expected a string, found a number",
                "/settings: expected an object, found a string",
                "/bio/0: expected a string, found a number",
                "/bio/2: expected a string, found an object",
                "/style: expected an object, found a list",
                "/messageExamples/0/0/content: is missing",
                "/messageExamples/1/examples: expected a list of messages, found nothing",
                "/messageExamples/2: expected a list of messages or a group of examples, found a number",
                "/messageExamples/3/0: says nowhere who speaks: a string `name` or `user` is expected",
                "/messageExamples/3/1/content/text: expected a string, found a number",
                "/plugins/0: expected a plugin's name, or an object with a `name`, found a number",
            ])
    }

    @Test(
        "a name is text that can be shown",
        arguments: [
            (#"{}"#, "is missing"), (#"{"name": "  "}"#, "is empty"), (#"{"name": "a\u0007b"}"#, "control"),
            (#"[1]"#, "expected an object, found a list"),
            ("{\"name\": \"\(String(repeating: "x", count: 101))\"}", "longer than 100"),
        ])
    func names(text: String, expected: String) throws {
        #expect(try faults(text).contains { $0.contains(expected) })
    }

    @Test("of very many faults the first twenty are told")
    func manyFaults() throws {
        #expect(try faults(#"{"name": "a", "bio": ["# + Array(repeating: "1", count: 500).joined(separator: ",") + "]}").count == 20)
    }

    @Test("secrets go from both places, whatever they are, and only their places are told")
    func stripping() throws {
        let file = try read(
            """
            {"name": "a", "secrets": {"ONE": "v1", "": "v2"}, "Secrets": "v3", "settings": {"x": 1, "secrets": {"A/B": {"deep": "v4"}}, "SECRETS": ["v5"]},
             "plugins": [], "other": {"secrets": "stays"}}
            """)
        #expect(
            file.strippedSecrets.map(\.description) == ["/secrets/ONE", "/secrets/", "/Secrets", "/settings/secrets/A~1B", "/settings/SECRETS/0"])
        #expect(
            String(decoding: file.document.canonicalBytes, as: UTF8.self)
                == #"{"name":"a","other":{"secrets":"stays"},"plugins":[],"settings":{"x":1}}"#)
    }

    @Test("a secret that was written as a name is blotted out")
    func strippingNames() throws {
        let fake = "ghp_" + String("0123456789abcdefghijklmnopqrstuvwxyzAB".reversed())
        let file = try read(#"{"name": "a", "secrets": {"\#(fake)": ""}}"#)
        #expect(file.strippedSecrets.map(\.description) == ["/secrets/[redacted]"])
    }

    @Test("the sample with secrets tells their places and holds none of them")
    func sampleSecrets() throws {
        let file = try CharacterFile(AgentSamples.own("harbor-guide.character.json"))
        #expect(file.strippedSecrets.map(\.description) == ["/settings/secrets/OPENAI_API_KEY", "/settings/secrets/DISCORD_API_TOKEN"])
        #expect(!String(decoding: file.document.canonicalBytes, as: UTF8.self).contains("shows-stripping"))
    }

    @Test("the digest depends on what a file says, not on how it is written, and not on its secrets")
    func digest() throws {
        let one = try read(#"{"name": "a", "x": [1.0, "\u00e9"], "settings": {"secrets": {"K": "v"}}}"#)
        let two = try read("{\n\"settings\": {}, \"x\": [1, \"é\"], \"name\": \"a\"}")
        let three = try read(#"{"name": "a", "x": [1.5, "é"], "settings": {}}"#)
        #expect(CharacterDigest(one.document) == CharacterDigest(two.document))
        #expect(CharacterDigest(one.document) != CharacterDigest(three.document))
        #expect(CharacterDigest(one.document).description.count == 7 + 64)
        // SHA-256 of `{"a":1}`, by another implementation.
        let known = CharacterDigest(.object([JSONMember(name: "a", value: .number("1.0"))]))
        #expect(known.description == "sha256:015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862")
    }

    @Test("a fork's document is the original's, but for the identity in it")
    func forkedDocument() throws {
        let named = try read(#"{"id": "old", "name": "a"}"#)
        #expect(named.document(forAgent: "new") == (try read(#"{"id": "new", "name": "a"}"#)).document)
        let plain = try read(#"{"name": "a"}"#)
        #expect(plain.document(forAgent: "new") == plain.document)
    }
}
