import Foundation
import Web

/// Events of Anthropic's Messages stream, from `message_start` to `message_stop`.
///
/// | event of the run | events of the stream |
/// |---|---|
/// | the first that shows something | `message_start`, then |
/// | a part begins, grows, ends | `content_block_start`, `content_block_delta`, `content_block_stop` |
/// | the end of an answer | `message_delta` with the reason and the tokens, `message_stop` |
/// | any other end | `error`, and no `message_stop` |
///
/// A block of a call that a bound has cut has no `content_block_stop`, as there.
struct MessagesStreamEncoder: AnswerEncoder {
    static let heartbeat = Self.frame("ping", [])

    private let run: UUID
    private let model: String
    private let showsThinking: Bool
    private var answer = AnswerParts()
    private var isOpen = false
    private var isOver = false
    /// Positions of the parts that are blocks: all but the thinking that is not shown.
    private var blocks: [Int] = []

    init(run: UUID, model: String, showsThinking: Bool) {
        self.run = run
        self.model = model
        self.showsThinking = showsThinking
    }

    mutating func frames(for event: RunEvent) -> [SSEFrame] {
        guard !isOver else { return [] }
        var frames: [SSEFrame] = []
        for change in answer.add(event) { tell(change, in: &frames) }
        guard let ending = answer.ending else { return frames }
        isOver = true
        if let fault = ending.fault {
            return frames + [SSEFrame(event: "error", data: CompatibleWords.text(fault.anthropic(requestID: nil)))]
        }
        open(&frames)
        let reason = MessagesShape.stopReason(ending, hasCalls: !answer.calls.isEmpty)
        let delta: JSONValue = ["stop_reason": .string(reason), "stop_sequence": .text(ending.finish?.stopSequence), "stop_details": nil]
        frames.append(Self.frame("message_delta", [.init("delta", delta), .init("usage", MessagesShape.usage(answer.usage))]))
        frames.append(Self.frame("message_stop", []))
        return frames
    }

    private mutating func open(_ frames: inout [SSEFrame]) {
        guard !isOpen else { return }
        isOpen = true
        let message = MessagesShape.message(answer, run: run, model: model, content: [], ending: nil)
        frames.append(Self.frame("message_start", [.init("message", message)]))
    }

    private mutating func tell(_ change: AnswerParts.Change, in frames: inout [SSEFrame]) {
        let position =
            switch change {
            case .began(let position), .grew(let position, by: _), .ended(let position): position
            }
        let part = answer.parts[position]
        guard part.kind != .reasoning || showsThinking else { return }
        open(&frames)
        switch change {
        case .began:
            blocks.append(position)
            frames.append(blockFrame("content_block_start", position, [.init("content_block", Self.block(part))]))
        case .grew(_, let piece):
            frames.append(blockFrame("content_block_delta", position, [.init("delta", Self.delta(part, piece))]))
        case .ended:
            if part.kind == .call, !part.isWhole { return }
            frames.append(blockFrame("content_block_stop", position, []))
        }
    }

    private static func block(_ part: AnswerParts.Part) -> JSONValue {
        switch part.kind {
        case .text, .refusal: ["type": "text", "text": ""]
        case .reasoning: ["type": "thinking", "thinking": "", "signature": ""]
        case .call: ["type": "tool_use", "id": .string(part.id), "name": .string(part.name), "input": .object([])]
        }
    }

    private static func delta(_ part: AnswerParts.Part, _ piece: String) -> JSONValue {
        switch part.kind {
        case .text, .refusal: ["type": "text_delta", "text": .string(piece)]
        case .reasoning: ["type": "thinking_delta", "thinking": .string(piece)]
        case .call: ["type": "input_json_delta", "partial_json": .string(piece)]
        }
    }

    private func blockFrame(_ type: String, _ position: Int, _ members: [JSONValue.Member]) -> SSEFrame {
        Self.frame(type, [.init("index", .count(blocks.firstIndex(of: position) ?? 0))] + members)
    }

    private static func frame(_ type: String, _ members: [JSONValue.Member]) -> SSEFrame {
        SSEFrame(event: type, data: CompatibleWords.text(.object([.init("type", .string(type))] + members)))
    }
}
