import MetricsTestKit
import Testing
import Web

@testable import Inference

/// What is measured of a client's stream, and what is not.
@Suite("A stream that is watched") struct StreamWatchTests {
    private let factory = TestMetrics()
    private var metrics: StreamMetrics { StreamMetrics(factory: factory) }

    private func entry(_ number: UInt64, _ event: RunEvent, ago microseconds: Int64? = nil) -> RunLogEntry {
        var entry = RunLogEntry(id: RunEventID(epoch: 1, number: number), payload: event.payload)
        entry.receivedAt = microseconds.map { ReceiptTime(microseconds: ReceiptTime.now.microseconds - $0) }
        return entry
    }

    private func text(_ number: UInt64, ago microseconds: Int64? = nil) -> RunLogEntry {
        entry(number, .chunk(StreamChunk(.text, "a")), ago: microseconds)
    }

    private func write(_ entries: [RunLogEntry], to watch: inout StreamWatch) {
        watch.wrote(entries, as: entries.map(RunStream.frame))
    }

    private func values(_ name: String) throws -> [Double] { try factory.expectRecorder("mainstay_stream_\(name)_seconds").values }

    @Test("the first output is the time to the first token, the others are tokens; what is no output is neither")
    func live() throws {
        var watch = StreamWatch(metrics, after: nil, asked: .now)
        write([entry(1, .stepStarted(step: 1), ago: 2_000), text(2, ago: 2_000)], to: &watch)
        write([text(3, ago: 1_000), entry(4, .toolCallDelta(ToolCallDelta(index: 0, arguments: "{")), ago: 1_000)], to: &watch)
        write([entry(5, .usage(TokenUsage(input: 1)), ago: 500), entry(6, .cancelled, ago: 500)], to: &watch)
        let first = try values("ttft_overhead")
        #expect(first.count == 1 && first[0] >= 0.002 && first[0] < 1)
        let later = try values("token_overhead")
        #expect(later.count == 2 && later.allSatisfy { $0 >= 0.001 && $0 < 1 })
        #expect(try values("resume").isEmpty)
    }

    @Test("of a resumed stream the first replayed frame is timed, once, and its live outputs are tokens")
    func resumed() throws {
        var watch = StreamWatch(metrics, after: RunEventID(epoch: 1, number: 1), asked: ContinuousClock.now - .milliseconds(7))
        write([text(2), text(3)], to: &watch)
        write([text(4)], to: &watch)
        write([text(5, ago: 1_000)], to: &watch)
        let resumes = try values("resume")
        #expect(resumes.count == 1 && resumes[0] >= 0.007 && resumes[0] < 1)
        #expect(try values("ttft_overhead").isEmpty)
        #expect(try values("token_overhead").count == 1)
    }

    @Test("a client that had everything resumes nothing: how long the provider was silent is not our time")
    func nothingToReplay() throws {
        var watch = StreamWatch(metrics, after: RunEventID(epoch: 1, number: 1), asked: ContinuousClock.now - .seconds(9))
        write([text(2, ago: 1_000)], to: &watch)
        write([text(3)], to: &watch)
        #expect(try values("resume").isEmpty)
    }

    @Test("a gap is what a resumed stream begins with, where there is one")
    func gap() throws {
        var watch = StreamWatch(metrics, after: RunEventID(epoch: 1, number: 1), asked: .now)
        watch.replayed()
        write([text(9)], to: &watch)
        #expect(try values("resume").count == 1)
    }

    @Test("a first output that nobody waited for is replay, and the next one is no first")
    func joinedLate() throws {
        var watch = StreamWatch(metrics, after: nil, asked: nil)
        write([text(1), text(2)], to: &watch)
        write([text(3, ago: 100)], to: &watch)
        #expect(try values("ttft_overhead").isEmpty)
        #expect(try values("token_overhead").count == 1)
    }

    @Test("an output from the future tells of two clocks, and is no time")
    func skew() throws {
        var watch = StreamWatch(metrics, after: nil, asked: nil)
        write([text(1, ago: -60_000_000)], to: &watch)
        #expect(try values("ttft_overhead").isEmpty)
        #expect(try factory.expectCounter("mainstay_stream_skewed_total").totalValue == 1)
    }
}
