import Foundation
import Jobs
import Testing

@testable import mainstay

/// What `mainstay top` draws, without a terminal.
@Suite struct TopTests {
    private static let at = Date(timeIntervalSince1970: 1_767_362_602)
    private static let job = UUID(uuid: (1, 151, 171, 0, 17, 17, 114, 34, 131, 51, 68, 68, 156, 29, 46, 63))

    private static func worker(_ name: String, state: String = "working", running: [FleetOverview.Running] = []) -> FleetOverview.Worker {
        FleetOverview.Worker(
            id: UUID(), name: name, host: "box", pid: 7, version: "0.1.0", queues: ["tickets"], startedAt: at.addingTimeInterval(-65), state: state,
            running: running, perSecond: state == "working" ? 12 : nil)
    }

    private static func overview(workers: [FleetOverview.Worker] = []) -> FleetOverview {
        FleetOverview(
            at: at,
            queues: [
                .init(
                    name: "tickets", isKnown: true, ready: 12_345, running: 500, parked: 0, later: 3, oldestAgeSeconds: 4.2, perSecond: 1203.4,
                    secondsToEmpty: 10.7, workers: 2),
                .init(name: "runs", isKnown: true, ready: 0, running: 2, parked: 0, later: 0, perSecond: 0, workers: 1),
                .init(name: "forks", isKnown: false, isPaused: true, pauseReason: "a look"),
            ], workers: workers,
            handlers: [
                .init(kind: "ticket.create", perSecond: 1200, meanSeconds: 0.031, slowestSeconds: 0.2),
                .init(kind: "run.execute", perSecond: 0.3, meanSeconds: 3.2, slowestSeconds: 12),
            ])
    }

    private func texts(_ frame: TopFrame, _ width: Int, _ height: Int? = nil) -> [String] {
        frame.lines(width: width, height: height).map(\.text)
    }

    @Test("what is known is shown as numbers, what is not as a dash and never as zero")
    func unknown() throws {
        let lines = texts(TopFrame(overview: Self.overview()), 120)
        let words = { (name: String) in lines.first { $0.hasPrefix(name) }?.split(separator: " ").map(String.init) ?? [] }
        #expect(words("tickets") == ["tickets", "12,345", "500", "0", "3", "4.2s", "1,203", "11s", "2", "open"])
        // Two run and nothing drains: when it is empty is unknown. That nothing waits is known.
        #expect(words("runs") == ["runs", "0", "2", "0", "0", "0", "–", "1", "open"])
        #expect(words("forks") == ["forks", "–", "–", "–", "–", "–", "–", "–", "–", "unknown"])
        #expect(lines.contains { $0.contains("no worker runs") })
        #expect(try #require(lines.first).contains("– done/s"), "the sum over a queue that is not known is not known")
    }

    @Test("no line is wider than the screen and no frame higher, be it ever so small", arguments: [20, 40, 80, 100, 200])
    func bounds(width: Int) {
        let running = [FleetOverview.Running(kind: "run.execute", job: Self.job, jobs: 1, seconds: 72, progress: 0.42, note: "part three")]
        let workers = (0..<40).map { Self.worker("worker-\($0)", running: running) }
        var frame = TopFrame(overview: Self.overview(workers: workers), rates: ["tickets": [nil, 1, 2, 3]])
        frame.fault = "PostgreSQL does not answer: " + String(repeating: "why ", count: 50)
        for height in 1...60 {
            let lines = frame.lines(width: width, height: height)
            #expect(lines.count <= height)
            #expect(lines.allSatisfy { $0.count <= width })
        }
    }

    @Test("workers that do not fit are counted, and the silent one is above them; the handlers keep their place")
    func more() {
        let workers = (0..<40).map { Self.worker("worker-\($0)") } + [Self.worker("quiet", state: "silent")]
        let lines = texts(TopFrame(overview: Self.overview(workers: workers)), 100, 24)
        let shown = lines.filter { $0.hasPrefix("worker-") }.count
        #expect(lines.contains { $0.hasPrefix("quiet") && $0.contains("silent") })
        #expect(lines.contains("… \(41 - 1 - shown) more"))
        #expect(lines.contains { $0.hasPrefix("run.execute") })
        #expect(lines.first?.contains("41 workers, 1 silent") == true)
    }

    @Test("the slowest handler comes first, and what a worker runs is told with its progress")
    func running() throws {
        let running = [
            FleetOverview.Running(kind: "run.execute", job: Self.job, jobs: 1, seconds: 72, progress: 0.425, note: "part three"),
            FleetOverview.Running(kind: "ticket.create", job: nil, jobs: 500, seconds: 0.31),
        ]
        let frame = TopFrame(overview: Self.overview(workers: [Self.worker("one", running: running)]))
        let lines = texts(frame, 160)
        let one = try #require(lines.first { $0.hasPrefix("one") })
        #expect(one.hasSuffix("run.execute \(Self.job.lowercased) 1m12s 43% part three, ticket.create ×500 0.3s"))
        #expect(one.contains("501"), "jobs in its hands")
        #expect(texts(frame, 110).contains { $0.contains("run.execute …9c1d2e3f 1m12s") })
        let heads = lines.indices.filter { lines[$0].hasPrefix("SLOWEST HANDLERS") }
        #expect(try lines[#require(heads.first) + 1].hasPrefix("run.execute"))
    }

    @Test("a narrow screen gives up columns and keeps what matters")
    func narrow() {
        let worker = Self.worker("one", running: [.init(kind: "run.execute", job: Self.job, jobs: 1, seconds: 72, note: "part three")])
        let wide = texts(TopFrame(overview: Self.overview(workers: [worker])), 160)
        let narrow = texts(TopFrame(overview: Self.overview(workers: [worker])), 80)
        for title in ["LATER", "WORKERS", "VERSION", "SERVES"] { #expect(wide.contains { $0.contains(title) }) }
        for title in ["QUEUE", "READY", "RUNNING", "DONE/S", "EMPTY IN", "STATE", "RUNS NOW"] { #expect(narrow.contains { $0.contains(title) }) }
        #expect(!narrow.contains { $0.contains("VERSION") || $0.contains("WORKERS") })
    }

    @Test("a name cannot move the cursor; colours come only where they are asked for")
    func escapes() {
        let worker = Self.worker("evil\u{1B}[2J\u{202E}\n", state: "dead")
        let lines = TopFrame(overview: Self.overview(workers: [worker])).lines(width: 100, height: nil)
        #expect(lines.contains { $0.text.contains("evil·[2J··") })
        #expect(!lines.contains { $0.written(colour: false).contains("\u{1B}") })
        #expect(lines.contains { $0.written(colour: true).contains("\u{1B}[1;31mdead\u{1B}[0m") })
    }

    @Test("a sparkline is scaled to its greatest, with a gap where nothing is known")
    func sparkline() {
        #expect(TopSigns.unicode.sparkline([nil, 0, 5, 10], width: 4) == " ▁▅█")
        #expect(TopSigns.unicode.sparkline([1, 0, 0], width: 2) == "▁▁")
        #expect(TopSigns.ascii.sparkline([1], width: 8) == "@")
        var history = TopHistory()
        for _ in 0..<50 { history.add(Self.overview()) }
        #expect(history.rates["tickets"]?.count == TopFrame.looks)
        #expect(history.rates["forks"]?.last == .some(nil))
    }

    @Test(
        "durations are short",
        arguments: [
            (0, "0s"), (0.31, "0.3s"), (9.96, "10s"), (59.4, "59s"), (192, "3m12s"), (18_200, "5h03m"), (200_000, "2d"), (.infinity, "?"),
        ] as [(Double, String)])
    func durations(seconds: Double, text: String) {
        #expect(TopNumber.duration(seconds) == text)
    }

    @Test("numbers are short")
    func numbers() {
        #expect([0, 999, 1000, 12_345, 1_250_000].map { TopNumber.count($0) } == ["0", "999", "1,000", "12,345", "1.2M"])
        #expect([0, 0.25, 3.14, 1203.4].map { TopNumber.rate($0) } == ["0", "0.25", "3.1", "1,203"])
        #expect([0.0004, 0.0123, 2].map { TopNumber.took($0) } == ["0.4ms", "12ms", "2.0s"])
    }

    @Test("JSON is one line a look, with snake case and small identifiers; what is not known is left out")
    func json() throws {
        let line = try TopCommand.line(Self.overview(workers: [Self.worker("one", running: [.init(kind: "k", job: Self.job, jobs: 1, seconds: 1)])]))
        #expect(line.hasSuffix("}\n") && !line.dropLast().contains("\n"))
        let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let queues = try #require(object["queues"] as? [[String: Any]])
        #expect(queues[0]["oldest_age_seconds"] as? Double == 4.2 && queues[0]["known"] as? Bool == true)
        #expect(queues[2]["ready"] == nil && queues[2]["known"] as? Bool == false && queues[2]["pause_reason"] as? String == "a look")
        #expect(line.contains("\"job\":\"\(Self.job.lowercased)\"") && line.contains("\"at\":\"2026-01-02T14:03:22Z\""))
    }

    @Test("only q, ^C and ^D quit", arguments: [(0x71, true), (0x51, true), (0x03, true), (0x04, true), (0x1B, false), (0x20, false)])
    func keys(key: UInt8, ends: Bool) {
        #expect(TopScreen.ends(key) == ends)
    }
}
