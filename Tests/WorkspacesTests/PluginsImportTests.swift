import Foundation
import Postgres
import TestSupport
import Testing

@testable import Workspaces

@Suite("Importing the plugin registry", .timeLimit(.minutes(1)))
struct PluginsImportTests {
    private static let entries = [
        "@a/one": PluginSamples.entry("a/one"), "@a/two": PluginSamples.entry("a/two", version: nil, v1: false),
        "three": PluginSamples.entry("a/three"),
    ]
    /// With a fraction of a second, which is easily lost on the way to a database and back.
    private static let first = PluginSamples.full(30, fraction: ".597", entries)

    @Test("the first import writes all of it, the same one again nothing")
    func idempotent() async throws {
        try await PluginsFixture.with { fixture in
            let summary = try await fixture.take(Self.first)
            #expect(summary.added == ["@a/one", "@a/two", "three"] && summary.changed.isEmpty && summary.unchanged == 0 && summary.gone.isEmpty)
            let stored = try #require(try await fixture.stored("@a/one"))
            #expect(stored.record.owner == "a" && stored.record.stars == 1 && stored.record.topics == ["water"] && stored.record.lines == [.v1])
            #expect(stored.record.firstSeenAt == summary.registryAt)
            #expect(stored.record.lastUpdatedAt == nil, "a registry that was read once does not say when")
            #expect(stored.maintenance.signal == .unknown)
            #expect(try await fixture.stored("@a/two")?.maintenance.signal == .stale)
            #expect(stored.sourceDigest == summary.digest)

            let before = try await fixture.everything()
            let again = try await fixture.take(Self.first)
            #expect(again.unchanged == 3 && again.added.isEmpty && again.changed.isEmpty && again.gone.isEmpty)
            #expect(try await fixture.everything() == before)
            #expect(try await fixture.text("select count(*), max(unchanged) from plugin_imports") == "2|3")
            let columns = "actor, subject, details->>'added', details->>'gone', length(details->>'digest')"
            let told = try await fixture.text("select \(columns) from access_log where action = 'plugins.imported'")
            #expect(told == "tester|plugins:registry|3|0|64", "what changed nothing is not told of")
        }
    }

    @Test("a new release is an update by the registry's date; the earlier one stays and is no longer current")
    func update() async throws {
        try await PluginsFixture.with { fixture in
            try await fixture.take(Self.first)
            var entries = Self.entries
            entries["@a/one"] = PluginSamples.entry("a/one", version: "1.1.0", range: "^1.6.0", stars: 9)
            entries["@a/two"] = PluginSamples.entry("a/two", version: nil, v0: true, v1: false)
            entries["@a/four"] = PluginSamples.entry("a/four")
            let summary = try await fixture.take(PluginSamples.full(20, entries))
            #expect(summary.added == ["@a/four"] && summary.unchanged == 1)
            #expect(
                summary.changed == [
                    .init(name: "@a/one", fields: ["stars", "last_updated_at", "releases"]), .init(name: "@a/two", fields: ["supports"]),
                ])
            let at = PluginSamples.day(20)
            let one = try #require(try await fixture.stored("@a/one"))
            #expect(one.record.lastUpdatedAt == at && one.maintenance.signal == .maintained)
            #expect(try await fixture.stored("@a/four")?.record.lastUpdatedAt == at, "it was registered since")
            #expect(try await fixture.stored("@a/two")?.record.lastUpdatedAt == nil, "another word about what it supports is no update")
            let releases = try await fixture.pool.transaction(.unscoped) { try await PluginStore.releases(of: ["@a/one"], in: $0) }
            #expect(releases["@a/one"]?.map(\.version) == ["1.1.0", "1.0.0"] && releases["@a/one"]?.map(\.isCurrent) == [true, false])
            #expect(releases["@a/one"]?.map(\.firstSeenAt) == [at, one.record.firstSeenAt])
            #expect(releases["@a/one"]?.first?.coreRange == "^1.6.0")

            // A release that is named again was known before.
            entries["@a/one"] = PluginSamples.entry("a/one", stars: 9)
            #expect(try await fixture.take(PluginSamples.full(10, entries)).changed.map(\.fields) == [["releases"]])
            #expect(try await fixture.stored("@a/one")?.record.lastUpdatedAt == at)
        }
    }

    @Test("the plugin's own date counts before all others")
    func ownDate() async throws {
        try await PluginsFixture.with { fixture in
            let text = PluginSamples.full(30, ["one": PluginSamples.entry("a/one", more: ", \"updatedAt\": \"2026-04-20T01:02:03.456Z\"")])
            try await fixture.take(text)
            let record = try await fixture.stored("one")?.record
            #expect(record?.lastUpdatedAt == Date(timeIntervalSince1970: 1_776_646_923.456).inMilliseconds)
            #expect(try await fixture.take(text).unchanged == 1)
        }
    }

    @Test("what has left the registry is marked and stays, and may come back")
    func gone() async throws {
        try await PluginsFixture.with { fixture in
            try await fixture.take(Self.first)
            let without = PluginSamples.full(20, Self.entries.filter { $0.key != "three" })
            #expect(try await fixture.take(without).gone == ["three"])
            let three = try #require(try await fixture.stored("three"))
            #expect(three.record.goneAt == PluginSamples.day(20) && three.maintenance.signal == .gone)
            #expect(try await fixture.text("select maintenance from plugin_records where name = 'three'") == "gone")
            #expect(try await fixture.text("select count(*) from plugin_releases where plugin = 'three' and not is_current") == "1")
            #expect(try await fixture.take(without).gone == [], "it goes once")
            let back = PluginSamples.full(10, Self.entries)
            #expect(try await fixture.take(back).changed == [.init(name: "three", fields: ["gone_at", "releases"])])
            #expect(try await fixture.stored("three")?.record.goneAt == nil)
            #expect(try await fixture.text("select count(*) from plugin_releases where plugin = 'three' and is_current") == "1")
        }
    }

    @Test("of an entry that is refused nothing is known: it is neither changed nor gone, and the others are imported")
    func refused() async throws {
        try await PluginsFixture.with { fixture in
            try await fixture.take(Self.first)
            let two = PluginSamples.entry("a/two", version: nil, v1: false, stars: 8)
            let summary = try await fixture.take(PluginSamples.full(20, ["@a/one": "5", "@a/two": two, "three": "{}", "bad name": "{}"]))
            #expect(summary.refused.map(\.pointer.description) == ["/registry/@a~1one", "/registry/bad name", "/registry/three/git/repo"])
            #expect(summary.gone.isEmpty && summary.changed == [.init(name: "@a/two", fields: ["stars"])])
            #expect(try await fixture.stored("@a/one")?.record.goneAt == nil)
            #expect(try await fixture.text("select refused from plugin_imports order by id desc limit 1") == "3")
        }
    }

    @Test("an index adds what the full form does not have, and takes nothing away from what it said")
    func index() async throws {
        try await PluginsFixture.with { fixture in
            try await fixture.take(Self.first)
            let index = #"{"@a/one": "github:b/moved", "@a/two": "github:a/two", "three": "github:a/three", "new": "github:a/new"}"#
            let summary = try await fixture.take(index)
            #expect(
                summary.added == ["new"] && summary.changed == [.init(name: "@a/one", fields: ["owner", "repository"])] && summary.unchanged == 2)
            #expect(try await fixture.stored("@a/one")?.record.description == "About tides.")
            #expect(try await fixture.stored("new")?.record.lines == nil)
            #expect(try await fixture.stored("new")?.maintenance.signal == .unknown)
            #expect(try await fixture.text("select count(*) from plugin_releases where is_current") == "2")
        }
    }

    @Test("a rehearsal tells the same and writes nothing")
    func dryRun() async throws {
        try await PluginsFixture.with { fixture in
            let rehearsed = try await fixture.take(Self.first, isDryRun: true)
            #expect(rehearsed.added.count == 3 && rehearsed.isDryRun)
            #expect(try await fixture.text("select (select count(*) from plugin_records) + (select count(*) from plugin_imports)") == "0")
        }
    }

    @Test("an older registry, and one that lost more than half, is imported only by somebody who insists")
    func objections() async throws {
        try await PluginsFixture.with { fixture async throws in
            let many = Dictionary(uniqueKeysWithValues: (0..<12).map { ("plugin-\($0)", PluginSamples.entry("a/p\($0)")) })
            try await fixture.take(PluginSamples.full(30, many))
            let before = try await fixture.everything()
            let older = PluginSamples.full(31, many)
            let cut = PluginSamples.full(20, many.filter { $0.key < "plugin-2" })
            for (text, words) in [(older, "was imported before"), (cut, "8 of 12 known plugins are not in it")] {
                let refusal = await #expect(throws: PluginImporter.Refusal.self) { try await fixture.take(text) }
                #expect(refusal?.description.contains(words) == true, "\(String(describing: refusal))")
                #expect(try await fixture.take(text, isDryRun: true).objections.count == 1)
                #expect(try await fixture.everything() == before)
            }
            #expect(try await fixture.take(cut, insists: true).gone.count == 8)
        }
    }

    @Test("two imports at once come one after the other")
    func together() async throws {
        try await PluginsFixture.with { fixture in
            let summaries = try await withThrowingTaskGroup(of: PluginImportSummary.self, returning: [PluginImportSummary].self) { group in
                for _ in 0..<4 { group.addTask { try await fixture.take(Self.first) } }
                return try await group.reduce(into: [PluginImportSummary]()) { $0.append($1) }
            }
            #expect(summaries.map(\.added.count).sorted() == [0, 0, 0, 3])
            #expect(summaries.map(\.unchanged).sorted() == [0, 3, 3, 3])
        }
    }

    @Test("more plugins than one statement takes")
    func many() async throws {
        try await PluginsFixture.with { fixture async throws in
            let many = Dictionary(uniqueKeysWithValues: (0..<450).map { ("@a/plugin-\($0)", PluginSamples.entry("a/p\($0)")) })
            #expect(try await fixture.take(PluginSamples.full(30, many)).added.count == 450)
            #expect(try await fixture.text("select (select count(*) from plugin_records) + (select count(*) from plugin_releases)") == "900")
        }
    }

    @Test("real registries are imported, and again without a change")
    func real() async throws {
        for path in PluginSamples.real {
            try await PluginsFixture.with { fixture in
                let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
                let summary = try await fixture.take(text)
                #expect(summary.added.count > 100)
                #expect(try await fixture.take(text).unchanged == summary.added.count)
            }
        }
    }

    @Test("everyone reads the registry, upkeep writes it and nobody else, and nobody deletes")
    func rights() async throws {
        try await PluginsFixture.with { fixture in
            try await fixture.take(Self.first)
            let scopes: [PostgresScope] = [.unscoped, .workspaces([]), .workspaces([Workspace.defaultID]), .role(.auth), .role(.upkeep)]
            for scope in scopes {
                #expect(try await fixture.pool.query(scope, "select name from plugin_records").count == 3, "\(scope)")
                #expect(try await fixture.pool.query(scope, "select version from plugin_releases").count == 2, "\(scope)")
                await denied { try await fixture.pool.execute(scope, "delete from plugin_records") }
                await denied { try await fixture.pool.execute(scope, "delete from plugin_releases") }
            }
            for scope in scopes.dropLast() {
                await denied { try await fixture.pool.execute(scope, "update plugin_records set stars = 1000") }
                await denied { try await fixture.pool.execute(scope, "update plugin_releases set core_range = '*'") }
                await denied {
                    try await fixture.pool.execute(scope, Self.foreignRelease)
                }
            }
            #expect(try await fixture.pool.execute(.role(.upkeep), "update plugin_records set stars = 2") == 3, "the positive control")
        }
    }

    private static let foreignRelease: SQL = """
        insert into plugin_releases (plugin, version, line, published, is_current, first_seen_at)
        values ('three', '9.0.0', 'v1', true, true, now())
        """

    private func denied(sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> some Any) async {
        let error = await #expect(throws: PostgresError.self, sourceLocation: sourceLocation) { _ = try await body() }
        #expect(error?.sqlState == "42501", sourceLocation: sourceLocation)
    }
}
