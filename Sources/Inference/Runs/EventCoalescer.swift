/// Events that wait for the append in flight. Deltas that come meanwhile are merged, so that a model which is faster than the log
/// costs fewer appends, not a longer queue; the first event of a pause is never held back, for there is nothing to merge it with.
///
/// Merging changes how a text is cut into deltas and nothing else: neighbours of one channel (or fragments of one tool call) are
/// joined, events are never reordered.
struct EventCoalescer {
    /// Text of one merged event: 16 KiB keeps an event well under what a reader takes at once.
    static let mergeLimit = 16 << 10

    private var events: [RunEvent] = []
    /// Bytes of text that wait, about.
    private(set) var weight = 0

    var isEmpty: Bool { events.isEmpty }

    mutating func offer(_ event: RunEvent) {
        weight += Self.weight(of: event)
        guard let last = events.last, let merged = Self.merged(last, event) else {
            events.append(event)
            return
        }
        events[events.count - 1] = merged
    }

    /// Everything that waits, in order; then nothing waits.
    mutating func take() -> [RunEvent] {
        defer {
            events = []
            weight = 0
        }
        return events
    }

    private static func merged(_ first: RunEvent, _ second: RunEvent) -> RunEvent? {
        switch (first, second) {
        case (.chunk(let one), .chunk(let other)):
            guard one.channel == other.channel, one.text.utf8.count + other.text.utf8.count <= mergeLimit else { return nil }
            return .chunk(StreamChunk(one.channel, one.text + other.text))
        case (.toolCallDelta(var one), .toolCallDelta(let other)):
            guard one.index == other.index, other.id == nil, other.name == nil,
                one.arguments.utf8.count + other.arguments.utf8.count <= mergeLimit
            else { return nil }
            one.arguments += other.arguments
            return .toolCallDelta(one)
        default:
            return nil
        }
    }

    private static func weight(of event: RunEvent) -> Int {
        switch event {
        case .chunk(let chunk): 32 + chunk.text.utf8.count
        case .toolCallDelta(let delta): 48 + delta.arguments.utf8.count
        case .toolCall(let call): 64 + call.arguments.utf8.count
        case .memoryWritten(let write): 128 + (write.content?.utf8.count ?? 0)
        case .toolResult(let result): 64 + result.output.utf8.count
        case .runStarted, .resumed, .stepStarted, .usage, .stepFinished, .paused, .completed, .incomplete, .failed, .cancelled: 128
        }
    }
}
