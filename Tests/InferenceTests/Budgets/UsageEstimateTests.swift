import Testing
import Web

@testable import Inference

@Suite("What is taken for tokens that nobody counted") struct UsageEstimateTests {
    @Test("four bytes are a token, and there is no call without one")
    func tokens() {
        for (bytes, tokens) in [(0, 1), (1, 1), (4, 1), (5, 2), (400, 100), (401, 101)] { #expect(UsageEstimate.tokens(bytes: bytes) == tokens) }
    }

    @Test("what the provider told is kept, and only what is missing of it is added")
    func missing() {
        func added(_ counted: TokenUsage, _ received: Int, addsTotal: Bool = false) -> TokenUsage? {
            UsageEstimate.missing(in: counted, sent: 400, received: received, addsTotal: addsTotal)
        }
        #expect(added(TokenUsage(), 90) == TokenUsage(input: 100, output: 23, isEstimated: true))
        #expect(added(TokenUsage(), 0) == TokenUsage(input: 100, output: 1, isEstimated: true))
        #expect(added(TokenUsage(input: 120, output: 1), 90) == TokenUsage(output: 22, isEstimated: true))
        #expect(added(TokenUsage(output: 30), 90) == TokenUsage(input: 100, isEstimated: true))
        #expect(added(TokenUsage(input: 120, output: 30), 90) == nil)
        #expect(added(TokenUsage(input: 1, output: 1, total: 2), 90, addsTotal: true) == TokenUsage(output: 22, total: 22, isEstimated: true))
    }

    @Test("a call that was lost in silence is what it was sent and the least of an answer, each of several by itself")
    func lost() {
        #expect(UsageEstimate.lost(0, sent: 400, addsTotal: false) == nil)
        #expect(UsageEstimate.lost(1, sent: 400, addsTotal: false) == TokenUsage(input: 100, output: 1, isEstimated: true))
        #expect(UsageEstimate.lost(2, sent: 401, addsTotal: true) == TokenUsage(input: 202, output: 2, total: 204, isEstimated: true))
    }

    @Test("a request is as large as what the model reads of it: words, calls, results and tools")
    func request() {
        let call = RunMessage.Call(id: "call_1", name: "look", arguments: #"{"a":1}"#)
        var request = ProviderRequest(
            run: "r", model: "m",
            messages: [
                RunMessage(.system, "Be brief."), RunMessage(.user, "é"), RunMessage(.assistant, "", toolCalls: [call]),
                RunMessage(.tool, "two", toolCallID: "call_1"),
            ])
        #expect(request.size == 9 + 2 + 4 + 7 + 3)
        request.tools = [ToolDefinition(name: "look", description: "Looks", parameters: ["type": "object"])]
        #expect(request.size == 25 + 4 + 5 + #"{"type":"object"}"#.utf8.count)
    }

    @Test("an image is a thousand tokens, whether it is sent by its address or as its data")
    func images() throws {
        let address = try MessageImage(url: "https://a.example/b.png")
        let data = try MessageImage(mediaType: "image/png", base64: String(repeating: "AAAA", count: 10_000))
        for image in [address, data] {
            let message = RunMessage(.user, parts: [.text("four"), .image(image), .image(image)])
            #expect(UsageEstimate.tokens(bytes: ProviderRequest(run: "r", model: "m", messages: [message]).size) == 2_001)
        }
    }

    @Test("an answer is as large as its words and its calls, which are counted once")
    func answer() {
        var size = AnswerSize()
        for channel in StreamChunk.Channel.allCases { size.add(.chunk(StreamChunk(channel, "four"))) }
        #expect(size.bytes == 12)
        size.add(.toolCallDelta(ToolCallDelta(index: 0, id: "c", name: "look", arguments: "{")))
        size.add(.toolCallDelta(ToolCallDelta(index: 0, arguments: "}")))
        #expect(size.bytes == 18)
        size.add(.toolCall(ToolCall(index: 0, id: "c", name: "look", arguments: "{}")))
        #expect(size.bytes == 18, "the whole call repeats its fragments")
        size.add(.toolCall(ToolCall(index: 1, id: "d", name: "look", arguments: "{}")))
        #expect(size.bytes == 24, "a call without fragments is there all the same")
        size.add(.stepFinished(StepFinished(step: 1, finish: nil)))
        #expect(size.bytes == 24)
    }

    @Test("the part that is estimated goes by the table, beside what the provider says of the rest")
    func cost() throws {
        let prices = try PriceTable(["m 1000000 2000000"])
        let (usage, estimated) = (TokenUsage(input: 13, output: 5), TokenUsage(input: 3, output: 1, isEstimated: true))
        func cost(_ model: String, _ estimated: TokenUsage, reported: Double?) -> PriceTable.Cost {
            prices.cost(of: usage, estimated: estimated, provider: "p", model: model, reported: reported)
        }
        #expect(cost("m", estimated, reported: nil) == .init(known: 23, isWhole: true, source: .table))
        #expect(cost("m", estimated, reported: 0.5) == .init(known: 5.5, isWhole: true, source: .both))
        #expect(cost("m", TokenUsage(), reported: 0.5) == .init(known: 0.5, isWhole: true, source: .provider))
        #expect(cost("other", estimated, reported: 0.5) == .init(known: 0.5, isWhole: false, source: .provider), "what the provider says is not lost")
        #expect(cost("other", estimated, reported: nil) == .init(known: 0, isWhole: false))
    }
}
