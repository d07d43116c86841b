import Emulators
import Foundation
import Jobs
import TestSupport
import Testing

@testable import Inference

/// Runs whose provider keeps its answers: the worker is lost in mid-answer, and another goes on with the same sentence.
@Suite("A run whose answer is kept", .timeLimit(.minutes(2))) struct RunKeptAnswerTests {
    private static let words = (1...40).map { "word\($0) " }

    private func request(_ policy: InterruptionPolicy? = .continue) -> RunRequest {
        RunRequest(messages: [RunMessage(.user, "Hi")], tools: [ToolDefinition(name: "get_time")], onInterruption: policy)
    }

    /// A provider that speaks to an emulator.
    private func asking(
        _ answer: EmulatorAnswer, _ body: @escaping @Sendable (RequestBook, HTTPProvider, InferenceFixture) async throws -> Void
    ) async throws {
        try await EmulatorServer.with(EmulatorServer(kind: .openai, script: EmulatorScript(answer))) { server, url in
            let client = ProviderClient()
            let provider = HTTPProvider(name: "played", format: ResponsesFormat(), baseURL: url, key: nil, client: client)
            let result: Result<Void, any Error>
            do {
                result = .success(try await InferenceFixture.with { try await body(server.book, provider, $0) })
            } catch {
                result = .failure(error)
            }
            try await client.shutdown()
            try result.get()
        }
    }

    private func check(_ log: [RunLogEntry], after told: [RunLogEntry], _ run: Run, _ fixture: InferenceFixture) async throws {
        #expect(Array(log.prefix(told.count)) == told, "what was told stands")
        #expect(log.types.filter(RunEvent.isTerminal) == ["run.completed"])
        #expect(log.types.filter { $0 == "run.started" || $0 == "step.started" || $0 == "step.finished" || $0 == "usage" }.count == 4)
        #expect(try log.text == run.text)
        #expect(try await fixture.store.archive(of: run.id, workspace: fixture.workspace) == log)
    }

    @Test("goes on in mid-sentence when its worker leaves: not a word is lost or told twice")
    func leaving() async throws {
        var answer = EmulatorAnswer(text: .pieces(Self.words))
        answer.pace.gap = .milliseconds(40)
        try await asking(answer) { book, provider, fixture in
            var impatient = fixture.jobs
            impatient.drainBudget = .milliseconds(100)
            let shortLived = InferenceFixture(
                database: fixture.database, pool: fixture.pool, redis: fixture.redis, runLog: fixture.runLog, jobs: impatient,
                configuration: fixture.configuration, logger: fixture.logger)
            let id = try await shortLived.withEngine([provider]) { engine in
                let id = try await engine.accept(request())
                try await eventually("it speaks") { try await fixture.log.readAll(id).text.contains("word3 ") }
                return id
            }
            let told = try await fixture.log.readAll(id)
            #expect(told.types.last == "text.delta")
            try await shortLived.withEngine([provider]) { engine in
                let run = try await engine.finished(id)
                #expect(run.state == .completed && run.epoch == 2)
                #expect(run.text == Self.words.joined())
                let log = try await engine.wholeLog(id)
                #expect(log.types.contains("run.resumed"))
                try await check(log, after: told, run, shortLived)
            }
            #expect(book.entries.map(\.method) == ["POST", "GET"])
            #expect(book.entries.last?.path.contains("stream=true&starting_after=") == true)
            #expect(book.entries.first?.body.contains(#""background":true"#) == true)
        }
    }

    @Test("goes on behind every event at which its worker may be lost, in a text, a thought or a call")
    func everyPosition() async throws {
        let answer = EmulatorAnswer(
            text: ["Let ", "me ", "look. "], reasoning: ["Hm, ", "well."],
            toolCalls: [EmulatorToolCall("get_time", [#"{"zone""#, #":"CET"}"#], id: "a"), EmulatorToolCall("get_time", ["{", "}"], id: "b")])
        try await asking(answer) { book, provider, fixture in
            let groups = Collected<([RunEvent], AnswerPosition)>()
            var first = ProviderRequest(run: "r", model: "test-model", messages: [RunMessage(.user, "Hi")])
            first.isKept = true
            try await provider.stream(first) { event in
                if case .group(let events, let position) = event { groups.add((events.compactMap { RunEvent($0) }, position)) }
            }
            let whole = groups.all.flatMap { $0.0 }
            @Sendable func said(_ events: [RunEvent]) -> String {
                events.reduce(into: "") { said, event in
                    switch event {
                    case .chunk(let chunk): said += chunk.text
                    case .toolCallDelta(let delta): said += "\(delta.id ?? "")\(delta.arguments)"
                    case .toolCall(let call): said += "[\(call.index) \(call.id) \(call.name) \(call.arguments)]"
                    default: break
                    }
                }
            }
            #expect(said(whole).hasSuffix(#"[0 a get_time {"zone":"CET"}][1 b get_time {}]"#))
            try await fixture.withEngine([provider]) { engine in
                // The last is the answer's end: it is told with the step's, or not at all.
                for count in 2..<groups.all.count {
                    let lost = try await LostWorker(fixture)
                    let events = groups.all[..<count].flatMap { $0.0 }
                    let told = try await lost.tell(
                        [.stepStarted(step: 1)] + events, anchor: RunAnchor(step: 1, position: groups.all[count - 1].1))
                    try await lost.passOn(to: engine, request())
                    let run = try await engine.finished(lost.identity.run)
                    #expect(run.state == .completed && run.text == "Let me look. ", "\(count)")
                    let log = try await engine.wholeLog(run.id)
                    try await check(log, after: told, run, fixture)
                    #expect(try said(log.events) == said(whole), "\(count)")
                }
            }
            #expect(book.entries.filter { $0.method == "POST" }.count == 1, "nothing was asked twice")
        }
    }

    @Test("reads on when the connection breaks and its worker lives; by default it is cut", arguments: [EmulatorEnding.Kind.reset, .withoutFinish])
    func brokenConnection(_ kind: EmulatorEnding.Kind) async throws {
        var answer = EmulatorAnswer(text: ["a", "b", "c", "d"], ending: EmulatorEnding(kind, after: 2))
        answer.pace.gap = .milliseconds(60)
        try await asking(answer) { book, provider, fixture in
            try await fixture.withEngine([provider]) { engine in
                let run = try await engine.finished(try await engine.accept(request()))
                #expect(run.state == .completed && run.text == "abcd" && run.attempts == 1)
                #expect(book.entries.map(\.method) == ["POST", "GET"])
                let cut = try await engine.finished(try await engine.accept(request(nil)))
                #expect(cut.incompleteReason == .truncated && cut.text == "ab")
                #expect(book.entries.last?.body.contains(#""store":false"#) == true)
                #expect(book.entries.last?.body.contains("background") == false)
            }
        }
    }

    @Test("ends as interrupted when the provider has it no more, and when a part of the log is gone")
    func gone() async throws {
        try await asking(EmulatorAnswer(text: ["a"])) { book, provider, fixture in
            try await fixture.withEngine([provider]) { engine in
                let half: [RunEvent] = [.stepStarted(step: 1), .chunk(StreamChunk(.text, "half"))]
                let position = AnswerPosition(answer: "resp_gone", sequence: 4, calls: [], told: [])
                let lost = try await LostWorker(fixture)
                try await lost.tell(half, anchor: RunAnchor(step: 1, position: position))
                try await lost.passOn(to: engine, request())
                let run = try await engine.finished(lost.identity.run)
                #expect(run.incompleteReason == .interrupted && run.text == "half")
                #expect(try await engine.wholeLog(run.id).types.suffix(4) == ["run.resumed", "usage", "step.finished", "run.incomplete"])
                try await eventually("it is given up") { book.entries.last?.path.hasSuffix("/responses/resp_gone/cancel") == true }
                #expect(book.entries.count > 1 && book.entries.dropLast().allSatisfy { $0.method == "GET" })

                book.clear()
                let torn = try await LostWorker(fixture)
                try await torn.tell(half, anchor: RunAnchor(step: 1, position: position))
                // A log that was lost was being written again.
                let next = RunLogEntry(id: RunEventID(epoch: 1, number: 4), payload: RunEvent.chunk(StreamChunk(.text, "!")).payload)
                let reach = RunEventID(epoch: 1, number: 9)
                let appended = try await fixture.log.append(
                    [next], to: torn.identity, epoch: 1, at: .continue, renewsLifetime: false, reach: reach)
                #expect(appended == .appended)
                try await torn.passOn(to: engine, request())
                #expect(try await engine.finished(torn.identity.run).incompleteReason == .interrupted)
                #expect(book.entries.isEmpty)
            }
        }
    }

    @Test("is not asked for again when its provider has ended it, for whatever reason that nobody knows")
    func ended() async throws {
        let asked = Collected<Bool>()
        let provider = PlayedProvider { request, receive in
            func position(_ sequence: Int) -> AnswerPosition { AnswerPosition(answer: "resp_1", sequence: sequence, calls: [], told: []) }
            asked.add(request.kept == nil)
            try await receive(.group([.text("half")], position(1)))
            let end = StepEnding(.incomplete(.truncated), finish: FinishReason(.other, raw: "max_tool_calls"))
            try await receive(.group([.usage(TokenUsage(input: 3, output: 1)), .ended(end)], position(2)))
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let run = try await engine.finished(try await engine.accept(request()))
                #expect(run.incompleteReason == .truncated && run.text == "half")
                #expect(run.finish == FinishReason(.other, raw: "max_tool_calls") && run.usage == TokenUsage(input: 3, output: 1))
            }
        }
        #expect(asked.all == [true])
    }

    @Test("tells its provider within a second when it is cancelled")
    func cancelled() async throws {
        var answer = EmulatorAnswer(text: ["a", "b"])
        answer.pace.gap = .seconds(60)
        try await asking(answer) { book, provider, fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept(request())
                try await eventually("it speaks") { try await fixture.log.readAll(id).text == "a" }
                try await fixture.store.requestCancellation(of: id, workspace: fixture.workspace, by: nil)
                let asked = ContinuousClock.now
                try await fixture.log.announceCancellation(of: id)
                try await eventually("the provider hears of it") { book.entries.contains { $0.path.hasSuffix("/cancel") } }
                #expect(asked.duration(to: .now) < .seconds(1))
                #expect(try await engine.finished(id).state == .cancelled)
            }
        }
    }
}
