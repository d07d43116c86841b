import NIOCore
import Web

/// OpenAI's Responses as they are streamed: numbered events, and items that are added, filled and done.
struct ResponsesWriter: EmulatorWriter {
    private let identity: AnswerIdentity
    private let answer: ResolvedAnswer
    let events: EventBytes
    private var ids: SeededGenerator
    private var padding: Padding
    private let isBackground: Bool
    /// The number of the next event.
    private(set) var sequence = 0
    /// The Response as the last event that has it shows it.
    private(set) var latest: JSONValue = .null
    /// The items that are done.
    private var output: [JSONValue] = []
    private var open: OpenItem?

    /// The item that is being filled; one at a time.
    private struct OpenItem {
        enum Kind: Equatable { case reasoning, text, refusal, call(Int) }
        let kind: Kind
        let id: String
        var said = ""
        /// What stands before a piece, and behind it up to the padding.
        let beforeDelta: [UInt8]
        let behindDelta: [UInt8]
    }

    init(_ identity: AnswerIdentity, _ answer: ResolvedAnswer, to question: Question, wire: EmulatorWire, padding generator: SeededGenerator) {
        self.identity = identity
        self.answer = answer
        isBackground = question.isBackground
        events = EventBytes(wire.lineEnding)
        ids = generator
        padding = Padding(wire.padding && question.pads, generator)
        latest = response(isBackground ? "queued" : "in_progress", usage: nil)
    }

    mutating func write(_ step: EmulatorStep, to buffer: inout ByteBuffer) {
        switch step {
        case .keepAlive: events.comment("keep-alive", to: &buffer)
        case .begin:
            // One in the background waits for its turn first.
            for type in isBackground ? ["response.created", "response.queued"] : ["response.created"] {
                event(type, [.init("response", response(isBackground ? "queued" : "in_progress", usage: nil))], to: &buffer)
            }
            event("response.in_progress", [.init("response", response("in_progress", usage: nil))], to: &buffer)
        case .reasoning(let text): say(text, in: .reasoning, to: &buffer)
        case .text(let text): say(text, in: .text, to: &buffer)
        case .refusal(let text): say(text, in: .refusal, to: &buffer)
        case .tool(let piece):
            if piece.isFirst { begin(.call(piece.call), to: &buffer) }
            if !piece.arguments.isEmpty { say(piece.arguments, in: .call(piece.call), to: &buffer) }
            if piece.isLast { close(status: "completed", to: &buffer) }
        case .finish(let finish, let withUsage):
            let incomplete = ResponsesItems.incomplete(finish)
            let status = incomplete == nil ? "completed" : "incomplete"
            close(status: status, to: &buffer)
            let usage: JSONValue = withUsage ? answer.usage.responses : nil
            event("response.\(status)", [.init("response", response(status, usage: usage, incomplete: incomplete))], to: &buffer)
        // The last event has said both.
        case .usage, .done: break
        case .failure(let error): failure(error, to: &buffer)
        case .frame(let lines): events.frame(lines, to: &buffer)
        case .malformed:
            buffer.writeBytes(events.head("response.output_text.delta"))
            buffer.writeStaticString(#"{"type":"response.output_text.delta","delta":"this line is cut"#)
            buffer.writeBytes(events.end)
        }
    }

    // MARK: Items

    private mutating func say(_ text: String, in kind: OpenItem.Kind, to buffer: inout ByteBuffer) {
        if open?.kind != kind { begin(kind, to: &buffer) }
        guard let item = open else { return }
        buffer.writeBytes(item.beforeDelta)
        buffer.writeJSON(text)
        buffer.writeBytes(item.behindDelta)
        buffer.writeString(String(sequence))
        padding.writeObfuscation(to: &buffer)
        buffer.writeInteger(UInt8(ascii: "}"))
        buffer.writeBytes(events.end)
        sequence += 1
        open?.said += text
    }

    private mutating func begin(_ kind: OpenItem.Kind, to buffer: inout ByteBuffer) {
        close(status: "completed", to: &buffer)
        let id = "\(Self.prefix(kind))_\(ids.letters(40))"
        let place = Self.place(kind)
        let logprobs = kind == .text ? "\"logprobs\":[]," : ""
        let opened = OpenItem(
            kind: kind, id: id,
            beforeDelta: events.head(place.delta) + Array(#"{"type":"\#(place.delta)",\#(place.part)"item_id":"\#(id)","delta":"#.utf8),
            behindDelta: Array(#","output_index":\#(output.count),\#(logprobs)"sequence_number":"#.utf8))
        open = opened
        event("response.output_item.added", [index, .init("item", item(opened, begun: true, status: "in_progress"))], to: &buffer)
        switch kind {
        case .reasoning:
            event(
                "response.reasoning_summary_part.added",
                [.init("item_id", .string(id)), index, .init("summary_index", 0), .init("part", ResponsesItems.summary(""))], to: &buffer)
        case .text:
            event(
                "response.content_part.added",
                [.init("item_id", .string(id)), index, .init("content_index", 0), .init("part", ResponsesItems.text(""))], to: &buffer)
        case .refusal:
            event(
                "response.content_part.added",
                [.init("item_id", .string(id)), index, .init("content_index", 0), .init("part", ResponsesItems.refusal(""))], to: &buffer)
        case .call: break
        }
    }

    /// Ends the open item, if there is one.
    private mutating func close(status: String, to buffer: inout ByteBuffer) {
        guard let item = open else { return }
        open = nil
        let place: [JSONValue.Member] = [.init("item_id", .string(item.id)), index]
        let said = JSONValue.string(item.said)
        switch item.kind {
        case .reasoning:
            let part = place + [.init("summary_index", 0)]
            event("response.reasoning_summary_text.done", part + [.init("text", said)], to: &buffer)
            event("response.reasoning_summary_part.done", part + [.init("part", ResponsesItems.summary(item.said))], to: &buffer)
        case .text:
            let part = place + [.init("content_index", 0)]
            event("response.output_text.done", part + [.init("text", said), .init("logprobs", [])], to: &buffer)
            event("response.content_part.done", part + [.init("part", ResponsesItems.text(item.said))], to: &buffer)
        case .refusal:
            let part = place + [.init("content_index", 0)]
            event("response.refusal.done", part + [.init("refusal", said)], to: &buffer)
            event("response.content_part.done", part + [.init("part", ResponsesItems.refusal(item.said))], to: &buffer)
        case .call(let call):
            let name = JSONValue.string(answer.calls[call].name)
            event("response.function_call_arguments.done", place + [.init("name", name), .init("arguments", said)], to: &buffer)
        }
        let done = self.item(item, begun: false, status: status)
        event("response.output_item.done", [index, .init("item", done)], to: &buffer)
        output.append(done)
    }

    private func item(_ item: OpenItem, begun: Bool, status: String) -> JSONValue {
        switch item.kind {
        case .reasoning: ResponsesItems.reasoning(item.id, begun ? [] : [ResponsesItems.summary(item.said)])
        case .text: ResponsesItems.message(item.id, begun ? [] : [ResponsesItems.text(item.said)], status: status)
        case .refusal: ResponsesItems.message(item.id, begun ? [] : [ResponsesItems.refusal(item.said)], status: status)
        case .call(let call): ResponsesItems.call(item.id, answer.calls[call], arguments: item.said, status: status)
        }
    }

    // MARK: Events

    private var index: JSONValue.Member { .init("output_index", .count(output.count)) }

    private mutating func event(_ type: String, _ members: [JSONValue.Member], to buffer: inout ByteBuffer) {
        if let response = members.first(where: { $0.name == "response" }) { latest = response.value }
        events.event(type, [.init("sequence_number", .count(sequence))] + members, to: &buffer)
        sequence += 1
    }

    /// Flat as the specification has it; or, as it was recorded, nested and followed by the end of the response.
    private mutating func failure(_ error: EmulatorError, to buffer: inout ByteBuffer) {
        let words = ErrorWords(error, of: .openai)
        guard error.form == .recorded else {
            let flat: [JSONValue.Member] = [
                .init("code", .text(words.code)), .init("message", .string(words.message)), .init("param", .text(error.param)),
            ]
            return event("error", flat, to: &buffer)
        }
        event("error", [.init("error", words.inner)], to: &buffer)
        let code: JSONValue = ["code": .string(words.code ?? words.type), "message": .string(words.message)]
        event("response.failed", [.init("response", response("failed", usage: nil, error: code))], to: &buffer)
    }

    private func response(_ status: String, usage: JSONValue, incomplete: String? = nil, error: JSONValue = nil) -> JSONValue {
        ResponsesItems.response(
            identity, status: status, output: output, usage: usage, incomplete: incomplete, error: error, isBackground: isBackground)
    }

    private static func prefix(_ kind: OpenItem.Kind) -> String {
        switch kind {
        case .reasoning: "rs"
        case .text, .refusal: "msg"
        case .call: "fc"
        }
    }

    /// The name of a kind's delta, and the member that says which part of the item it belongs to.
    private static func place(_ kind: OpenItem.Kind) -> (delta: String, part: String) {
        switch kind {
        case .reasoning: ("response.reasoning_summary_text.delta", #""summary_index":0,"#)
        case .text: ("response.output_text.delta", #""content_index":0,"#)
        case .refusal: ("response.refusal.delta", #""content_index":0,"#)
        case .call: ("response.function_call_arguments.delta", "")
        }
    }
}
