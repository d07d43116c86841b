import Foundation
import Postgres
import TestSupport
import Testing

@testable import Workspaces

@Suite("Advice on the plugins that an agent names", .timeLimit(.minutes(1)))
struct PluginsAdviceTests {
    private static let now = Date(timeIntervalSince1970: 1_780_000_000)

    private static func known(_ lines: Set<PluginLine>?, updated: Double? = 1, gone: Bool = false) -> StoredPlugin {
        let record = PluginRecord(
            name: "plugin-x", owner: "a", repository: "https://github.com/a/x", description: nil, homepage: nil, topics: [], language: nil,
            stars: nil,
            license: nil, lines: lines, lastUpdatedAt: updated.map { now.addingTimeInterval(-$0 * 86_400) }, firstSeenAt: now,
            goneAt: gone ? now : nil)
        return StoredPlugin(record: record, maintenance: record.maintenance(at: now), sourceDigest: [], importedAt: now)
    }

    private static func release(_ version: String, _ line: PluginLine = .v1, core: String?, published: Bool = true) -> PluginRelease {
        PluginRelease(version: version, line: line, coreRange: core, isPublished: published, isCurrent: true, firstSeenAt: now)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let what: String
        var range: String?
        var known: StoredPlugin?
        var releases: [PluginRelease] = []
        var core: String? = "1.6.2"
        let verdict: PluginAdvice.Verdict
        let reason: String
        var release: String?
        var testDescription: String { what }
    }

    static let cases: [Case] = [
        Case(what: "not in the registry", verdict: .unknown, reason: "does not know it"),
        Case(
            what: "a release whose range has the core", known: known([.v1]), releases: [release("1.3.1", core: "^1.6.1")], verdict: .ok,
            reason: "release 1.3.1 works with core ^1.6.1", release: "1.3.1"),
        Case(
            what: "the newest that fits, not the newest", known: known([.v1]),
            releases: [release("1.9.0", core: "^1.7.0"), release("1.3.0", core: "^1.5.0"), release("1.2.0", core: "^1.0.0")], verdict: .ok,
            reason: "release 1.3.0", release: "1.3.0"),
        Case(
            what: "what is published before a newer tag", known: known([.v1]),
            releases: [release("1.9.0", core: "^1.0.0", published: false), release("1.3.0", core: "^1.5.0")], verdict: .ok,
            reason: "release 1.3.0", release: "1.3.0"),
        Case(
            what: "an exact range of another core", known: known([.v1]), releases: [release("1.5.13", core: "1.5.10")], verdict: .incompatible,
            reason: "release 1.5.13 asks for core 1.5.10, and the platform has 1.6.2", release: "1.5.13"),
        Case(
            what: "a release of the old line that asks for the new core", known: known([]), releases: [release("0.0.3", .v0, core: "^1.0.10")],
            verdict: .unmaintained, reason: "supports no line", release: "0.0.3"),
        Case(
            what: "only a release of the old line, and the new one in its repository", known: known([.v0, .v1]),
            releases: [release("0.25.6-alpha.1", .v0, core: "0.25.6-alpha.1")], verdict: .ok, reason: "the registry says that it supports v1"),
        Case(
            what: "the same, where the agent asks for the old line", range: "^0.25.6-alpha.1", known: known([.v0, .v1]),
            releases: [release("0.25.6-alpha.1", .v0, core: "0.25.6-alpha.1")], verdict: .incompatible, reason: "asks for core 0.25.6-alpha.1",
            release: "0.25.6-alpha.1"),
        Case(
            what: "a release that asks for the latest", known: known([.v1]), releases: [release("1.0.2", core: "latest")], verdict: .ok,
            reason: "the registry says that it supports v1", release: "1.0.2"),
        Case(
            what: "the latest, of another line", known: known([.v0]), releases: [release("0.5.1", .v0, core: "latest")], verdict: .incompatible,
            reason: "it supports v0, and the platform has 1.6.2", release: "0.5.1"),
        Case(
            what: "a repository without a release", known: known([.v1]), verdict: .ok, reason: "the registry says that it supports v1"),
        Case(what: "only in an index", known: known(nil), verdict: .unknown, reason: "does not say whether it works with core 1.6.2"),
        Case(
            what: "a range without a known release", range: "^3.0.0", known: known([.v1]), releases: [release("1.3.1", core: "^1.6.1")],
            verdict: .unknown, reason: "no release in ^3.0.0"),
        Case(
            what: "a range that chooses an earlier release", range: "~1.2", known: known([.v1]),
            releases: [release("1.3.1", core: "^1.6.1"), release("1.2.9", core: "^1.5.0")], verdict: .ok, reason: "release 1.2.9",
            release: "1.2.9"),
        Case(
            what: "a word for a range asks for nothing", range: "latest", known: known([.v1]), releases: [release("1.3.1", core: "^1.6.1")],
            verdict: .ok, reason: "release 1.3.1", release: "1.3.1"),
        Case(
            what: "stale, and it fits", known: known([.v1], updated: 200), releases: [release("1.3.1", core: "^1.6.1")], verdict: .unmaintained,
            reason: "not updated for 180 days", release: "1.3.1"),
        Case(
            what: "stale, and it does not fit", known: known([.v1], updated: 200), releases: [release("1.3.1", core: "^2.0.0")],
            verdict: .incompatible, reason: "asks for core ^2.0.0", release: "1.3.1"),
        Case(
            what: "gone, whatever else", known: known([.v1], gone: true), releases: [release("1.3.1", core: "^2.0.0")], verdict: .unmaintained,
            reason: "no longer in the registry", release: "1.3.1"),
        Case(
            what: "a prerelease of the core", known: known([.v2]), releases: [release("2.0.0-alpha.3", .v2, core: "^2.0.0-alpha.1")],
            core: "2.0.0-alpha.9", verdict: .ok, reason: "works with core ^2.0.0-alpha.1", release: "2.0.0-alpha.3"),
        Case(
            what: "nobody said which core there is", known: known([.v0]), releases: [release("0.1.0", .v0, core: "^0.25.0")], core: nil,
            verdict: .ok, reason: "in the registry", release: "0.1.0"),
    ]

    @Test("the rules in their order", arguments: cases)
    func rules(_ given: Case) throws {
        let core = try given.core.map { try #require(SemanticVersion($0)) }
        let reference = PluginReference(name: "plugin-x", range: given.range)
        // The order in which releases come from the store is no rule.
        for releases in [given.releases, Array(given.releases.reversed())] {
            let advice = PluginAdvice(reference, known: given.known, releases: releases, core: core)
            #expect(advice.verdict == given.verdict, "\(advice.reason)")
            #expect(advice.reason.contains(given.reason), "\(advice.reason)")
            #expect(advice.release == given.release)
            #expect(advice.coreRange == given.releases.first(where: { $0.version == given.release })?.coreRange)
        }
    }

    @Test("all references of an agent are answered in their order, in two statements, under either scope")
    func store() async throws {
        try await PluginsFixture.with { fixture in
            try await fixture.take(
                PluginSamples.full(
                    20,
                    [
                        "@elizaos/plugin-tide": PluginSamples.entry("elizaos-plugins/plugin-tide"),
                        "plugin-core": PluginSamples.entry("a/core", version: "1.2.0", range: "1.5.10"),
                        "plugin-none": PluginSamples.entry("a/none", version: nil, v1: false),
                    ]))
            let references = [
                PluginReference(name: "plugin-none", range: nil), PluginReference(name: "@elizaos-plugins/plugin-tide", range: "^1.0.0"),
                PluginReference(name: "never was", range: nil), PluginReference(name: "plugin-core", range: nil),
                PluginReference(name: "@elizaos/plugin-tide", range: nil), PluginReference(name: "plugin-never", range: nil),
            ]
            let core = try #require(SemanticVersion("1.6.2"))
            let before = fixture.pool.traffic.trips
            let advice = try await fixture.pool.transaction(.unscoped) { try await PluginStore.advice(for: references, core: core, in: $0) }
            #expect(fixture.pool.traffic.trips - before <= 3)
            #expect(advice.map(\.reference) == references)
            #expect(advice.map(\.verdict) == [.unmaintained, .ok, .unknown, .incompatible, .ok, .unknown])
            #expect(advice[3].coreRange == "1.5.10")

            let byReference = try await PluginAdvisor(pool: fixture.pool, core: nil).advice(for: references + references)
            #expect(byReference.count == 6 && byReference[references[3]]?.verdict == .ok)
            let trips = fixture.pool.traffic.trips
            #expect(try await PluginAdvisor(pool: fixture.pool, core: core).advice(for: []).isEmpty)
            #expect(fixture.pool.traffic.trips == trips, "an agent without plugins asks nobody")
        }
    }
}
