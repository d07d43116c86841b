import Foundation
import Web

/// Events of OpenAI's Responses stream, each with its `sequence_number` from 0 without gaps.
///
/// The numbers count the frames that the run's events give, so they are the same at every replay from the run's beginning: a client
/// that comes back with `starting_after` gets the frames behind that number and loses none.
///
/// | event of the run | events of the stream |
/// |---|---|
/// | the first | `response.created`, `response.in_progress` |
/// | a part begins | `response.output_item.added`, `response.content_part.added` (not of a call) |
/// | a part grows | `response.output_text.delta`, `response.refusal.delta`, `response.reasoning_text.delta`, `response.function_call_arguments.delta` |
/// | a part ends | `….done`, `response.content_part.done`, `response.output_item.done` |
/// | the end | `response.completed`, `response.incomplete` (also of a cancelled run, by its status) or `response.failed` |
struct ResponsesStreamEncoder: AnswerEncoder {
    static let heartbeat = SSEFrame.heartbeat

    private let run: UUID
    /// The last number that the client has.
    private let after: Int
    private var answer = AnswerParts()
    /// What the event at hand gives.
    private var told: [SSEFrame] = []
    private var next = 0
    private var isOpen = false
    private var isOver = false

    /// - Parameter after: Frames up to this number are counted and not sent.
    init(run: UUID, after: Int = -1) {
        self.run = run
        self.after = after
    }

    mutating func frames(for event: RunEvent) -> [SSEFrame] {
        guard !isOver else { return [] }
        defer { told = [] }
        let changes = answer.add(event)
        if answer.isBegun { open() }
        for change in changes {
            switch change {
            case .began(let position): begin(position)
            case .grew(let position, let piece): grow(position, by: piece)
            case .ended(let position): end(position)
            }
        }
        guard let ending = answer.ending else { return told }
        isOver = true
        let type =
            switch ending {
            case .completed: "response.completed"
            case .cancelled: "response.incomplete"
            default: ending.fault == nil ? "response.incomplete" : "response.failed"
            }
        send(type, [.init("response", ResponsesShape.response(answer, run: run))])
        return told
    }

    private mutating func open() {
        guard !isOpen else { return }
        isOpen = true
        // As a response begins, whatever this very event has brought already.
        var beginning = AnswerParts()
        if let started = answer.started { _ = beginning.add(.runStarted(started)) }
        let response = ResponsesShape.response(beginning, run: run, status: "in_progress")
        for type in ["response.created", "response.in_progress"] { send(type, [.init("response", response)]) }
    }

    // MARK: Parts

    private mutating func begin(_ position: Int) {
        let item = ResponsesShape.item(answer, position, run: run, status: "in_progress", isEmpty: true)
        send("response.output_item.added", [.init("output_index", .count(position)), .init("item", item)])
        let part = answer.parts[position]
        guard part.kind != .call else { return }
        send("response.content_part.added", place(position) + [.init("part", ResponsesShape.contentPart(part, isEmpty: true))])
    }

    private mutating func grow(_ position: Int, by piece: String) {
        let kind = answer.parts[position].kind
        send("\(Self.word(kind)).delta", place(position) + [.init("delta", .string(piece))] + Self.probabilities(kind))
    }

    /// A part that ends with a failed response has no end of its own: it is not done.
    private mutating func end(_ position: Int) {
        if let ending = answer.ending, ending.fault != nil { return }
        let part = answer.parts[position]
        let text: JSONValue = .string(part.text)
        switch part.kind {
        case .call:
            if part.isWhole {
                send("\(Self.word(part.kind)).done", place(position) + [.init("arguments", text), .init("name", .string(part.name))])
            }
        case .refusal: send("\(Self.word(part.kind)).done", place(position) + [.init("refusal", text)])
        case .text, .reasoning:
            send("\(Self.word(part.kind)).done", place(position) + [.init("text", text)] + Self.probabilities(part.kind))
        }
        if part.kind != .call { send("response.content_part.done", place(position) + [.init("part", ResponsesShape.contentPart(part))]) }
        let item = ResponsesShape.item(answer, position, run: run, status: ResponsesShape.itemStatus(answer, position))
        send("response.output_item.done", [.init("output_index", .count(position)), .init("item", item)])
    }

    private static func word(_ kind: AnswerParts.Kind) -> String {
        switch kind {
        case .text: "response.output_text"
        case .refusal: "response.refusal"
        case .reasoning: "response.reasoning_text"
        case .call: "response.function_call_arguments"
        }
    }

    /// Clients count on the member of text.
    private static func probabilities(_ kind: AnswerParts.Kind) -> [JSONValue.Member] { kind == .text ? [.init("logprobs", [])] : [] }

    private func place(_ position: Int) -> [JSONValue.Member] {
        let item: [JSONValue.Member] = [
            .init("item_id", .string(ResponsesShape.itemID(answer, position, run: run))), .init("output_index", .count(position)),
        ]
        return answer.parts[position].kind == .call ? item : item + [.init("content_index", 0)]
    }

    private mutating func send(_ type: String, _ members: [JSONValue.Member]) {
        let number = next
        next += 1
        guard number > after else { return }
        let head: [JSONValue.Member] = [.init("type", .string(type)), .init("sequence_number", .count(number))]
        told.append(SSEFrame(event: type, data: CompatibleWords.text(.object(head + members))))
    }
}
