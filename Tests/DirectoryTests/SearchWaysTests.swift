import Foundation
import Postgres
import TestSupport
import Testing

@testable import Directory
@testable import Workspaces

/// A search goes along its order or asks an index, and looks at some hundred listings at most. What it answers must not hang on that, where
/// not everything can be looked at.
@Suite("How a search looks for what it finds")
struct SearchWaysTests {
    /// So near that a few dozen listings are very many.
    private static let near: SearchBounds = {
        var bounds = SearchBounds()
        bounds.sample = 10
        bounds.frequent = 5
        bounds.scarce = 3
        bounds.page = 2
        bounds.mostForked = 5
        bounds.newestAhead = 10
        bounds.mostForkedAhead = 10
        return bounds
    }()

    /// Sixty, every seventh of which is of the reef, every fifth has a low tide, and every one a tide that is low.
    private static func list(_ fixture: DirectoryFixture) async throws {
        let reef = "case when n % 7 = 0 then 'Knows the reef. ' else '' end"
        let tide = "case when n % 5 = 0 then 'A low tide.' else 'The tide is low.' end"
        try await fixture.list(
            60, summary: "\(reef) || \(tide)",
            topics: "case when n % 7 = 0 then array['reef'] else array['sea'] end")
        // The older, the more forked, and three at a time alike.
        _ = try await fixture.database.psql(
            "update fork_counts set forks = (select count(*) / 3 from fork_counts c where c.listing_id > fork_counts.listing_id)")
    }

    private static let everySeventh = stride(from: 56, through: 7, by: -7).map { "agent-\($0)" }
    private static let everyFifth = stride(from: 60, through: 5, by: -5).map { "agent-\($0)" }
    private static let all = stride(from: 60, through: 1, by: -1).map { "agent-\($0)" }

    /// Of as many forks the later one comes first.
    private static func byForks(_ names: [String]) -> [String] {
        let numbers = names.compactMap { Int($0.dropFirst("agent-".count)) }
        return numbers.sorted { one, other in (one - 1) / 3 == (other - 1) / 3 ? one > other : one < other }.map { "agent-\($0)" }
    }

    @Test("the page about the directory has the numbers that the search has")
    func page() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "ops/directory.md")
        let page = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let bounds = SearchBounds.standard
        for words in [
            "Up to \(bounds.ranked) that fit", "(\(bounds.rankedDearly) for quoted words and typos)", "those of the \(bounds.mostForked) most forked",
            "of the newest \(bounds.sample) agents where \(bounds.frequent) of those fit, about one in \(bounds.sample / bounds.frequent + 1)",
            "over \(bounds.counted) results at most, or those of the newest \(bounds.sample) agents", "less than a page's worth (\(bounds.page))",
        ] {
            #expect(page.contains(words), "\(words)")
        }
    }

    @Test(
        "what is rare is found whole and in its order, by whatever way", .timeLimit(.minutes(1)),
        arguments: [
            ("q=reef", everySeventh), ("tag=reef", everySeventh), ("q=reef&tag=reef", everySeventh), ("q=low+tide&tag=reef", everySeventh),
            ("q=%22low+tide%22", everyFifth), ("q=%22tide+low%22", []), ("owner=acme", all), ("q=tide", all), ("", all),
        ] as [(String, [String])])
    func whole(query: String, names: [String]) async throws {
        try await DirectoryFixture.with { fixture in
            try await Self.list(fixture)
            for bounds in [Self.near, .standard] {
                for limit in [3, 100] {
                    #expect(try await fixture.findAll("\(query)&sort=newest", limit: limit, bounds: bounds) == names, "\(limit)")
                    #expect(try await fixture.findAll("\(query)&sort=forks", limit: limit, bounds: bounds) == Self.byForks(names), "\(limit)")
                }
            }
        }
    }

    @Test("what fits is ranked whole where it is no more than the bound, frequent or not", .timeLimit(.minutes(1)))
    func ranked() async throws {
        try await DirectoryFixture.with { fixture in
            try await Self.list(fixture)
            for limit in [3, 100] {
                #expect(Set(try await fixture.findAll("q=reef", limit: limit, bounds: Self.near)) == Set(Self.everySeventh))
                #expect(Set(try await fixture.findAll("q=%22low+tide%22", limit: limit, bounds: Self.near)) == Set(Self.everyFifth))
                #expect(Set(try await fixture.findAll("q=tide", limit: limit)) == Set(Self.all))
            }
        }
    }

    @Test("of few listings all that fit are ranked, frequent or not", .timeLimit(.minutes(1)))
    func small() async throws {
        try await DirectoryFixture.with { fixture in
            try await fixture.list(1500, name: "'tide-' || n", title: "case when n % 16 = 0 then 'A reef' else 'A tide' end")
            #expect(try await fixture.findAll("q=reef").count == 93, "more than half of them are older than those that are looked at first")
        }
    }

    @Test("of very many, the newest, the most forked and those that are called so are ranked", .timeLimit(.minutes(1)))
    func bounded() async throws {
        try await DirectoryFixture.with { fixture in
            try await fixture.list(1500, name: "'tide-' || n", title: "case n when 700 then 'Tide' else 'A tide' end")
            _ = try await fixture.database.psql(
                """
                update fork_counts set forks = 1000
                where listing_id = (select listing_id from fork_counts where listing_id is not null order by listing_id limit 1)
                """)
            let bounds = SearchBounds.standard
            let names = try await fixture.findAll("q=tide")
            #expect(names.first == "tide-700", "the title is what was typed: among 1,500 the index of titles leads to it")
            #expect(names.dropFirst().first == "tide-1", "the oldest, and the most forked")
            #expect(names.count == Set(names).count)
            #expect((bounds.ranked...(bounds.ranked + 100)).contains(names.count))
            #expect(names.contains("tide-1500") && !names.contains("tide-2"))
            #expect(try await fixture.findAll("q=tide&sort=newest").count == 1500, "the other orders leave nothing out")
        }
    }

    @Test("of many names that are like a typo, the likest one is found, and first", .timeLimit(.minutes(1)))
    func likest() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Harborlight"}"#)
            try await fixture.list(
                440, name: "'harborlig' || chr(105 + n / 26) || chr(97 + n % 26)", title: "'Harborlig' || chr(105 + n / 26) || chr(97 + n % 26)")
            for typed in ["harborlighd", "Harborlighz"] {
                #expect(try await fixture.find("q=\(typed)").first?.listing.name == "harborlight", "\(typed)")
            }
        }
    }

    @Test("a word that nobody uses is passed over beside one that is known, and alone finds nothing", .timeLimit(.minutes(1)))
    func passedOver() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Harbour Guide", "bio": "Boats."}"#)
            _ = try await fixture.publish(#"{"name": "Tide Table", "bio": "Boats."}"#)
            let cases = [
                ("q=xylophone+boats", ["harbour-guide", "tide-table"]), ("q=xylophone", []), ("q=%22xylophone+boats%22", []),
                ("q=boats+-guide", ["tide-table"]), ("q=harbor+boats", ["harbour-guide"]), ("q=harbourguide", ["harbour-guide"]),
            ]
            for (query, names) in cases {
                #expect(Set(try await fixture.findAll(query)) == Set(names), "\(query)")
            }
        }
    }

    @Test("facets count what is rare whole, and say of what is frequent that not all was looked at", .timeLimit(.minutes(1)))
    func facets() async throws {
        try await DirectoryFixture.with { fixture in
            try await Self.list(fixture)
            let rare = try await fixture.facets("q=reef", bounds: Self.near)
            #expect(rare.matches == 8 && !rare.isCut && rare.tags == [.init(value: "reef", count: 8)])
            let frequent = try await fixture.facets("q=tide", bounds: Self.near)
            #expect(frequent.matches == 10 && frequent.isCut)
            let all = try await fixture.facets("q=tide")
            #expect(all.matches == 60 && !all.isCut && all.tags == [.init(value: "sea", count: 52), .init(value: "reef", count: 8)])
            var few = Self.near
            few.counted = 5
            #expect(try await fixture.facets("tag=reef", bounds: few).isCut)
        }
    }
}
