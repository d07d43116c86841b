import Foundation
import LocalStack
import Redis

/// Requests a second and their times, by route: what `mainstay bench http` measures.
///
/// The routes are loaded in turn, round after round, so that a slow moment of the machine hits all of them; a round's ratios
/// are to the empty route of the same round, and what is reported is the median over the rounds.
struct HTTPBench: Sendable {
    let routes: [BenchIngress.Route]
    let connections: Int
    /// Of one measurement.
    let seconds: Int
    let warmUp: Int
    let runs: Int

    /// One route's figures over all rounds.
    struct Row: Sendable, Equatable {
        let route: BenchIngress.Route
        var figures: [LoadGenerator.Figure] = []
        /// To the empty route, round by round.
        var ratios: [Double] = []
    }

    /// - Throws: `BenchFault`; `LocalStackError` when the servers do not start.
    func run() async throws -> [Row] {
        let generator = try LoadGenerator(connections: connections)
        return try await BenchServers.with(.standard) { servers in
            try await BenchIngress.with(servers) { ingress in
                for route in routes where warmUp > 0 { _ = try await generator.run(ingress.target(route), seconds: warmUp) }
                var rows = routes.map { Row(route: $0) }
                for round in 1...runs {
                    var empty: Double?
                    for index in rows.indices {
                        // Each measurement begins with empty queues, as the first one did.
                        _ = try await servers.ask([RedisCommand("FLUSHDB")])
                        let figure = try await generator.run(ingress.target(rows[index].route), seconds: seconds)
                        rows[index].figures.append(figure)
                        if rows[index].route == .empty { empty = figure.rate }
                        if let empty { rows[index].ratios.append(figure.rate / empty) }
                    }
                    Talk.say("  \(round) of \(runs)")
                }
                return rows
            }
        }
    }

    /// The rows as every command prints them. Each run's rate stands beside the medians.
    static func table(_ rows: [Row]) -> Table {
        var table = Table([
            .init(title: "route"), .init(title: "requests per s", kind: .number), .init(title: "of empty", kind: .number),
            .init(title: "p50 ms", kind: .number), .init(title: "p99 ms", kind: .number), .init(title: "generator cores", kind: .number),
            .init(title: "runs", kind: .json),
        ])
        func text(_ value: Double?, _ format: String) -> String? { value.map { String(format: format, $0) } }
        for row in rows {
            let rates = row.figures.map { String(format: "%.0f", $0.rate) }.joined(separator: ",")
            table.rows.append([
                row.route.rawValue, text(row.figures.map(\.rate).median, "%.0f"), text(row.ratios.median, "%.3f"),
                text(row.figures.map(\.p50).median, "%.2f"), text(row.figures.map(\.p99).median, "%.2f"),
                text(row.figures.map(\.cores).median, "%.2f"), "[\(rates)]",
            ])
        }
        return table
    }
}
