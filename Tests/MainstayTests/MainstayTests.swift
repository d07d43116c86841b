import Configuration
import CoreMetrics
import Foundation
import Jobs
import Testing

@testable import mainstay

@Suite struct SettingsTests {
    private static var readme: String {
        get throws {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            return try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        }
    }

    @Test("the README's configuration reference is this release's, word for word")
    func reference() throws {
        let readme = try Self.readme
        for setting in SettingsReference.all {
            let row = "| `\(setting.variable)` | \(setting.standard.map { "`\($0)`" } ?? "–") | \(setting.summary) |"
            #expect(readme.contains(row), "the README lacks the row: \(row)")
        }
        let rows = readme.split(separator: "\n").filter { $0.hasPrefix("| `MAINSTAY_") }
        #expect(rows.count == SettingsReference.all.count, "the README knows settings that there are not")
    }

    @Test("a variable wins over the file, the file over the default, and an empty variable is none")
    func precedence() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString).yaml")
        try "http:\n  port: 9001\n  host: 0.0.0.0\nlease:\n  seconds: 4\n".write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let settings = try await Settings.load(file: file.path, environment: ["MAINSTAY_HTTP_PORT": "9002", "MAINSTAY_HTTP_HOST": ""])
        #expect(try settings.number("http.port", in: 1...65535) == 9002)
        #expect(settings.text("http.host") == "0.0.0.0")
        #expect(try settings.jobs().lease == .seconds(4))
        #expect(try settings.number("batch.size", in: 1...1000) == 500)
    }

    @Test("a workspace's bound in a queue has no number of its own unless it is set")
    func workspaceBound() async throws {
        #expect(try await Settings.load(environment: ["MAINSTAY_MULTI_USER": "true"]).jobs().workspaceBacklogBound == nil)
        let alone = try await Settings.load(environment: ["MAINSTAY_BACKLOG_BOUND": "10"]).jobs()
        #expect(alone.workspaceBacklogBound == 10, "nobody is to be protected from the only workspace")
        let set = try await Settings.load(environment: ["MAINSTAY_BACKLOG_BOUND": "10", "MAINSTAY_BACKLOG_WORKSPACE_BOUND": "10"]).jobs()
        #expect(set.backlogBound == 10 && set.workspaceBacklogBound == 10)
        let wrong = try await Settings.load(environment: ["MAINSTAY_BACKLOG_WORKSPACE_BOUND": "0"])
        #expect(throws: Settings.Faults.self) { try wrong.jobs() }
    }

    @Test("all wrong numbers are told at once, each with its variable, what was found and what is wanted")
    func faults() async throws {
        let settings = try await Settings.load(environment: ["MAINSTAY_LEASE_SECONDS": "soon", "MAINSTAY_BATCH_SIZE": "0"])
        let error = #expect(throws: Settings.Faults.self) { try settings.jobs() }
        #expect(error?.faults.count == 2)
        #expect(error?.description.contains("MAINSTAY_LEASE_SECONDS is \"soon\"") == true)
    }

    @Test("a key for operators' sessions is long, or is none")
    func operationsKey() async throws {
        let none = try await Settings.load(environment: [:])
        #expect(try none.operationsKey() == nil)
        let short = try await Settings.load(environment: ["MAINSTAY_OPERATIONS_KEY": "short"])
        #expect(throws: Settings.Faults.self) { try short.operationsKey() }
        let long = String(repeating: "k", count: 32)
        let good = try await Settings.load(environment: ["MAINSTAY_OPERATIONS_KEY": long])
        #expect(try good.operationsKey() == long)
    }

    @Test("a file that is not there is a clear fault")
    func missingFile() async {
        await #expect(throws: Settings.Faults.self) { _ = try await Settings.load(file: "/no/such/file.yaml", environment: [:]) }
    }
}

@Suite struct TableTests {
    private var table: Table {
        var table = Table("name", "#count", "note")
        table.rows = [["a", "5", nil], ["longer", "1200", "two\nlines, \"quoted\""]]
        return table
    }

    @Test("texts are aligned to the left, numbers to the right, and what is not known is a dash")
    func text() {
        #expect(
            table.text == """
                name    count  note
                ──────  ─────  ───────────────────
                a           5  –
                longer   1200  two lines, "quoted"
                """)
    }

    @Test("JSON carries a version, numbers as numbers, and null for what is not known")
    func json() throws {
        let object = try JSONSerialization.jsonObject(with: Data(table.json.utf8)) as? [String: Any]
        let rows = object?["rows"] as? [[String: Any]]
        #expect(object?["version"] as? Int == 1)
        #expect(rows?[0]["count"] as? Int == 5 && rows?[0]["note"] is NSNull)
        #expect(rows?[1]["note"] as? String == "two\nlines, \"quoted\"")
    }

    @Test("a cell is bare JSON where its text is of its column's kind, and a string otherwise")
    func cells() {
        let cases: [(cell: String, kind: Table.Column.Kind, json: String)] = [
            ("5", .number, "5"), ("-0.50", .number, "-0.50"), ("1e+20", .number, "1e+20"), ("NaN", .number, "\"NaN\""),
            ("Infinity", .number, "\"Infinity\""), ("007", .number, "\"007\""), ("5 ", .number, "\"5 \""), ("5", .text, "\"5\""),
            ("true", .boolean, "true"), ("t", .boolean, "\"t\""), ("true", .text, "\"true\""), ("[1]", .json, "[1]"), ("null", .json, "null"),
            ("{", .json, "\"{\""),
        ]
        for (cell, kind, json) in cases { #expect(Table.value(cell, kind) == json, "\(cell) as \(kind)") }
        #expect(Table.value(nil, .number) == "null")
    }

    @Test("CSV quotes what needs quoting")
    func csv() {
        #expect(table.csv.hasSuffix("longer,1200,\"two\nlines, \"\"quoted\"\"\""))
    }
}

@Suite struct PrometheusTests {
    @Test("counters, gauges and histograms are written as the format wants them")
    func format() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: "jobs_total", dimensions: [("kind", "a\"b")]).increment(by: 3)
        registry.makeCounter(label: "jobs_total", dimensions: [("kind", "a\"b")]).increment(by: 1)
        registry.makeMeter(label: "waiting", dimensions: []).set(2.5)
        let seconds = registry.makeRecorder(label: "took_seconds", dimensions: [], aggregate: true)
        seconds.record(0.003)
        seconds.record(1000.0)
        let lines = registry.text().split(separator: "\n").map(String.init)
        #expect(lines.contains("# TYPE jobs_total counter"))
        #expect(lines.contains("jobs_total{kind=\"a\\\"b\"} 4"))
        #expect(lines.contains("waiting 2.5"))
        #expect(lines.contains("took_seconds_bucket{le=\"0.0025\"} 0"))
        #expect(lines.contains("took_seconds_bucket{le=\"0.005\"} 1"))
        #expect(lines.contains("took_seconds_bucket{le=\"+Inf\"} 2"))
        #expect(lines.contains("took_seconds_count 2"))
    }

    @Test("a name of OpenTelemetry is written as Prometheus wants it, with its unit, its own buckets and plain labels")
    func openTelemetry() {
        let registry = PrometheusRegistry()
        let dimensions = [("gen_ai.provider.name", "openai")]
        registry.makeRecorder(label: "gen_ai.client.operation.duration", dimensions: dimensions, aggregate: true).record(0.03)
        registry.makeRecorder(label: "gen_ai.client.token.usage", dimensions: dimensions, aggregate: true).record(Int64(65))
        let lines = registry.text().split(separator: "\n").map(String.init)
        #expect(lines.contains("# TYPE gen_ai_client_operation_duration_seconds histogram"))
        #expect(lines.contains("gen_ai_client_operation_duration_seconds_bucket{gen_ai_provider_name=\"openai\",le=\"0.02\"} 0"))
        #expect(lines.contains("gen_ai_client_operation_duration_seconds_bucket{gen_ai_provider_name=\"openai\",le=\"0.04\"} 1"))
        #expect(lines.contains("gen_ai_client_token_usage_bucket{gen_ai_provider_name=\"openai\",le=\"64.0\"} 0"))
        #expect(lines.contains("gen_ai_client_token_usage_bucket{gen_ai_provider_name=\"openai\",le=\"256.0\"} 1"))
    }

    @Test("buckets ascend, and every bound that an objective names is one of its histogram's, as it is written")
    func objectiveBounds() throws {
        for shape in HistogramShape.known.values { #expect(zip(shape.buckets, shape.buckets.dropFirst()).allSatisfy { $0 < $1 }, "\(shape.name)") }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let objectives = try String(contentsOf: root.appendingPathComponent("ops/slo/streams.yaml"), encoding: .utf8)
        let named = objectives.matches(of: #/(\w+)_bucket\{[^}]*le="([^"]+)"/#)
        #expect(named.count == 5)
        for match in named {
            let shape = try #require(HistogramShape.known.values.first { $0.name == match.1 })
            #expect(shape.buckets.contains { "\($0)" == match.2 }, "\(match.0)")
        }
    }

    private var backlog: Backlog {
        var backlog = Backlog()
        backlog.ready = 5
        backlog.running = 2
        backlog.acknowledged = 40
        backlog.dead = 1
        return backlog
    }

    @Test("a queue is shown by state, without those that run among those that wait, and its counters are counters")
    func queues() {
        let samples = QueueSamples.of(["tickets": backlog], queues: ["tickets"])
        let lines = PrometheusRegistry().text(with: samples).split(separator: "\n").map(String.init)
        #expect(lines.contains("# TYPE mainstay_queue_backlog_jobs gauge"))
        #expect(lines.contains("mainstay_queue_backlog_jobs{queue=\"tickets\",state=\"ready\"} 3.0"))
        #expect(lines.contains("mainstay_queue_backlog_jobs{queue=\"tickets\",state=\"running\"} 2.0"))
        #expect(lines.contains("# TYPE mainstay_queue_jobs_total counter"))
        #expect(lines.contains("mainstay_queue_jobs_total{queue=\"tickets\",outcome=\"done\"} 40.0"))
        #expect(lines.filter { $0.hasPrefix("# TYPE ") }.count == Set(lines.filter { $0.hasPrefix("# TYPE ") }).count)
    }

    @Test("the time to empty is zero where nothing is due, and absent where something is and nothing drains")
    func secondsToEmpty() {
        func seconds(_ backlog: Backlog, _ rate: Double?) -> [Double] {
            let samples = QueueSamples.of(["tickets": backlog], rates: rate.map { ["tickets": $0] } ?? [:], queues: ["tickets"])
            return samples.filter { $0.name == "mainstay_queue_seconds_to_empty" }.map(\.value)
        }
        var due = backlog
        due.parked = 15
        due.later = 1000
        #expect(seconds(due, 4) == [5], "20 are due, and what waits for its time is not among them")
        #expect(seconds(due, 0) == [] && seconds(due, nil) == [])
        var empty = Backlog()
        empty.later = 7
        #expect(seconds(empty, nil) == [0] && seconds(empty, 0) == [0])
        let samples = QueueSamples.of(["tickets": due], queues: ["tickets"])
        #expect(samples.contains(Sample(.gauge, "mainstay_queue_backlog", [("queue", "tickets")], 1020)))
    }

    @Test("a queue that cannot be measured is unknown and shows nothing else; no difference is below zero")
    func unknown() {
        let samples = QueueSamples.of([:], queues: ["tickets"])
        #expect(samples == [Sample(.gauge, "mainstay_queue_known", [("queue", "tickets")], 0)])
        var odd = backlog
        odd.running = 9
        #expect(odd.unclaimed == 0)
    }
}

@Suite struct PathWordTests {
    @Test(
        "ids and names pass; what would change the path does not",
        arguments: [("019ab-x_1.2", true), ("a/b", false), ("", false), ("a b", false), ("é", false)])
    func words(word: String, isPlain: Bool) {
        #expect(((try? PathWord.checked(word)) != nil) == isPlain)
    }
}
