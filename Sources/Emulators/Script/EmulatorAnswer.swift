/// One answer of a script: what is said, at which pace, how it looks on the wire, and how it ends.
///
/// It is said in the order reasoning, text, refusal, tool calls. The same answer can be asked for in each shape; what a wire has no
/// word for is left out of it (`ops/emulators.md` has the table).
package struct EmulatorAnswer: Codable, Sendable, Equatable {
    package var reasoning: EmulatorText
    package var text: EmulatorText
    package var refusal: EmulatorText
    package var toolCalls: [EmulatorToolCall]
    /// What is wrong with the pieces of the tool calls.
    package var traps: EmulatorToolTraps
    /// Derived from what is said when nil.
    package var finish: EmulatorFinish?
    package var usage: EmulatorUsage
    package var pace: EmulatorPace
    package var wire: EmulatorWire
    /// What stands in a stream beside it; a document has none of it.
    package var frames: [EmulatorFrame]
    /// An error in place of the answer.
    package var refuse: EmulatorError?
    package var ending: EmulatorEnding

    package init(
        text: EmulatorText = .nothing, reasoning: EmulatorText = .nothing, refusal: EmulatorText = .nothing, toolCalls: [EmulatorToolCall] = [],
        traps: EmulatorToolTraps = EmulatorToolTraps(), finish: EmulatorFinish? = nil, usage: EmulatorUsage = EmulatorUsage(),
        pace: EmulatorPace = EmulatorPace(), wire: EmulatorWire = EmulatorWire(), frames: [EmulatorFrame] = [], refuse: EmulatorError? = nil,
        ending: EmulatorEnding = EmulatorEnding(.done)
    ) {
        self.reasoning = reasoning
        self.text = text
        self.refusal = refusal
        self.toolCalls = toolCalls
        self.traps = traps
        self.finish = finish
        self.usage = usage
        self.pace = pace
        self.wire = wire
        self.frames = frames
        self.refuse = refuse
        self.ending = ending
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case reasoning, text, refusal, traps, finish, usage, pace, wire, frames, refuse, ending
        case toolCalls = "tool_calls"
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseStrangers(among: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        reasoning = try container.value(.reasoning, or: .nothing)
        text = try container.value(.text, or: .nothing)
        refusal = try container.value(.refusal, or: .nothing)
        toolCalls = try container.value(.toolCalls, or: [])
        traps = try container.value(.traps, or: EmulatorToolTraps())
        finish = try container.decodeIfPresent(EmulatorFinish.self, forKey: .finish)
        usage = try container.value(.usage, or: EmulatorUsage())
        pace = try container.value(.pace, or: EmulatorPace())
        wire = try container.value(.wire, or: EmulatorWire())
        frames = try container.value(.frames, or: [])
        refuse = try container.decodeIfPresent(EmulatorError.self, forKey: .refuse)
        ending = try container.value(.ending, or: EmulatorEnding(.done))
    }
}

/// Why the model stopped, as all wires mean it; each has its own word.
package enum EmulatorFinish: String, Codable, Sendable {
    case stop, length, refusal
    case toolCalls = "tool_calls"
    case contentFilter = "content_filter"
}

/// The tokens that the answer tells of. What is nil is counted: a token for four characters of the request, one for each piece said.
package struct EmulatorUsage: Codable, Sendable, Equatable {
    /// Where usage stands in a stream of Chat Completions.
    package enum Place: String, Codable, Sendable {
        /// In a chunk of its own behind the finish, where the provider sends one.
        case end
        /// On the chunk with the finish reason.
        case finish
        /// On both.
        case twice
        /// Nowhere, in any shape.
        case missing
    }

    package var input: Int?
    package var output: Int?
    /// Of `input`, read from a cache.
    package var cached: Int
    /// Of `output`, thought and not said. Counted from the reasoning when nil.
    package var reasoning: Int?
    /// US dollars; OpenRouter only.
    package var cost: Double?
    package var place: Place

    package init(
        input: Int? = nil, output: Int? = nil, cached: Int = 0, reasoning: Int? = nil, cost: Double? = nil, place: Place = .end
    ) {
        self.input = input
        self.output = output
        self.cached = cached
        self.reasoning = reasoning
        self.cost = cost
        self.place = place
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case input, output, cached, reasoning, cost, place
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseStrangers(among: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        input = try container.number(.input, atLeast: 0)
        output = try container.number(.output, atLeast: 0)
        cached = try container.number(.cached, atLeast: 0) ?? 0
        reasoning = try container.number(.reasoning, atLeast: 0)
        cost = try container.decodeIfPresent(Double.self, forKey: .cost)
        place = try container.value(.place, or: .end)
    }
}
