/// How far an answer was read that its provider keeps: what another connection needs to read on behind it.
package struct AnswerPosition: Codable, Sendable, Equatable {
    /// The provider's id of the answer.
    let answer: String
    /// The number of the last of its events that was read; negative where the provider has said something without a number: then nobody
    /// can tell what stands behind it.
    let sequence: Int
    /// The provider's own index of each tool call that was begun, in the order of the calls.
    let calls: [Int]
    /// Parts of which something was read: a whole that repeats them is no news.
    let told: Set<ResponsesPart>

    /// The answer can be read on from here.
    var isPlaced: Bool { sequence >= 0 }
}

/// What was told of an answer, as far as its decoder needs it to go on.
package struct ToldAnswer: Sendable, Equatable {
    /// Channels on which something was told.
    private(set) var channels: Set<StreamChunk.Channel> = []
    /// The fragments of its tool calls, in order.
    private(set) var fragments: [ToolCallDelta] = []

    mutating func take(_ event: RunEvent) {
        switch event {
        case .chunk(let chunk): channels.insert(chunk.channel)
        case .toolCallDelta(let delta): fragments.append(delta)
        default: break
        }
    }
}

/// An answer of which a part was told, and whose provider has the rest.
package struct KeptAnswer: Sendable, Equatable {
    var position: AnswerPosition
    var told: ToldAnswer
}
