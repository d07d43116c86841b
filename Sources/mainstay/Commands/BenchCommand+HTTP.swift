import ArgumentParser
import Foundation

extension BenchCommand {
    /// `mainstay bench http`: what the ingress takes in.
    struct HTTP: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "http",
            abstract: "Measure enqueueing over HTTP beside an empty route of the same server.",
            discussion: """
                Starts private servers and, in this process, the ingress as `serve` runs it, and loads one route after the other with wrk:
                closed loop, so many connections, each request with a token. No worker takes the jobs away: they share no core with
                what is measured.

                  empty     GET /, no token, no middleware: a bare Hummingbird server with the same settings
                  post      POST /, the body of `stream` read by the bare server and answered as `stream` is
                  stream    the document of `ledger`, accepted by the stream (a route of this command alone)
                  ledger    POST /v1/tickets, group commit
                  profile   POST /v1/build-profiles, accepted by the stream, with all of its checks

                EXAMPLES
                  mainstay bench http
                  mainstay bench http --seconds 10 --runs 5 --json
                  mainstay bench http --routes empty,ledger --connections 256
                """)

        @OptionGroup var output: OutputOptions
        @Option(help: "Requests under way at once.") var connections = 64
        @Option(help: "Seconds of one measurement.") var seconds = 5
        @Option(help: "Seconds that each route is loaded before the first measurement.") var warmUp = 2
        @Option(help: "Measurements of each route, in turn; medians are shown.") var runs = 3
        @Option(help: "Which routes, separated by commas; `empty` comes first, for the others are compared with it.")
        var routes = BenchIngress.Route.allCases.map(\.rawValue).joined(separator: ",")

        func validate() throws {
            guard (1...10_000).contains(connections) else { throw ValidationError("--connections takes 1 to 10000") }
            guard (1...3600).contains(seconds), (0...3600).contains(warmUp) else {
                throw ValidationError("--seconds takes 1 to 3600, --warm-up 0 to 3600")
            }
            guard (1...1000).contains(runs) else { throw ValidationError("--runs takes 1 to 1000") }
            _ = try chosenRoutes()
        }

        func run() async throws {
            let bench = HTTPBench(routes: try chosenRoutes(), connections: connections, seconds: seconds, warmUp: warmUp, runs: runs)
            output.print(HTTPBench.table(try await bench.run()))
        }

        private func chosenRoutes() throws -> [BenchIngress.Route] {
            let words = Set(routes.split(separator: ",").map(String.init))
            let known = BenchIngress.Route.allCases
            if let stranger = words.sorted().first(where: { BenchIngress.Route(rawValue: $0) == nil }) {
                throw ValidationError("\"\(stranger)\" is no route; there are \(known.map(\.rawValue).joined(separator: ", "))")
            }
            guard !words.isEmpty else { throw ValidationError("--routes names none") }
            return known.filter { words.contains($0.rawValue) }
        }
    }
}
