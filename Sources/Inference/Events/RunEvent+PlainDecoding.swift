extension RunEvent {
    /// An event as it comes with each token, or before the first one, read without the general decoder; nil for every other payload.
    ///
    /// The members stand as ``RunEvent/payload`` writes them. What stands otherwise is in doubt, and the general decoder's.
    static func plain(_ payload: some Sequence<UInt8>) -> RunEvent? {
        PlainJSON.read(payload) { json throws(PlainJSON.Doubt) in
            try json.beginObject()
            guard case "type"? = try json.nextName() else { throw PlainJSON.Doubt() }
            let event: RunEvent
            switch try json.string() {
            case "text.delta": event = .chunk(StreamChunk(.text, try json.string("text")))
            case "reasoning.delta": event = .chunk(StreamChunk(.reasoning, try json.string("text")))
            case "refusal.delta": event = .chunk(StreamChunk(.refusal, try json.string("text")))
            case "tool_call.delta":
                // The first of a call names it.
                event = .toolCallDelta(ToolCallDelta(index: try json.integer("index"), arguments: try json.string("arguments")))
            case "run.started": return .runStarted(try started(&json))
            case "step.started": event = .stepStarted(step: try json.integer("step"))
            default: throw PlainJSON.Doubt()
            }
            guard try json.nextName() == nil else { throw PlainJSON.Doubt() }
            return event
        }
    }

    /// Of a run without server tools, conversation and policy.
    private static func started(_ json: inout PlainJSON) throws(PlainJSON.Doubt) -> RunStarted {
        guard try json.integer("version") >= 1 else { throw PlainJSON.Doubt() }
        var started = RunStarted(
            run: try json.string("run"), attempt: try json.integer("attempt"), provider: try json.string("provider"),
            model: try json.string("model"))
        guard let name = try json.nextName() else { return started }
        guard case "agent" = name else { throw PlainJSON.Doubt() }
        started.agent = try json.string()
        guard try json.nextName() == nil else { throw PlainJSON.Doubt() }
        return started
    }
}

extension PlainJSON {
    /// The value of the next member, which has this name.
    fileprivate mutating func string(_ name: StaticString) throws(Doubt) -> String {
        guard let next = try nextName(), name ~= next else { throw Doubt() }
        return try string()
    }

    /// The same of a whole number.
    fileprivate mutating func integer(_ name: StaticString) throws(Doubt) -> Int {
        guard let next = try nextName(), name ~= next else { throw Doubt() }
        return try integer()
    }
}
