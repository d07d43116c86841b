import ArgumentParser
import Foundation
import Testing

@testable import mainstay

@Suite struct StreamBenchTests {
    // MARK: What is read

    /// An event stream with two stamps, and much that looks like one.
    private static let stream = [
        ": a comment @1;", "event: @2;", #"data: {"delta":{"role":"assistant","content":"@;@x;@12a;@@"}}"#, "",
        #"data: {"delta":{"content":"Hel@1700000000000000001;"}}"#, "", "data:{\"content\":\"lo @@1700000000000000002;\"}\r", "\r",
        "data: {\"content\":\"[DONE]\"}", "", "data: [DONE]\r", "", "",
    ].joined(separator: "\n")

    private static let sightings: [StreamBenchStamps.Sighting] = [
        .stamp(1_700_000_000_000_000_001), .stamp(1_700_000_000_000_000_002), .done,
    ]

    @Test("stamps and the end mark are found wherever the bytes are cut, and in lines of data alone", arguments: [1, 2, 3, 7, 16, 61, 1000])
    func stamps(size: Int) {
        let bytes = Array(Self.stream.utf8)
        var stamps = StreamBenchStamps()
        var found: [StreamBenchStamps.Sighting] = []
        for start in stride(from: 0, to: bytes.count, by: size) { found += stamps.read(bytes[start..<min(start + size, bytes.count)]) }
        #expect(found == Self.sightings)
    }

    @Test("two tokens that came in one event are two", arguments: [("data: a@1;b@2;\n", 2), ("data: @12345678901234567890;\n", 0)])
    func merged(text: String, count: Int) {
        var stamps = StreamBenchStamps()
        let found = stamps.read(text.utf8)
        #expect(found.count == count)
    }

    @Test("an error is kept as it begins, wherever the bytes are cut", arguments: [1, 4, 1000])
    func error(size: Int) {
        let bytes = Array("data: a@1;\n\ndata: {\"error\":{\"message\":\"no @2;\"}}\n\ndata: {\"errors\":0,\"error\":1}\n".utf8)
        var stamps = StreamBenchStamps()
        var found: [StreamBenchStamps.Sighting] = []
        for start in stride(from: 0, to: bytes.count, by: size) { found += stamps.read(bytes[start..<min(start + size, bytes.count)]) }
        #expect(found == [.stamp(1), .fault(Array(#"{"error":{"message":"no @2;"}}"#.utf8))])
        let long = stamps.read(#"data:{"error":"\#(String(repeating: "e", count: 900))"}\#n"#.utf8)
        #expect(long == [.fault(Array((#"{"error":""# + String(repeating: "e", count: 290)).utf8))])
    }

    @Test("only a line of its own is the end mark", arguments: ["data: [DONE]x\n", "data: x[DONE]\n", ": [DONE]\n", "data: [DONE\n", "data: [DONE]"])
    func noMark(text: String) {
        var stamps = StreamBenchStamps()
        let found = stamps.read(text.utf8)
        #expect(found.isEmpty)
    }

    @Test("the first token counts from the request, each token from its stamp")
    func times() {
        var reading = StreamBenchReading(asked: 1000)
        reading.head(status: 200)
        reading.body("data: a@1500;b@1600;\n\n".utf8, at: 2000)
        reading.body("data: c@2500;\n\ndata: [DONE]\n\n".utf8, at: 2600)
        #expect(reading.answer == StreamBenchAnswer(status: 200, firstToken: 1000, transits: [500, 400, 100], isDone: true))
    }

    @Test("of an answer with another status the beginning of the body is kept, and nothing is timed")
    func refusal() {
        var reading = StreamBenchReading(asked: 0)
        reading.head(status: 503)
        for _ in 0..<4 { reading.body(String(repeating: "data: @1;\n", count: 10).utf8, at: 5) }
        #expect(reading.answer.fault.count == 300 && reading.answer.fault.starts(with: "data: @1;".utf8))
        #expect(reading.answer.transits.isEmpty && !reading.answer.isDone)
    }

    @Test("an answer is lost with another status, without its end mark, given up, and with fewer or more tokens than were asked for")
    func losses() {
        let whole = StreamBenchAnswer(status: 200, firstToken: 1, transits: [1, 1], isDone: true)
        #expect(whole.loss(of: 2) == nil)
        #expect(whole.loss(of: 3) == .miscounted && whole.loss(of: 1) == .miscounted)
        #expect(StreamBenchAnswer(status: 200, firstToken: 1, transits: [1, 1]).loss(of: 2) == .unfinished)
        #expect(StreamBenchAnswer().loss(of: 0) == .unfinished, "the connection broke")
        #expect(StreamBenchAnswer(status: 503).loss(of: 0) == .refused(status: 503))
        #expect(StreamBenchAnswer(status: 200, transits: [1], isGivenUp: true).loss(of: 2) == .givenUp)
    }

    // MARK: What is asked

    @Test("streams begin at even distances over one answer")
    func starts() {
        let load = StreamBenchLoad(streams: 4, tokens: 40, gap: 50)
        #expect(load.starts == [.zero, .milliseconds(500), .seconds(1), .milliseconds(1500)])
        #expect(StreamBenchLoad(streams: 1, tokens: 40, gap: 50).starts == [.zero])
    }

    @Test(
        "the warm-up asks for 64 answers or more, short ones where a stream needs several",
        arguments: [(1, 64, 8), (3, 22, 8), (50, 2, 8), (63, 2, 8), (64, 1, 40), (1000, 1, 40)])
    func warmUp(streams: Int, answers: Int, tokens: Int) {
        let warmUp = StreamBenchLoad(streams: streams, tokens: 40, gap: 50).warmUp
        #expect(warmUp.answers == answers && warmUp.load == StreamBenchLoad(streams: streams, tokens: tokens, gap: 50))
        #expect(StreamBenchLoad(streams: 1, tokens: 3, gap: 50).warmUp.load.tokens == 3)
    }

    @Test("the question is JSON")
    func body() throws {
        let text = StreamBenchLoad(streams: 1, tokens: 7, gap: 5).body
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let message = try #require((object?["messages"] as? [[String: Any]])?.first)
        #expect(object?["stream"] as? Bool == true)
        #expect(message["content"] as? String == "[[stamp]] [[words:7]] [[slow:5ms]] [[first:0ms]]")
    }

    @Test("an answer may be planned for ten minutes and no longer", arguments: [(10_000, 60, true), (10_000, 61, false), (61, 10_000, false)])
    func longest(tokens: Int, gap: Int, isTaken: Bool) throws {
        let words = ["--tokens", "\(tokens)", "--gap", "\(gap)"]
        guard !isTaken else {
            #expect(try BenchCommand.Streams.parse(words).tokens == tokens)
            return
        }
        let error = try #require(throws: (any Error).self) { try BenchCommand.Streams.parse(words) }
        #expect(BenchCommand.Streams.message(for: error).contains("600000 ms at the most"))
    }

    @Test("what is measured gets our settings, but no other provider or issuer")
    func environment() {
        let own = [
            "PATH": "/bin", "MAINSTAY_PARTITIONS": "4", "MAINSTAY_PROVIDER_FORMAT": "anthropic", "MAINSTAY_PROVIDERS": "a",
            "MAINSTAY_OIDC_ISSUER": "http://127.0.0.1:1", "MAINSTAY_CONFIG": "/c.yaml",
        ]
        #expect(StreamBenchStack.ownEnvironment(own) == ["PATH": "/bin", "MAINSTAY_PARTITIONS": "4"])
    }

    // MARK: What is shown

    /// One side of a run in which every token took the same time, in milliseconds.
    private func figures(first: Int64, token: Int64, lost: Int = 0) -> StreamBenchFigures {
        let whole = StreamBenchAnswer(status: 200, firstToken: first * 1_000_000, transits: [token * 1_000_000, token * 1_000_000], isDone: true)
        let cut = StreamBenchAnswer(status: 200, firstToken: 1, transits: [1])
        return StreamBenchFigures(Array(repeating: whole, count: 3) + Array(repeating: cut, count: lost), tokens: 2, seconds: 2, processor: 0.5)
    }

    @Test("times are those of whole answers, and the rate is of all tokens")
    func wholeAnswers() {
        let found = figures(first: 9, token: 2, lost: 4)
        #expect(found.first == StreamBenchFigures.Times(p50: 9, p99: nil))
        #expect(found.token == StreamBenchFigures.Times(p50: 2, p99: nil))
        #expect(found.rate == 5 && found.answers == 7 && found.cores == 0.25)
        #expect(found.lost == 4 && found.losses == [.unfinished: 4])
        let nothing = StreamBenchFigures([], tokens: 2, seconds: 1)
        #expect(nothing.first == nil && nothing.token == nil && nothing.lost == 0)
    }

    @Test(
        "percentiles are by nearest rank, and of fewer than a hundred there is no p99",
        arguments: [(1, 1, nil), (2, 1, nil), (3, 2, nil), (99, 50, nil), (100, 50, 99), (101, 51, 100), (200, 100, 198), (1000, 500, 990)])
    func percentiles(count: Int, middle: Double, high: Double?) {
        let times = StreamBenchFigures.Times((1...count).reversed().map { Int64($0) * 1_000_000 })
        #expect(times == StreamBenchFigures.Times(p50: middle, p99: high))
    }

    @Test("the nearest rank is one of those that there are")
    func nearestRank() {
        #expect([Int]().nearestRank(percent: 50) == nil)
        #expect([7].nearestRank(percent: 0) == 7 && [7].nearestRank(percent: 100) == 7)
        #expect((1...10).map(\.self).nearestRank(percent: 99) == 10 && [1, 2, 3, 4].nearestRank(percent: 25) == 1)
    }

    @Test("of a p99 that one side does not have there is no difference")
    func difference() {
        typealias Times = StreamBenchFigures.Times
        #expect(Times(p50: 3, p99: 9) - Times(p50: 1, p99: 2) == Times(p50: 2, p99: 7))
        #expect(Times(p50: 3, p99: nil) - Times(p50: 1, p99: 2) == Times(p50: 2, p99: nil))
    }

    @Test("what is added is the difference in the same run, and the median is that of the differences")
    func table() throws {
        let runs = [
            StreamBench.Run(direct: figures(first: 10, token: 1), through: figures(first: 12, token: 4)),
            .init(direct: figures(first: 50, token: 1), through: figures(first: 51, token: 2, lost: 1)),
            .init(direct: figures(first: 20, token: 9), through: figures(first: 29, token: 10)),
        ]
        let object = try JSONSerialization.jsonObject(with: Data(StreamBench.table(runs).json.utf8)) as? [String: Any]
        #expect(object?["version"] as? Int == 1)
        let rows = try #require(object?["rows"] as? [[String: Any]])
        #expect(rows.map { $0["side"] as? String } == ["direct", "through", "added", "aim"])
        #expect(rows.map { $0["ttft_p50_ms"] as? Double } == [20, 29, 2, 1.5])
        #expect(rows.map { $0["token_p50_ms"] as? Double } == [1, 4, 1, 0.4])
        #expect(rows.map { $0["token_p99_ms"] as? Double } == [nil, nil, nil, 3])
        #expect(rows.map { $0["client_cores"] as? Double } == [0.25, 0.25, nil, nil])
        #expect(rows[2]["token_p50_of_each_run"] as? [Double] == [3, 1, 1])
        #expect(rows[0]["answers"] as? Int == 9 && rows[0]["lost"] as? Int == 0)
        #expect(rows[1]["answers"] as? Int == 10 && rows[1]["lost"] as? Int == 1 && rows[3]["lost"] as? Int == 0)
        #expect(rows[2]["lost"] is NSNull && rows[3]["tokens_per_s"] is NSNull)
    }

    @Test("losses are told with their side and their reasons, and none is no word")
    func losing() throws {
        #expect(StreamBench.losses([.init(direct: figures(first: 1, token: 1), through: figures(first: 1, token: 1))]) == nil)
        let refused = StreamBenchFigures(
            [StreamBenchAnswer(status: 503, fault: Array("full".utf8)), StreamBenchAnswer(isGivenUp: true)], tokens: 2, seconds: 1)
        let text = try #require(
            StreamBench.losses([
                .init(direct: figures(first: 1, token: 1), through: figures(first: 1, token: 1, lost: 2)),
                .init(direct: figures(first: 1, token: 1), through: refused),
            ]))
        let reasons = "1 did not end in time, 1 had status 503, 2 did not end with [DONE]"
        #expect(text == "through: 4 of 7 answers were lost: \(reasons); the first error began: full")
    }

    @Test("a side of which no answer was whole has no times, and nothing is added to what is not known")
    func unknown() throws {
        let lost = StreamBenchFigures([StreamBenchAnswer()], tokens: 2, seconds: 1)
        let table = StreamBench.table([.init(direct: figures(first: 1, token: 1), through: lost)])
        for row in table.rows[1...2] { #expect(row[1...4].allSatisfy { $0 == nil }) }
        #expect(table.rows[1].last == "[null]")
    }
}
