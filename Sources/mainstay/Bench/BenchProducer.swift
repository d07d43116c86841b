import Foundation
import Histogram
import Jobs
import Postgres
import Redis

/// The producing side of the benchmark.
enum BenchProducer {
    private static let partition = QueuePartition(queue: BenchTicket.kind.queue, index: 0)

    /// Runs a client for the length of `body`.
    private static func withClient<R: Sendable>(_ stack: BenchStack, _ body: @Sendable (Queue) async throws -> R) async throws -> R {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await stack.redis.run() }
            let result = try await body(stack.configuration.queue(partition, on: stack.redis))
            group.cancelAll()
            return result
        }
    }

    private static func envelope(_ number: Int, prefix: String) -> Envelope {
        let digits = String(number)
        let id = prefix + "-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        return Envelope(
            id: .version7(), workspace: BenchTicket.workspace(number), kind: BenchTicket.kind.name, version: 1,
            acceptedAt: Int64(Date().timeIntervalSince1970 * 1000), body: BenchTicket.body(id: id, number: number))
    }

    static func run(count: Int, perCall: Int, prefix: String = "job") async throws {
        let stack = try BenchStack(pool: 1)
        try await withClient(stack) { queue in
            let started = ContinuousClock.now
            for start in stride(from: 0, to: count, by: perCall) {
                let envelopes = (start..<min(start + perCall, count)).map { envelope($0, prefix: prefix) }
                try await queue.append(envelopes)
            }
            let seconds = (ContinuousClock.now - started).inSeconds
            print("{\"enqueued\":\(count),\"seconds\":\(seconds)}")
        }
    }

    static func latency(count: Int) async throws {
        let stack = try BenchStack(pool: 1)
        let watcher = try BenchWatcher()
        var generator = SystemRandomNumberGenerator()
        let run = UInt32.random(in: 0 ... .max, using: &generator)
        let histogram = try await withClient(stack) { queue in
            var histogram = Histogram<UInt64>(highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .three)
            for number in 0..<count {
                let one = envelope(number, prefix: "lat\(run)")
                let digits = String(number)
                let id = "lat\(run)-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
                let started = ContinuousClock.now
                try await queue.append([one])
                guard let seen = try await watcher.sighting(of: id, until: started + .seconds(20)) else { throw BenchFault.notSeen(id) }
                histogram.record(UInt64((seen - started).inSeconds * 1e6))
                try await Task.sleep(for: .milliseconds(Int.random(in: 5...20)))
            }
            return histogram
        }
        func milliseconds(_ percentile: Double) -> Double { Double(histogram.valueAtPercentile(percentile)) / 1000 }
        print("{\"n\":\(count),\"p50_ms\":\(milliseconds(50)),\"p99_ms\":\(milliseconds(99)),\"max_ms\":\(milliseconds(100))}")
    }
}
