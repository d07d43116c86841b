import Foundation

extension RunEvent {
    /// Reads a payload, as a client of the stream does.
    ///
    /// - Returns: Nil for a type that this version does not know: by the contract a reader ignores it.
    /// - Throws: `DecodingError` for bytes that are no JSON or lack a member which their type always has.
    package init?(payload: some Sequence<UInt8>) throws {
        if let plain = Self.plain(payload) {
            self = plain
            return
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let data = Data(payload)
        let wire = try decoder.decode(WireEvent.self, from: data)
        switch wire.type {
        case "run.started":
            self = .runStarted(
                RunStarted(
                    run: try wire.need(\.run, "run"), attempt: try wire.need(\.attempt, "attempt"),
                    provider: try wire.need(\.provider, "provider"), model: try wire.need(\.model, "model"), agent: wire.agent,
                    serverTools: wire.serverTools ?? [], previous: wire.previousRun,
                    onInterruption: wire.onInterruption.flatMap(InterruptionPolicy.init(rawValue:))))
        case "run.resumed":
            self = .resumed(RunResumed(attempt: try wire.need(\.attempt, "attempt"), step: try wire.need(\.step, "step")))
        case "step.started": self = .stepStarted(step: try wire.need(\.step, "step"))
        case "text.delta": self = .chunk(StreamChunk(.text, try wire.need(\.text, "text")))
        case "reasoning.delta": self = .chunk(StreamChunk(.reasoning, try wire.need(\.text, "text")))
        case "refusal.delta": self = .chunk(StreamChunk(.refusal, try wire.need(\.text, "text")))
        case "tool_call.delta":
            self = .toolCallDelta(
                ToolCallDelta(
                    index: try wire.need(\.index, "index"), id: wire.id, name: wire.name, arguments: try wire.need(\.arguments, "arguments")))
        case "tool_call.completed":
            self = .toolCall(
                ToolCall(
                    index: try wire.need(\.index, "index"), id: try wire.need(\.id, "id"), name: try wire.need(\.name, "name"),
                    arguments: try wire.need(\.arguments, "arguments")))
        case "usage": self = .usage(try decoder.decode(WireUsage.self, from: data).usage)
        case "step.finished":
            let state = wire.state.flatMap(RunState.init(rawValue:))
            // A word that is not known must not read as none: that would be a step that completed.
            if let word = wire.state, state == nil { throw WireEvent.unknown("state", word) }
            self = .stepFinished(
                StepFinished(
                    step: try wire.need(\.step, "step"), finish: wire.finish?.reason, missingDone: wire.missingDone ?? false, state: state))
        case "memory.written":
            let word = try wire.need(\.operation, "operation")
            guard let operation = MemoryWriteEvent.Operation(rawValue: word) else { throw WireEvent.unknown("operation", word) }
            self = .memoryWritten(
                MemoryWriteEvent(
                    operation, memory: try wire.need(\.memory, "memory"), event: try wire.need(\.event, "event"),
                    scope: try wire.need(\.scope, "scope"), kind: wire.kind, content: wire.content))
        case "tool.result":
            self = .toolResult(
                ToolResult(
                    index: try wire.need(\.index, "index"), id: try wire.need(\.id, "id"), name: try wire.need(\.name, "name"),
                    output: try wire.need(\.output, "output"), isError: wire.isError ?? false))
        case "run.paused":
            self = .paused(RunPause(calls: try wire.need(\.calls, "calls"), until: try wire.need(\.until, "until")))
        case "run.completed": self = .completed(finish: try wire.need(\.finish, "finish").reason, usage: wire.usage?.usage)
        case "run.incomplete":
            let word = try wire.need(\.reason, "reason")
            guard let reason = IncompleteReason(rawValue: word) else { throw WireEvent.unknown("reason", word) }
            self = .incomplete(reason: reason, finish: wire.finish?.reason, usage: wire.usage?.usage)
        case "run.failed": self = .failed(try wire.need(\.error, "error").error)
        case "run.cancelled": self = .cancelled
        default: return nil
        }
    }
}

/// All members that any event has but for those of a count, in camel case.
private struct WireEvent: Decodable {
    var type: String
    var run: String?
    var attempt: Int?
    var provider: String?
    var model: String?
    var agent: String?
    var serverTools: [String]?
    var previousRun: String?
    var onInterruption: String?
    var step: Int?
    var text: String?
    var index: Int?
    var id: String?
    var name: String?
    var arguments: String?
    var finish: WireFinish?
    var missingDone: Bool?
    var state: String?
    var usage: WireUsage?
    var reason: String?
    var error: WireError?
    var operation: String?
    var memory: String?
    var event: String?
    var scope: String?
    var kind: String?
    var content: String?
    var output: String?
    var isError: Bool?
    var calls: [String]?
    var until: String?

    func need<Value>(_ path: KeyPath<WireEvent, Value?>, _ name: String) throws -> Value {
        guard let value = self[keyPath: path] else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "an event of type \(type) lacks its member \(name)"))
        }
        return value
    }

    static func unknown(_ member: String, _ value: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: "\(value) is no known value of the member \(member)"))
    }
}

private struct WireFinish: Decodable {
    var unified: String
    var raw: String?
    var stopSequence: String?

    /// A unified word of a later version reads as `other`; the raw word is kept.
    var reason: FinishReason { FinishReason(FinishReason.Unified(rawValue: unified) ?? .other, raw: raw, stopSequence: stopSequence) }
}

private struct WireUsage: Decodable {
    var inputTokens: Int?
    var outputTokens: Int?
    var totalTokens: Int?
    var cachedInputTokens: Int?
    var reasoningOutputTokens: Int?
    var cacheWriteInputTokens: Int?
    var cost: Double?
    var estimated: Bool?

    var usage: TokenUsage {
        TokenUsage(
            input: inputTokens, output: outputTokens, total: totalTokens, cachedInput: cachedInputTokens,
            reasoningOutput: reasoningOutputTokens, cacheWriteInput: cacheWriteInputTokens, cost: cost,
            isEstimated: estimated ?? false)
    }
}

private struct WireError: Decodable {
    var kind: String
    var message: String
    var provider: String?
    var status: Int?
    var code: String?
    var retryAfterMs: Int?
    var retryable: Bool?

    /// A kind of a later version reads as a fault of the service; the message is kept.
    var error: InferenceError {
        InferenceError(
            InferenceError.Kind(rawValue: kind) ?? .internalError, message, provider: provider, status: status, code: code,
            retryAfter: retryAfterMs.map { .milliseconds($0) }, shouldRetry: retryable)
    }
}
