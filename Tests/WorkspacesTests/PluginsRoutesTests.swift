import Foundation
import HTTPTypes
import Testing
import Web

@testable import Workspaces

@Suite("The plugin registry over HTTP", .timeLimit(.minutes(1)))
struct PluginsRoutesTests {
    /// Six plugins: four of the first import, one later, one that has left.
    private static func fill(_ fixture: PluginsFixture) async throws {
        var entries = [
            "@elizaos/plugin-tide": PluginSamples.entry("elizaos-plugins/plugin-tide"),
            "@elizaos/plugin-old": PluginSamples.entry("elizaos-plugins/plugin-old", version: nil, v0: true, v1: false),
            "@else/none": PluginSamples.entry("else/none", version: nil, v1: false), "@else/leaves": PluginSamples.entry("else/leaves"),
            "percent": PluginSamples.entry("else/100_percent"),
        ]
        try await fixture.take(PluginSamples.full(40, entries))
        entries["@else/leaves"] = nil
        entries["@elizaos/plugin-tide"] = PluginSamples.entry("elizaos-plugins/plugin-tide", version: "1.1.0", range: "^1.6.1")
        entries["@else/young"] = PluginSamples.entry("else/young", version: "2.0.0", more: ", \"license\": \"MIT\"")
        try await fixture.take(PluginSamples.full(20, entries))
    }

    @Test("plugins are listed newest first or by name, page by page, and what is imported meanwhile moves nothing")
    func pages() async throws {
        try await PluginsFixture.with { fixture in
            try await Self.fill(fixture)
            try await fixture.asking { ask in
                let names = ["@elizaos/plugin-old", "@elizaos/plugin-tide", "@else/leaves", "@else/none", "percent"]
                let orders = [("", ["@else/young"] + names), ("sort=name", Array(names.dropLast()) + ["@else/young", "percent"])]
                for (order, expected) in orders {
                    var found: [String] = []
                    var path = "/v1/plugins?limit=4&\(order)"
                    for _ in 0..<5 {
                        let page = try await ask(path)
                        #expect(page.status == .ok)
                        found += page.names
                        guard let cursor = page.json["next_cursor"]?.string else { break }
                        #expect(page.headers[.link]?.contains("rel=\"next\"") == true)
                        path = "/v1/plugins?limit=4&\(order)&cursor=\(cursor)"
                    }
                    #expect(found == expected, "\(order)")
                }
                let first = try await ask("/v1/plugins?limit=1")
                var entries = ["@else/newest": PluginSamples.entry("else/newest")]
                for name in names { entries[name] = PluginSamples.entry("else/x") }
                try await fixture.take(PluginSamples.full(5, entries))
                let cursor = try #require(first.json["next_cursor"]?.string)
                #expect(try await ask("/v1/plugins?limit=2&cursor=\(cursor)").names == ["@elizaos/plugin-old", "@elizaos/plugin-tide"])
            }
        }
    }

    @Test("a listing says what is known, and leaves out what is not")
    func listing() async throws {
        try await PluginsFixture.with { fixture in
            try await Self.fill(fixture)
            try await fixture.asking { ask in
                let young = try #require(try await ask("/v1/plugins?q=young").json["items"]?.elements?.first)
                #expect(young["owner"] == "else" && young["repository"] == "https://github.com/else/young" && young["license"] == "MIT")
                #expect(young["supports"] == ["v1"] && young["topics"] == ["water"] && young["stars"] == 1 && young["homepage"] == nil)
                #expect(young["maintenance"] == "maintained" && young["maintenance_reason"]?.string?.contains("it supports v1") == true)
                #expect(young["last_updated_at"] == young["first_seen_at"] && young["gone_at"] == nil)
                #expect(young["url"] == "/v1/plugins/%40else%2Fyoung")
                let leaves = try #require(try await ask("/v1/plugins?q=leaves").json["items"]?.elements?.first)
                #expect(leaves["maintenance"] == "gone" && leaves["gone_at"] != nil && leaves["last_updated_at"] == nil)
            }
        }
    }

    @Test("words, lines and signals narrow the list down; wildcards are letters")
    func filters() async throws {
        try await PluginsFixture.with { fixture in
            try await Self.fill(fixture)
            try await fixture.asking { ask in
                let cases: [(query: String, names: Set<String>)] = [
                    ("q=TIDE", ["@else/leaves", "@else/none", "@else/young", "@elizaos/plugin-old", "@elizaos/plugin-tide", "percent"]),
                    ("q=elizaos+tide", ["@elizaos/plugin-old", "@elizaos/plugin-tide"]), ("q=plugin-tide", ["@elizaos/plugin-tide"]),
                    ("q=t_des", []), ("q=%25", []), ("q=nothing", []), ("supports=v0", ["@elizaos/plugin-old"]),
                    ("supports=v1", ["@elizaos/plugin-tide", "@else/leaves", "@else/young", "percent"]), ("supports=v2", []),
                    ("maintenance=maintained", ["@elizaos/plugin-tide", "@else/young"]), ("maintenance=gone", ["@else/leaves"]),
                    ("maintenance=stale", ["@else/none"]), ("maintenance=unknown", ["@elizaos/plugin-old", "percent"]),
                    ("supports=v1&maintenance=maintained&q=young", ["@else/young"]),
                ]
                for (query, names) in cases {
                    let found = try await ask("/v1/plugins?\(query)").names
                    #expect(Set(found) == names, "\(query)")
                }
                for query in ["supports=v3", "maintenance=fine", "sort=stars", "limit=0", "limit=201", "cursor=nonsense", "q=%ff", "q=%00"] {
                    #expect(try await ask("/v1/plugins?\(query)").status == .badRequest, "\(query)")
                }
            }
        }
    }

    @Test("time alone makes a plugin stale, in the list and in its filter alike")
    func time() async throws {
        try await PluginsFixture.with { fixture in
            try await Self.fill(fixture)
            try await fixture.asking { ask async throws in
                // Of the first import 40 days ago; the others were updated 20 days ago.
                try await fixture.pass(days: 150)
                let old = try await ask("/v1/plugins?maintenance=stale&sort=name")
                #expect(old.names == ["@elizaos/plugin-old", "@else/none", "percent"])
                let young = try await ask("/v1/plugins?maintenance=maintained&sort=name")
                #expect(young.names == ["@elizaos/plugin-tide", "@else/young"])
                #expect(try await ask("/v1/plugins?maintenance=unknown").names == [])
                try await fixture.pass(days: 20)
                let stale = try await ask("/v1/plugins?maintenance=stale")
                #expect(stale.names.count == 5)
                #expect(stale.json["items"]?.elements?.allSatisfy { $0["maintenance"] == "stale" } == true)
                #expect(try await ask("/v1/plugins?maintenance=maintained").names == [])
                #expect(try await ask("/v1/plugins?maintenance=gone").names == ["@else/leaves"])
            }
        }
    }

    @Test("a plugin is shown with its releases and with how many listed agents name it, under either scope")
    func show() async throws {
        try await PluginsFixture.with { fixture in
            try await Self.fill(fixture)
            try await fixture.list("one", naming: ["@elizaos/plugin-tide", "@else/young"])
            try await fixture.list("two", naming: ["@elizaos-plugins/plugin-tide"], status: "deprecated")
            try await fixture.list("three", naming: ["@elizaos/plugin-tide"], status: "removed")
            try await fixture.list("four", naming: ["@elizaos/plugin-tides"])
            try await fixture.asking { ask in
                let tide = try await ask("/v1/plugins/%40elizaos%2Fplugin-tide")
                #expect(tide.status == .ok)
                #expect(tide.json["name"] == "@elizaos/plugin-tide" && tide.json["agents"] == 2)
                let releases = try #require(tide.json["releases"]?.elements)
                #expect(releases.map { $0["version"] } == ["1.1.0", "1.0.0"])
                #expect(releases.map { $0["core_range"] } == ["^1.6.1", "^1.0.0"])
                #expect(releases.map { $0["current"] } == [true, false] && releases.allSatisfy { $0["published"] == true && $0["line"] == "v1" })
                #expect(tide.json["source_digest"]?.string?.wholeMatch(of: /sha256:[0-9a-f]{64}/) != nil)

                let other = try await ask("/v1/plugins/@elizaos-plugins%2fplugin-tide")
                #expect(other.json["name"] == "@elizaos/plugin-tide" && other.json["agents"] == 2)
                let bare = try await ask("/v1/plugins/percent")
                #expect(bare.json["name"] == "percent" && bare.json["agents"] == 0)
                let none = try await ask("/v1/plugins/%40elizaos%2Fplugin-old")
                #expect(none.status == .ok && none.json["releases"] == [])

                for path in ["%40elizaos%2Fnever-was", "@elizaos/plugin-tide", "%27%20or%20true", "%40elizaos%2F"] {
                    let missing = try await ask("/v1/plugins/\(path)")
                    #expect(missing.status == .notFound, "\(path)")
                }
                #expect(try await ask("/v1/plugins/%ff").status == .badRequest)
            }
        }
    }
}
