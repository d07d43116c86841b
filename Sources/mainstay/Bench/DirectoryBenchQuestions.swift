import Foundation
import Workspaces
import Web

/// The paths that are asked for: of each kind of request many different ones, drawn by a seed.
struct DirectoryBenchQuestions: Sendable {
    let library: DirectoryBenchLibrary
    let cursors: DirectoryBenchCursors

    /// Of one measurement: about as many as one has requests, so that few are sent twice.
    static let standard = 2000

    /// - Parameters:
    ///   - round: each asks other questions.
    ///   - count: fewer where there are no more: there is one first page.
    func paths(_ request: DirectoryBenchRequest, round: Int, count: Int = DirectoryBenchQuestions.standard) -> [String] {
        switch request {
        case .newest: return [Self.list([])]
        case .newestPage100: return Self.pages(cursors.page100, sort: nil)
        case .newestPage2000: return Self.pages(cursors.page2000, sort: nil)
        case .mostForked: return Self.pages([""] + cursors.mostForked, sort: "forks")
        case .pageAgents: return ["/agents"]
        default:
            let place = DirectoryBenchRequest.allCases.firstIndex(of: request) ?? 0
            var random = DirectoryBenchRandom(seed: library.seed, number: place, part: round + 1)
            return (0..<count).map { _ in path(request, &random) }
        }
    }

    // MARK: One question

    private func path(_ request: DirectoryBenchRequest, _ random: inout DirectoryBenchRandom) -> String {
        switch request {
        case .tag: Self.list([(name: "tag", value: library.topics.randomElement(using: &random))])
        case .plugin: Self.list([(name: "plugin", value: library.plugins.randomElement(using: &random))])
        case .owner: Self.list([(name: "owner", value: library.openAgent(using: &random).owner.slug)])
        case .updatedSince: Self.list([(name: "updated_since", value: instant(&random))])
        case .rareWord: Self.search(library.openAgent(using: &random).coinage)
        case .commonWord: Self.search(DirectoryBenchWords.all.prefix(20).randomElement(using: &random) ?? "")
        case .twoWords: Self.search(twoWords(&random))
        case .phrase: Self.search(phrase(&random))
        case .typoLetter: Self.search(Self.mistyped(library.openAgent(using: &random).coinage, &random))
        case .typoSwap: Self.search(Self.swapped(library.openAgent(using: &random).coinage, &random))
        case .facets: Self.list([(name: "q", value: DirectoryBenchWords.drawn(using: &random)), (name: "facets", value: "true")])
        case .agent: library.openAgent(using: &random).path
        case .versions: library.openAgent(using: &random).path + "/versions"
        case .difference: difference(&random)
        case .pageSearch: PageAddress.query("/agents", [(name: "q", value: DirectoryBenchWords.drawn(using: &random))])
        case .pageAgent: String(library.openAgent(using: &random).path.dropFirst("/v1".count))
        case .fork: library.openAgent(using: &random).path + "/forks"
        case .newest, .newestPage100, .newestPage2000, .mostForked, .pageAgents: Self.list([])
        }
    }

    private static func list(_ values: [(name: String, value: String?)]) -> String {
        PageAddress.query("/v1/directory", values + [limit])
    }

    private static let limit: (name: String, value: String?) = ("limit", "\(DirectoryBenchCursors.rows)")

    private static func search(_ words: String) -> String { list([(name: "q", value: words)]) }

    /// - Parameter cursors: an empty one is the first page, which stands for the others where there is no other.
    private static func pages(_ cursors: [String], sort: String?) -> [String] {
        (cursors.isEmpty ? [""] : cursors).map { list([(name: "sort", value: sort), (name: "cursor", value: $0)]) }
    }

    /// From an hour to two years ago, each order of magnitude alike.
    private func instant(_ random: inout DirectoryBenchRandom) -> String {
        let ago = 3600 * pow(17_520, Double.random(in: 0..<1, using: &random))
        return (library.now - ago).formatted(.iso8601)
    }

    private func twoWords(_ random: inout DirectoryBenchRandom) -> String {
        library.openAgent(using: &random).words.shuffled(using: &random).prefix(2).joined(separator: " ")
    }

    private func phrase(_ random: inout DirectoryBenchRandom) -> String {
        let words = library.openAgent(using: &random).words
        let place = Int.random(in: 0..<words.count - 1, using: &random)
        return "\"\(words[place]) \(words[place + 1])\""
    }

    private func difference(_ random: inout DirectoryBenchRandom) -> String {
        while true {
            let agent = library.openAgent(using: &random)
            guard agent.versions > 1 else { continue }
            let versions = [1, agent.versions].map { DirectoryBenchAgent.semanticVersion($0).description }
            return "\(agent.path)/diff?from=\(versions[0])&to=\(versions[1])"
        }
    }

    // MARK: Slips

    /// With one letter that is another one. The first letter is right, as it is with most slips.
    static func mistyped(_ word: String, _ random: inout DirectoryBenchRandom) -> String {
        var letters = Array(word)
        let place = Int.random(in: 1..<letters.count, using: &random)
        let others = "abcdefghijklmnopqrstuvwxyz".filter { $0 != letters[place] }
        letters[place] = others.randomElement(using: &random) ?? "x"
        return String(letters)
    }

    /// With two neighbours that have changed places, behind the first letter.
    static func swapped(_ word: String, _ random: inout DirectoryBenchRandom) -> String {
        var letters = Array(word)
        let places = (1..<letters.count - 1).filter { letters[$0] != letters[$0 + 1] }
        guard let place = places.randomElement(using: &random) else { return word }
        letters.swapAt(place, place + 1)
        return String(letters)
    }
}
