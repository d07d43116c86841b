import Foundation
import LocalStack

/// What Mainstay adds to a stream of tokens: what `mainstay bench streams` measures.
///
/// The provider is asked directly and through Mainstay, run after run, and each goes first in turn: what slowly changes about the machine
/// tells for neither side, though a single slow moment hits only the one that is under way. What is added is the difference of the same
/// percentile in the same run; what is reported is the median over the runs.
struct StreamBench: Sendable {
    let load: StreamBenchLoad
    /// Of each stream in a round.
    let answers: Int
    let runs: Int

    /// A round of each side.
    struct Run: Sendable, Equatable {
        let direct: StreamBenchFigures
        let through: StreamBenchFigures

        /// To the first token.
        var addedFirst: StreamBenchFigures.Times? { Self.difference(through.first, direct.first) }
        /// To each token.
        var addedToken: StreamBenchFigures.Times? { Self.difference(through.token, direct.token) }

        private static func difference(_ these: StreamBenchFigures.Times?, _ those: StreamBenchFigures.Times?) -> StreamBenchFigures.Times? {
            guard let these, let those else { return nil }
            return these - those
        }
    }

    /// What Mainstay may add, in milliseconds: the aims of `ops/bench-targets.json`, which are for 50 streams.
    static let aim = (first: StreamBenchFigures.Times(p50: 1.5, p99: 6), token: StreamBenchFigures.Times(p50: 0.4, p99: 3))

    /// - Throws: `BenchFault`; `UpFault` and `LocalStackError` when something does not start.
    func run() async throws -> [Run] {
        // A connection for each stream.
        DescriptorLimit.raise()
        return try await StreamBenchStack.with(streams: load.streams) { stack in
            func round(_ target: StreamBenchTarget) async throws -> StreamBenchFigures {
                try await StreamBenchRound(target: target, load: load, answers: answers).run()
            }
            Talk.say("warming up …")
            let warmUp = load.warmUp
            for target in [stack.direct, stack.through] {
                let figures = try await StreamBenchRound(target: target, load: warmUp.load, answers: warmUp.answers).run()
                if let losses = StreamBenchFigures.losses(target.side, [figures]) { throw BenchFault.lostWarmingUp(losses) }
            }
            var found: [Run] = []
            for number in 1...runs {
                if number.isMultiple(of: 2) {
                    let through = try await round(stack.through)
                    found.append(Run(direct: try await round(stack.direct), through: through))
                } else {
                    found.append(Run(direct: try await round(stack.direct), through: try await round(stack.through)))
                }
                Talk.say("  \(number) of \(runs)")
            }
            return found
        }
    }

    // MARK: What is shown

    /// Both sides, what is added, and what may be. Each run's median of a token stands beside the medians over the runs.
    static func table(_ runs: [Run]) -> Table {
        var table = Table([
            .init(title: "side"), .init(title: "ttft p50 ms", kind: .number), .init(title: "ttft p99 ms", kind: .number),
            .init(title: "token p50 ms", kind: .number), .init(title: "token p99 ms", kind: .number),
            .init(title: "tokens per s", kind: .number), .init(title: "client cores", kind: .number), .init(title: "answers", kind: .number),
            .init(title: "lost", kind: .number), .init(title: "token p50 of each run", kind: .json),
        ])
        func text(_ value: Double?) -> String? { value.map { String(format: "%.3f", $0) } }
        func times(_ first: [StreamBenchFigures.Times], _ token: [StreamBenchFigures.Times]) -> [String?] {
            [first, token].flatMap { [text($0.map(\.p50).median), text($0.compactMap(\.p99).median)] }
        }
        func each(_ token: [StreamBenchFigures.Times?]) -> String {
            "[" + token.map { text($0?.p50) ?? "null" }.joined(separator: ",") + "]"
        }
        func add(_ name: String, _ times: [String?], _ rest: [String?]) {
            var row: [String?] = [name]
            row += times
            row += rest
            table.rows.append(row)
        }
        for (side, figures) in [(StreamBenchTarget.Side.direct, runs.map(\.direct)), (.through, runs.map(\.through))] {
            let (answers, lost) = (figures.reduce(0) { $0 + $1.answers }, figures.reduce(0) { $0 + $1.lost })
            let rate = figures.map(\.rate).median.map { String(format: "%.0f", $0) }
            add(
                side.rawValue, times(figures.compactMap(\.first), figures.compactMap(\.token)),
                [rate, figures.map(\.cores).median.map { String(format: "%.2f", $0) }, "\(answers)", "\(lost)", each(figures.map(\.token))])
        }
        add(
            "added", times(runs.compactMap(\.addedFirst), runs.compactMap(\.addedToken)), [nil, nil, nil, nil, each(runs.map(\.addedToken))])
        add("aim", times([aim.first], [aim.token]), [nil, nil, nil, "0", nil])
        return table
    }

    /// How many answers were lost, on which side and why; nil when none was.
    static func losses(_ runs: [Run]) -> String? {
        let sides = [StreamBenchFigures.losses(.direct, runs.map(\.direct)), StreamBenchFigures.losses(.through, runs.map(\.through))]
        let lines = sides.compactMap(\.self)
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }
}
