import ArgumentParser
import Foundation

extension BenchCommand {
    /// `mainstay bench directory`: listings, search, pages and forks in a large directory.
    struct Directory: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "directory",
            abstract: "Measure listings, search, an agent's page and a fork in a directory of many agents.",
            discussion: """
                Starts private servers, publishes made-up agents (some minutes for 100,000), runs the ingress in this process, and loads one
                kind of request after the other with wrk: closed loop, without a token, each request for another word or another agent.
                Lists and searches ask for pages of 20.

                  newest, newest-page-100, newest-page-2000     the same at three depths, by cursors: the pages 1, 51 to 150, 1951 to 2050
                  most-forked                                   the pages 1 to 101
                  tag, plugin, owner, updated-since             one filter, the newest first
                  rare-word, common-word, two-words, phrase     a word of one agent, a frequent one; two of a summary; in quotes
                  typo-letter, typo-swap                        an agent's own word with a wrong letter, or with two in each other's place
                  facets                                        a word, with the counts of tags, plugins, owners and statuses
                  agent, versions, difference                   one agent, its versions, what its first and its last one differ in
                  page-agents, page-search, page-agent          pages for people: /agents, with a word, an agent's
                  fork                                          from POST to the job's outcome, one worker, one after the other

                EXAMPLES
                  mainstay bench directory
                  mainstay bench directory --agents 1000000 --json
                  mainstay bench directory --requests typo-letter,typo-swap --connections 16 --seconds 20
                """)

        @OptionGroup var output: OutputOptions
        @Option(help: "Published agents.") var agents = 100_000
        @Option(help: "Requests under way at once.") var connections = 4
        @Option(help: "Seconds of one measurement.") var seconds = 5
        @Option(help: "Seconds that each kind is loaded before the first measurement.") var warmUp = 1
        @Option(help: "Measurements of each kind, in turn; medians are shown.") var runs = 3
        @Option(help: "Forks of one measurement.") var forks = 50
        @Option(help: "Which kinds, separated by commas.") var requests = DirectoryBenchRequest.all.map(\.rawValue).joined(separator: ",")

        func validate() throws {
            guard (100...1_000_000).contains(agents) else { throw ValidationError("--agents takes 100 to 1000000") }
            guard (1...10_000).contains(connections) else { throw ValidationError("--connections takes 1 to 10000") }
            guard (1...3600).contains(seconds), (0...3600).contains(warmUp) else {
                throw ValidationError("--seconds takes 1 to 3600, --warm-up 0 to 3600")
            }
            guard (1...1000).contains(runs), (1...10_000).contains(forks) else { throw ValidationError("--runs takes 1 to 1000, --forks 1 to 10000") }
            _ = try chosenRequests()
        }

        func run() async throws {
            let bench = DirectoryBench(
                requests: try chosenRequests(), agents: agents, connections: connections, seconds: seconds, warmUp: warmUp, runs: runs, forks: forks)
            output.print(DirectoryBench.table(try await bench.run()))
        }

        private func chosenRequests() throws -> [DirectoryBenchRequest] {
            let words = Set(requests.split(separator: ",").map(String.init))
            let known = DirectoryBenchRequest.all
            if let stranger = words.sorted().first(where: { word in !known.contains { $0.rawValue == word } }) {
                throw ValidationError("\"\(stranger)\" is no request; there are \(known.map(\.rawValue).joined(separator: ", "))")
            }
            guard !words.isEmpty else { throw ValidationError("--requests names none") }
            return known.filter { words.contains($0.rawValue) }
        }
    }
}
