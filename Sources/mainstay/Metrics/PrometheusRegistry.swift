import CoreMetrics
import Synchronization

/// Collects what the process reports through swift-metrics and writes it in Prometheus's text format.
///
/// Counters are counters. A recorder that aggregates, and every timer, is a histogram in seconds; a recorder that does not, and
/// every meter, is a gauge. Series live as long as the process: labels here are kinds, routes and queues, never tenants.
///
/// Source: Prometheus, "Exposition formats", text format 0.0.4.
final class PrometheusRegistry: MetricsFactory, Sendable {
    /// Upper bounds in seconds: from a fast statement to a long run.
    static let buckets: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
    ]

    private struct Key: Hashable {
        let name: String
        let labels: String
    }

    private struct State {
        var counters: [Key: Series.Counter] = [:]
        var gauges: [Key: Series.Gauge] = [:]
        var histograms: [Key: Series.Histogram] = [:]
    }

    private let state = Mutex(State())

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let key = Self.key(label, dimensions)
        return state.withLock { state in
            if let found = state.counters[key] { return found }
            let made = Series.Counter()
            state.counters[key] = made
            return made
        }
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { return histogram(label, dimensions) }
        return gauge(label, dimensions)
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { gauge(label, dimensions) }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { histogram(label, dimensions) }

    // Series are few and live as long as the process.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> Series.Gauge {
        let key = Self.key(label, dimensions)
        return state.withLock { state in
            if let found = state.gauges[key] { return found }
            let made = Series.Gauge()
            state.gauges[key] = made
            return made
        }
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> Series.Histogram {
        let key = Self.key(label, dimensions)
        return state.withLock { state in
            if let found = state.histograms[key] { return found }
            let made = Series.Histogram(buckets: Self.buckets)
            state.histograms[key] = made
            return made
        }
    }

    /// The whole exposition, names in order.
    func text() -> String {
        let (counters, gauges, histograms) = state.withLock { ($0.counters, $0.gauges, $0.histograms) }
        var lines: [String] = []
        for (name, series) in Self.byName(counters) {
            lines.append("# TYPE \(name) counter")
            for (key, counter) in series { lines.append("\(name)\(Self.braces(key.labels)) \(counter.value)") }
        }
        for (name, series) in Self.byName(gauges) {
            lines.append("# TYPE \(name) gauge")
            for (key, gauge) in series { lines.append("\(name)\(Self.braces(key.labels)) \(gauge.value)") }
        }
        for (name, series) in Self.byName(histograms) {
            lines.append("# TYPE \(name) histogram")
            for (key, histogram) in series {
                let (counts, sum, total) = histogram.snapshot
                var cumulative = 0
                for (bound, count) in zip(Self.buckets, counts) {
                    cumulative += count
                    lines.append("\(name)_bucket\(Self.braces(key.labels, "le=\"\(bound)\"")) \(cumulative)")
                }
                lines.append("\(name)_bucket\(Self.braces(key.labels, "le=\"+Inf\"")) \(total)")
                lines.append("\(name)_sum\(Self.braces(key.labels)) \(sum)")
                lines.append("\(name)_count\(Self.braces(key.labels)) \(total)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func byName<Value>(_ series: [Key: Value]) -> [(String, [(Key, Value)])] {
        Dictionary(grouping: series.map { ($0.key, $0.value) }, by: \.0.name)
            .mapValues { $0.sorted { $0.0.labels < $1.0.labels } }
            .sorted { $0.key < $1.key }
    }

    private static func key(_ label: String, _ dimensions: [(String, String)]) -> Key {
        let name = String(label.map { $0.isLetter || $0.isNumber || $0 == "_" ? $0 : "_" })
        let labels = dimensions.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
        return Key(name: name, labels: labels)
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private static func braces(_ labels: String, _ more: String = "") -> String {
        let all = [labels, more].filter { !$0.isEmpty }.joined(separator: ",")
        return all.isEmpty ? "" : "{\(all)}"
    }
}
