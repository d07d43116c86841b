import Foundation
import Jobs
import TestSupport
import Testing

@testable import Inference

/// The contract, held against the logs of runs that took place.
@Suite("The contract and the logs of runs", .timeLimit(.minutes(1))) struct ContractLogTests {
    private static let note = ToolCall.played(0, "memory_write", #"{"content":"Assam is the tea.","kind":"fact"}"#)
    private static let weather = ToolCall.played(1, "weather", #"{"city":"Bonn"}"#)

    /// Does what the question names; a question with results of tools is answered.
    private static let provider = PlayedProvider { request, receive in
        let stop = FinishReason(.stop, raw: "stop")
        let question = request.messages.last { $0.role == .user }?.content
        guard request.messages.last?.role != .tool else {
            try await receive(.chunk(StreamChunk(.refusal, "No more.")))
            return try await receive(.ended(StepEnding(.completed, finish: FinishReason(.refusal, raw: nil))))
        }
        switch question {
        case "tools":
            try await receive(.chunk(StreamChunk(.reasoning, "Hm")))
            try await receive(.text("Let me see."))
            for call in [note, weather] {
                try await receive(.toolCallDelta(ToolCallDelta(index: call.index, id: call.id, name: call.name, arguments: call.arguments)))
                try await receive(.toolCall(call))
            }
            let usage = TokenUsage(input: 9, output: 4, total: 13, cachedInput: 1, reasoningOutput: 2, cacheWriteInput: 3, cost: 0.125)
            try await receive(.usage(usage))
            try await receive(.ended(StepEnding(.completed, finish: FinishReason(.toolCalls, raw: "tool_calls"))))
        case "cut":
            try await receive(.text("Half"))
            try await receive(.ended(StepEnding(.incomplete(.truncated))))
        case "fail":
            let error = InferenceError(.rateLimited, "Too many.", provider: "played", status: 429, code: "slow", retryAfter: .seconds(90))
            try await receive(.ended(StepEnding(.failed(error))))
        case "hang":
            try await receive(.text("Hold the line"))
            try await Permits().take()
        default:
            try await receive(.text("Whole."))
            try await receive(.ended(StepEnding(.completed, finish: stop, missingDone: true)))
        }
    }

    @Test("of every way in which a run may go, each event is as the contract says, and no type is left out")
    func everyWay() async throws {
        let contract = try EventContract()
        try await InferenceFixture.with { fixture in
            let logs = try await fixture.withEngine([Self.provider]) { engine in
                [
                    try await withTools(engine), try await plain("cut", engine), try await plain("fail", engine),
                    try await plain("whole", engine), try await cancelled(engine), try await resumed(engine),
                ]
            }
            for log in logs {
                for entry in log {
                    #expect(try contract.faults(in: entry.payload) == [], "\(String(decoding: entry.payload, as: UTF8.self))")
                }
            }
            #expect(Set(logs.flatMap(\.types)) == Set(RunRoutes.eventTypes))
        }
    }

    private func plain(_ question: String, _ engine: Engine) async throws -> [RunLogEntry] {
        let run = try await engine.accept(question)
        _ = try await engine.finished(run)
        return try await engine.wholeLog(run)
    }

    /// A memory, a tool of the client's, a pause.
    private func withTools(_ engine: Engine) async throws -> [RunLogEntry] {
        let request = RunRequest(
            messages: [RunMessage(.user, "tools")], tools: [ToolDefinition(name: "weather")], maxSteps: 4, memory: true,
            onInterruption: .continue)
        let run = try await engine.accept(request)
        try await eventually("it waits") { try await engine.fixture.log.readAll(run).types.contains("run.paused") }
        try await engine.fixture.post([ToolResultBody(id: "call_1", output: "rain", isError: true)], to: run)
        try await engine.fixture.log.announce(.results(run))
        _ = try await engine.finished(run)
        return try await engine.wholeLog(run)
    }

    private func cancelled(_ engine: Engine) async throws -> [RunLogEntry] {
        let run = try await engine.accept("hang")
        try await eventually("it streams") { try await !engine.fixture.log.readAll(run).isEmpty }
        try await engine.fixture.store.requestCancellation(of: run, workspace: engine.fixture.workspace, by: nil)
        try await engine.fixture.log.announceCancellation(of: run)
        _ = try await engine.finished(run)
        return try await engine.wholeLog(run)
    }

    /// Another worker goes on between two steps.
    private func resumed(_ engine: Engine) async throws -> [RunLogEntry] {
        let search = ToolCall.played(0, "memory_search", #"{"query":"tea"}"#)
        let lost = try await LostWorker(engine.fixture)
        let result = ToolResult(index: 0, id: search.id, name: search.name, output: "Assam")
        try await lost.tell(LostWorker.step(1, calling: search) + [.toolResult(result)])
        try await lost.passOn(to: engine, RunRequest(messages: [RunMessage(.user, "x")], memory: true, onInterruption: .continue))
        _ = try await engine.finished(lost.identity.run)
        return try await engine.wholeLog(lost.identity.run)
    }
}
