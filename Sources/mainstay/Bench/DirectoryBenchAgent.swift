import Foundation
import Jobs
import Postgres
import Workspaces

/// A published agent of a bench, made up from its number.
struct DirectoryBenchAgent: Sendable, Equatable {
    /// A workspace that publishes.
    struct Owner: Sendable, Equatable {
        let workspace: UUID
        let slug: String
    }

    let number: Int
    let id: UUID
    /// Its place in lists.
    let listing: UUID
    let owner: Owner
    /// The word that this agent alone is called by.
    let coinage: String
    let name: String
    let title: String
    /// Of its summary, in their order.
    let words: [String]
    let topics: [String]
    let plugins: [String]
    /// Versions that were published.
    let versions: Int
    /// How often it was forked, beside the forks that are agents of the bench themselves.
    let forks: Int
    let status: ListingStatus
    let publishedAt: Date
    let updatedAt: Date
    /// The number of the agent that it was forked of, which is less than its own.
    let source: Int?
    private let seed: UInt64

    /// Where the API has it.
    var path: String { "/v1/agents/\(owner.slug)/\(name)" }

    var summary: String {
        let half = words.count / 2
        return DirectoryBenchWords.sentence(words[..<half]) + " " + DirectoryBenchWords.sentence(words[half...])
    }

    /// The form of the semantic version of a version, counted from 1.
    static func semanticVersion(_ version: Int) -> SemanticVersion { SemanticVersion(major: 1, minor: UInt64(version - 1), patch: 0) }

    // MARK: Making

    init(_ number: Int, of library: DirectoryBenchLibrary) {
        var random = DirectoryBenchRandom(seed: library.seed, number: number)
        self.number = number
        seed = library.seed
        publishedAt = library.publication(of: number)
        let milliseconds = Int64(publishedAt.timeIntervalSince1970 * 1000)
        listing = .version7(milliseconds: milliseconds, using: &random)
        id = .version7(milliseconds: milliseconds - Int64.random(in: 0...86_400_000, using: &random), using: &random)
        // A few owners have many, most have few.
        let share = Double.random(in: 0..<1, using: &random)
        owner = library.owners[Int(Double(library.owners.count) * share * share)]

        coinage = DirectoryBenchWords.coined(number)
        let second = DirectoryBenchWords.drawn(using: &random)
        let role = Self.roles[DirectoryBenchWords.place(in: Self.roles.count, using: &random)]
        let turn = number / DirectoryBenchWords.coinages
        let called = [coinage, second, role] + (turn > 0 ? ["\(turn + 1)"] : [])
        name = called.joined(separator: "-")
        title = called.map { DirectoryBenchWords.capitalized($0) }.joined(separator: " ")

        words = DirectoryBenchWords.drawn(Int.random(in: 10...20, using: &random), using: &random)
        topics = Self.atMost(Int.random(in: 0...4, using: &random), of: library.topics, using: &random)
        plugins = Self.atMost(Int.random(in: 0...5, using: &random), of: library.plugins, using: &random)
        var versions = 1
        while versions < 6, Bool.random(using: &random) { versions += 1 }
        self.versions = versions
        // Nobody forks half of them; the most forked of 100,000 has some thousands.
        forks = Int(pow(1 / (1 - Double.random(in: 0..<1, using: &random)), 0.8)) - 1
        status =
            switch Int.random(in: 0..<100, using: &random) {
            case 0: .quarantined
            case 1: .removed
            case 2...6: .deprecated
            default: .active
            }
        let sinceThen = Double.random(in: 0..<1, using: &random)
        updatedAt = publishedAt + library.now.timeIntervalSince(publishedAt) * sinceThen * sinceThen
        source = number > 0 && Int.random(in: 0..<8, using: &random) == 0 ? Int.random(in: 0..<number, using: &random) : nil
    }

    private static let roles = ["agent", "bot", "assistant", "companion", "advisor", "analyst", "host", "oracle"]

    /// At most so many, none twice.
    private static func atMost(_ count: Int, of list: [String], using generator: inout some RandomNumberGenerator) -> [String] {
        var found: [String] = []
        for _ in 0..<count {
            let one = list[DirectoryBenchWords.place(in: list.count, using: &generator)]
            if !found.contains(one) { found.append(one) }
        }
        return found
    }

    // MARK: Its character

    private struct Character: Encodable {
        let name: String
        let system: String
        let bio: [String]
        let lore: [String]
        let topics: [String]
        let plugins: [String]
        let adjectives: [String]
        let postExamples: [String]
        let style: [String: [String]]
    }

    /// What a version says, about 2 kB. One says more than the one before, and says a few things otherwise.
    func document(version: Int) throws -> PostgresJSON {
        var shared = DirectoryBenchRandom(seed: seed, number: number, part: -1)
        var own = DirectoryBenchRandom(seed: seed, number: number, part: version)
        func sentences(_ count: Int) -> [String] {
            (0..<count).map { _ in DirectoryBenchWords.sentence(DirectoryBenchWords.drawn(14, using: &shared)) }
        }
        let system = sentences(2).joined(separator: " ")
        let (bio, lore, style) = ([summary] + sentences(2), sentences(6), ["all": sentences(2), "chat": sentences(1)])
        // Last, for how many there are is the version's.
        let posts = sentences(version + 1)
        return try PostgresJSON(
            encoding: Character(
                name: title, system: system, bio: bio, lore: lore, topics: topics, plugins: plugins,
                adjectives: DirectoryBenchWords.drawn(4, using: &own), postExamples: posts, style: style), with: APIClient.encoder)
    }
}
