import Foundation
import Testing

@testable import Workspaces

@Suite("Registry files")
struct PluginsRegistryFileTests {
    private func reading(_ json: String) throws -> (details: PluginEntry.Details, faults: [String]) {
        let file = try PluginSamples.file("{\"registry\": {\"@a/b\": \(json)}}")
        let entry = try #require(file.entries.first)
        return (try #require(entry.details), file.faults.map { "\($0)" })
    }

    @Test("an index says where each plugin is; comments are nothing, and what is wrong is named by its place")
    func index() throws {
        let file = try PluginSamples.file(
            """
            {"": "", " ": "the first ones", "": "again",
             "@elizaos/plugin-discord": "github:elizaos-plugins/plugin-discord",
             "plugin-connections": "github:mascotai/plugin-connections#main",
             "@a/number": 5, "@a/other": "gitlab:a/b", "@a/": "github:a/b", "@a/up": "github:../b", "@a/dots": "github:a/b/c",
             "@a/twice": "github:a/one", "@a/twice": "github:a/two"}
            """)
        #expect(file.form == .index)
        #expect(file.registryAt == nil)
        #expect(file.entries.map(\.name.text) == ["@elizaos/plugin-discord", "plugin-connections", "@a/twice"])
        #expect(file.entries.first?.owner == "elizaos-plugins")
        #expect(file.entries.map(\.repository).last == "https://github.com/a/two")
        #expect(file.entries.allSatisfy { $0.details == nil })
        let refused = file.faults.filter { $0.effect == .refused }
        #expect(refused.map(\.pointer.description) == ["/@a~1number", "/@a~1other", "/@a~1", "/@a~1up", "/@a~1dots"])
        #expect(file.refused == ["@a/number", "@a/other", "@a/", "@a/up", "@a/dots"])
        #expect(refused.first?.description == "registry.json: /@a~1number: expected a string, found a number")
        let ignored = file.faults.filter { $0.effect == .ignored }
        #expect(ignored.map(\.description) == ["registry.json: /@a~1twice: is written more than once; the last one was taken"])
    }

    @Test("the full form says what is known, and members that nobody knows are left alone")
    func full() throws {
        let file = try PluginSamples.file(
            """
            {"lastUpdatedAt": "2025-10-22T20:12:03.597Z", "generator": {"version": 7}, "registry": {"@elizaos/plugin-discord": {
              "git": {"repo": "elizaos-plugins/plugin-discord", "v0": {"version": "v0.25.9", "branch": "0.x"},
                "v1": {"version": "v1.3.0", "branch": "1.x"}, "alpha": {"version": "v2.0.0-alpha.2", "branch": "alpha"}},
              "npm": {"repo": "@elizaos/plugin-discord", "v0": "0.25.9", "v1": "1.3.1", "alpha": null, "v0CoreRange": "0.25.9",
                "v1CoreRange": "^1.6.1", "alphaCoreRange": null, "v3": "3.0.0"},
              "supports": {"v0": true, "v1": true, "alpha": true, "v9": true}, "description": "Discord for agents.",
              "homepage": "https://example.org/", "topics": ["chat", null, "elizaos-plugin"], "stargazers_count": 3.0, "language": "TypeScript",
              "license": {"spdx_id": "MIT"}, "pushed_at": "2025-10-20T00:00:00Z", "anything": [1, {"else": null}]}}}
            """)
        #expect(file.form == .full)
        #expect(file.registryAt == Date(timeIntervalSince1970: 1_761_163_923.597).inMilliseconds)
        #expect(file.faults.isEmpty)
        let entry = try #require(file.entries.first)
        #expect(entry.repository == "https://github.com/elizaos-plugins/plugin-discord")
        let details = try #require(entry.details)
        #expect(details.description == "Discord for agents." && details.homepage == "https://example.org/")
        #expect(details.topics == ["chat", "elizaos-plugin"] && details.stars == 3 && details.language == "TypeScript" && details.license == "MIT")
        #expect(details.lines == [.v0, .v1, .v2])
        #expect(details.updatedAt == Date(timeIntervalSince1970: 1_760_918_400))
        #expect(
            details.releases == [
                .init(version: "0.25.9", line: .v0, coreRange: "0.25.9", isPublished: true),
                .init(version: "1.3.1", line: .v1, coreRange: "^1.6.1", isPublished: true),
                .init(version: "1.3.0", line: .v1, coreRange: nil, isPublished: false),
                .init(version: "2.0.0-alpha.2", line: .v2, coreRange: nil, isPublished: false),
            ])
    }

    @Test("a member of a wrong type costs itself, and not its entry")
    func wrongTypes() throws {
        let (details, faults) = try reading(
            """
            {"git": {"repo": "a/b", "v0": {"version": "release-1"}, "v1": [], "alpha": {"version": 2}}, "npm": "none",
             "supports": {"v1": "yes", "v0": true}, "description": 5, "homepage": "javascript:alert(1)", "topics": "chat", "stargazers_count": -1, "language": [], "license": 1.5,
             "updated_at": "yesterday"}
            """)
        #expect(details == PluginEntry.Details(lines: [.v0]))
        #expect(faults.count == 10)
        let places = faults.map { String($0.split(separator: ": ")[1]) }
        let expected = [
            "description", "homepage", "topics", "language", "stargazers_count", "license", "supports/v1", "updated_at", "git/v0/version",
            "git/alpha/version",
        ]
        #expect(places == expected.map { "/registry/@a~1b/\($0)" })
        #expect(!faults.joined().contains("alert"), "no value of the file is told")
    }

    @Test("null is nothing everywhere, and what is too long is cut")
    func nothing() throws {
        let (bare, faults) = try reading(
            """
            {"git": {"repo": "a/b", "v0": null, "v1": {"version": null}}, "npm": null, "supports": null, "description": null, "homepage": "",
             "topics": null, "stargazers_count": null, "language": null, "license": null}
            """)
        #expect(bare == PluginEntry.Details() && faults.isEmpty)
        let (long, _) = try reading("{\"git\": {\"repo\": \"a/b\"}, \"description\": \"\(String(repeating: "ü", count: 3000))\"}")
        #expect(long.description?.count == 1000 && long.description?.hasSuffix("…") == true)
    }

    @Test("an entry without a repository, or that is no object, is refused; the others are taken")
    func refused() throws {
        let file = try PluginSamples.file(
            """
            {"registry": {"@a/none": {"npm": {}}, "@a/text": "github:a/b", "@a/odd": {"git": {"repo": "@a/b/c"}}, "@a/good": {"git": {"repo": "a/b"}}}}
            """)
        #expect(file.entries.map(\.name.text) == ["@a/good"])
        #expect(file.faults.map(\.pointer.description) == ["/registry/@a~1none/git/repo", "/registry/@a~1text", "/registry/@a~1odd/git/repo"])
    }

    @Test(
        "what is no registry at all is refused with its place",
        arguments: [
            ("", "r.json: not JSON: line 1, column 1: there is nothing in it"), ("[]", "r.json: the document: expected an object, found a list"),
            (#"{"registry": []}"#, "r.json: /registry: expected an object, found a list"),
            // A comma that was forgotten between two entries, as it happened to the real one.
            ("{\"@a/b\": \"github:a/b\"\n \"@a/c\": \"github:a/c\"}", "r.json: not JSON: line 2, column 2: a comma or } is expected"),
        ])
    func noRegistry(text: String, expected: String) {
        let error = #expect(throws: PluginRegistryError.self) { try PluginSamples.file(text, named: "r.json") }
        #expect(error?.description == expected)
    }

    @Test("an index and a full form are one registry, in either order; two of one form are none")
    func together() throws {
        let index = #"{"@a/one": "github:a/old", "@a/two": "github:a/two", "@a/bad": 1}"#
        let full = PluginSamples.full(
            3, ["@a/one": PluginSamples.entry("a/one"), "@a/three": "7", "@a/bad": PluginSamples.entry("a/bad")])
        let (one, other) = (try PluginSamples.snapshot([index, full]), try PluginSamples.snapshot([full, index]))
        #expect(one.entries == other.entries && one.digest == other.digest && one.digest.count == 32)
        #expect(one.entries.map(\.name.text) == ["@a/bad", "@a/one", "@a/two"])
        #expect(one.entries[1].repository == "https://github.com/a/one" && one.entries[1].details != nil && one.entries[2].details == nil)
        #expect(one.registryAt == PluginSamples.day(3))
        #expect(one.refused == ["@a/three"], "of what one of the files could say, nothing is refused")
        #expect(one.faults.count == 2)
        #expect(throws: PluginRegistryError.sameForm("0.json", "1.json")) { try PluginSamples.snapshot([full, full]) }
    }

    @Test("real registries are read")
    func real() throws {
        for path in PluginSamples.real {
            let file = try PluginRegistryFile(Array(try Data(contentsOf: URL(filePath: path))), named: path)
            #expect(file.entries.count > 100, "\(path)")
            #expect(file.refused.isEmpty, "\(file.faults)")
            let ranges = file.entries.flatMap { $0.details?.releases ?? [] }.compactMap(\.coreRange)
            let unreadable = ranges.filter { CoreRange($0) == nil }
            #expect(unreadable.allSatisfy { $0.wholeMatch(of: /[a-z]+|workspace:.*/) != nil }, "\(Set(unreadable))")
        }
    }

    @Test(
        "names of packages, and what the other scope calls them",
        arguments: [
            ("@elizaos/plugin-x", ["@elizaos/plugin-x", "@elizaos-plugins/plugin-x"]),
            ("@elizaos-plugins/plugin-d.a.t.a", ["@elizaos-plugins/plugin-d.a.t.a", "@elizaos/plugin-d.a.t.a"]),
            ("@else/plugin-x", ["@else/plugin-x"]), ("plugin_x", ["plugin_x"]),
            ("", []), ("@elizaos/", []), ("@/x", []), ("a/b", []), ("@a/b/c", []), (".x", []), ("@a/.x", []), ("plugin x", []), ("plügin", []),
            ("@a/b@1", []), ("@", []), (String(repeating: "a", count: 214), [String(repeating: "a", count: 214)]),
            (String(repeating: "a", count: 215), []),
        ])
    func names(text: String, spellings: [String]) {
        #expect((PluginName(text)?.spellings ?? []) == spellings)
    }
}
