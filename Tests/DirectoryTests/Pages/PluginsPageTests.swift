import Foundation
import HTTPTypes
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("The list of plugins as a page", .timeLimit(.minutes(1)))
struct PluginsPageTests {
    /// One of each signal; `tide` works with the platform's core, 1.5.0, and `new` with a later one.
    private static func fill(_ fixture: PagesFixture) async throws {
        try await fixture.register(
            [
                PagesFixture.plugin("@elizaos/plugin-tide", about: "Reads the <tides>."),
                PagesFixture.plugin("@else/plugin-new", owner: "else", lines: [.v1, .v2], seen: 5),
                PagesFixture.plugin("@else/plugin-old", owner: "else", lines: [.v0], updated: 300),
                PagesFixture.plugin("@else/plugin-left", owner: "else", gone: 3),
                PagesFixture.plugin("@else/plugin-index", owner: "else", lines: nil, updated: nil),
            ],
            releases: [
                "@elizaos/plugin-tide": [PagesFixture.release("1.2.0", core: "^1.3.1")],
                "@else/plugin-new": [PagesFixture.release("2.0.0", core: "^1.6.1")],
            ])
    }

    /// The plugins that a page shows, as they stand.
    private static func names(_ page: PageAnswer) -> [String] {
        page.links("/plugins/").map { $0.dropFirst("/plugins/".count).removingPercentEncoding ?? "" }
    }

    @Test("shows of each plugin whose it is, what it works with, and whether it is looked after and why")
    func list() async throws {
        try await PagesFixture.with { fixture in
            try await Self.fill(fixture)
            try await fixture.browsing { browser in
                let page = try await browser.get("/plugins")
                #expect(page.status == .ok && page.headers[.contentType] == "text/html; charset=utf-8")
                #expect(
                    Self.names(page) == [
                        "@elizaos/plugin-tide", "@else/plugin-index", "@else/plugin-left", "@else/plugin-new", "@else/plugin-old",
                    ])
                let said = [
                    "5 plugins<", "Reads the &lt;tides&gt;.", "Release 1.2.0", "For core ^1.3.1", "Supports v1, v2", "Maintained</span>",
                    "it supports v1 and was updated on", "Stale</span>", "not updated for 180 days", "Gone</span>", "no longer in the registry since",
                    "Not known</span>", "the registry does not say which lines", "No release",
                    "Does not work here: release 2.0.0 asks for core ^1.6.1, and the platform has 1.5.0",
                ]
                for words in said { #expect(page.text.contains(words), "\(words)") }
                #expect(page.text.contains("<a href=\"/plugins\" aria-current=\"page\">Plugins</a>"))
                #expect(page.text.contains("<link rel=\"canonical\" href=\"\(PagesFixture.site)/plugins\">"))
                let newest = try await browser.get("/plugins?sort=newest")
                #expect(Self.names(newest).first == "@else/plugin-new")
            }
        }
    }

    @Test("is narrowed by words, by the signal and by what is supported, each counted as it would be")
    func narrowing() async throws {
        try await PagesFixture.with { fixture in
            try await Self.fill(fixture)
            try await fixture.browsing { browser in
                let cases: [(query: String, names: [String])] = [
                    ("q=TIDES", ["@elizaos/plugin-tide"]), ("q=else+new", ["@else/plugin-new"]), ("q=100%25", []),
                    ("maintenance=maintained", ["@elizaos/plugin-tide", "@else/plugin-new"]), ("maintenance=stale", ["@else/plugin-old"]),
                    ("maintenance=gone", ["@else/plugin-left"]), ("maintenance=unknown", ["@else/plugin-index"]),
                    ("supports=v0", ["@else/plugin-old"]), ("supports=v2", ["@else/plugin-new"]),
                    ("supports=v1&maintenance=maintained&q=else", ["@else/plugin-new"]),
                ]
                for (query, names) in cases {
                    let page = try await browser.get("/plugins?\(query)")
                    #expect(page.status == .ok && Self.names(page) == names, "\(query)")
                }
                let stale = try await browser.get("/plugins?maintenance=stale&sort=nonsense")
                #expect(stale.text.contains("<bdi>Maintained</bdi> <span class=\"n\">2</span>"), "what another signal would find")
                #expect(stale.text.contains("<bdi>v1, core 1.x</bdi> <span class=\"n\">0</span>"), "of what is stale")
                #expect(stale.text.contains("<a href=\"/plugins\" aria-current=\"true\"><bdi>Stale</bdi>"), "takes it back")
                #expect(stale.text.contains("<input type=\"hidden\" name=\"maintenance\" value=\"stale\">"), "a new search keeps it")
                #expect(stale.links("/plugins?supports=").contains("/plugins?supports=v0&maintenance=stale"))
                let none = try await browser.get("/plugins?q=nothing&supports=v1")
                #expect(none.text.contains("No plugin matches “<bdi>nothing</bdi>” with these filters") && none.text.contains("Nothing found"))
                #expect(none.links("/plugins?q=nothing").contains("/plugins?q=nothing") && none.text.contains("content=\"noindex\""))
            }
        }
    }

    @Test("goes on page by page; says so where nothing was imported")
    func paging() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.browsing { browser in
                let empty = try await browser.get("/plugins")
                #expect(empty.status == .ok && empty.text.contains("Nobody has imported a registry"))
                try await fixture.register((1...27).map { PagesFixture.plugin("@a/plugin-\(100 + $0)", seen: Double($0)) })
                for sort in ["", "&sort=newest"] {
                    let first = try await browser.get("/plugins?q=plugin\(sort)")
                    #expect(first.text.contains("27 plugins") && Self.names(first).count == DirectoryPages.cards)
                    let more = try #require(first.links("/plugins?q=plugin\(sort)&cursor=").first)
                    let second = try await browser.get(more)
                    let names = Self.names(first) + Self.names(second)
                    #expect(names == (1...27).map { "@a/plugin-\(100 + $0)" }, "\(sort)")
                    #expect(second.links("/plugins?q=plugin\(sort)&cursor=").isEmpty && second.text.contains("27 plugins"))
                }
                let wrong = try await browser.get("/plugins?cursor=nonsense")
                #expect(wrong.status == .badRequest && wrong.headers[.contentType] == "text/html; charset=utf-8")
            }
        }
    }
}
