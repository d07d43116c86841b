import Foundation
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Inference

/// Runs whose worker is lost between two calls of the model, and that asked to be gone on with.
@Suite("A run that is gone on with", .timeLimit(.minutes(1))) struct RunContinuedTests {
    private static let search = ToolCall.played(0, "memory_search", #"{"query":"tea"}"#)
    private static let found = RunEvent.toolResult(ToolResult(of: search, output: "Assam", isError: false))

    private func request(_ policy: InterruptionPolicy? = .continue) -> RunRequest {
        RunRequest(messages: [RunMessage(.user, "What do I drink?")], memory: true, onInterruption: policy)
    }

    private func steps(_ run: UUID, _ fixture: InferenceFixture) async throws -> String {
        try await fixture.database.psql(
            "select string_agg(step || ' ' || state || ' ' || finish || ' ' || tries::text, ', ' order by step) from run_steps where run_id = '\(run)'"
        ).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// What every run is, whatever became of its workers.
    private func check(_ log: [RunLogEntry], after told: [RunLogEntry], _ run: Run, _ fixture: InferenceFixture) async throws {
        #expect(Array(log.prefix(told.count)) == told, "what was told stands")
        #expect(log.dropFirst(told.count).map(\.id.description) == (1...(log.count - told.count)).map { "2-\($0)" })
        #expect(log.types.filter(RunEvent.isTerminal).count == 1)
        #expect(log.types.filter { $0 == "run.started" }.count == 1)
        #expect(try log.text == run.text)
        #expect(try await fixture.store.archive(of: run.id, workspace: fixture.workspace) == log)
    }

    @Test("takes the next step when its worker was lost behind the results of a step, and counts both")
    func betweenSteps() async throws {
        let seen = Collected<ProviderRequest>()
        try await InferenceFixture.with { fixture in
            let lost = try await LostWorker(fixture)
            let told = try await lost.tell(LostWorker.step(1, calling: Self.search, saying: "Let me look. ") + [Self.found])
            try await fixture.withEngine([PlayedProvider.calling([[Self.search]], seen: seen)]) { engine in
                try await lost.passOn(to: engine, request())
                let run = try await engine.finished(lost.identity.run)
                #expect(run.state == .completed && run.attempts == 2)
                #expect(run.text == "Let me look. Assam")
                #expect(run.usage == TokenUsage(input: 10, output: 2))
                #expect(run.ttftMilliseconds == nil, "nobody knows any more when its first word came")
                let log = try await engine.wholeLog(run.id)
                try await check(log, after: told, run, fixture)
                #expect(log.types.dropFirst(told.count) == ["run.resumed", "step.started", "text.delta", "step.finished", "run.completed"])
                #expect(try log.events[told.count] == .resumed(RunResumed(attempt: 2, step: 1)))
                #expect(try await steps(run.id, fixture) == "1 completed tool_calls [], 2 completed stop []")
            }
        }
        #expect(seen.all.count == 1)
        let messages = try #require(seen.all.first).messages
        #expect(messages.map(\.role) == [.user, .assistant, .tool])
        #expect(messages[1].content == "Let me look. " && messages[1].toolCalls?.map(\.id) == ["call_0"])
        #expect(messages[2].content == "Assam")
    }

    @Test("carries out the calls that have no result yet")
    func beforeTheTools() async throws {
        try await InferenceFixture.with { fixture in
            try await fixture.remember("Assam is the tea.")
            let lost = try await LostWorker(fixture)
            let other = ToolCall.played(1, "memory_search", #"{"query":"assam"}"#)
            let told = try await lost.tell(LostWorker.step(1, calling: Self.search, other) + [Self.found])
            try await fixture.withEngine([PlayedProvider.calling([[]])]) { engine in
                try await lost.passOn(to: engine, request())
                let run = try await engine.finished(lost.identity.run)
                #expect(run.state == .completed)
                #expect(run.text.hasPrefix("Assam | ") && run.text.contains("Assam is the tea."))
                let log = try await engine.wholeLog(run.id)
                try await check(log, after: told, run, fixture)
                #expect(log.types.dropFirst(told.count).prefix(3) == ["run.resumed", "tool.result", "step.started"])
            }
        }
    }

    @Test("tells of a memory that was stored and not told, once, and stores it once")
    func storedAndNotTold() async throws {
        let call = ToolCall.played(0, "memory_write", #"{"content":"Assam"}"#)
        for isTold in [false, true] {
            try await InferenceFixture.with { fixture in
                let lost = try await LostWorker(fixture)
                try await lost.tell(LostWorker.step(1, calling: call))
                let wanted = try MemoryWriteCall(arguments: call.arguments, agent: nil)
                let write = try await fixture.pool.transaction(.workspaces([fixture.workspace])) {
                    try await fixture.memories.write(wanted, by: call, in: RunPlace(identity: lost.identity, epoch: 1, step: 1), $0)
                }
                let event = RunEvent.memoryWritten(try #require(write))
                if isTold { try await lost.journal.append([event]) }
                try await fixture.withEngine([PlayedProvider.calling([[call]])]) { engine in
                    try await lost.passOn(to: engine, request())
                    #expect(try await engine.finished(lost.identity.run).state == .completed)
                    let log = try await engine.wholeLog(lost.identity.run)
                    #expect(try log.events.filter { $0.type == "memory.written" } == [event])
                    #expect(log.types.filter { $0 == "tool.result" }.count == 1)
                    #expect(try await fixture.memories.list(reach: .all, workspace: fixture.workspace, before: nil, limit: 5).count == 1)
                }
            }
        }
    }

    @Test("asks a step again that has shown nothing, and says in the step's row that it was asked before")
    func askedAgain() async throws {
        let seen = Collected<ProviderRequest>()
        try await InferenceFixture.with { fixture in
            let lost = try await LostWorker(fixture)
            let told = try await lost.tell(LostWorker.step(1, calling: Self.search) + [Self.found, .stepStarted(step: 2)])
            try await fixture.withEngine([PlayedProvider.calling([[Self.search]], seen: seen)]) { engine in
                try await lost.passOn(to: engine, request())
                let run = try await engine.finished(lost.identity.run)
                #expect(run.state == .completed && run.text == "Assam")
                let log = try await engine.wholeLog(run.id)
                try await check(log, after: told, run, fixture)
                #expect(log.types.dropFirst(told.count) == ["run.resumed", "text.delta", "usage", "step.finished", "run.completed"])
                #expect(run.usage.isEstimated && (run.usage.input ?? 0) > 10 && run.usage.output == 2 + 1, "both calls are counted")
                let repeated = try await fixture.database.psql("select repeated_calls from runs where id = '\(run.id)'")
                #expect(repeated == "1\n")
                #expect(
                    try await steps(run.id, fixture).hasSuffix(
                        #"2 completed stop [{"error": "interrupted", "model": "test-model", "provider": "played"}]"#))
            }
        }
        #expect(seen.all.count == 1)
    }

    @Test("ends as interrupted when its worker was lost in mid-answer: no second answer stands behind half of one")
    func midAnswer() async throws {
        let provider = PlayedProvider { _, _ in Issue.record("the provider was asked again") }
        try await InferenceFixture.with { fixture in
            let lost = try await LostWorker(fixture)
            let half = RunEvent.chunk(StreamChunk(.text, "You dr"))
            let told = try await lost.tell(LostWorker.step(1, calling: Self.search) + [Self.found, .stepStarted(step: 2), half])
            try await fixture.withEngine([provider]) { engine in
                try await lost.passOn(to: engine, request())
                let run = try await engine.finished(lost.identity.run)
                #expect(run.incompleteReason == .interrupted && run.text == "You dr")
                let log = try await engine.wholeLog(run.id)
                try await check(log, after: told, run, fixture)
                #expect(log.types.dropFirst(told.count) == ["usage", "step.finished", "run.incomplete"])
            }
        }
    }

    @Test("ends as interrupted when the row knows of more than the log: what was shown is not asked again")
    func lostEnd() async throws {
        let provider = PlayedProvider { _, _ in Issue.record("the provider was asked again") }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let (begun, shown) = (try await LostWorker(fixture), try await LostWorker(fixture))
                try await begun.tell(LostWorker.step(1, calling: Self.search) + [Self.found, .stepStarted(step: 2)])
                try await shown.tell(LostWorker.step(1, calling: Self.search) + [Self.found])
                for lost in [begun, shown] {
                    try await fixture.pool.transaction(.workspaces([fixture.workspace])) {
                        fixture.store.submitShown(step: 2, of: lost.identity, epoch: 1, in: $0)
                    }
                }
                let taken = try await LostWorker(fixture)
                try await taken.tell(LostWorker.step(1, calling: Self.search) + [Self.found])
                _ = try await fixture.database.psql(
                    """
                    insert into run_steps (workspace_id, run_id, step, state, provider, model, started_at, finished_at)
                    values ('\(fixture.workspace)', '\(taken.identity.run)', 2, 'completed', 'played', 'test-model', now(), now())
                    """)
                for lost in [begun, shown, taken] {
                    try await lost.passOn(to: engine, request())
                    #expect(try await engine.finished(lost.identity.run).incompleteReason == .interrupted)
                }
            }
        }
    }

    @Test("ends as its last step did, when its worker was lost between the two")
    func beforeTheEnd() async throws {
        let provider = PlayedProvider { _, _ in Issue.record("the provider was asked again") }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                for (state, expected) in [(RunState?.none, RunState.completed), (.failed, .incomplete)] {
                    let lost = try await LostWorker(fixture)
                    let told = try await lost.tell([
                        .stepStarted(step: 1), .chunk(StreamChunk(.text, "Assam.")), .usage(TokenUsage(input: 7, output: 3)),
                        .stepFinished(StepFinished(step: 1, finish: FinishReason(.stop, raw: "stop"), state: state)),
                    ])
                    try await lost.passOn(to: engine, request())
                    let run = try await engine.finished(lost.identity.run)
                    #expect(run.state == expected && run.text == "Assam.")
                    #expect(run.usage == TokenUsage(input: 7, output: 3))
                    try await check(try await engine.wholeLog(run.id), after: told, run, fixture)
                }
            }
        }
    }

    @Test("ends as interrupted where nobody asked for more: by default, and when the attempt before did not know of it")
    func defaults() async throws {
        let provider = PlayedProvider { _, _ in Issue.record("the provider was asked again") }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                for (policy, told) in [(InterruptionPolicy?.none, InterruptionPolicy?.none), (.incomplete, .none), (.continue, .none)] {
                    let lost = try await LostWorker(fixture)
                    try await lost.tell(LostWorker.step(1, calling: Self.search) + [Self.found], policy: told)
                    try await lost.passOn(to: engine, request(policy))
                    #expect(try await engine.finished(lost.identity.run).incompleteReason == .interrupted)
                    #expect(try await engine.wholeLog(lost.identity.run).types.last == "run.incomplete")
                }
            }
        }
    }

    @Test("keeps results that are longer than an event before it tells them, as long as it runs, and gives the model the whole again")
    func longResults() async throws {
        let seen = Collected<ProviderRequest>()
        let keeps = Collected<RunStore.Kept>()
        let long = String(repeating: "tea ", count: 1_900)
        try await InferenceFixture.with { fixture in
            for number in 1...4 { try await fixture.remember("\(number) \(long)") }
            let called = PlayedProvider.calling([[Self.search]], seen: seen)
            let provider = PlayedProvider { request, receive in
                if let run = UUID(uuidString: request.run) {
                    keeps.add(try await fixture.store.kept(of: RunIdentity(run: run, workspace: fixture.workspace, acceptedAt: 0)))
                }
                try await called.play(request, receive)
            }
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept(request())
                #expect(try await engine.finished(id).state == .completed)
                let whole = try #require(seen.all.last?.messages.last?.content)
                #expect(whole.utf8.count > ToolResult.outputLimit)
                #expect(keeps.all == [RunStore.Kept(steps: 0), RunStore.Kept(steps: 1, results: [1: [0: ToolOutcome(output: whole)]])])
                let identity = RunIdentity(run: id, workspace: fixture.workspace, acceptedAt: 0)
                #expect(try await fixture.store.kept(of: identity) == RunStore.Kept(steps: 2))

                // Another run, lost behind such a result.
                let lost = try await LostWorker(fixture)
                try await fixture.pool.transaction(.workspaces([fixture.workspace])) {
                    fixture.store.submit(ToolOutcome(output: whole), of: Self.search, step: 1, of: lost.identity, in: $0)
                }
                let cut = RunEvent.toolResult(ToolResult(of: Self.search, output: whole, isError: false))
                try await lost.tell(LostWorker.step(1, calling: Self.search) + [cut])
                try await lost.passOn(to: engine, request())
                #expect(try await engine.finished(lost.identity.run).text == whole)
            }
        }
    }
}
