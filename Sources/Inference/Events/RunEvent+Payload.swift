import Jobs

extension RunEvent {
    /// The event's name: the member `type` of the payload and the `event:` of the stream.
    package var type: String {
        switch self {
        case .runStarted: "run.started"
        case .resumed: "run.resumed"
        case .stepStarted: "step.started"
        case .chunk(let chunk): Self.type(of: chunk.channel)
        case .toolCallDelta: "tool_call.delta"
        case .toolCall: "tool_call.completed"
        case .usage: "usage"
        case .stepFinished: "step.finished"
        case .memoryWritten: "memory.written"
        case .toolResult: "tool.result"
        case .paused: "run.paused"
        case .completed: "run.completed"
        case .incomplete: "run.incomplete"
        case .failed: "run.failed"
        case .cancelled: "run.cancelled"
        }
    }

    /// The wire form: see the table at ``RunEvent``.
    package var payload: [UInt8] {
        var json = JSONObjectWriter()
        json.member("type", type)
        switch self {
        case .runStarted(let started):
            json.member("version", Self.version)
            json.member("run", started.run)
            json.member("attempt", started.attempt)
            json.member("provider", started.provider)
            json.member("model", started.model)
            json.member("agent", ifPresent: started.agent)
            if !started.serverTools.isEmpty { json.member("server_tools", started.serverTools) }
            json.member("previous_run", ifPresent: started.previous)
            json.member("on_interruption", ifPresent: started.onInterruption?.rawValue)
        case .resumed(let resumed):
            json.member("attempt", resumed.attempt)
            json.member("step", resumed.step)
        case .stepStarted(let step):
            json.member("step", step)
        case .chunk(let chunk):
            json.member("text", chunk.text)
        case .toolCallDelta(let delta):
            json.member("index", delta.index)
            json.member("id", ifPresent: delta.id)
            json.member("name", ifPresent: delta.name)
            json.member("arguments", delta.arguments)
        case .toolCall(let call):
            json.member("index", call.index)
            json.member("id", call.id)
            json.member("name", call.name)
            json.member("arguments", call.arguments)
        case .usage(let usage):
            usage.write(to: &json)
        case .stepFinished(let finished):
            json.member("step", finished.step)
            json.finish(finished.finish)
            if finished.missingDone { json.member("missing_done", true) }
            json.member("state", ifPresent: finished.state?.rawValue)
        case .memoryWritten(let write):
            json.member("operation", write.operation.rawValue)
            json.member("memory", write.memory)
            json.member("event", write.event)
            json.member("scope", write.scope)
            json.member("kind", ifPresent: write.kind)
            json.member("content", ifPresent: write.content)
        case .toolResult(let result):
            json.member("index", result.index)
            json.member("id", result.id)
            json.member("name", result.name)
            if result.isError { json.member("is_error", true) }
            json.member("output", result.output)
        case .paused(let pause):
            json.member("calls", pause.calls)
            json.member("until", pause.until)
        case .completed(let finish, let usage):
            json.finish(finish)
            json.usage(usage)
        case .incomplete(let reason, let finish, let usage):
            json.member("reason", reason.rawValue)
            json.finish(finish)
            json.usage(usage)
        case .failed(let error):
            json.object("error") { error.write(to: &$0) }
        case .cancelled:
            break
        }
        return json.finish()
    }

    /// The `type` of a payload that ``payload`` wrote, without decoding it; nil for other bytes.
    package static func type(ofPayload payload: [UInt8]) -> String? {
        let head = Array(#"{"type":""#.utf8)
        guard payload.starts(with: head), let end = payload[head.count...].firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        return String(decoding: payload[head.count..<end], as: UTF8.self)
    }

    /// True when the type ends a run: after it a stream is closed.
    package static func isTerminal(type: String) -> Bool {
        ["run.completed", "run.incomplete", "run.failed", "run.cancelled"].contains(type)
    }

    /// True when the type is one of what a model says: see ``isModelOutput``.
    static func isModelOutput(type: String) -> Bool {
        switch type {
        case "text.delta", "reasoning.delta", "refusal.delta", "tool_call.delta", "tool_call.completed": true
        default: false
        }
    }

    static func type(of channel: StreamChunk.Channel) -> String {
        switch channel {
        case .text: "text.delta"
        case .reasoning: "reasoning.delta"
        case .refusal: "refusal.delta"
        }
    }
}

extension JSONObjectWriter {
    fileprivate mutating func finish(_ reason: FinishReason?) {
        guard let reason else { return }
        object("finish") {
            $0.member("unified", reason.unified.rawValue)
            $0.member("raw", ifPresent: reason.raw)
            $0.member("stop_sequence", ifPresent: reason.stopSequence)
        }
    }

    fileprivate mutating func usage(_ usage: TokenUsage?) {
        guard let usage, !usage.isEmpty else { return }
        object("usage") { usage.write(to: &$0) }
    }
}

extension TokenUsage {
    fileprivate func write(to json: inout JSONObjectWriter) {
        json.member("input_tokens", ifPresent: input)
        json.member("output_tokens", ifPresent: output)
        json.member("total_tokens", ifPresent: total)
        json.member("cached_input_tokens", ifPresent: cachedInput)
        json.member("reasoning_output_tokens", ifPresent: reasoningOutput)
        json.member("cache_write_input_tokens", ifPresent: cacheWriteInput)
        json.member("cost", ifPresent: cost)
        if isEstimated { json.member("estimated", true) }
    }
}

extension InferenceError {
    fileprivate func write(to json: inout JSONObjectWriter) {
        json.member("kind", kind.rawValue)
        json.member("message", message)
        json.member("retryable", isRetryable)
        json.member("provider", ifPresent: provider)
        json.member("status", ifPresent: status)
        json.member("code", ifPresent: code)
        json.member("retry_after_ms", ifPresent: retryAfter.map(\.wholeMilliseconds))
    }
}
