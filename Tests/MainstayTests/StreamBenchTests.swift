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
        #expect(reading.answer.refusal.count == 300 && reading.answer.refusal.starts(with: "data: @1;".utf8))
        #expect(reading.answer.transits.isEmpty && !reading.answer.isDone)
    }

    @Test("an answer is lost without its end mark, and with fewer or more tokens than were asked for")
    func losses() {
        let whole = StreamBenchAnswer(status: 200, firstToken: 1, transits: [1, 1], isDone: true)
        #expect(whole.loss(of: 2) == nil)
        #expect(whole.loss(of: 3) == .miscounted && whole.loss(of: 1) == .miscounted)
        #expect(StreamBenchAnswer(status: 200, firstToken: 1, transits: [1, 1]).loss(of: 2) == .unfinished)
        #expect(StreamBenchAnswer().loss(of: 0) == .unfinished, "the connection broke")
    }

    // MARK: What is asked

    @Test("streams begin at even distances over one answer, or all at once")
    func starts() {
        let load = StreamBenchLoad(streams: 4, tokens: 40, gap: 50, isInStep: false)
        #expect(load.starts == [.zero, .milliseconds(500), .seconds(1), .milliseconds(1500)])
        #expect(StreamBenchLoad(streams: 3, tokens: 40, gap: 50, isInStep: true).starts == [.zero, .zero, .zero])
        #expect(StreamBenchLoad(streams: 1, tokens: 40, gap: 50, isInStep: false).starts == [.zero])
    }

    @Test("the question is JSON, and asks for drawn gaps unless the streams are in step")
    func body() throws {
        func words(isInStep: Bool) throws -> String {
            let text = StreamBenchLoad(streams: 1, tokens: 7, gap: 5, isInStep: isInStep).body
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            let message = try #require((object?["messages"] as? [[String: Any]])?.first)
            #expect(object?["stream"] as? Bool == true)
            return try #require(message["content"] as? String)
        }
        #expect(try words(isInStep: false) == "[[stamp]] [[words:7]] [[slow:5ms]] [[first:0ms]] [[jitter:30]]")
        #expect(try words(isInStep: true).hasSuffix("[[jitter:0]]"))
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
        return StreamBenchFigures(Array(repeating: whole, count: 3) + Array(repeating: cut, count: lost), tokens: 2, seconds: 2)
    }

    @Test("times are those of whole answers, and the rate is of all tokens")
    func wholeAnswers() {
        let found = figures(first: 9, token: 2, lost: 4)
        #expect(found.first == StreamBenchFigures.Times(p50: 9, p99: 9))
        #expect(found.token == StreamBenchFigures.Times(p50: 2, p99: 2))
        #expect(found.rate == 5 && found.answers == 7)
        #expect(found.lost == 4 && found.unfinished == 4 && found.miscounted == 0)
        let many = StreamBenchFigures.Times((1...1000).reversed().map { Int64($0) * 1_000_000 })
        #expect(many == StreamBenchFigures.Times(p50: 500, p99: 990))
        let nothing = StreamBenchFigures([], tokens: 2, seconds: 1)
        #expect(nothing.first == nil && nothing.token == nil && nothing.lost == 0)
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
        #expect(rows.map { $0["token_p99_ms"] as? Double } == [1, 4, 1, 3])
        #expect(rows[2]["token_p50_of_each_run"] as? [Double] == [3, 1, 1])
        #expect(rows[0]["answers"] as? Int == 9 && rows[0]["lost"] as? Int == 0)
        #expect(rows[1]["answers"] as? Int == 10 && rows[1]["lost"] as? Int == 1 && rows[3]["lost"] as? Int == 0)
        #expect(rows[2]["lost"] is NSNull && rows[3]["tokens_per_s"] is NSNull)
    }

    @Test("losses are told with their side and their kind, and none is no word")
    func losing() throws {
        #expect(StreamBench.losses([.init(direct: figures(first: 1, token: 1), through: figures(first: 1, token: 1))]) == nil)
        let text = try #require(
            StreamBench.losses([.init(direct: figures(first: 1, token: 1), through: figures(first: 1, token: 1, lost: 2))]))
        #expect(text == "through: 2 of 5 answers were lost, 2 did not end with [DONE], 0 had another number of tokens")
    }

    @Test("a side of which no answer was whole has no times, and nothing is added to what is not known")
    func unknown() throws {
        let lost = StreamBenchFigures([StreamBenchAnswer()], tokens: 2, seconds: 1)
        let table = StreamBench.table([.init(direct: figures(first: 1, token: 1), through: lost)])
        for row in table.rows[1...2] { #expect(row[1...4].allSatisfy { $0 == nil }) }
        #expect(table.rows[1].last == "[null]")
    }
}
