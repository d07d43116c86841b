import Foundation
import LocalStack

/// What Mainstay adds to a stream of tokens: what `mainstay bench streams` measures.
///
/// The provider is asked directly, then through Mainstay, run after run, so that a slow moment of the machine hits both. What is added
/// is the difference of the same percentile in the same run; what is reported is the median over the runs.
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

    /// What Mainstay may add, as `ops/objectives.md` has it, in milliseconds.
    static let aim = (first: StreamBenchFigures.Times(p50: 1.5, p99: 6), token: StreamBenchFigures.Times(p50: 0.4, p99: 3))

    /// - Throws: `BenchFault`; `UpFault` and `LocalStackError` when something does not start.
    func run() async throws -> [Run] {
        // A connection for each stream.
        DescriptorLimit.raise()
        return try await StreamBenchStack.with(streams: load.streams) { stack in
            func round(_ target: StreamBenchTarget, _ answers: Int) async throws -> StreamBenchFigures {
                try await StreamBenchRound(target: target, load: load, answers: answers).run()
            }
            Talk.say("warming up …")
            for target in [stack.direct, stack.through] {
                let figures = try await round(target, 1)
                // Where nothing comes through, each of many answers would be waited for in vain.
                guard figures.lost < figures.answers else {
                    throw BenchFault.refused("\(target.side.rawValue): of \(figures.answers) answers of the warm-up none was whole")
                }
            }
            var found: [Run] = []
            for number in 1...runs {
                found.append(Run(direct: try await round(stack.direct, answers), through: try await round(stack.through, answers)))
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
            .init(title: "tokens per s", kind: .number), .init(title: "answers", kind: .number), .init(title: "lost", kind: .number),
            .init(title: "token p50 of each run", kind: .json),
        ])
        func text(_ value: Double?) -> String? { value.map { String(format: "%.3f", $0) } }
        func times(_ first: [StreamBenchFigures.Times], _ token: [StreamBenchFigures.Times]) -> [String?] {
            [text(first.map(\.p50).median), text(first.map(\.p99).median), text(token.map(\.p50).median), text(token.map(\.p99).median)]
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
                [rate, "\(answers)", "\(lost)", each(figures.map(\.token))])
        }
        add("added", times(runs.compactMap(\.addedFirst), runs.compactMap(\.addedToken)), [nil, nil, nil, each(runs.map(\.addedToken))])
        add("aim", times([aim.first], [aim.token]), [nil, nil, "0", nil])
        return table
    }

    /// How many answers were lost, on which side and how; nil when none was.
    static func losses(_ runs: [Run]) -> String? {
        func told(_ side: StreamBenchTarget.Side, _ figures: [StreamBenchFigures]) -> String? {
            let (all, unfinished) = (figures.reduce(0) { $0 + $1.answers }, figures.reduce(0) { $0 + $1.unfinished })
            let miscounted = figures.reduce(0) { $0 + $1.miscounted }
            guard unfinished + miscounted > 0 else { return nil }
            return "\(side.rawValue): \(unfinished + miscounted) of \(all) answers were lost, \(unfinished) did not end with [DONE], "
                + "\(miscounted) had another number of tokens"
        }
        let lines = [told(.direct, runs.map(\.direct)), told(.through, runs.map(\.through))].compactMap(\.self)
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }
}
