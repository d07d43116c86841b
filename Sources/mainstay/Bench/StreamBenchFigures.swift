/// What one side came to in one round. Times are milliseconds and those of whole answers; nil where there was none.
struct StreamBenchFigures: Sendable, Equatable {
    /// The middle one and the one that a hundredth is longer than, both by nearest rank.
    struct Times: Sendable, Equatable {
        let p50: Double
        /// Nil of fewer than a hundred: it would be the longest one, which says nothing of a hundredth.
        let p99: Double?

        /// - Parameter nanoseconds: In any order.
        init?(_ nanoseconds: [Int64]) {
            let sorted = nanoseconds.sorted()
            func part(_ percent: Int) -> Double? { sorted.nearestRank(percent: percent).map { Double($0) / 1e6 } }
            guard let middle = part(50) else { return nil }
            p50 = middle
            p99 = sorted.count < 100 ? nil : part(99)
        }

        init(p50: Double, p99: Double?) {
            self.p50 = p50
            self.p99 = p99
        }

        /// What is longer here than there, percentile by percentile.
        static func - (these: Times, those: Times) -> Times {
            var p99: Double?
            if let this = these.p99, let that = those.p99 { p99 = this - that }
            return Times(p50: these.p50 - those.p50, p99: p99)
        }
    }

    /// From a request to its first token.
    let first: Times?
    /// Of each token, from the provider's writing to the client's reading.
    let token: Times?
    /// Tokens read in a second, over the whole round.
    let rate: Double
    /// The client's own, in cores.
    let cores: Double
    let answers: Int
    /// How many answers were lost for which reason.
    let losses: [StreamBenchAnswer.Loss: Int]
    /// The beginning of the first error that came.
    let fault: String?

    var lost: Int { losses.values.reduce(0, +) }

    /// - Parameters:
    ///   - tokens: That were asked for, of one answer.
    ///   - seconds: Of the whole round.
    ///   - processor: Seconds of processor time that the client used in it.
    init(_ answers: [StreamBenchAnswer], tokens: Int, seconds: Double, processor: Double = 0) {
        let whole = answers.filter { $0.loss(of: tokens) == nil }
        first = Times(whole.compactMap(\.firstToken))
        token = Times(whole.flatMap(\.transits))
        rate = seconds > 0 ? Double(answers.reduce(0) { $0 + $1.transits.count }) / seconds : 0
        cores = seconds > 0 ? processor / seconds : 0
        self.answers = answers.count
        losses = answers.compactMap { $0.loss(of: tokens) }.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        fault = answers.first { !$0.fault.isEmpty }.map { String(decoding: $0.fault, as: UTF8.self) }
    }

    /// How many answers of one side were lost and why; nil when none was.
    static func losses(_ side: StreamBenchTarget.Side, _ rounds: [StreamBenchFigures]) -> String? {
        let (answers, lost) = (rounds.reduce(0) { $0 + $1.answers }, rounds.reduce(0) { $0 + $1.lost })
        guard lost > 0 else { return nil }
        let reasons = rounds.reduce(into: [:]) { $0.merge($1.losses, uniquingKeysWith: +) }
        let told = reasons.map { "\($0.value) \($0.key)" }.sorted().joined(separator: ", ")
        let fault = rounds.lazy.compactMap(\.fault).first.map { "; the first error began: \($0)" }
        return "\(side.rawValue): \(lost) of \(answers) answers were lost: \(told)\(fault ?? "")"
    }
}
