import Testing

@testable import Inference

@Suite struct ScriptedProviderTests {
    private func request(_ messages: [RunMessage], run: String = "run-1", model: String = "scripted", tools: [ToolDefinition] = []) -> ProviderRequest
    {
        ProviderRequest(run: run, model: model, messages: messages, tools: tools)
    }

    @Test("The answer shows who was asked and what was said, and is complete")
    func answer() async throws {
        let messages = [RunMessage(.system, "You are Ada, a librarian. You love order."), RunMessage(.user, "Where is\nthe atlas?")]
        let found = DecodedStream(try await ScriptedProvider(clock: RecordingClock()).events(for: request(messages)))
        #expect(found.text.contains("You are Ada, a librarian."))
        #expect(!found.text.contains("You love order"))
        #expect(found.text.contains("“Where is the atlas?”"))
        #expect(found.endings == [StepEnding(.completed, finish: FinishReason(.stop, raw: "stop"))])
        #expect(found.usages.count == 1)
        #expect(!found.followsEnding)
    }

    @Test("The same run is answered in the same pieces at the same pace, another run at another")
    func deterministic() async throws {
        var paces: [[Duration]] = []
        var answers: [[ProviderEvent]] = []
        for run in ["run-1", "run-1", "run-2"] {
            let clock = RecordingClock()
            answers.append(try await ScriptedProvider(clock: clock).events(for: request([RunMessage(.user, "Hi")], run: run)))
            paces.append(clock.sleeps)
        }
        #expect(answers[0] == answers[1])
        #expect(paces[0] == paces[1])
        #expect(paces[0] != paces[2])
    }

    @Test("The pace is a model's: 150 ms to the first token, 40 tokens a second, each wait within half of it")
    func pace() async throws {
        let clock = RecordingClock()
        _ = try await ScriptedProvider(clock: clock).events(for: request([RunMessage(.user, String(repeating: "word ", count: 60))]))
        let first = try #require(clock.sleeps.first)
        #expect((.milliseconds(75)...(.milliseconds(225))).contains(first))
        let rest = clock.sleeps.dropFirst()
        #expect(rest.allSatisfy { (.microseconds(12_500)...(.microseconds(37_500))).contains($0) })
        let mean = rest.reduce(.zero, +) / rest.count
        #expect((.milliseconds(22)...(.milliseconds(28))).contains(mean))
        #expect(Set(rest).count > rest.count / 2)
    }

    @Test("The fast model is fast")
    func fast() async throws {
        let clock = RecordingClock()
        _ = try await ScriptedProvider(clock: clock).events(for: request([RunMessage(.user, "Hi")], model: "scripted-fast"))
        #expect(clock.sleeps.allSatisfy { $0 <= .milliseconds(8) })
    }

    @Test("A tool that the message names is called; its result is told")
    func tools() async throws {
        let tool = ToolDefinition(name: "weather")
        let provider = ScriptedProvider(clock: RecordingClock())
        let asked = DecodedStream(try await provider.events(for: request([RunMessage(.user, "Use weather for \"Bonn\"")], tools: [tool])))
        #expect(asked.calls == [ToolCall(index: 0, id: "call_scripted_0", name: "weather", arguments: #"{"input":"Use weather for \"Bonn\""}"#)])
        #expect(asked.fragments[0] == asked.calls.first?.arguments)
        #expect(asked.endings.first?.finish?.unified == .toolCalls)
        let messages = [
            RunMessage(.user, "Use weather"), RunMessage(.assistant, "", toolCalls: [.init(id: "c", name: "weather", arguments: "{}")]),
            RunMessage(.tool, "Rain", toolCallID: "c"),
        ]
        #expect(DecodedStream(try await provider.events(for: request(messages, tools: [tool]))).text.contains("“Rain”"))
    }

    @Test("Pieces are tokens: joined they are the text, none is long, words open with their space")
    func tokens() {
        let text = "Configure a provider, extraordinarily well.  Two  spaces"
        let tokens = ScriptedAnswer.tokens(text)
        #expect(tokens.joined() == text)
        #expect(tokens.allSatisfy { $0.count <= 7 && !$0.isEmpty })
        #expect(tokens.filter { $0.hasPrefix(" ") }.count > 4)
    }

    @Test("An image is said to have been seen")
    func images() throws {
        let parts: [ContentPart] = [.text("What is"), .image(try MessageImage(url: "https://a.example/b")), .text("this?")]
        let answer = ScriptedAnswer(request([RunMessage(.user, parts: parts)]))
        #expect(answer.text.contains("“What is [image] this?”"))
    }

    @Test("Cancellation ends it with an error and no end", .timeLimit(.minutes(1)))
    func cancelled() async throws {
        let events = Collected<ProviderEvent>()
        let request = request([RunMessage(.user, "Hi")])
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: CancellationError.self) {
                    try await ScriptedProvider().stream(request) { events.add($0) }
                }
            }
            group.cancelAll()
        }
        #expect(events.all.isEmpty)
    }
}
