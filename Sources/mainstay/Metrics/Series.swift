import CoreMetrics
import Synchronization

/// The values behind the metrics of one name and one set of labels.
enum Series {
    final class Counter: CounterHandler {
        private let count = Atomic<Int64>(0)
        var value: Int64 { count.load(ordering: .relaxed) }
        func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
        func reset() { count.store(0, ordering: .relaxed) }
    }

    final class Gauge: RecorderHandler, MeterHandler {
        private let current = Mutex<Double>(0)
        var value: Double { current.withLock { $0 } }
        func record(_ value: Int64) { record(Double(value)) }
        func record(_ value: Double) { current.withLock { $0 = value } }
        func set(_ value: Int64) { record(Double(value)) }
        func set(_ value: Double) { record(value) }
        func increment(by amount: Double) { current.withLock { $0 += amount } }
        func decrement(by amount: Double) { current.withLock { $0 -= amount } }
    }

    final class Histogram: RecorderHandler, TimerHandler {
        private struct State {
            var counts: [Int]
            var sum = 0.0
            var total = 0
        }

        let buckets: [Double]
        private let state: Mutex<State>

        init(buckets: [Double]) {
            self.buckets = buckets
            self.state = Mutex(State(counts: [Int](repeating: 0, count: buckets.count)))
        }

        /// Counts of each bucket alone, the sum of all values, their number.
        var snapshot: (counts: [Int], sum: Double, total: Int) { state.withLock { ($0.counts, $0.sum, $0.total) } }

        func record(_ value: Int64) { record(Double(value)) }

        func record(_ value: Double) {
            let index = buckets.firstIndex { value <= $0 }
            state.withLock { state in
                if let index { state.counts[index] += 1 }
                state.sum += value
                state.total += 1
            }
        }

        func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    }
}
