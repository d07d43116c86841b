import ArgumentParser

extension BenchCommand {
    /// `mainstay bench streams`: what is added to a stream of tokens.
    struct Streams: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "streams",
            abstract: "Measure what Mainstay adds to a stream of tokens, the provider asked directly beside.",
            discussion: """
                Starts private servers, an emulated provider, an ingress and two workers, each a process of its own, and asks for streams of
                tokens with /v1/chat/completions: of the provider directly and of Mainstay, each first in turn. Each stream has one connection
                and asks again as soon as its answer has ended. Streams begin apart and their gaps are drawn, so that they are not in step.
                The provider stamps each token as it writes it. All processes share the machine's cores, this client with them.

                Settings in MAINSTAY_* variables hold for what is measured, but for stores, providers and issuers, and for what the bench
                sets itself, such as MAINSTAY_HTTP_HOST and _PORT, MAINSTAY_RUN_CONCURRENCY and MAINSTAY_DRAIN_SECONDS.

                  direct    the provider
                  through   the same provider, asked by Mainstay
                  added     the one less the other, the same percentile in the same run: the median of the runs' differences, which need
                            not be the difference of the rows
                  aim       what may be added where there are 50 streams (ops/bench-targets.json); no answer may be lost

                ttft is the time from a request to its first token, in a closed loop: whoever waits longer asks less. token is the time of
                each token from the provider's write to the client's read. A p99 of fewer than 100 times is not shown. tokens per s is
                over the whole round, its start and its end too, where not all streams are under way. client cores is what this client
                takes. A lost answer has another status than 200, does not end with [DONE], has another number of tokens than was asked
                for, or takes longer than four times its plan and a minute; why is told on standard error.

                EXAMPLES
                  mainstay bench streams
                  mainstay bench streams --streams 1 --answers 50 --gap 5       one stream alone
                  mainstay bench streams --streams 1000 --runs 1 --json

                EXIT CODES
                  0 measured, and no answer was lost   2 an answer was lost   1 could not be measured
                """)

        @OptionGroup var output: OutputOptions
        @Option(help: "Streams at once.") var streams = 50
        @Option(help: "Tokens of one answer.") var tokens = 40
        @Option(help: "Milliseconds between two tokens of a stream.") var gap = 50
        @Option(help: "Answers of each stream in one measurement.") var answers = 5
        @Option(help: "Measurements of each side, in turn; medians are shown.") var runs = 3

        func validate() throws {
            guard (1...10_000).contains(streams), (1...10_000).contains(tokens) else {
                throw ValidationError("--streams takes 1 to 10000, --tokens 1 to 10000")
            }
            guard (0...10_000).contains(gap) else { throw ValidationError("--gap takes 0 to 10000") }
            guard tokens * gap <= StreamBenchLoad.longestAnswer else {
                let most = StreamBenchLoad.longestAnswer
                throw ValidationError("--tokens times --gap takes \(most) ms at the most, not \(tokens * gap): a run is ended after 15 minutes")
            }
            guard (1...1000).contains(answers), (1...1000).contains(runs) else {
                throw ValidationError("--answers takes 1 to 1000, --runs 1 to 1000")
            }
        }

        func run() async throws {
            let load = StreamBenchLoad(streams: streams, tokens: tokens, gap: gap)
            let found = try await StreamBench(load: load, answers: answers, runs: runs).run()
            output.print(StreamBench.table(found))
            guard let losses = StreamBench.losses(found) else { return }
            Talk.say(losses)
            throw ExitCode.found
        }
    }
}
