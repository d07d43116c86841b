import Foundation
import HTTPTypes
import Jobs
import Postgres
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Searching the directory")
struct DirectorySearchTests {
    private static let agents = [
        #"{"name": "Tide Table", "bio": "Reads the WATER.", "plugins": ["@elizaos/plugin-discord"]}"#,
        #"{"name": "Harbour Guide", "bio": "Guides boats.", "topics": ["Water", "rope"], "plugins": ["@elizaos/plugin-sql"]}"#,
        #"{"name": "Percent", "bio": "100% of the boats \\ done", "plugins": [{"name": "@elizaos/plugin-sql", "version": "^1"}]}"#,
        #"{"name": "The Who", "bio": "A band of old.", "topics": ["music"]}"#,
    ]

    @Test("words are found in names, titles, topics, summaries and plugins, in any form", .timeLimit(.minutes(1)))
    func words() async throws {
        try await DirectoryFixture.with { fixture in
            for text in Self.agents { _ = try await fixture.publish(text) }
            try await fixture.asking { ask in
                let cases: [(query: String, names: Set<String>)] = [
                    ("q=water", ["tide-table", "harbour-guide"]), ("q=WATERS", ["tide-table", "harbour-guide"]),
                    ("q=reading+water", ["tide-table"]), ("q=boat", ["harbour-guide", "percent"]), ("q=boat+-percent", ["harbour-guide"]),
                    ("q=rope+or+band", ["harbour-guide", "the-who"]),
                    ("q=%22tide+table%22", ["tide-table"]), ("q=%22table+tide%22&owner=rival", []), ("q=tide-table", ["tide-table"]),
                    ("q=acme&tag=water", ["harbour-guide"]), ("q=discord", ["tide-table"]), ("q=plugin-sql", ["harbour-guide", "percent"]),
                    ("q=%40elizaos%2Fplugin-sql", ["harbour-guide", "percent"]), ("q=the+who", ["the-who"]),
                    ("q=water&owner=acme", ["tide-table", "harbour-guide"]), ("q=water&owner=rival", []), ("q=xylophone", []), ("q=%25", []),
                    ("q=%27%3B%20drop%20table", ["tide-table"]), ("q=%22", []), ("q=%28+%26+%21+%7C", []),
                ]
                for (query, names) in cases {
                    let answer = try await ask(.get, "/v1/directory?\(query)", token: nil)
                    #expect(answer.status == .ok, "\(query)")
                    #expect(Set(answer.names) == names, "\(query)")
                    #expect(answer.json["sort"] == "relevance", "\(query)")
                }
                for query in ["q=%ff", "q=%00", "limit=0", "cursor=nonsense", "sort=best", "status=removed", "updated_since=now"] {
                    #expect(try await ask(.get, "/v1/directory?\(query)", token: nil).status == .badRequest, "\(query)")
                }
            }
        }
    }

    @Test(
        "a typo finds the agent", .timeLimit(.minutes(1)),
        arguments: ["harbor guide", "harbuor", "habour", "harbourguide", "tabel", "percnt", "precent", "tide tabel"])
    func typos(typed: String) async throws {
        try await DirectoryFixture.with { fixture in
            for text in Self.agents { _ = try await fixture.publish(text) }
            let name = typed.contains("tab") ? "tide-table" : typed.hasPrefix("p") ? "percent" : "harbour-guide"
            try await fixture.asking { ask async throws in
                let query = PageAddress.query("/v1/directory", [(name: "q", value: typed)])
                #expect(try await ask(.get, query, token: nil).names.first == name, "\(typed)")
                #expect(try await ask(.get, query + "&sort=newest", token: nil).names.contains(name), "\(typed)")
                #expect(try await ask(.get, query + "&sort=forks", token: nil).names.contains(name), "\(typed)")
            }
        }
    }

    @Test("a name that was typed whole comes first, then names, topics, summaries and plugins", .timeLimit(.minutes(1)))
    func relevance() async throws {
        try await DirectoryFixture.with { fixture in
            for text in [
                #"{"name": "Tide"}"#, #"{"name": "Tide Reader of Old"}"#, #"{"name": "One", "topics": ["tide"]}"#,
                #"{"name": "Two", "bio": "Speaks of the tide."}"#, #"{"name": "Three", "plugins": ["@x/tide"]}"#,
            ] { _ = try await fixture.publish(text) }
            try await fixture.asking { ask async throws in
                #expect(try await ask(.get, "/v1/directory?q=tide", token: nil).names == ["tide", "tide-reader-of-old", "one", "two", "three"])
            }
        }
    }

    @Test("of what fits alike, the more forked one comes first, and a deprecated one counts half", .timeLimit(.minutes(1)))
    func popularity() async throws {
        try await DirectoryFixture.with { fixture in
            let ids = try await ["One", "Two", "Three"].asyncMap { try await fixture.publish("{\"name\": \"\($0)\", \"bio\": \"Reads the tide.\"}") }
            try await fixture.setForks(50, of: ids[1])
            try await fixture.setForks(5000, of: ids[2])
            try await fixture.asking { ask in
                #expect(try await ask(.get, "/v1/directory?q=tide", token: nil).names == ["three", "two", "one"])
                _ = try await ask(.put, "/v1/agents/acme/three/status", #"{"status": "deprecated", "reason": "Take Two."}"#, token: "acme")
                #expect(try await ask(.get, "/v1/directory?q=tide", token: nil).names == ["two", "three", "one"])
                #expect(try await ask(.get, "/v1/directory?q=tide&status=deprecated", token: nil).names == ["three"])
                #expect(try await ask(.get, "/v1/directory?q=tide&status=active", token: nil).names == ["two", "one"])
            }
        }
    }

    @Test("tags, plugins, owners and times narrow a list", .timeLimit(.minutes(1)))
    func filters() async throws {
        try await DirectoryFixture.with { fixture in
            for text in Self.agents { _ = try await fixture.publish(text) }
            _ = try await fixture.publish(#"{"name": "Walter", "topics": ["water"]}"#, in: fixture.rival)
            _ = try await fixture.database.psql("update published_agents set updated_at = '2020-01-01' where name = 'percent'")
            try await fixture.asking { ask async throws in
                let cases: [(query: String, names: [String])] = [
                    ("", ["walter", "the-who", "percent", "harbour-guide", "tide-table"]),
                    ("tag=water", ["walter", "harbour-guide"]), ("tag=WATER&owner=acme", ["harbour-guide"]), ("tag=wat", []),
                    ("plugin=%40elizaos%2Fplugin-sql", ["percent", "harbour-guide"]), ("plugin=plugin-sql", []),
                    ("owner=rival", ["walter"]), ("owner=nobody", []), ("status=deprecated", []),
                    ("updated_since=2020-01-02T00:00:00Z", ["walter", "the-who", "harbour-guide", "tide-table"]),
                    ("updated_since=2020-01-01T00:00:00Z&plugin=%40elizaos%2Fplugin-sql", ["percent", "harbour-guide"]),
                ]
                for (query, names) in cases { #expect(try await ask(.get, "/v1/directory?\(query)", token: nil).names == names, "\(query)") }
            }
        }
    }

    @Test(
        "pages follow one another in every order, and what is published meanwhile moves nothing", .timeLimit(.minutes(1)),
        arguments: DirectorySort.allCases)
    func pages(sort: DirectorySort) async throws {
        try await DirectoryFixture.with { fixture in
            var ids: [UUID] = []
            for number in 1...7 { ids.append(try await fixture.publish("{\"name\": \"Tide \(number)\", \"bio\": \"x\"}")) }
            // Two and two have as many forks.
            for (index, forks) in [3, 1, 3, 0, 1, 7, 0].enumerated() { try await fixture.setForks(forks, of: ids[index]) }
            let expected =
                switch sort {
                case .newest: ["tide-7", "tide-6", "tide-5", "tide-4", "tide-3", "tide-2", "tide-1"]
                case .forks: ["tide-6", "tide-3", "tide-1", "tide-5", "tide-2", "tide-7", "tide-4"]
                // All fit alike, so that forks decide, and then time.
                case .relevance: ["tide-6", "tide-3", "tide-1", "tide-5", "tide-2", "tide-7", "tide-4"]
                }
            // The recency of a moment is not to part those of as many forks.
            _ = try await fixture.database.psql("update published_agents set updated_at = '2020-01-01'")
            try await fixture.asking { ask in
                let first = "/v1/directory?q=tide&sort=\(sort.rawValue)&limit=3"
                var names: [String] = []
                var path = first
                for page in 0..<5 {
                    let answer = try await ask(.get, path, token: nil)
                    names += answer.names.filter { $0 != "tide-8" }
                    if page == 0 { _ = try await fixture.publish(#"{"name": "Tide 8", "bio": "x"}"#) }
                    guard let cursor = answer.json["next_cursor"]?.string else {
                        #expect(answer.headers[.link] == nil)
                        break
                    }
                    #expect(answer.headers[.link]?.contains("cursor=\(cursor)>; rel=\"next\"") == true)
                    path = "\(first)&cursor=\(cursor)"
                }
                #expect(names == expected)
                let cursor = try #require(try await ask(.get, first, token: nil).json["next_cursor"]?.string)
                for other in DirectorySort.allCases where other != sort {
                    let refused = try await ask(.get, "/v1/directory?q=tide&sort=\(other.rawValue)&cursor=\(cursor)", token: nil)
                    #expect(refused.status == .unprocessableContent, "\(other)")
                }
            }
        }
    }

    @Test("facets count what was found, the most frequent first", .timeLimit(.minutes(1)))
    func facets() async throws {
        try await DirectoryFixture.with { fixture in
            for text in Self.agents { _ = try await fixture.publish(text) }
            _ = try await fixture.publish(#"{"name": "Walter", "topics": ["water", "WATER", "rope"]}"#, in: fixture.rival)
            try await fixture.asking { ask in
                func counts(_ answer: DirectoryFixture.Answer, _ facet: String) -> [String] {
                    answer.json["facets"]?[facet]?.elements?.map { value in
                        guard case .integer(let count)? = value["count"] else { return "?" }
                        return "\(value["value"]?.string ?? "?") \(count)"
                    } ?? []
                }
                let all = try await ask(.get, "/v1/directory?facets=true", token: nil)
                #expect(counts(all, "tag") == ["rope 2", "water 2", "music 1"])
                #expect(counts(all, "plugin") == ["@elizaos/plugin-sql 2", "@elizaos/plugin-discord 1"])
                #expect(counts(all, "owner") == ["acme 4", "rival 1"])
                #expect(counts(all, "status") == ["active 5"])
                #expect(all.json["facets"]?["matches"] == 5)
                #expect(all.json["facets"]?["cut"] == false)
                let some = try await ask(.get, "/v1/directory?facets=true&q=water&limit=1", token: nil)
                #expect(some.names.count == 1)
                #expect(some.json["facets"]?["matches"] == 3, "the results, not the page")
                #expect(counts(some, "owner") == ["acme 2", "rival 1"])
                #expect(try await ask(.get, "/v1/directory", token: nil).json["facets"] == nil)
            }
        }
    }

    @Test("counts stop at the bound and say so, and name twenty values", .timeLimit(.minutes(1)))
    func manyFacets() async throws {
        try await DirectoryFixture.with { fixture in
            let bound = SearchBounds.standard.counted
            try await fixture.list(bound + 1, topics: "array['t' || n % 30]")
            let facets = try await fixture.facets("")
            #expect(facets.matches == bound)
            #expect(facets.isCut)
            #expect(facets.tags.count == 20)
            #expect(facets.owners == [.init(value: "acme", count: bound)])
        }
    }
}

extension Array {
    /// One after the other.
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
