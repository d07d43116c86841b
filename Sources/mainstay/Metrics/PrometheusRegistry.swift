import CoreMetrics
import Synchronization

/// Collects what the process reports through swift-metrics and writes it in Prometheus's text format.
///
/// Counters are counters. A recorder that aggregates, and every timer, is a histogram, in seconds unless its label has a shape of its
/// own (``HistogramShape``); a recorder that does not, and every meter, is a gauge. Series live as long as the process: labels here are kinds, routes and queues, never tenants.
///
/// Source: Prometheus, "Exposition formats", text format 0.0.4.
final class PrometheusRegistry: MetricsFactory, Sendable {
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
        let shape = HistogramShape.of(label)
        let key = Self.key(shape.name, dimensions)
        return state.withLock { state in
            if let found = state.histograms[key] { return found }
            let made = Series.Histogram(buckets: shape.buckets)
            state.histograms[key] = made
            return made
        }
    }

    /// The whole exposition: what was reported, names in order, then `samples`, whose names nobody reports.
    func text(with samples: [Sample] = []) -> String {
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
            for (key, histogram) in series { lines += Self.lines(of: histogram, name: name, labels: key.labels) }
        }
        return (lines + Self.lines(of: samples)).joined(separator: "\n") + "\n"
    }

    private static func lines(of histogram: Series.Histogram, name: String, labels: String) -> [String] {
        let (counts, sum, total) = histogram.snapshot
        var lines: [String] = []
        var cumulative = 0
        for (bound, count) in zip(histogram.buckets, counts) {
            cumulative += count
            lines.append("\(name)_bucket\(braces(labels, "le=\"\(bound)\"")) \(cumulative)")
        }
        lines.append("\(name)_bucket\(braces(labels, "le=\"+Inf\"")) \(total)")
        lines.append("\(name)_sum\(braces(labels)) \(sum)")
        lines.append("\(name)_count\(braces(labels)) \(total)")
        return lines
    }

    /// All samples of one name stand together under its type, as the format wants it.
    private static func lines(of samples: [Sample]) -> [String] {
        var lines: [String] = []
        for (name, group) in Dictionary(grouping: samples, by: \.name).sorted(by: { $0.key < $1.key }) {
            guard let kind = group.first?.kind else { continue }
            lines.append("# TYPE \(name) \(kind.rawValue)")
            for sample in group { lines.append("\(name)\(braces(written(sample.dimensions))) \(sample.value)") }
        }
        return lines
    }

    private static func byName<Value>(_ series: [Key: Value]) -> [(String, [(Key, Value)])] {
        Dictionary(grouping: series.map { ($0.key, $0.value) }, by: \.0.name)
            .mapValues { $0.sorted { $0.0.labels < $1.0.labels } }
            .sorted { $0.key < $1.key }
    }

    private static func key(_ label: String, _ dimensions: [(String, String)]) -> Key {
        Key(name: plain(label), labels: written(dimensions))
    }

    /// OpenTelemetry's names have dots, the format has none.
    private static func plain(_ name: String) -> String {
        String(name.map { $0.isLetter || $0.isNumber || $0 == "_" ? $0 : "_" })
    }

    private static func written(_ labels: [(String, String)]) -> String {
        labels.map { "\(plain($0.0))=\"\(escaped($0.1))\"" }.joined(separator: ",")
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private static func braces(_ labels: String, _ more: String = "") -> String {
        let all = [labels, more].filter { !$0.isEmpty }.joined(separator: ",")
        return all.isEmpty ? "" : "{\(all)}"
    }
}
