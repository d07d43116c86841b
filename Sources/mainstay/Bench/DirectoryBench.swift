import Foundation
import LocalStack
import Metrics

/// Requests to a large directory and their times, kind by kind: what `mainstay bench directory` measures.
///
/// The kinds are loaded in turn, round after round, so that a slow moment of the machine hits all of them. Each request of a round is for
/// another word or another agent than the one before, and each round has words and agents of its own, so that no cache of one answer
/// flatters. What is reported is the median over the rounds.
struct DirectoryBench: Sendable {
    let requests: [DirectoryBenchRequest]
    /// Published ones.
    let agents: Int
    /// Requests under way at once.
    let connections: Int
    /// Of one measurement.
    let seconds: Int
    let warmUp: Int
    let runs: Int
    /// Of one measurement, one after the other.
    let forks: Int

    /// What one measurement came to.
    struct Figure: Sendable, Equatable {
        /// Requests a second.
        let rate: Double
        /// Milliseconds.
        let p50: Double
        let p99: Double
        let max: Double
        /// The load generator's; nil where there was none.
        let cores: Double?
    }

    /// One kind's figures over all rounds.
    struct Row: Sendable, Equatable {
        let request: DirectoryBenchRequest
        var figures: [Figure] = []
    }

    /// - Throws: `BenchFault`; `LocalStackError` when the servers do not start; `PostgresError` when the agents cannot be published.
    func run() async throws -> [Row] {
        let generator = try LoadGenerator(connections: connections)
        // As `serve` has it: what counts requests is part of their price.
        MetricsSystem.bootstrap(PrometheusRegistry())
        return try await BenchServers.with(.standard) { servers in
            let database = DirectoryBenchDatabase(servers)
            let library = DirectoryBenchLibrary(agents: agents)
            Talk.say("publishing \(agents) agents …")
            try await library.publish(in: database) { Talk.say("  \($0) of \(agents)") }
            return try await DirectoryBenchIngress.with(database) { ingress in
                let questions = DirectoryBenchQuestions(library: library, cursors: try await .found(by: ingress.client))
                return try await measured(questions, ingress, generator)
            }
        }
    }

    private func measured(_ questions: DirectoryBenchQuestions, _ ingress: DirectoryBenchIngress, _ generator: LoadGenerator) async throws -> [Row] {
        for request in requests where request != .fork && warmUp > 0 {
            _ = try await load(request, round: 0, seconds: warmUp, questions, ingress, generator)
        }
        var rows = requests.map { Row(request: $0) }
        for round in 1...runs {
            for index in rows.indices {
                let request = rows[index].request
                rows[index].figures.append(
                    request == .fork
                        ? try await DirectoryBenchForks(paths: questions.paths(.fork, round: round, count: forks + 1)).run(on: ingress)
                        : try await load(request, round: round, seconds: seconds, questions, ingress, generator))
            }
            Talk.say("  \(round) of \(runs)")
        }
        return rows
    }

    private func load(
        _ request: DirectoryBenchRequest, round: Int, seconds: Int, _ questions: DirectoryBenchQuestions, _ ingress: DirectoryBenchIngress,
        _ generator: LoadGenerator
    ) async throws -> Figure {
        do {
            let found = try await generator.run(ingress.target(questions.paths(request, round: round)), seconds: seconds)
            return Figure(rate: found.rate, p50: found.p50, p99: found.p99, max: found.max, cores: found.cores)
        } catch BenchFault.refused(let what) {
            throw BenchFault.refused("\(request.rawValue): \(what)")
        }
    }

    // MARK: What is shown

    /// The rows as every command prints them. Each run's p99 stands beside the medians, for it is what the targets are about.
    static func table(_ rows: [Row]) -> Table {
        var table = Table([
            .init(title: "request"), .init(title: "requests per s", kind: .number), .init(title: "p50 ms", kind: .number),
            .init(title: "p99 ms", kind: .number), .init(title: "max ms", kind: .number), .init(title: "generator cores", kind: .number),
            .init(title: "p99 of each run", kind: .json),
        ])
        func text(_ value: Double?, _ format: String = "%.2f") -> String? { value.map { String(format: format, $0) } }
        for row in rows {
            let each = row.figures.map { String(format: "%.2f", $0.p99) }.joined(separator: ",")
            table.rows.append([
                row.request.rawValue, text(row.figures.map(\.rate).median, "%.0f"), text(row.figures.map(\.p50).median),
                text(row.figures.map(\.p99).median), text(row.figures.map(\.max).median), text(row.figures.compactMap(\.cores).median), "[\(each)]",
            ])
        }
        return table
    }
}
