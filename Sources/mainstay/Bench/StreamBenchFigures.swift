/// What one side came to in one round. Times are milliseconds and those of whole answers; nil where there was none.
struct StreamBenchFigures: Sendable, Equatable {
    /// The middle one and the one that a hundredth is longer than.
    struct Times: Sendable, Equatable {
        let p50: Double
        let p99: Double

        /// - Parameter nanoseconds: In any order.
        init?(_ nanoseconds: [Int64]) {
            let sorted = nanoseconds.sorted()
            guard !sorted.isEmpty else { return nil }
            func part(_ share: Double) -> Double { Double(sorted[Int(Double(sorted.count - 1) * share)]) / 1e6 }
            p50 = part(0.5)
            p99 = part(0.99)
        }

        init(p50: Double, p99: Double) {
            self.p50 = p50
            self.p99 = p99
        }

        /// What is longer here than there, percentile by percentile.
        static func - (these: Times, those: Times) -> Times {
            Times(p50: these.p50 - those.p50, p99: these.p99 - those.p99)
        }
    }

    /// From a request to its first token.
    let first: Times?
    /// Of each token, from the provider's writing to the client's reading.
    let token: Times?
    /// Tokens read in a second, over the whole round.
    let rate: Double
    let answers: Int
    /// Answers that did not end with `[DONE]`.
    let unfinished: Int
    /// Answers that did, with another number of tokens than was asked for.
    let miscounted: Int

    var lost: Int { unfinished + miscounted }

    init(_ answers: [StreamBenchAnswer], tokens: Int, seconds: Double) {
        let whole = answers.filter { $0.loss(of: tokens) == nil }
        first = Times(whole.compactMap(\.firstToken))
        token = Times(whole.flatMap(\.transits))
        rate = seconds > 0 ? Double(answers.reduce(0) { $0 + $1.transits.count }) / seconds : 0
        self.answers = answers.count
        unfinished = answers.count(where: { $0.loss(of: tokens) == .unfinished })
        miscounted = answers.count(where: { $0.loss(of: tokens) == .miscounted })
    }
}
