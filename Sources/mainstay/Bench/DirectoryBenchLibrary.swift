import Foundation
import Jobs
import Workspaces

/// A directory of so many agents, made up. Any of them can be had at any time by its number, so that whoever asks for words of theirs
/// need not keep them.
struct DirectoryBenchLibrary: Sendable {
    let agents: Int
    /// When the newest agent has just been published.
    let now: Date
    let seed: UInt64
    /// One for fifty agents.
    let owners: [DirectoryBenchAgent.Owner]
    /// The most frequent first, as all lists here.
    let topics: [String]
    let plugins: [String]

    init(agents: Int, now: Date = Date(), seed: UInt64 = 1) {
        self.agents = agents
        self.now = now
        self.seed = seed
        let words = DirectoryBenchWords.all
        var random = DirectoryBenchRandom(seed: seed, number: -1)
        let opened = Int64((now.timeIntervalSince1970 - Self.age) * 1000)
        owners = (0..<max(4, agents / 50)).map { number in
            DirectoryBenchAgent.Owner(
                workspace: .version7(milliseconds: opened, using: &random), slug: "\(words[number % words.count])-\(number / words.count + 1)")
        }
        topics = Array(words.prefix(200))
        plugins = words[40..<160].map { "@elizaos/plugin-\($0)" }
    }

    /// Seconds since the first agent was published: three years.
    private static let age = 3 * 365.25 * 86_400

    /// The later the higher the number.
    func publication(of number: Int) -> Date {
        now - Self.age * (1 - Double(number + 1) / Double(agents))
    }

    func agent(_ number: Int) -> DirectoryBenchAgent { DirectoryBenchAgent(number, of: self) }

    /// One that is found and shown whole.
    func openAgent(using generator: inout some RandomNumberGenerator) -> DirectoryBenchAgent {
        while true {
            let agent = agent(Int.random(in: 0..<agents, using: &generator))
            if agent.status.isOpen { return agent }
        }
    }
}
