import Foundation
import Logging
import Postgres
import TestSupport
import Testing

@testable import mainstay

@Suite struct DirectoryBenchTests {
    private static let library = DirectoryBenchLibrary(agents: 2000, now: Date(timeIntervalSince1970: 1_800_000_000), seed: 7)
    private static let questions = DirectoryBenchQuestions(library: library, cursors: DirectoryBenchCursors())

    // MARK: What is made up

    @Test("words and coinages are each there once, and the first words are drawn more often than the last")
    func words() {
        let words = DirectoryBenchWords.all
        #expect(words.count == 4224)
        #expect(Set(words).count == words.count)
        #expect(Set((0..<20_000).map { DirectoryBenchWords.coined($0) }).count == 20_000)
        #expect(Set(words).isDisjoint(with: (0..<20_000).map { DirectoryBenchWords.coined($0) }))

        var random = DirectoryBenchRandom(seed: 3, number: 0)
        var counts = Array(repeating: 0, count: words.count)
        for _ in 0..<100_000 { counts[DirectoryBenchWords.place(in: words.count, using: &random)] += 1 }
        // As 1 in (place + 3): 4 in a hundred are the first word, and half of all are one of the first hundred or so.
        #expect((3500...4500).contains(counts[0]))
        #expect((45_000...55_000).contains(counts[..<110].reduce(0, +)))
        #expect(counts[2112...].reduce(0, +) > 5000)
    }

    @Test("the same number is the same agent, no two have a name, and each is of the form that the API takes")
    func agents() {
        let agents = (0..<Self.library.agents).map { Self.library.agent($0) }
        #expect(agents[31] == DirectoryBenchLibrary(agents: 2000, now: Self.library.now, seed: 7).agent(31))
        #expect(agents[31].name != DirectoryBenchLibrary(agents: 2000, now: Self.library.now, seed: 8).agent(31).name)
        #expect(Set(agents.map(\.name)).count == agents.count)
        #expect(agents.allSatisfy { $0.name.wholeMatch(of: #/[a-z0-9]+(-[a-z0-9]+)*/#) != nil && $0.name.count <= 64 })
        #expect(agents.allSatisfy { $0.summary.count <= 280 && $0.publishedAt <= $0.updatedAt && $0.updatedAt <= Self.library.now })
        #expect(agents.allSatisfy { agent in agent.source.map { $0 < agent.number } ?? true })
        // In the order of lists as in that of numbers.
        #expect(zip(agents, agents.dropFirst()).allSatisfy { $0.listing.uuidString < $1.listing.uuidString })
        #expect(Set(agents.map(\.owner.slug)).count > 4)
        #expect(Set(agents.map { "\($0.status)" }).count == 4)
    }

    @Test("a version says what the one before says, and more")
    func documents() throws {
        struct Character: Decodable {
            let bio: [String]
            let style: [String: [String]]
            let adjectives: [String]
            let postExamples: [String]
        }
        let agent = Self.library.agent(12)
        let (one, two) = (try agent.document(version: 1).decode(Character.self), try agent.document(version: 2).decode(Character.self))
        #expect(one.bio == two.bio && one.bio.first == agent.summary)
        #expect(one.style == two.style && one.adjectives != two.adjectives)
        #expect(one.postExamples.count == 2 && Array(two.postExamples.prefix(2)) == one.postExamples && two.postExamples.count == 3)
    }

    // MARK: What is asked

    @Test("a round asks the same each time, another round something else, and one request something else than the next")
    func questions() {
        for request in DirectoryBenchRequest.allCases {
            let paths = Self.questions.paths(request, round: 1, count: 40)
            #expect(paths == Self.questions.paths(request, round: 1, count: 40), "\(request)")
            #expect(paths.allSatisfy { $0.hasPrefix("/") && !$0.contains(" ") && !$0.contains("\"") }, "\(request)")
            guard paths.count > 1 else { continue }
            #expect(paths != Self.questions.paths(request, round: 2, count: 40), "\(request)")
            #expect(Set(paths).count > 10, "\(request)")
        }
    }

    @Test("a slip changes one letter, or the places of two, and never the first")
    func slips() {
        var random = DirectoryBenchRandom(seed: 5, number: 0)
        for number in 0..<200 {
            let word = DirectoryBenchWords.coined(number)
            let mistyped = DirectoryBenchQuestions.mistyped(word, &random)
            #expect(mistyped.count == word.count && mistyped.first == word.first)
            #expect(zip(word, mistyped).filter { $0 != $1 }.count == 1)
            let swapped = DirectoryBenchQuestions.swapped(word, &random)
            #expect(swapped.sorted() == word.sorted() && swapped.first == word.first)
            #expect(zip(word, swapped).filter { $0 != $1 }.count == 2)
        }
    }

    @Test("the way to a deep page is short, and ends fifty pages behind it", arguments: [1, 100, 2000])
    func depths(page: Int) {
        let limits = DirectoryBenchCursors.limits(to: page)
        #expect(limits.suffix(100).allSatisfy { $0 == DirectoryBenchCursors.rows })
        #expect(limits.reduce(0, +) == (max(51, page) + 49) * DirectoryBenchCursors.rows)
        #expect(limits.count <= 310)
    }

    // MARK: With servers

    @Test("a small directory answers every kind of request, and a fork in it has an outcome", .timeLimit(.minutes(2)))
    func answers() async throws {
        let made = try await TestDatabase.make()
        let servers = BenchServers(endpoints: made.stack.endpoints, logger: Logger(label: "test.bench"))
        let database = DirectoryBenchDatabase(
            servers, ownerURL: made.ownerURL, serverURL: made.serverURL, prefix: TestStack.uniquePrefix("bench"))
        let library = DirectoryBenchLibrary(agents: 700)
        try await library.publish(in: database)

        let agents = (0..<700).map { library.agent($0) }
        let counts = try await made.psql(
            """
            select (select count(*) from published_agents), (select count(*) from published_versions),
              (select sum(forks) from fork_counts where listing_id is not null), (select count(*) from agents where forked_from_agent is not null)
            """)
        let forked = agents.filter { $0.source != nil }.count
        let expected = [700, agents.map(\.versions).reduce(0, +), agents.map(\.forks).reduce(forked, +), forked]
        #expect(counts.trimmingCharacters(in: .newlines) == expected.map(String.init).joined(separator: "|"))

        try await DirectoryBenchIngress.with(database) { ingress in
            let cursors = try await DirectoryBenchCursors.found(by: ingress.client)
            #expect(!cursors.page100.isEmpty)
            #expect(cursors.page2000 == cursors.page100)
            #expect(cursors.mostForked.count > 20)
            let questions = DirectoryBenchQuestions(library: library, cursors: cursors)
            for request in DirectoryBenchRequest.all where request != .fork {
                for path in questions.paths(request, round: 1).prefix(4) {
                    let answer = try await ingress.client.raw(.get, path)
                    try Self.check(answer, of: request, path)
                }
            }
            let figure = try await DirectoryBenchForks(paths: questions.paths(.fork, round: 1, count: 3)).run(on: ingress)
            #expect(figure.rate > 0 && figure.p50 > 0 && figure.p50 <= figure.p99 && figure.p99 <= figure.max && figure.cores == nil)
        }
        let then = try await made.psql("select count(*) from agents where forked_from_agent is not null")
        #expect(then.trimmingCharacters(in: .newlines) == "\(forked + 3)")
    }

    private static func check(_ answer: Data, of request: DirectoryBenchRequest, _ path: String) throws {
        switch request {
        case .pageAgents, .pageSearch, .pageAgent: #expect(String(decoding: answer, as: UTF8.self).contains("</html>"), "\(path)")
        case .agent, .difference:
            let object = try #require(try JSONSerialization.jsonObject(with: answer) as? [String: Any])
            #expect(object["character"] != nil || (object["changes"] as? [Any])?.isEmpty == false, "\(path)")
        default:
            let object = try #require(try JSONSerialization.jsonObject(with: answer) as? [String: Any])
            let items = try #require(object["items"] as? [Any], "\(path)")
            // Among so few there may be none with a tag, a plugin, a time or just any word.
            let mayBeNone: Set<DirectoryBenchRequest> = [.tag, .plugin, .updatedSince, .facets]
            #expect(!items.isEmpty || mayBeNone.contains(request), "\(request): \(path)")
            #expect((object["facets"] != nil) == (request == .facets), "\(path)")
        }
    }

    // MARK: What is shown

    @Test("the table has the medians of each column, each run's p99, and no generator where there was none")
    func table() throws {
        func figure(_ value: Double, cores: Double?) -> DirectoryBench.Figure {
            .init(rate: value * 100, p50: value, p99: value * 2, max: value * 3, cores: cores)
        }
        let rows = [
            DirectoryBench.Row(request: .newestPage2000, figures: [figure(1, cores: 0.1), figure(9, cores: 0.3), figure(2, cores: 0.2)]),
            DirectoryBench.Row(request: .fork, figures: [figure(4, cores: nil)]),
        ]
        let object = try JSONSerialization.jsonObject(with: Data(DirectoryBench.table(rows).json.utf8)) as? [String: Any]
        let found = try #require(object?["rows"] as? [[String: Any]])
        #expect(found.map { $0["request"] as? String } == ["newest-page-2000", "fork"])
        #expect(found[0]["requests_per_s"] as? Int == 200 && found[0]["p50_ms"] as? Double == 2 && found[0]["p99_ms"] as? Double == 4)
        #expect(found[0]["max_ms"] as? Double == 6 && found[0]["generator_cores"] as? Double == 0.2)
        #expect(found[0]["p99_of_each_run"] as? [Double] == [2, 18, 4])
        #expect(found[1]["generator_cores"] is NSNull)
    }
}
