import Foundation
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Inference

/// Model, tools, model: what the server carries out by itself.
@Suite("A run of several steps", .timeLimit(.minutes(1))) struct RunStepsTests {
    private func request(maxSteps: Int? = nil) -> RunRequest {
        RunRequest(messages: [RunMessage(.user, "What do I drink?")], maxSteps: maxSteps, memory: true)
    }

    private func steps(_ run: UUID, _ fixture: InferenceFixture) async throws -> String {
        try await fixture.database.psql(
            "select string_agg(step || ' ' || state || ' ' || finish || ' ' || coalesce(output_tokens, 0), ', ' order by step) from run_steps where run_id = '\(run)'"
        ).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test("carries out a tool of the server's between two calls of the model, and writes down each step")
    func twoSteps() async throws {
        let seen = Collected<ProviderRequest>()
        let provider = PlayedProvider.calling([[.played(0, "memory_search", #"{"query":"tea"}"#)]], seen: seen)
        try await InferenceFixture.with { fixture in
            try await fixture.remember("Assam is the tea.")
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept(request())
                let run = try await engine.finished(id)
                #expect(run.state == .completed)
                #expect(run.text.contains("Assam is the tea."))
                #expect(run.usage.output == 2)
                let log = try await engine.wholeLog(id)
                #expect(
                    log.types == [
                        "run.started", "step.started", "tool_call.completed", "usage", "step.finished", "tool.result", "step.started",
                        "text.delta", "step.finished", "run.completed",
                    ])
                #expect(try await fixture.store.archive(of: id, workspace: fixture.workspace) == log)
                #expect(try await steps(id, fixture) == "1 completed tool_calls 2, 2 completed stop 0")
            }
        }
        let second = try #require(seen.all.last)
        #expect(seen.all.count == 2)
        #expect(second.messages.suffix(2).map(\.role) == [.assistant, .tool])
        #expect(second.messages.last?.toolCallID == "call_0")
        #expect(second.messages.dropLast().last?.toolCalls?.map(\.function.name) == ["memory_search"])
        #expect(second.tools.map(\.name) == ["memory_write", "memory_search"])
    }

    @Test("tells the model of a tool that there is none of, and of arguments that are wrong, as errors")
    func toolErrors() async throws {
        let provider = PlayedProvider.calling([[.played(0, "fly"), .played(1, "memory_search", #"{"query":3}"#)]])
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept(request())
                #expect(try await engine.finished(id).state == .completed)
                let results = try await engine.wholeLog(id).events.compactMap { event -> ToolResult? in
                    if case .toolResult(let result) = event { result } else { nil }
                }
                #expect(results.map(\.index) == [0, 1])
                #expect(results.allSatisfy { $0.isError })
                #expect(results[0].output == "There is no tool fly. There are memory_write, memory_search.")
                #expect(results[1].output.contains("`query`"))
            }
        }
    }

    @Test("that is out of steps while the model still calls tools is incomplete, and says why")
    func outOfSteps() async throws {
        let seen = Collected<ProviderRequest>()
        let calls = Array(repeating: [ToolCall.played(0, "memory_search", #"{"query":"tea"}"#)], count: 40)
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([PlayedProvider.calling(calls, seen: seen)]) { engine in
                let id = try await engine.accept(request(maxSteps: 3))
                let run = try await engine.finished(id)
                #expect(run.state == .incomplete)
                #expect(run.incompleteReason == .maxSteps)
                #expect(seen.all.count == 3)
                let log = try await engine.wholeLog(id)
                #expect(log.types.filter { $0 == "step.finished" }.count == 3)
                #expect(log.types.filter { $0 == "tool.result" }.count == 2)
                #expect(log.types.suffix(2) == ["step.finished", "run.incomplete"])
                #expect(try await steps(id, fixture).hasSuffix("3 completed tool_calls 2"))
            }
        }
    }

    @Test("without `max_steps` has one step: tool calls complete it")
    func oneStep() async throws {
        let provider = PlayedProvider.calling([[.played(0, "weather")]])
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept(
                    RunRequest(messages: [RunMessage(.user, "Hi")], tools: [ToolDefinition(name: "weather")]))
                let run = try await engine.finished(id)
                #expect(run.state == .completed)
                #expect(run.finish?.unified == .toolCalls)
                #expect(
                    try await engine.wholeLog(id).types == [
                        "run.started", "step.started", "tool_call.completed", "usage", "step.finished", "run.completed",
                    ])
            }
        }
    }

    @Test("carries out the calls of a step side by side, and tells their results in the order of the calls")
    func sideBySide() async throws {
        let provider = PlayedProvider.calling([
            [
                .played(0, "memory_write", #"{"content":"held","name":"held"}"#), .played(1, "memory_write", #"{"content":"free"}"#),
            ]
        ])
        try await InferenceFixture.with { fixture in
            try await fixture.remember("old", name: "held")
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept(request())
                try await fixture.holdingMemories {
                    try await eventually("the second is stored while the first waits") {
                        try await fixture.log.readAll(id).types.contains("memory.written")
                    }
                    #expect(try await !fixture.log.readAll(id).types.contains("tool.result"))
                }
                #expect(try await engine.finished(id).state == .completed)
                let events = try await engine.wholeLog(id).events
                let contents = events.compactMap { event -> String? in if case .memoryWritten(let write) = event { write.content } else { nil } }
                #expect(contents == ["free", "held"])
                let indices = events.compactMap { event -> Int? in if case .toolResult(let result) = event { result.index } else { nil } }
                #expect(indices == [0, 1])
            }
        }
    }

    @Test("is cancelled during a tool within a second; what the tool was about to write is not written")
    func cancelledDuringTool() async throws {
        let provider = PlayedProvider.calling([[.played(0, "memory_write", #"{"content":"new","name":"held"}"#)]])
        try await InferenceFixture.with { fixture in
            let memory = try await fixture.remember("old", name: "held")
            try await fixture.withEngine([provider]) { engine in
                try await fixture.holdingMemories {
                    let id = try await engine.accept(request())
                    try await eventually("the step is written down") { try await !steps(id, fixture).isEmpty }
                    try await fixture.store.requestCancellation(of: id, workspace: fixture.workspace, by: nil)
                    let asked = ContinuousClock.now
                    try await fixture.log.announceCancellation(of: id)
                    #expect(try await engine.finished(id).state == .cancelled)
                    #expect(asked.duration(to: .now) < .seconds(3))
                    let types = try await engine.wholeLog(id).types
                    #expect(types.last == "run.cancelled")
                    #expect(!types.contains("memory.written") && !types.contains("tool.result"))
                }
                #expect(try await fixture.memories.memory(memory.id, workspace: fixture.workspace)?.content == "old")
            }
        }
    }

    @Test("whose worker was lost between two steps ends as interrupted: no step is taken twice")
    func lostBetweenSteps() async throws {
        let provider = PlayedProvider { _, _ in Issue.record("the provider was asked again") }
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            let beginning = RunStore.Beginning(identity: identity, provider: "played", model: "m", metadata: [:])
            _ = try await fixture.pool.transaction(.workspaces([identity.workspace])) { try await fixture.store.claim(beginning, in: $0) }
            let journal = RunJournal(log: fixture.log, identity: identity, epoch: 1, isOwned: { _ in true }, clock: ContinuousClock())
            try await journal.append([
                .stepStarted(step: 1), .toolCall(.played(0, "memory_search")), .stepFinished(StepFinished(step: 1, finish: nil)),
                .toolResult(ToolResult(index: 0, id: "call_0", name: "memory_search", output: "{}")),
            ])
            try await fixture.withEngine([provider]) { engine in
                _ = try await engine.accept(id: identity.run)
                let run = try await engine.finished(identity.run)
                #expect(run.incompleteReason == .interrupted)
                #expect(try await engine.wholeLog(identity.run).ids == ["1-1", "1-2", "1-3", "1-4", "2-1"])
            }
        }
    }
}
