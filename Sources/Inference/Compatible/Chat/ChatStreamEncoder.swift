import Foundation
import Web

/// Chunks of OpenAI's Chat Completions stream, `data:` lines up to `[DONE]`.
///
/// | event | chunk |
/// |---|---|
/// | the first that shows something | `delta` with `role`, then |
/// | text, refusal | `delta.content`, `delta.refusal` |
/// | reasoning | `delta.reasoning_content`, which clients that do not know it pass over |
/// | a call begins, goes on | `delta.tool_calls` with `index`, `id`, `name`, then with `index` and a piece of `arguments` |
/// | the end of an answer | an empty `delta` with `finish_reason`, the tokens if they were asked for, `[DONE]` |
/// | any other end | `error`, and no `[DONE]` |
struct ChatStreamEncoder: AnswerEncoder {
    static let heartbeat = SSEFrame.heartbeat

    private let run: UUID
    private let model: String
    private let includesUsage: Bool
    private var answer = AnswerParts()
    private var isOpen = false
    private var isOver = false

    init(run: UUID, model: String, includesUsage: Bool) {
        self.run = run
        self.model = model
        self.includesUsage = includesUsage
    }

    mutating func frames(for event: RunEvent) -> [SSEFrame] {
        guard !isOver else { return [] }
        var frames: [SSEFrame] = []
        for change in answer.add(event) {
            guard let delta = delta(of: change) else { continue }
            open(&frames)
            frames.append(chunk(delta))
        }
        guard let ending = answer.ending else { return frames }
        isOver = true
        if let fault = ending.fault { return frames + [SSEFrame(data: CompatibleWords.text(fault.openAI))] }
        open(&frames)
        frames.append(chunk(.object([]), finish: ChatShape.finishReason(ending, hasCalls: !answer.calls.isEmpty)))
        if includesUsage { frames.append(frame(choices: [], usage: ChatShape.usage(answer.usage))) }
        return frames + [SSEFrame(data: "[DONE]")]
    }

    private mutating func open(_ frames: inout [SSEFrame]) {
        guard !isOpen else { return }
        isOpen = true
        frames.append(chunk(["role": "assistant", "content": "", "refusal": nil]))
    }

    private func delta(of change: AnswerParts.Change) -> JSONValue? {
        switch change {
        case .began(let position):
            let part = answer.parts[position]
            guard part.kind == .call else { return nil }
            return [
                "tool_calls": [
                    [
                        "index": .count(part.callIndex), "id": .string(part.id), "type": "function",
                        "function": ["name": .string(part.name), "arguments": ""],
                    ]
                ]
            ]
        case .grew(let position, let piece):
            let part = answer.parts[position]
            return switch part.kind {
            case .text: ["content": .string(piece)]
            case .reasoning: ["reasoning_content": .string(piece)]
            case .refusal: ["refusal": .string(piece)]
            case .call: ["tool_calls": [["index": .count(part.callIndex), "function": ["arguments": .string(piece)]]]]
            }
        case .ended:
            return nil
        }
    }

    private func chunk(_ delta: JSONValue, finish: String? = nil) -> SSEFrame {
        frame(choices: [["index": 0, "delta": delta, "logprobs": nil, "finish_reason": .text(finish)]], usage: .null)
    }

    private func frame(choices: JSONValue, usage: JSONValue) -> SSEFrame {
        var members: [JSONValue.Member] = [
            .init("id", ChatShape.id(run)), .init("object", "chat.completion.chunk"), .init("created", CompatibleWords.created(run)),
            .init("model", CompatibleWords.model(answer, asked: model)), .init("choices", choices),
        ]
        if includesUsage { members.append(.init("usage", usage)) }
        return SSEFrame(data: CompatibleWords.text(.object(members)))
    }
}
