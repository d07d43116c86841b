import Foundation
import Jobs
import TestSupport
import Testing

@testable import Inference

/// Tools that the client carries out: the run waits for their results.
@Suite("A run that waits for its client", .timeLimit(.minutes(1))) struct RunPauseTests {
    private static let weather = ToolCall.played(0, "weather", #"{"city":"Bonn"}"#)
    private static let tide = ToolCall.played(1, "tide")

    private func request(memory: Bool? = nil) -> RunRequest {
        RunRequest(
            messages: [RunMessage(.user, "Hi")], tools: [ToolDefinition(name: "weather"), ToolDefinition(name: "tide")],
            maxSteps: 4, memory: memory)
    }

    private func isPaused(_ run: UUID, _ fixture: InferenceFixture) async throws -> Bool {
        try await fixture.log.readAll(run).types.contains("run.paused")
    }

    @Test("goes on when all results are there, and gives them to the model in the order of its calls")
    func goesOn() async throws {
        let seen = Collected<ProviderRequest>()
        let provider = PlayedProvider.calling([[Self.weather, Self.tide]], seen: seen)
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept(request())
                try await eventually("it waits") { try await isPaused(id, fixture) }
                let first = try await fixture.post([ToolResultBody(id: "call_1", output: "high", isError: true)], to: id)
                #expect(first.calls == ["call_0", "call_1"] && first.answered == ["call_1"])
                try await fixture.log.announce(.results(id))
                #expect(try await fixture.store.run(id, workspace: fixture.workspace)?.state == .running)
                try await fixture.post([ToolResultBody(id: "call_0", output: "rain")], to: id)
                try await fixture.log.announce(.results(id))
                let run = try await engine.finished(id)
                #expect(run.state == .completed)
                #expect(run.text == "rain | error: high")
                let log = try await engine.wholeLog(id)
                #expect(
                    log.types == [
                        "run.started", "step.started", "tool_call.completed", "tool_call.completed", "usage", "step.finished", "run.paused",
                        "tool.result", "tool.result", "step.started", "text.delta", "step.finished", "run.completed",
                    ])
                guard case .paused(let pause) = try log.events[6] else { throw TestSupportError("the seventh event is no pause") }
                #expect(pause.calls == ["call_0", "call_1"])
                #expect(try log.events[7] == .toolResult(ToolResult(of: Self.weather, output: "rain", isError: false)))
                #expect(try log.events[8] == .toolResult(ToolResult(of: Self.tide, output: "high", isError: true)))
            }
        }
        #expect(seen.all.last?.messages.suffix(2).map(\.toolCallID) == ["call_0", "call_1"])
    }

    @Test("goes on although the announcement was lost")
    func unannounced() async throws {
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([PlayedProvider.calling([[Self.weather]])]) { engine in
                let id = try await engine.accept(request())
                try await eventually("it waits") { try await isPaused(id, fixture) }
                try await fixture.post([ToolResultBody(id: "call_0", output: "rain")], to: id)
                #expect(try await engine.finished(id).text == "rain")
            }
        }
    }

    @Test("does not wait for results that are there before the wait begins")
    func early() async throws {
        let provider = PlayedProvider.calling([[Self.weather, .played(1, "memory_write", #"{"content":"new","name":"held"}"#)]])
        try await InferenceFixture.with { fixture in
            try await fixture.remember("old", name: "held")
            try await fixture.withEngine([provider]) { engine in
                // The server's own tool of the step is held up, so the wait for the client's has not begun.
                let id = Collected<UUID>()
                try await fixture.holdingMemories {
                    let run = try await engine.accept(request(memory: true))
                    id.add(run)
                    try await eventually("the calls are known") { try await fixture.post([], to: run).calls == ["call_0"] }
                    try await fixture.post([ToolResultBody(id: "call_0", output: "rain")], to: run)
                }
                let run = try #require(id.all.first)
                #expect(try await engine.finished(run).text.hasPrefix("rain | "))
                #expect(try await !isPaused(run, fixture))
            }
        }
    }

    @Test("takes one result for a call: what is posted again changes nothing")
    func twice() async throws {
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([PlayedProvider.calling([[Self.weather, Self.tide]])]) { engine in
                let id = try await engine.accept(request())
                try await eventually("it waits") { try await isPaused(id, fixture) }
                for output in ["rain", "sun"] {
                    let posted = try await fixture.post([ToolResultBody(id: "call_0", output: output)], to: id)
                    #expect(posted.answered == ["call_0"])
                }
                try await fixture.post([ToolResultBody(id: "call_0", output: "snow"), ToolResultBody(id: "call_1", output: "low")], to: id)
                #expect(try await engine.finished(id).text == "rain | low")
                // After the end too: the result is there.
                #expect(try await !fixture.post([ToolResultBody(id: "call_0", output: "fog")], to: id).isOver)
            }
        }
    }

    @Test(
        "T11: takes nothing in a later step of what is posted again for an earlier one, though the provider gives the calls of both one id, or none",
        arguments: [nil, "f:0"] as [String?])
    func again(_ given: String?) async throws {
        let provider = PlayedProvider { request, receive in
            let results = request.messages.filter { $0.role == .tool }.map(\.content)
            let calling = ChatStream().tool(index: 0, id: given, name: "weather", arguments: "{}").finish("tool_calls").done()
            let stream = results.count < 2 ? calling : ChatStream().text(results.joined(separator: " | ")).finish("stop").done()
            var decoder = ChatCompletionsFormat().decoder(for: request)
            for event in decoder.decode(stream.bytes()) { try await receive(event) }
        }
        let (first, second) = given == nil ? ("call_0", "call_1") : ("f:0", "f:0_1")
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept(request())
                try await eventually("it waits") { try await fixture.post([], to: id).calls == [first] }
                try await fixture.post([ToolResultBody(id: first, output: "rain")], to: id)
                try await fixture.log.announce(.results(id))
                try await eventually("it waits once more") { try await fixture.post([], to: id).calls == [second] }
                let again = try await fixture.post([ToolResultBody(id: first, output: "rain")], to: id)
                #expect(again.unknown.isEmpty && !again.isOver)
                #expect(again.calls == [second] && again.answered.isEmpty)
                let wrong = try await fixture.post([ToolResultBody(id: first, output: "rain"), ToolResultBody(id: "call_9", output: "x")], to: id)
                #expect(wrong.unknown == ["call_9"])
                // One that is posted again beside one that is waited for.
                let both = try await fixture.post([ToolResultBody(id: first, output: "fog"), ToolResultBody(id: second, output: "sun")], to: id)
                #expect(both.answered == [second])
                try await fixture.log.announce(.results(id))
                #expect(try await engine.finished(id).text == "rain | sun")
                #expect(try await !fixture.post([ToolResultBody(id: first, output: "rain")], to: id).isOver)
            }
        }
    }

    @Test("takes no result for a call that it does not wait for, and none from another workspace; then nothing is written")
    func unknown() async throws {
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([PlayedProvider.calling([[Self.weather]])]) { engine in
                let id = try await engine.accept(request())
                try await eventually("it waits") { try await isPaused(id, fixture) }
                let wrong = try await fixture.post(
                    [ToolResultBody(id: "call_0", output: "rain"), ToolResultBody(id: "call_9", output: "x")], to: id)
                #expect(wrong.unknown == ["call_9"])
                let foreign = try await fixture.post([ToolResultBody(id: "call_0", output: "theirs")], to: id, workspace: UUID())
                #expect(foreign.unknown == ["call_0"] && foreign.calls.isEmpty)
                #expect(try await fixture.post([], to: id).answered.isEmpty)
                try await fixture.post([ToolResultBody(id: "call_0", output: "mine")], to: id)
                #expect(try await engine.finished(id).text == "mine")
            }
        }
    }

    @Test("ends as incomplete when nothing is posted in time, and takes no result afterwards")
    func timeout() async throws {
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([PlayedProvider.calling([[Self.weather]])], toolWait: .milliseconds(300)) { engine in
                let id = try await engine.accept(request())
                let run = try await engine.finished(id)
                #expect(run.state == .incomplete)
                #expect(run.incompleteReason == .toolTimeout)
                #expect(try await engine.wholeLog(id).types.suffix(2) == ["run.paused", "run.incomplete"])
                #expect(try await fixture.post([ToolResultBody(id: "call_0", output: "late")], to: id).isOver)
            }
        }
    }

    @Test("is cancelled while it waits")
    func cancelled() async throws {
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([PlayedProvider.calling([[Self.weather]])]) { engine in
                let id = try await engine.accept(request())
                try await eventually("it waits") { try await isPaused(id, fixture) }
                try await fixture.store.requestCancellation(of: id, workspace: fixture.workspace, by: nil)
                try await fixture.log.announceCancellation(of: id)
                #expect(try await engine.finished(id).state == .cancelled)
                #expect(try await engine.wholeLog(id).types.suffix(2) == ["run.paused", "run.cancelled"])
            }
        }
    }

    @Test("A notice is read as it is written, and nothing else is read")
    func notices() {
        let run = UUID()
        for notice in [RunNotice.cancellation(run), .results(run)] { #expect(RunNotice(Array(notice.message.utf8)) == notice) }
        for text in ["", "results", "\(run.lowercased) other", "\(run.lowercased) results more"] {
            #expect(RunNotice(Array(text.utf8)) == nil, "\(text)")
        }
    }
}
